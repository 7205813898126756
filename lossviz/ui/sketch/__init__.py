"""A chart whose points, lines and bars can be moved: `sketch`, its records, and its `routes`."""

from lossviz.ui.sketch.component import Change, sketch
from lossviz.ui.sketch.records import (
    Area,
    Axis,
    Clock,
    Handles,
    Heat,
    Line,
    Mark,
    Panel,
    Picture,
    Rule,
)
from lossviz.ui.sketch.routes import routes

__all__ = [
    "Area",
    "Axis",
    "Change",
    "Clock",
    "Handles",
    "Heat",
    "Line",
    "Mark",
    "Panel",
    "Picture",
    "Rule",
    "routes",
    "sketch",
]

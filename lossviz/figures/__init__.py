"""Figures: summarise, then draw; the theme in one place.

Every public function returns a Plotly figure and never shows it.
"""

from lossviz.figures.color_range import color_range
from lossviz.figures.density import density
from lossviz.figures.losses import losses
from lossviz.figures.outcomes import folds, outcomes
from lossviz.figures.predictions import predictions
from lossviz.figures.slices import slices
from lossviz.figures.spread import spread
from lossviz.figures.surface import surface
from lossviz.figures.sweep import sweep
from lossviz.figures.way import way

__all__ = [
    "color_range",
    "density",
    "folds",
    "losses",
    "outcomes",
    "predictions",
    "slices",
    "spread",
    "surface",
    "sweep",
    "way",
]

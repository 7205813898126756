"""The loss on a plane, and what a model says, for many points or frames at once."""

from lossviz.surface.losses import PlaneLosses, ScanCancelledError
from lossviz.surface.predictions import (
    Confusion,
    Fit,
    Parity,
    Predictions,
    Regions,
    confusion_counts,
    decision_regions,
    fitted_curves,
    input_ranges,
    parity,
    predictions,
)
from lossviz.surface.refine import estimate, levels, refine
from lossviz.surface.surface import Surface, evaluate, slice_loss

__all__ = [
    "Confusion",
    "Fit",
    "Parity",
    "PlaneLosses",
    "Predictions",
    "Regions",
    "ScanCancelledError",
    "Surface",
    "confusion_counts",
    "decision_regions",
    "estimate",
    "evaluate",
    "fitted_curves",
    "input_ranges",
    "levels",
    "parity",
    "predictions",
    "refine",
    "slice_loss",
]

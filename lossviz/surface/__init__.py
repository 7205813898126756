"""The loss on a plane, and what a model says, for many points or frames at once."""

from lossviz.surface.losses import PlaneLosses, ScanCancelledError
from lossviz.surface.refine import estimate, levels, refine
from lossviz.surface.surface import Surface, evaluate, slice_loss

__all__ = [
    "PlaneLosses",
    "ScanCancelledError",
    "Surface",
    "estimate",
    "evaluate",
    "levels",
    "refine",
    "slice_loss",
]

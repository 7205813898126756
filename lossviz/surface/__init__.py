"""The loss on a plane, and what a model says, for many points or frames at once."""

from lossviz.surface.layers import LAYERS, Layer, Layers, evaluate_layers, layers_of
from lossviz.surface.losses import MixtureLosses, PlaneLosses, ScanCancelledError
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
from lossviz.surface.random_slices import RandomSlices, random_slices
from lossviz.surface.refine import estimate, levels, refine
from lossviz.surface.slice_1d import Slice1d, slice_1d
from lossviz.surface.surface import Surface, evaluate, slice_loss

__all__ = [
    "LAYERS",
    "Confusion",
    "Fit",
    "Layer",
    "Layers",
    "MixtureLosses",
    "Parity",
    "PlaneLosses",
    "Predictions",
    "RandomSlices",
    "Regions",
    "ScanCancelledError",
    "Slice1d",
    "Surface",
    "confusion_counts",
    "decision_regions",
    "estimate",
    "evaluate",
    "evaluate_layers",
    "fitted_curves",
    "input_ranges",
    "layers_of",
    "levels",
    "parity",
    "predictions",
    "random_slices",
    "refine",
    "slice_1d",
    "slice_loss",
]

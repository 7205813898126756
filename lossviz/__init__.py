"""lossviz: see how training works.

Experiments are plain data; `train` and `race` give runs; a plane through weight space and
`evaluate` give the loss surface around the real model; `figures` draws them.
"""

from lossviz import figures, losslab
from lossviz.checkup import Checkup, cross_validate, early_stop, learning_curve, verdict_of
from lossviz.comparison import Comparison, Contender
from lossviz.connect import Alignment, Curve, Line, align, line, low_loss_curve
from lossviz.course import Course
from lossviz.datalab import DataLab
from lossviz.export import script_of
from lossviz.losslab import LossLab
from lossviz.plane import (
    Plane,
    exact_plane,
    grid,
    hessian_plane,
    pca_plane,
    preconditioned_plane,
    random_plane,
    random_walk_shares,
    start_end_plane,
    through_plane,
    window,
)
from lossviz.problem import Problem, build, function_problem, point_problem
from lossviz.registry import SettingError, UnknownNameError, load_contrib
from lossviz.run import Method, Run, race, race_many, race_on, sweep, train
from lossviz.settings import Experiment
from lossviz.surface import (
    Layers,
    RandomSlices,
    Slice1d,
    Surface,
    evaluate,
    evaluate_layers,
    random_slices,
    refine,
    slice_1d,
    slice_loss,
)
from lossviz.survey import Survey

__version__ = "0.1.0"

__all__ = [
    "Alignment",
    "Checkup",
    "Comparison",
    "Contender",
    "Course",
    "Curve",
    "DataLab",
    "Experiment",
    "Layers",
    "Line",
    "LossLab",
    "Method",
    "Plane",
    "Problem",
    "RandomSlices",
    "Run",
    "SettingError",
    "Slice1d",
    "Surface",
    "Survey",
    "UnknownNameError",
    "align",
    "build",
    "cross_validate",
    "early_stop",
    "evaluate",
    "evaluate_layers",
    "exact_plane",
    "figures",
    "function_problem",
    "grid",
    "hessian_plane",
    "learning_curve",
    "line",
    "load_contrib",
    "losslab",
    "low_loss_curve",
    "pca_plane",
    "point_problem",
    "preconditioned_plane",
    "race",
    "race_many",
    "race_on",
    "random_plane",
    "random_slices",
    "random_walk_shares",
    "refine",
    "script_of",
    "slice_1d",
    "slice_loss",
    "start_end_plane",
    "sweep",
    "through_plane",
    "train",
    "verdict_of",
    "window",
]

load_contrib()

"""What goes on in a training: first weights, regularisation, the fit and the weights."""

from lossviz.checkup.checkup import MOST_SCHEMES, SECTIONS, VIEWS, Checkup, Scheme
from lossviz.checkup.curves import (
    CurveOfRuns,
    Outcome,
    cross_validate,
    folds_of,
    learning_curve,
    width_curve,
)
from lossviz.checkup.early import EarlyStop, early_stop, stopping
from lossviz.checkup.exam import Exam, Pair, exam_of, examine, pair_of
from lossviz.checkup.polynomial import PolynomialFit, polynomial_fit
from lossviz.checkup.presets import PRESETS
from lossviz.checkup.scores import scores_of
from lossviz.checkup.spread import Spreads, deep_signals, spreads
from lossviz.checkup.verdict import Cure, Verdict, verdict_of
from lossviz.checkup.weights import WeightHistory, vanished_share, weight_history, weight_names

__all__ = [
    "MOST_SCHEMES",
    "PRESETS",
    "SECTIONS",
    "VIEWS",
    "Checkup",
    "Cure",
    "CurveOfRuns",
    "EarlyStop",
    "Exam",
    "Outcome",
    "Pair",
    "PolynomialFit",
    "Scheme",
    "Spreads",
    "Verdict",
    "WeightHistory",
    "cross_validate",
    "deep_signals",
    "early_stop",
    "exam_of",
    "examine",
    "folds_of",
    "learning_curve",
    "pair_of",
    "polynomial_fit",
    "scores_of",
    "spreads",
    "stopping",
    "vanished_share",
    "verdict_of",
    "weight_history",
    "weight_names",
    "width_curve",
]

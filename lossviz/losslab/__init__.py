"""The loss lab: what a loss rewards, on a line, a neuron, a threshold and two distributions."""

from lossviz.losslab.curves import Curve, curve, curves
from lossviz.losslab.entropy import Surprise, surprise
from lossviz.losslab.fits import Fit, fits, line_fit, loss_over_lines
from lossviz.losslab.imbalance import Decision, decisions, sample_of
from lossviz.losslab.lab import LossLab
from lossviz.losslab.neuron import Descent, descents
from lossviz.losslab.pick import Pick

__all__ = [
    "Curve",
    "Decision",
    "Descent",
    "Fit",
    "LossLab",
    "Pick",
    "Surprise",
    "curve",
    "curves",
    "decisions",
    "descents",
    "fits",
    "line_fit",
    "loss_over_lines",
    "sample_of",
    "surprise",
]

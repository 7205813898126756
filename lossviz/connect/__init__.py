"""What lies between two networks: straight lines, barriers, low-loss curves, and permutations."""

from lossviz.connect.advance import advance_curve
from lossviz.connect.align import Alignment, align
from lossviz.connect.barrier import Barrier, barrier_of
from lossviz.connect.curve import Curve, curve_of, low_loss_curve
from lossviz.connect.line import Line, line
from lossviz.connect.profile import Profile
from lossviz.connect.state import CurvePiece, CurveState, start_curve

__all__ = [
    "Alignment",
    "Barrier",
    "Curve",
    "CurvePiece",
    "CurveState",
    "Line",
    "Profile",
    "advance_curve",
    "align",
    "barrier_of",
    "curve_of",
    "line",
    "low_loss_curve",
    "start_curve",
]

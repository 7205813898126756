"""What lies between two networks: straight lines, barriers, low-loss curves, and permutations."""

from lossviz.connect.barrier import Barrier, barrier_of
from lossviz.connect.line import Line, line

__all__ = ["Barrier", "Line", "barrier_of", "line"]

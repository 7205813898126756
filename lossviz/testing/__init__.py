"""The contract that every catalogue entry keeps, as checks for authors of additions.

    from lossviz import testing
    from lossviz.registry import losses

    def test_my_loss():
        testing.check_loss(losses["my_loss"])

A check passes in silence, or raises `AssertionError` with a sentence that says what is expected.
The built-in entries pass the same checks.
"""

from lossviz.testing.common import check_entry, corners
from lossviz.testing.datasets import check_dataset
from lossviz.testing.functions import check_function
from lossviz.testing.initialisers import check_initialiser
from lossviz.testing.kinds import check
from lossviz.testing.losses import check_loss
from lossviz.testing.models import check_model
from lossviz.testing.optimizers import check_optimizer
from lossviz.testing.schedules import check_schedule

__all__ = [
    "check",
    "check_dataset",
    "check_entry",
    "check_function",
    "check_initialiser",
    "check_loss",
    "check_model",
    "check_optimizer",
    "check_schedule",
    "corners",
]

"""The built-in learning-rate schedules, by the schedulers of `torch.optim.lr_scheduler`."""

from lossviz.run.schedules import decay  # isort: skip - the constant one is first of the list
from lossviz.run.schedules import waves

__all__ = ["decay", "waves"]

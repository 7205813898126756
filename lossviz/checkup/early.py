"""Early stopping: where a run would have been ended, read off its record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lossviz.registry import SettingError
from lossviz.run import Run


@dataclass(frozen=True)
class EarlyStop:
    """Where training with patience ends.

    Args:
        best: The step with the lowest loss before the stop; its weights are the ones to keep.
        stop: The step at which patience ran out, or None where it never did.
        loss: The loss at the best step.
        patience: How many steps without a new lowest loss were waited for.
    """

    best: int
    stop: int | None
    loss: float
    patience: int


def stopping(steps: ArrayLike, losses: ArrayLike, patience: int) -> EarlyStop:
    """Where training with patience ends, on any curve.

    It ends at the first step at which the lowest loss so far is ``patience`` steps old or older.
    Losses that are not numbers count as no improvement.

    Args:
        steps: (F,), ascending.
        losses: (F,), at these steps.
        patience: In steps, 1 or more.

    Raises:
        SettingError: For a patience below 1, or without any loss that is a number.

    >>> stopping([0, 1, 2, 3, 4], [3.0, 2.0, 2.5, 2.4, 1.0], patience=2)
    EarlyStop(best=1, stop=3, loss=2.0, patience=2)
    """
    at, values = np.asarray(steps), np.asarray(losses, dtype=np.float64)
    if patience < 1:
        raise SettingError(f"The patience is {patience}, but must be 1 step or more.")
    if not np.isfinite(values).any():
        raise SettingError("There is no loss to stop by; keep a share of the samples for testing.")
    best = int(np.isfinite(values).argmax())
    for place in range(best + 1, len(values)):
        if values[place] < values[best]:
            best = place
        elif at[place] - at[best] >= patience:
            return EarlyStop(int(at[best]), int(at[place]), float(values[best]), patience)
    return EarlyStop(int(at[best]), None, float(values[best]), patience)


def early_stop(run: Run, patience: int = 20) -> EarlyStop:
    """Where a run would have ended, had it been stopped early by its loss on the test samples.

    The run itself is whole: nothing is cut off, so that one sees what came after. The weights to
    keep are ``run.params(stopped.best)``.

    How to read it: the distance between the best step and the last one is training that made the
    model worse for new samples. A patience that is too short stops at the first bump.

    Args:
        run: With samples for testing.
        patience: How many steps without a new lowest loss are waited for.

    Raises:
        SettingError: See `stopping`.

    >>> import lossviz as lv
    >>> run = lv.train(lv.Experiment(steps=50))
    >>> early_stop(run, patience=10).best
    50
    """
    return stopping(run.recorded, run.metrics["test_loss"], patience)

"""How a run stands: finished, diverged, cancelled or still running, in a word and a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["running", "finished", "diverged", "cancelled"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: A loss above this times max(1, |first loss|) counts as diverged, as does one that is not finite.
EXPLODED = 1e16
#: A loss that breaks off below this had been falling without end, wherever its last step led.
BOTTOMLESS = -1e4


@dataclass(frozen=True)
class Status:
    """How a run stands at a step.

    Args:
        kind: "running", "finished", "diverged" or "cancelled".
        step: The number of steps taken; for a diverged run, the first step whose loss or weights
            are not finite, or whose loss has exploded. Its curves end one step before.
        loss: What the loss was at that first bad step (NaN where it was not evaluated).
        before: The loss one step before (NaN where it is not known); it only serves the words.

    >>> print(Status("diverged", 12, math.inf))
    diverged at step 12
    """

    kind: Kind
    step: int
    loss: float = math.nan
    before: float = field(default=math.nan, compare=False)

    def __str__(self) -> str:
        if self.kind == "finished":
            return f"finished after {_steps(self.step)}"
        return f"{self.kind} at step {self.step}"

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        if self.kind == "finished":
            return (
                "The one step was taken."
                if self.step == 1
                else f"All {self.step} steps were taken."
            )
        if self.kind == "running":
            return f"{_steps(self.step)} taken so far."
        if self.kind == "cancelled":
            return f"It was stopped after {_steps(self.step)}; what was done until then is kept."
        if self.step == 0:
            return "The loss is not a finite number at the starting weights already."
        return f"{self._end()} The path is shown up to step {self.step - 1}."

    def _end(self) -> str:
        """How a path broke off, and what that means."""
        if self.loss < 0 or self.before < BOTTOMLESS:
            depth = self.loss if self.loss < 0 else self.before
            at = self.step if self.loss < 0 else self.step - 1
            words = "minus infinity" if math.isinf(depth) else f"{depth:.1e}"
            return (
                f"At step {at} the loss had fallen to {words}: it has no lowest value on this way, "
                "so there is no minimum to reach."
            )
        if math.isnan(self.loss):
            what = "the weights or the loss stopped being finite numbers"
        elif math.isinf(self.loss):
            what = "the loss became infinite"
        else:
            what = f"the loss exploded to {self.loss:.1e}"
        return (
            f"At step {self.step} {what}: the steps had become too large for the curvature of the "
            "surface. A smaller learning rate usually helps."
        )


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def is_bad(loss: float, first: float) -> bool:
    """Whether a loss counts as diverged, beside the first loss of its run."""
    limit = EXPLODED * max(1.0, abs(first))
    return not -limit <= loss <= limit  # so that NaN is bad too

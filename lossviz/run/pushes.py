"""What is added to every contender's gradient, step by step."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.problem.problem import Problem


class Pushes:
    """The noise of a race: one draw for each step, the same for all contenders.

    Args:
        problem: Whose noise, if any.
        state: The state of the generator before the first draw.
        step: The step of that draw.
    """

    def __init__(self, problem: Problem, state: Tensor, step: int) -> None:
        self.noise = problem.noise
        self.dtype = problem.theta0.dtype
        self.step = step
        #: The state of the generator before the current step's draw.
        self.state = state
        self._generator = torch.Generator()
        self._generator.set_state(state.clone())
        self.current = self._draw()

    def advance(self) -> None:
        """Go to the next step."""
        self.step += 1
        if self.noise is not None:
            self.state = self._generator.get_state()
            self.current = self._draw()

    def _draw(self) -> Tensor | None:
        """The numbers (P,) to add, or None for none."""
        if self.noise is None:
            return None
        return self.noise.draw(self._generator, self.step).to(self.dtype)

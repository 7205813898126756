"""`Ground`: the function that is raced on, with its noise."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from lossviz import registry
from lossviz.problem import Problem, function_problem
from lossviz.registry import Value
from lossviz.run.state import problem_of
from lossviz.settings import Options


@dataclass(frozen=True)
class Ground:
    """The function that is raced on, with its noise, as plain data.

    Args:
        function, params: The function's entry in the catalogue, and its parameters.
        sigma, batch: The gradient's noise has the variance ``sigma**2 / batch`` per coordinate.
    """

    function: str = "rosenbrock"
    params: Mapping[str, Value] = field(default_factory=Options)
    sigma: float = 0.0
    batch: int = 1

    def __post_init__(self) -> None:
        complete = registry.functions[self.function].complete(self.params)
        object.__setattr__(self, "params", Options(complete))

    def problem(self) -> Problem:
        """The function as a problem with the two coordinates as its parameters."""
        return function_problem(self.function, self.params, sigma=self.sigma, batch=self.batch)


@problem_of.register
def _(ground: Ground) -> Problem:
    return _built(ground)


@functools.lru_cache(maxsize=32)
def _built(ground: Ground) -> Problem:
    return ground.problem()

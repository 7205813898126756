"""A function of two variables as a problem: the parameters are the point itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz import registry
from lossviz.problem.data import Data
from lossviz.problem.noise import Deviation, GaussianNoise, Noise, SumOfNoises
from lossviz.problem.problem import Problem
from lossviz.problem.space import ParamSpace
from lossviz.registry import Box, Point, SettingError, Shape, Slope, Value

#: ``f(x, y)``, elementwise on tensors of one shape.
Function = Callable[[Tensor, Tensor], Tensor]


class PointModel:
    """The model whose outputs are its parameters: one sample with two outputs, x and y."""

    space = ParamSpace(("point",), ((2,),))
    #: Points in one call: many, for each is two numbers alone, but so few that torch does not share
    #: them out to several threads, which costs more than it brings.
    most_points = 2**11

    def forward(self, params: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """The point as outputs (1, 2)."""
        return params["point"].unsqueeze(-2)

    def stacked(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """K points (K, 2) as outputs (K, 1, 2)."""
        return theta.unsqueeze(-2)


@dataclass(frozen=True)
class PointValue:
    """The criterion of a point: the value of the function at its outputs (..., 1, 2).

    Args:
        f: The function.
        slope: Its slopes in closed form, or None.
    """

    f: Function
    slope: Slope | None = None

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The values (...)."""
        return self.f(outputs[..., 0, 0], outputs[..., 0, 1])


def point_problem(
    f: Function,
    start: Point,
    *,
    dtype: torch.dtype = torch.float64,
    noise: float | Noise = 0.0,
    box: Box | None = None,
    deviation: Callable[[int], Point] | None = None,
    slope: Slope | None = None,
) -> Problem:
    """The problem of lowering f(x, y).

    Its one parameter tensor ``point`` (2,) holds x and y. There are no data; one empty sample
    stands for them, so that planes, surfaces and races work as for any other problem.

    Args:
        f: The function, on tensors of any shape, elementwise and differentiable.
        start: Where contenders start.
        dtype: The precision of the whole problem.
        noise: The standard deviation of a normal number that is added to each coordinate of the
            gradient, or any `Noise`.
        box: The points that are allowed (x0, x1, y0, y1); after each step a point is put back to
            the nearest one.
        deviation: ``deviation(step)`` gives (dx, dy), added to the gradient too; the first step
            is 0.
        slope: ``slope(x, y)`` gives (df/dx, df/dy) to the bit as autograd does; None leaves it to
            autograd.

    Raises:
        SettingError: When the start, the noise or the box cannot be used.

    >>> bowl = point_problem(lambda x, y: x**2 + y**2, (3.0, 4.0))
    >>> bowl.loss(bowl.params0)
    tensor(25., dtype=torch.float64)
    """
    point = _point(start, dtype)
    limits = None if box is None else _limits(box, point)
    return Problem(
        model=PointModel(),
        criterion=PointValue(f, slope),
        data=_no_data(dtype),
        params0={"point": point},
        batched=True,
        noise=_noise(noise, deviation),
        box=limits,
        names=("x", "y"),
    )


def function_problem(
    name: str,
    params: Mapping[str, Value] | None = None,
    start: Point | None = None,
    sigma: float = 0.0,
    batch: int = 1,
) -> Problem:
    """The problem of a function in the catalogue, in float64.

    Args:
        name: Its name, say "rosenbrock".
        params: Its parameters; those left out are at their defaults.
        start: Where contenders start; the function's own start when it is not given.
        sigma: The standard deviation of the noise that one sample's gradient has.
        batch: Samples for each step: the noise of a step has the variance ``sigma**2 / batch``.

    Raises:
        UnknownNameError: When there is no such function, or it has no such parameter.
        SettingError: When a value cannot be used.

    >>> function_problem("saddle").params0["point"].tolist()
    [1.0, 1e-06]
    """
    entry = registry.functions[name]
    complete = entry.complete(params or {})
    return point_problem(
        entry.make(**complete),
        entry.start(complete) if start is None else start,
        noise=GaussianNoise(sigma, batch) if sigma else 0.0,
        box=entry.box(complete),
        deviation=entry.deviation(complete),
        slope=entry.slope(complete),
    )


def _no_data(dtype: torch.dtype) -> Data:
    nothing = torch.empty(1, 0, dtype=dtype)
    return Data(nothing, nothing, nothing[:0], nothing[:0], Shape("regression", 0, 0))


def _point(start: Point, dtype: torch.dtype) -> Tensor:
    point = torch.as_tensor(start, dtype=torch.float64).detach().to("cpu", dtype, copy=True)
    if point.shape != (2,) or not point.isfinite().all():
        raise SettingError(f"The start is {start}, but must be two finite numbers, x and y.")
    return point


def _limits(box: Box, point: Tensor) -> tuple[Tensor, Tensor]:
    x0, x1, y0, y1 = box
    if not (x0 < x1 and y0 < y1):
        raise SettingError(f"The box is {box}, but must be x0 < x1, y0 < y1.")
    low, high = point.new_tensor([x0, y0]), point.new_tensor([x1, y1])
    if not ((low <= point) & (point <= high)).all():
        raise SettingError(
            f"The start ({point[0]:g}, {point[1]:g}) is not allowed here: x must be from {x0:g} to "
            f"{x1:g}, y from {y0:g} to {y1:g}."
        )
    return low, high


def _noise(noise: float | Noise, deviation: Callable[[int], Point] | None) -> Noise | None:
    parts: list[Noise] = []
    if deviation is not None:
        parts.append(Deviation(deviation))
    if not isinstance(noise, int | float):
        parts.append(noise)
    elif noise or math.isnan(noise):
        parts.append(GaussianNoise(noise))
    if len(parts) > 1:
        return SumOfNoises(tuple(parts))
    return parts[0] if parts else None

"""The contract of a function of two variables."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from lossviz.problem.point import Function
from lossviz.registry import Box, FunctionEntry, Value
from lossviz.testing.common import check_entry, corners, random_state_stays, require

#: Points on each side of the grid that is looked at.
SIDE = 41


def check_function(entry: FunctionEntry) -> None:
    """Check a function: elementwise and smooth over its domain, and lowest where it says so."""
    check_entry(entry)
    for params in corners(entry):
        who = f"{entry.name}({params})"
        f: Function = entry.make(**params)
        domain = _domain(who, entry, params)
        x, y = _grid(domain)
        values = _check_values(who, f, x, y)
        _check_derivatives(who, f, x, y)
        _check_slope(who, entry, params, f, x, y)
        _check_minimum(who, entry, params, f, values[_allowed(x, y, entry.box(params))])
        _check_deviation(who, entry, params)


def _domain(who: str, entry: FunctionEntry, params: Mapping[str, Value]) -> Box:
    domain, start, box = entry.domain(params), entry.start(params), entry.box(params)
    for name, window in (("domain", domain), ("box", box)):
        if window is not None:
            x0, x1, y0, y1 = window
            require(
                all(map(math.isfinite, window)) and x0 < x1 and y0 < y1,
                f"{who}: the {name} is (x0, x1, y0, y1) with x0 < x1 and y0 < y1, not {window}.",
            )
            require(
                x0 <= start[0] <= x1 and y0 <= start[1] <= y1,
                f"{who}: the start {start} lies outside of the {name} {window}.",
            )
    return domain


def _grid(domain: Box) -> tuple[Tensor, Tensor]:
    x0, x1, y0, y1 = domain
    index = torch.arange(SIDE, dtype=torch.float64)
    # Unlike linspace's, the middle of a symmetric domain is 0 exactly, where tips like to be.
    x, y = [(a * index.flip(0) + b * index) / (SIDE - 1) for a, b in ((x0, x1), (y0, y1))]
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return columns.reshape(-1), rows.reshape(-1)


def _allowed(x: Tensor, y: Tensor, box: Box | None) -> Tensor:
    """Which points lie within a box."""
    x0, x1, y0, y1 = box or (-math.inf, math.inf, -math.inf, math.inf)
    return (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)


def _some(count: int) -> Tensor:
    """The places of a few points of the grid, the same each time."""
    return torch.randperm(SIDE**2, generator=torch.Generator().manual_seed(2))[:count]


def _check_values(who: str, f: Function, x: Tensor, y: Tensor) -> Tensor:
    before = x.clone(), y.clone()
    with random_state_stays(who):
        values = f(x, y)
    require(
        torch.equal(x, before[0]) and torch.equal(y, before[1]),
        f"{who}: the function changes its arguments.",
    )
    chosen = _some(10)
    for shape in ((), (3,), (2, 5)):
        at = chosen[: math.prod(shape)].reshape(shape)
        found = f(x[at], y[at])
        require(
            found.shape == shape and found.dtype == torch.float64,
            f"{who}: float64 points {shape} give float64 values {shape}, not {found.dtype} "
            f"{tuple(found.shape)}.",
        )
        require(
            torch.allclose(found, values[at], rtol=1e-9, atol=1e-9, equal_nan=True),
            f"{who}: points {shape} give other values than all points at once; each value may "
            "depend on its own x and y only.",
        )
    require(values.isfinite().all(), f"{who}: the values over the domain are not all finite.")
    return values


def _check_derivatives(who: str, f: Function, x: Tensor, y: Tensor) -> None:
    points = [x.clone().requires_grad_(), y.clone().requires_grad_()]
    values = f(*points)
    require(
        values.requires_grad,
        f"{who}: the values do not depend on x and y in torch's eyes; use torch's functions.",
    )
    for slope in torch.autograd.grad(values.sum(), points, materialize_grads=True):
        require(slope.isfinite().all(), f"{who}: the slopes over the domain are not all finite.")
    chosen = _some(10)
    near = [(side[chosen] + 0.0123).requires_grad_() for side in (x, y)]
    # The difference quotients are only as exact as the values are small.
    size = max(1.0, f(*near).detach().abs().max().item())
    try:
        torch.autograd.gradcheck(lambda x, y: f(x, y) / size, near)
    except RuntimeError as error:
        raise AssertionError(f"{who}: the gradient is not the slope: {error}") from error
    second = vmap(jacrev(jacrev(lambda point: f(point[0], point[1]))))(
        torch.stack([x, y], 1)[chosen]
    )
    require(second.isfinite().all(), f"{who}: the second derivatives are not all finite.")


def _check_slope(
    who: str, entry: FunctionEntry, params: Mapping[str, Value], f: Function, x: Tensor, y: Tensor
) -> None:
    """The slopes in closed form, where there are any, are autograd's to the bit."""
    slope = entry.slope(params)
    if slope is None:
        return
    points = [x.clone().requires_grad_(), y.clone().requires_grad_()]
    wanted = torch.autograd.grad(f(*points).sum(), points, materialize_grads=True)
    for name, found, side in zip("xy", slope(x, y), wanted, strict=True):
        require(
            torch.equal(found, side),
            f"{who}: the slope along {name} in closed form is not what autograd gives, to the bit.",
        )


def _check_minimum(
    who: str, entry: FunctionEntry, params: Mapping[str, Value], f: Function, values: Tensor
) -> None:
    minimum, minimisers = entry.minimum(params), entry.minimisers(params)
    if minimum is None:
        require(not minimisers, f"{who}: there are minimisers, but the minimum is not given.")
        return
    tolerance = 1e-12 * max(1.0, abs(minimum))
    lowest = values.min().item()
    require(
        lowest >= minimum - tolerance,
        f"{who}: the minimum is given as {minimum}, but the domain has a value of {lowest}.",
    )
    for x, y in minimisers:
        point = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
        value = f(point[0], point[1])
        require(
            abs(value.item() - minimum) <= tolerance,
            f"{who}: the value at {(x, y)} is {value.item()}, not the minimum {minimum}.",
        )
        (slope,) = torch.autograd.grad(value, point)
        require(
            _downhill(point.detach(), slope, entry.box(params)) <= 1e-6,
            f"{who}: the slope at the minimiser {(x, y)} is {slope.tolist()}, not 0.",
        )


def _downhill(point: Tensor, slope: Tensor, box: Box | None) -> float:
    """How far a step of size 1 leads: 0 at a minimum, also at one on the edge of the box."""
    step = point - slope
    if box is not None:
        step = step.clamp(point.new_tensor([box[0], box[2]]), point.new_tensor([box[1], box[3]]))
    return (step - point).abs().max().item()


def _check_deviation(who: str, entry: FunctionEntry, params: Mapping[str, Value]) -> None:
    rule = entry.deviation(params)
    if rule is None:
        return
    for step in range(200):
        found = rule(step)
        require(
            len(found) == 2 and all(map(math.isfinite, found)) and found == rule(step),
            f"{who}: the deviation at step {step} is {found}, expected the same two finite numbers "
            "each time.",
        )

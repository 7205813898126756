"""The contract of what an optimizer tells of itself: a step in formulas, and a stability limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lossviz.problem import Problem, point_problem
from lossviz.registry import OptimizerEntry, SettingError, Value
from lossviz.run.stability import Stability
from lossviz.run.status import Status
from lossviz.run.worked import PLACEHOLDER, Worked
from lossviz.testing.common import corners, require

Floats = NDArray[np.float64]

#: A step is shown at so many frames.
FRAMES = 8
#: The curvature on which a limit is tried, how far beside it, and over so many steps.
CURVATURE, BESIDE, STEPS = 10.0, 0.1, 160
#: A limit is tried where the scale stays within this share of itself, as its theory has it.
STEADY = 0.01


def check_explained(entry: OptimizerEntry) -> None:
    """Check `worked` and `stability` of an optimizer, where it has them.

    The shown step leads from each point of a real run to the next one, and a real run on a
    quadratic dies out below the limit and grows above it. (A limit whose scale moves on is checked
    for its form alone.)
    """
    for params in corners(entry):
        try:
            run = _watch(entry, params, _bowl(), FRAMES - 1)
        except SettingError:
            continue
        who = f"{entry.name}({params})"
        if entry.worked is not None:
            _check_worked(who, entry.worked(run), run)
        if entry.stability is not None:
            found = entry.stability(run)
            if found is None:
                continue
            _check_stability(who, found, run)
            if "lr" in params:
                _try_limit(who, entry, params)


# --- one step ------------------------------------------------------------------------------------


def _check_worked(who: str, shown: Worked, run: _Watched) -> None:
    frames = len(run.weights)
    for name, values in shown.values.items():
        require(
            values.shape in {(frames,), (frames, 2)},
            f"{who}: the value {name!r} of its step is {values.shape}; expected ({frames},) or "
            f"({frames}, 2), a row for each frame.",
        )
    named = {name for line in shown.lines for name in PLACEHOLDER.findall(line.filled)}
    named |= {name for name in (shown.momentum, shown.pull, shown.scale) if name}
    unknown = sorted(named - set(shown.values))
    require(not unknown, f"{who}: its step names {unknown}, of which there are no values.")
    _check_new(who, shown, run.weights.numpy())


def _check_new(who: str, shown: Worked, points: Floats) -> None:
    """Some line's result is the next point, and the shown step is the way there."""
    results = {line.filled.rpartition(" = ")[2].strip("{}") for line in shown.lines}
    size = float(np.abs(points).max())

    def equal(name: str, wanted: Floats) -> bool:
        found = shown.values.get(name)
        if found is None or found.shape != points.shape:
            return False
        return np.allclose(found[:-1], wanted, rtol=1e-6, atol=1e-9 * size)

    require(
        any(equal(name, points[1:]) for name in results),
        f"{who}: no line of its step ends with the next point of a real run.",
    )
    if "step" in shown.values:
        start = shown.values.get("shrunk", points)[:-1]
        require(
            equal("step", points[1:] - start),
            f"{who}: its lines' step is not the one that a real run takes.",
        )


# --- the limit -----------------------------------------------------------------------------------


def _check_stability(who: str, found: Stability, run: _Watched) -> None:
    frames = len(run.weights)
    require(
        found.limit.shape == (frames,) and found.scale.shape == (frames, 2),
        f"{who}: its limit is {found.limit.shape} and its scale {found.scale.shape}; expected "
        f"({frames},) and ({frames}, 2).",
    )
    require((found.limit[:-1] > 0).all(), f"{who}: its limit is {found.limit}; it must be above 0.")
    require(found.rule.strip(), f"{who}: its limit has no rule, the sentence that tells it.")


def _try_limit(who: str, entry: OptimizerEntry, params: Mapping[str, Value]) -> None:
    """Run just below and just above the limit, where its scale holds still."""
    rate = _rate_at_limit(entry, params)
    if rate is None or not _steady(entry, _watch(entry, {**params, "lr": rate / 2}, _valley(), 9)):
        return
    for factor, grows in ((1 - BESIDE, False), (1 + BESIDE, True)):
        run = _watch(entry, {**params, "lr": factor * rate}, _valley(), STEPS)
        if not _steady(entry, run):
            return
        size = run.weights[:, 0].abs().numpy()
        early, late = size[: STEPS // 4].max(), size[-STEPS // 4 :].max()
        require(
            # A momentum of 1 keeps its swing for ever below the limit.
            late > 2 * early if grows else late <= 1.001 * early,
            f"{who}: at {factor:g} times its limit, a learning rate of {factor * rate:g} on the "
            f"curvature {CURVATURE:g}, steps should {'grow' if grows else 'die out'}; the distance "
            f"from the minimum goes from {early:.3g} to {late:.3g}.",
        )


def _rate_at_limit(entry: OptimizerEntry, params: Mapping[str, Value]) -> float | None:
    """The learning rate that is just at the limit; None where there is no such rate."""
    assert entry.stability is not None
    rate = 1e-3
    for _ in range(30):  # the limit itself may depend on the rate, through a weight decay
        run = _watch(entry, {**params, "lr": rate}, _valley(), 2)
        found = entry.stability(run)
        ratio = rate * found.scale[0, 0] * (CURVATURE + found.decay) / found.limit[0]
        if not (math.isfinite(ratio) and ratio > 0):
            return None
        rate /= ratio
        if abs(ratio - 1) < 1e-6:
            return rate
    return None


def _steady(entry: OptimizerEntry, run: _Watched) -> bool:
    assert entry.stability is not None
    found: Stability = entry.stability(run)
    scale, limit = found.scale[:-1, 0], found.limit[:-1]
    return bool(
        np.ptp(scale) <= STEADY * scale.min() and np.ptp(limit) <= STEADY * limit.min()
    )  # never so for NaN


# --- plain runs ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Watched:
    """What `worked` and `stability` read of a watched `lossviz.run.Run`.

    It is made by a plain loop, so that an entry need not be in the catalogue yet, and so that what
    is shown is held against steps that the library had no part in.
    """

    method: Any
    problem: Problem
    weights: Tensor
    gradient: Tensor
    memory: dict[str, Tensor]
    rates: Tensor
    loss: Tensor
    recorded: np.ndarray
    status: Status
    momenta: Tensor | None = None
    experiment: None = None

    @property
    def space(self) -> Any:
        """Names and shapes of the parameters."""
        return self.problem.space


def _bowl() -> Problem:
    """A bowl askew, on which every coordinate has a way of its own."""
    return point_problem(lambda x, y: x**2 + 2.5 * y**2 + x * y, (1.0, -2.0))


def _valley() -> Problem:
    """The curvature that is tried along x, and next to none along y."""
    return point_problem(lambda x, y: CURVATURE / 2 * x**2 + 1e-3 * y**2, (1.0, 0.0))


def _watch(
    entry: OptimizerEntry, params: Mapping[str, Value], problem: Problem, steps: int
) -> _Watched:
    point = nn.Parameter(problem.theta0.clone())
    optimizer: Any = entry.make([point], **params)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = problem.stacked_loss(point[None])[0]
        loss.backward()
        return loss

    weights, gradients, losses, states = [], [], [], []
    for step in range(steps + 1):
        losses.append(closure().detach())
        weights.append(point.detach().clone())
        gradients.append(torch.zeros_like(point) if point.grad is None else point.grad.clone())
        states.append(_numbers(optimizer.state.get(point, {})))
        if step < steps:
            optimizer.step(closure)
    return _Watched(
        method=SimpleNamespace(optimizer=entry.name, params=dict(params)),
        problem=problem,
        weights=torch.stack(weights),
        gradient=torch.stack(gradients),
        memory=_joined(states),
        rates=torch.full((steps + 1,), float(optimizer.param_groups[0]["lr"]), dtype=torch.float64),
        loss=torch.stack(losses),
        recorded=np.arange(steps + 1),
        status=Status("finished", steps),
    )


def _numbers(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """A copy of the numbers, and of the tensors with one for each coordinate, in float64."""
    held = {}
    for name, value in state.items():
        if isinstance(value, int | float | Tensor):
            tensor = torch.as_tensor(value).detach().clone().double()
            if tensor.shape in {(), (2,)}:
                held[name] = tensor
    return held


def _joined(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """A row for each frame; not a number where a name was not there yet."""
    shapes = {name: value.shape for state in states for name, value in state.items()}
    return {
        name: torch.stack(
            [state.get(name, torch.full(shape, math.nan).double()) for state in states]
        )
        for name, shape in shapes.items()
    }

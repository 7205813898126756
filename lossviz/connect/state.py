"""A curve in training as plain data: what `advance_curve` takes and gives."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossviz.connect.ends import end_of, places
from lossviz.connect.profile import Profile
from lossviz.connect.shape import SHAPES, Shape, straight_bends
from lossviz.problem.normalise import Statistics, check_statistics
from lossviz.problem.problem import Problem
from lossviz.problem.vector import Point
from lossviz.registry import SettingError, optimizers
from lossviz.run.batches import Batches, Place
from lossviz.run.state import Method, Trained, problem_of
from lossviz.run.status import Status

#: At most so many bytes of bends are kept.
MOST_BYTES = 64 * 2**20
#: A curve is made of the ends and of at most so many bends.
MOST_BENDS = 8


@dataclass(frozen=True, eq=False)
class CurveState:
    """Where the training of a curve stands; plain data that can be pickled.

    Args:
        recipe: What `lossviz.run.state.problem_of` builds the problem from, or None where
            `advance_curve` is handed the problem.
        method: The optimizer and its schedule.
        steps: How many steps there are in all.
        shape: "bezier" or "chain".
        draws: How many places of the curve each step looks at.
        batch_size: Samples for each step, 0 for all.
        t: (n,), where the profiles are taken.
        frames: How many steps are recorded, at most.
        statistics: What batch normalisation uses; None for the problem's own choice.
        buffers: Buffers in place of those that the problem's module came with, or None.
        a, b: (P,), the ends; they never move.
        step: How many steps were taken.
        bends: (B, P) after these; of a diverged curve its last finite ones.
        memory: What the optimizer remembers, as its ``state_dict``; None before the first step.
        first_loss: The first step's loss, NaN before it is known.
        status: How it stands.
        place: Where the order of batches stands.
        generator: The state of the generator of the places.
    """

    recipe: Hashable | None
    method: Method
    steps: int
    shape: Shape
    draws: int
    batch_size: int
    t: Tensor
    frames: int
    statistics: Statistics | None
    buffers: Mapping[str, Tensor] | None
    a: Tensor
    b: Tensor
    step: int
    bends: Tensor
    memory: dict[str, Any] | None
    first_loss: float
    status: Status
    place: Place
    generator: Tensor

    @property
    def done(self) -> bool:
        """Whether there is nothing left to compute."""
        return self.step >= self.steps or self.status.kind != "running"

    @property
    def stride(self) -> int:
        """Of so many steps one is recorded, and the last one."""
        size = max(1, self.bends.numel() * self.bends.element_size())
        frames = max(3, min(self.frames, MOST_BYTES // size))
        # Of steps 0, s, 2s, ... and the last one there are ceil(steps / s) + 1.
        return max(1, -(-self.steps // (frames - 1)))

    def its_problem(self, problem: Problem | None) -> Problem:
        """The problem of the recipe, or the one that is handed over, with these statistics.

        What training would draw (dropout, noise) is left out: a curve is lowered on the loss
        itself.

        Raises:
            ValueError: When there is neither.
        """
        if problem is None:
            if self.recipe is None:
                raise ValueError("This curve was begun on a problem; hand that problem over too.")
            problem = problem_of(self.recipe)
        problem = replace(problem, noise=None, disturbance=None)
        if self.statistics is None and not self.buffers:
            return problem
        own: Statistics = getattr(problem.model, "statistics", "frozen")
        return problem.with_statistics(self.statistics or own, self.buffers)


@dataclass(frozen=True, eq=False)
class CurvePiece:
    """What a chunk adds to a curve: everything after the step at which it begins.

    Args:
        loss: (m,), what each of these steps saw: the mean loss over its places of the curve.
        recorded: (f,), the numbers of the steps whose bends were kept.
        bends: (f, B, P).
        profile: (f, n), the training loss along the curve.
        end: Loss and accuracy on both splits along the last curve; None before it is done.
    """

    loss: Tensor
    recorded: np.ndarray
    bends: Tensor
    profile: Tensor
    end: Profile | None = None


def start_curve(
    prob: Problem,
    a: Point,
    b: Point,
    method: Trained,
    *,
    steps: int,
    seed: int = 0,
    shape: Shape = "bezier",
    bends: int = 1,
    draws: int = 8,
    batch_size: int = 0,
    points: int = 41,
    frames: int = 101,
    statistics: Statistics | None = None,
    buffers: Mapping[str, Tensor] | None = None,
    recipe: Hashable | None = None,
) -> CurveState:
    """The straight line between two networks as a curve, before its first step.

    Args:
        prob: The problem.
        a: The network at t = 0, as named tensors or one vector (P,).
        b: The network at t = 1.
        method: An optimizer of the catalogue and its schedule, such as a `lossviz.Method`.
        steps: How many steps to take, at least 1.
        seed: Of the places that are looked at, and of the order of the batches.
        shape: "bezier" or "chain"; see `lossviz.connect.shape.shares`.
        bends: How many points between the ends are trained.
        draws: How many places of the curve each step looks at.
        batch_size: Samples for each step, 0 for all.
        points: So many places from 0 to 1 have a profile.
        frames: How many steps are recorded, at most.
        statistics: What batch normalisation uses, in training and in the profiles; with
            "recomputed" training takes those of the batch. None for the problem's own choice.
        buffers: Buffers in place of those that the problem's module came with, by name.
        recipe: What a worker builds this very problem from, say the `lossviz.Experiment`; None
            where `advance_curve` will be handed the problem.

    Raises:
        SettingError: When an end does not fit, both are equal, a number is out of its range, or the
            optimizer needs the loss of one place more than once in a step.
    """
    _check(steps, shape, bends, draws, batch_size, frames)
    chosen = Method.of(method)
    if optimizers[chosen.optimizer].closure:
        raise SettingError(
            f"{optimizers[chosen.optimizer].title} evaluates the loss itself, which is drawn anew "
            "at each step of a curve; take another optimizer, such as adam or sgd."
        )
    if statistics is not None:
        check_statistics(statistics)
    first, last = end_of(prob, a, "a"), end_of(prob, b, "b")
    if bool((first == last).all()):
        raise SettingError("Both ends are the same network, so there is nothing to connect.")
    return CurveState(
        recipe=recipe,
        method=chosen,
        steps=steps,
        shape=shape,
        draws=draws,
        batch_size=batch_size,
        t=places(points),
        frames=frames,
        statistics=statistics,
        buffers=buffers,
        a=first,
        b=last,
        step=0,
        bends=straight_bends(first, last, bends),
        memory=None,
        first_loss=float("nan"),
        status=Status("running", 0),
        place=Batches.begin(seed),
        generator=torch.Generator().manual_seed(seed).get_state(),
    )


def _check(steps: int, shape: str, bends: int, draws: int, batch_size: int, frames: int) -> None:
    if shape not in SHAPES:
        raise SettingError(f"shape is {shape!r}, but must be one of {', '.join(SHAPES)}.")
    if not 1 <= bends <= MOST_BENDS:
        raise SettingError(f"bends is {bends}, but must be from 1 to {MOST_BENDS}.")
    if steps < 1 or batch_size < 0:
        raise SettingError(
            f"steps is {steps} and batch_size {batch_size}; take 1 and 0 (for all samples) or more."
        )
    if draws < 1 or frames < 3:
        raise SettingError(f"draws is {draws} and frames {frames}; take 1 and 3 or more.")

"""A race as plain data: what `advance` takes and gives, one chunk of steps after the other."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.build import build
from lossviz.problem.problem import Problem
from lossviz.problem.space import Params
from lossviz.registry import SettingError, Value, optimizers
from lossviz.run.batches import Batches, Place
from lossviz.run.status import Status
from lossviz.settings import Experiment, Options

if TYPE_CHECKING:
    from collections.abc import Iterable

Start = Params | Tensor | None

#: At most so many bytes of weights, and so many frames, are kept of one run.
MOST_BYTES = 64 * 2**20
MOST_FRAMES = 2001


class Trained(Protocol):
    """Anything that names an optimizer and its parameters: a `Method`, an `Experiment`."""

    @property
    def optimizer(self) -> str:
        """The optimizer's name in the catalogue."""
        ...

    @property
    def params(self) -> Mapping[str, Value]:
        """Its parameters; those left out are at their defaults."""
        ...


@dataclass(frozen=True)
class Method:
    """One optimizer with its parameters, completed with the defaults.

    >>> Method("sgd", {"lr": 0.5}).params["momentum"]
    0.0
    """

    optimizer: str
    params: Mapping[str, Value] = field(default_factory=Options)

    def __post_init__(self) -> None:
        complete = optimizers[self.optimizer].complete(self.params)
        object.__setattr__(self, "params", Options(complete))


@dataclass(frozen=True, eq=False)
class State:
    """Where a race of K contenders on one problem stands; plain data that can be pickled.

    Args:
        methods: The K contenders.
        experiment: What `advance` builds the problem from, or None where it is handed the problem.
        steps: How many steps there are in all.
        batch_size: Samples for each step, 0 for all.
        step: How many were taken.
        theta: The weights (K, P) after these; for a diverged contender its last good ones.
        memory: What each optimizer remembers, as its ``state_dict``; None before the first step.
        first_loss: Each contender's loss at the start (K,), NaN before it is known.
        statuses: How each contender stands.
        place: Where the order of batches stands.
    """

    methods: tuple[Method, ...]
    experiment: Experiment | None
    steps: int
    batch_size: int
    step: int
    theta: Tensor
    memory: tuple[dict[str, Any] | None, ...]
    first_loss: tuple[float, ...]
    statuses: tuple[Status, ...]
    place: Place

    @property
    def stride(self) -> int:
        """Of so many steps one is recorded: see `stride_of`."""
        return stride_of(self.steps, self.theta.shape[1] * self.theta.element_size())

    @property
    def done(self) -> bool:
        """Whether there is nothing left to compute."""
        return self.step >= self.steps or all(s.kind != "running" for s in self.statuses)


@dataclass(frozen=True, eq=False)
class Piece:
    """What a chunk adds to one contender: everything after the step at which the chunk begins.

    Args:
        loss: The losses (n,) of the steps that follow those known so far.
        recorded: The numbers (f,) of the steps whose weights were kept.
        weights: These weights (f, P).
        status: How the contender stands afterwards.
    """

    loss: Tensor
    recorded: np.ndarray
    weights: Tensor
    status: Status


@dataclass(frozen=True, eq=False)
class Chunk:
    """What `advance` computed, for each contender.

    Args:
        start, stop: The steps taken before and after. The pieces hold the steps above ``start``, up
            to ``stop``; the first chunk holds step 0 too.
        pieces: One for each contender, in order.
    """

    start: int
    stop: int
    pieces: tuple[Piece, ...]


def stride_of(steps: int, bytes_per_frame: int) -> int:
    """The fixed stride at which weights are recorded: 1 where everything fits, else the smallest
    one with at most `MOST_FRAMES` frames and `MOST_BYTES` bytes. The last step is always kept.

    >>> stride_of(2000, 1000), stride_of(5000, 1000), stride_of(100, 2**23)
    (1, 3, 17)
    """
    frames = max(3, min(MOST_FRAMES, MOST_BYTES // max(1, bytes_per_frame)))
    if steps < frames:
        return 1
    # Of steps 0, s, 2s, ... there are steps // s + 1, and one more for the last step.
    return -(-steps // (frames - 2))


def start_state(
    experiments: Sequence[Experiment], start: Start = None, problem: Problem | None = None
) -> State:
    """The state of experiments that differ in their optimizers only, before the first step.

    Args:
        experiments: At least one.
        start: Where all begin, as named tensors or one vector; None for the initial weights.
        problem: Their problem, where it is there already.

    Raises:
        SettingError: When they differ in more, or a start does not fit.
    """
    if not experiments:
        raise SettingError("There is no experiment to train; give at least one.")
    keys = {shared_by(experiment) for experiment in experiments}
    if len(keys) > 1:
        raise SettingError(
            "These experiments differ in more than their optimizers, so they cannot share one "
            "state; race() sorts them into groups."
        )
    first = experiments[0]
    state = start_on(
        problem or problem_of(first),
        experiments,
        steps=first.steps,
        batch_size=first.batch_size,
        seed=first.seed,
        start=start,
    )
    return replace(state, experiment=shared_by(first))


def start_on(
    problem: Problem,
    contenders: Iterable[Trained],
    *,
    steps: int,
    batch_size: int = 0,
    seed: int = 0,
    start: Start = None,
) -> State:
    """The state of a race on any problem, before the first step; see `start_state`."""
    methods = tuple(Method(c.optimizer, c.params) for c in contenders)
    if not methods:
        raise SettingError("There is no contender to train; give at least one.")
    if steps < 0 or batch_size < 0:
        raise SettingError(f"steps is {steps} and batch_size {batch_size}; neither can be below 0.")
    theta = vector_of(problem, start)
    if not torch.isfinite(theta).all():
        raise SettingError("The start has weights that are not finite numbers.")
    count = len(methods)
    return State(
        methods=methods,
        experiment=None,
        steps=steps,
        batch_size=batch_size,
        step=0,
        theta=theta.expand(count, -1).clone(),
        memory=(None,) * count,
        first_loss=(float("nan"),) * count,
        statuses=(Status("running", 0),) * count,
        place=Batches.begin(seed),
    )


def vector_of(problem: Problem, start: Start) -> Tensor:
    """A start as one vector (P,) in the problem's precision; SettingError when it does not fit."""
    theta0 = problem.theta0.detach()
    if start is None:
        return theta0
    if isinstance(start, Mapping):
        try:
            start = problem.space.flatten(start)
        except ValueError as error:
            raise SettingError(f"The start does not fit the model. {error}") from None
    vector = torch.as_tensor(start).detach()
    if vector.shape != theta0.shape:
        raise SettingError(
            f"The start has the shape {tuple(vector.shape)}, but the model has "
            f"{theta0.shape[0]} weights."
        )
    return vector.to(theta0.dtype)


def shared_by(experiment: Experiment) -> Experiment:
    """The experiment with the usual optimizer: what contenders that race together share."""
    return replace(experiment, optimizer=Experiment.optimizer, params={})


def problem_of(experiment: Experiment) -> Problem:
    """The problem of an experiment; the last few are kept."""
    return _built(replace(shared_by(experiment), steps=1, batch_size=0))


@functools.lru_cache(maxsize=8)
def _built(experiment: Experiment) -> Problem:
    return build(experiment)

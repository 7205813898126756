"""A race as plain data: what `advance` takes and gives, one chunk of steps after the other."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.build import build
from lossviz.problem.problem import Problem
from lossviz.problem.space import Params
from lossviz.registry import SettingError, Value, optimizers, schedules
from lossviz.run.batches import Batches, Place
from lossviz.run.status import Status
from lossviz.run.watch import MOST_WATCHED, Memory
from lossviz.settings import Experiment, Options

if TYPE_CHECKING:
    from collections.abc import Iterable

Start = Params | Tensor | None

#: At most so many bytes of weights, and so many frames, are kept of one run.
MOST_BYTES = 64 * 2**20
MOST_FRAMES = 2001


class Trained(Protocol):
    """Anything that names an optimizer and a schedule: a `Method`, an `Experiment`."""

    @property
    def optimizer(self) -> str:
        """The optimizer's name in the catalogue."""
        ...

    @property
    def params(self) -> Mapping[str, Value]:
        """Its parameters; those left out are at their defaults."""
        ...

    @property
    def schedule(self) -> str:
        """The name of the learning rate's schedule in the catalogue."""
        ...

    @property
    def schedule_params(self) -> Mapping[str, Value]:
        """Its parameters; those left out are at their defaults."""
        ...


@dataclass(frozen=True)
class Method:
    """One optimizer and its learning-rate schedule, completed with the defaults.

    >>> Method("sgd", {"lr": 0.5}).params["momentum"]
    0.0
    """

    optimizer: str
    params: Mapping[str, Value] = field(default_factory=Options)
    schedule: str = "constant"
    schedule_params: Mapping[str, Value] = field(default_factory=Options)

    def __post_init__(self) -> None:
        complete = optimizers[self.optimizer].complete(self.params)
        object.__setattr__(self, "params", Options(complete))
        complete = schedules[self.schedule].complete(self.schedule_params)
        object.__setattr__(self, "schedule_params", Options(complete))

    @classmethod
    def of(cls, trained: Trained) -> Method:
        """The method of anything that names one."""
        return cls(trained.optimizer, trained.params, trained.schedule, trained.schedule_params)


@dataclass(frozen=True, eq=False)
class State:
    """Where a race of K contenders on one problem stands; plain data that can be pickled.

    Args:
        methods: The K contenders.
        recipe: What `problem_of` builds the problem from, or None where `advance` is handed the
            problem: an `Experiment`, or any other frozen record that it knows.
        steps: How many steps there are in all.
        batch_size: Samples for each step, 0 for all.
        step: How many were taken.
        theta: The weights (K, P) after these; for a diverged contender its last good ones.
        memory: What each optimizer remembers, as its ``state_dict``; None before the first step.
        first_loss: Each contender's loss at the start (K,), NaN before it is known.
        statuses: How each contender stands.
        place: Where the order of batches and the noise stand.
        watch: Whether every gradient and all that the optimizers remember is kept.
    """

    methods: tuple[Method, ...]
    recipe: Hashable | None
    steps: int
    batch_size: int
    step: int
    theta: Tensor
    memory: tuple[dict[str, Any] | None, ...]
    first_loss: tuple[float, ...]
    statuses: tuple[Status, ...]
    place: Place
    watch: bool = False

    @property
    def stride(self) -> int:
        """Of so many steps one is recorded: see `stride_of`; a watched race records each."""
        if self.watch:
            return 1
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
        gradient, memory, rates, momenta: As in `Run`, for the frames of this piece; None where the
            race is not watched.
    """

    loss: Tensor
    recorded: np.ndarray
    weights: Tensor
    status: Status
    gradient: Tensor | None = None
    memory: Memory | None = None
    rates: Tensor | None = None
    momenta: Tensor | None = None


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
    return replace(state, recipe=shared_by(first))


def start_on(
    problem: Problem,
    contenders: Iterable[Trained],
    *,
    steps: int,
    batch_size: int = 0,
    seed: int = 0,
    start: Start = None,
    watch: bool = False,
    recipe: Hashable | None = None,
) -> State:
    """The state of a race on any problem, before the first step.

    Args:
        problem: What to lower.
        contenders: As for `race_on`, like all that follow but the last.
        steps: How many each takes.
        batch_size: Samples for each step, 0 for all.
        seed: Of the order of the batches, and of the noise.
        start: Where all begin.
        watch: Whether every gradient and all that the optimizers remember is kept.
        recipe: What `problem_of` builds this very problem from, for workers elsewhere; None where
            `advance` will be handed the problem.

    Raises:
        SettingError: When there is no contender, a number is negative, the start does not fit, or
            there is too much to watch.
    """
    methods = tuple(Method.of(contender) for contender in contenders)
    if not methods:
        raise SettingError("There is no contender to train; give at least one.")
    if steps < 0 or batch_size < 0:
        raise SettingError(f"steps is {steps} and batch_size {batch_size}; neither can be below 0.")
    theta = vector_of(problem, start)
    if not torch.isfinite(theta).all():
        raise SettingError("The start has weights that are not finite numbers.")
    if watch:
        check_watched(len(theta), steps)
    count = len(methods)
    return State(
        methods=methods,
        recipe=recipe,
        steps=steps,
        batch_size=batch_size,
        step=0,
        theta=theta.expand(count, -1).clone(),
        memory=(None,) * count,
        first_loss=(float("nan"),) * count,
        statuses=(Status("running", 0),) * count,
        place=Batches.begin(seed),
        watch=watch,
    )


def check_watched(size: int, steps: int) -> None:
    """Raise SettingError when so many weights and steps are too many to be watched."""
    if size > MOST_WATCHED:
        raise SettingError(
            f"The model has {size} weights, but a race is watched only up to {MOST_WATCHED}: every "
            "number of every step is kept."
        )
    if steps * size * 8 > MOST_BYTES:
        raise SettingError(
            f"A watched race keeps every step, and {steps} steps of {size} weights are too many; "
            f"take at most {MOST_BYTES // (8 * size)} steps."
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
    return replace(
        experiment,
        optimizer=Experiment.optimizer,
        params={},
        schedule=Experiment.schedule,
        schedule_params={},
    )


@functools.singledispatch
def problem_of(recipe: Hashable) -> Problem:
    """The problem that a recipe stands for: a frozen record of plain data.

    Experiments are known; the last few problems are kept. Other kinds of records are made known by
    ``problem_of.register``, in the module that defines them, so that a worker that unpickles such a
    record knows it too.

    Raises:
        TypeError: For a record of any other kind.
    """
    raise TypeError(f"No problem can be built from {type(recipe).__name__}; register it first.")


@problem_of.register
def _(experiment: Experiment) -> Problem:
    return _built(replace(shared_by(experiment), steps=1, batch_size=0))


@functools.lru_cache(maxsize=8)
def _built(experiment: Experiment) -> Problem:
    return build(experiment)

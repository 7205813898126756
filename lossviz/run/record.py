"""`Run`: one contender's whole path, with its losses and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.problem import Problem
from lossviz.problem.space import Params, ParamSpace
from lossviz.registry import SettingError
from lossviz.run.metrics import metrics_of
from lossviz.run.state import Method, Piece, State, problem_of
from lossviz.run.status import Status
from lossviz.run.store import load_fields, save_run
from lossviz.run.watch import Memory, joined
from lossviz.settings import Experiment


@dataclass(frozen=True, eq=False)
class Run:
    """What one optimizer did.

    ``loss[t]`` is the objective that the optimizer saw at the weights after ``t`` steps: the loss
    on all training samples for full batches, that of batch ``t`` for mini-batches; with a penalty,
    and with the dropout and the noise of that step, where there are any. The last entry is at the
    final weights, on the batch that would come next.

    All weights are recorded while they fit into 64 MiB and 2001 frames; a longer run keeps every
    s-th step, with the smallest s that fits, and always its last one.

    A diverged run ends one step before its first bad one, ``status.step``: all its losses and
    weights are finite numbers, and ``status.loss`` says what came next. (Only a run that is bad at
    its very start keeps that loss.)

    Args:
        experiment: The settings, or None for a race on a problem of one's own.
        method: The optimizer and its parameters.
        space: Names and shapes of the parameters, P entries in all.
        weights: (frames, P), the weights of the recorded steps; (steps + 1, P) when all are.
        recorded: (frames,), the numbers of these steps, ascending.
        loss: (steps + 1,), the loss after 0, 1, 2, ... steps, without noise.
        status: How it ended.
        problem: What was trained on, where it is at hand; see `its_problem`.
        gradient: (frames, P), what the optimizer was given at each of the weights, noise included,
            before any weight decay; None, as are the next three, where the race was not watched.
        memory: What the optimizer remembers at each of the weights, by torch's own names, in
            float64: (frames, P) for what has a number for each weight ("exp_avg"), (frames,) for
            single numbers ("step"). Not a number while it is not there yet, as before the first
            step.
        rates: (frames,), the learning rate in force for the step that follows, in float64.
        momenta: (frames,), the momentum (or beta1) in force where the schedule turns it too, else
            not a number.

    >>> import lossviz as lv
    >>> run = lv.train(lv.Experiment(steps=20))
    >>> str(run.status), tuple(run.loss.shape), len(run.weights)
    ('finished after 20 steps', (21,), 21)
    """

    experiment: Experiment | None
    method: Method
    space: ParamSpace
    weights: Tensor
    recorded: np.ndarray
    loss: Tensor
    status: Status
    problem: Problem | None = field(default=None, repr=False)
    gradient: Tensor | None = field(default=None, repr=False)
    memory: Memory | None = field(default=None, repr=False)
    rates: Tensor | None = field(default=None, repr=False)
    momenta: Tensor | None = field(default=None, repr=False)

    @cached_property
    def metrics(self) -> dict[str, np.ndarray]:
        """Loss and score on both splits at the recorded steps; see `metrics_of`.

        They are computed when they are first asked for. Not a number where a split has no samples.
        """
        return metrics_of(self.its_problem(), self.weights)

    def its_problem(self) -> Problem:
        """The problem that was trained on.

        Raises:
            SettingError: For a run that was loaded from a file or sent from another process, when
                it was not made from an experiment.
        """
        if self.problem is not None:
            return self.problem
        if self.experiment is None:
            raise SettingError(
                "This run was made on a problem of one's own, which is not stored with it; give "
                "the problem again with dataclasses.replace(run, problem=...)."
            )
        return problem_of(self.experiment)

    def params(self, step: int) -> Params:
        """The weights after ``step`` steps, as named tensors (views).

        A negative step counts from the end: -1 is the last recorded one.

        Raises:
            SettingError: When that step was not recorded; the message names the nearest one.
        """
        if -len(self.recorded) <= step < 0:
            step = int(self.recorded[step])
        place = int(np.searchsorted(self.recorded, step))
        if place < len(self.recorded) and self.recorded[place] == step:
            return self.space.unflatten(self.weights[place])
        nearest = self.recorded[np.abs(self.recorded - step).argmin()]
        raise SettingError(
            f"The weights of step {step} were not recorded; the nearest recorded step is {nearest} "
            f"(of {len(self.recorded)}, from {self.recorded[0]} to {self.recorded[-1]})."
        )

    def save(self, path: str | Path) -> None:
        """Write the run to a safetensors file; the settings stand in its header as JSON.

        Gradients, memory and rates of a watched race are left out: they can be had again.
        """
        save_run(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """Read what `save` wrote; nothing in the file is ever executed.

        Raises:
            SettingError: When the file is not a run, is damaged, or is too large.
        """
        return cls(**load_fields(path))

    def __getstate__(self) -> dict[str, Any]:
        # Problems hold functions; a run is plain data.
        return {**self.__dict__, "problem": None}


def runs_of(
    state: State,
    pieces: Sequence[Sequence[Piece]],
    experiments: Sequence[Experiment | None],
    problem: Problem,
    over: bool = True,
) -> list[Run]:
    """The runs of a race that has come to this state, from the pieces of all its chunks.

    Args:
        state: Where the race stands.
        pieces: For each chunk, the pieces of all contenders.
        experiments: The settings of each contender, or None.
        problem: What was trained on.
        over: Whether no more will come; what is still running then counts as cancelled.
    """
    runs = []
    for k, (method, experiment) in enumerate(zip(state.methods, experiments, strict=True)):
        whole = joined_pieces([chunk[k] for chunk in pieces])
        recorded, weights, status = whole.recorded, whole.weights, state.statuses[k]
        if over and status.kind == "running":
            status = replace(status, kind="cancelled")
            if recorded[-1] != state.step:
                recorded = np.append(recorded, state.step)
                weights = torch.cat([weights, state.theta[k : k + 1]])
        run = Run(experiment, method, problem.space, weights, recorded, whole.loss, status, problem)
        runs.append(
            replace(
                run,
                gradient=whole.gradient,
                memory=whole.memory,
                rates=whole.rates,
                momenta=whole.momenta,
            )
        )
    return runs


def joined_pieces(own: Sequence[Piece], new: int = 0) -> Piece:
    """One contender's pieces, at least one, as a single one; its status is the last one's.

    Args:
        own: The pieces of all chunks.
        new: So many frames are left out at the beginning.
    """
    whole = replace(
        own[-1],
        loss=torch.cat([piece.loss for piece in own]),
        recorded=np.concatenate([piece.recorded for piece in own])[new:],
        weights=torch.cat([piece.weights for piece in own])[new:],
    )
    if own[0].gradient is None:
        return whole
    memory = joined((len(piece.recorded), piece.memory or {}) for piece in own)
    return replace(
        whole,
        gradient=torch.cat([piece.gradient for piece in own if piece.gradient is not None])[new:],
        memory={name: values[new:] for name, values in memory.items()},
        rates=torch.cat([piece.rates for piece in own if piece.rates is not None])[new:],
        momenta=torch.cat([piece.momenta for piece in own if piece.momenta is not None])[new:],
    )

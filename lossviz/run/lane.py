"""`Lane`: one contender while it trains."""

from __future__ import annotations

import copy
import inspect
import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from lossviz.problem.problem import Batch
from lossviz.problem.space import ParamSpace
from lossviz.registry import optimizers
from lossviz.run.gradient import Evaluate
from lossviz.run.rates import Rates
from lossviz.run.state import Method, Piece, State
from lossviz.run.status import Status
from lossviz.run.watch import Memory, joined


@dataclass(eq=False)
class Lane:
    """One contender while it trains: its optimizer, and what it leaves behind in this chunk."""

    method: Method
    optimizer: Optimizer
    tensors: list[Parameter]
    theta: Tensor
    first_loss: float
    first_step: int
    rates: Rates
    watch: bool
    losses: array[float] = field(default_factory=lambda: array("d"))
    recorded: list[int] = field(default_factory=list)
    frames: list[Tensor] = field(default_factory=list)
    slopes: list[Tensor] = field(default_factory=list)
    memories: list[tuple[int, Memory]] = field(default_factory=list)
    bad: Status | None = None
    #: The last good loss, for the words about how it ended.
    before: float = math.nan

    @classmethod
    def of(cls, state: State, k: int, space: ParamSpace) -> Lane:
        """Contender ``k`` with what its optimizer remembers."""
        method, theta = state.methods[k], state.theta[k].clone()
        tensors = [Parameter(part) for part in parts_of(theta, method, space)]
        optimizer = optimizers[method.optimizer].make(tensors, **method.params)
        # Of the fresh optimizer: what it remembers may be a learning rate on its way.
        rates = Rates.of(optimizer, method.schedule, method.schedule_params, state.steps)
        memory = state.memory[k]
        if memory is not None:
            restore(optimizer, memory)
        first_loss, first_step = state.first_loss[k], state.step + 1 if state.step else 0
        lane = cls(method, optimizer, tensors, theta, first_loss, first_step, rates, state.watch)
        if state.step == 0:
            lane.keep([0], theta[None].clone())
        return lane

    def keep(self, steps: Sequence[int], frames: Tensor) -> None:
        """Record the weights (f, P) of these steps."""
        self.recorded.extend(steps)
        self.frames.append(frames)

    def note(self, slopes: Tensor, memory: Memory) -> None:
        """Record the gradients (f, P) of the last f frames, and what the optimizer remembered."""
        self.slopes.append(slopes)
        self.memories.append((len(slopes), memory))

    def piece(self, step: int) -> Piece:
        """What the chunk adds, after ``step`` steps."""
        theta = self.theta
        none = theta.new_empty(0, len(theta))
        piece = Piece(
            loss=torch.from_numpy(np.array(self.losses)).to(theta.dtype),
            recorded=np.array(self.recorded, dtype=np.int64),
            weights=torch.cat([none, *self.frames]),
            status=self.bad or Status("running", step),
        )
        if not self.watch:
            return piece
        return replace(
            piece,
            gradient=torch.cat([none, *self.slopes]),
            memory=joined(self.memories),
            rates=torch.from_numpy(self.rates.after(self.recorded)),
            momenta=torch.from_numpy(self.rates.momenta_after(self.recorded)),
        )


def parts_of(row: Tensor, method: Method, space: ParamSpace) -> list[Tensor]:
    """The tensors that an optimizer is given, as views of a row (P,)."""
    if optimizers[method.optimizer].layout == "flat":
        return [row]
    return list(space.unflatten(row).values())


def restore(optimizer: Optimizer, memory: dict[str, Any]) -> None:
    """Give an optimizer a copy of its memory, to the bit.

    `load_state_dict` alone casts every floating tensor to the dtype of the weights; a product that
    NAdam keeps in single precision would then go on in double.
    """
    memory = copy.deepcopy(memory)
    optimizer.load_state_dict(memory)
    tensors = [tensor for group in optimizer.param_groups for tensor in group["params"]]
    for number, remembered in memory["state"].items():
        optimizer.state[tensors[number]].update(remembered)


def empty_piece(theta: Tensor, status: Status, watch: bool) -> Piece:
    """The piece of a contender that takes no steps; ``theta`` is (K, P)."""
    nothing, frames = theta.new_empty(0), theta.new_empty(0, theta.shape[1])
    piece = Piece(nothing, np.empty(0, np.int64), frames, status)
    if not watch:
        return piece
    return replace(
        piece, gradient=frames, memory={}, rates=nothing.double(), momenta=nothing.double()
    )


def with_last(piece: Piece, step: int, theta: Tensor) -> Piece:
    """The piece with one frame more, the weights (P,) after ``step``."""
    return replace(
        piece,
        recorded=np.append(piece.recorded, step),
        weights=torch.cat([piece.weights, theta[None]]),
    )


def bare_step(optimizer: Optimizer) -> Callable[[], Any]:
    """An optimizer's step, to be called without gradients.

    The decorators that torch puts around its own optimizers (a profiler's label, hooks, switching
    gradients off) take as long as the step of a small network; they are left out where they do
    nothing. Other optimizers, and any with hooks, are stepped as they are.
    """
    kind = type(optimizer)
    hooks = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
    hooked = any(getattr(optimizer, name, None) for name in hooks)
    if hooked or kind.__module__.partition(".")[0] != "torch":
        return optimizer.step
    return partial(inspect.unwrap(kind.step), optimizer)


def closure_of(evaluate: Evaluate, batch: Batch, losses: Tensor) -> Callable[[], Any]:
    """What an optimizer calls for its loss; the gradient of the first call is there already."""
    fresh = True

    def closure() -> Tensor:
        nonlocal fresh
        if fresh:
            fresh = False
            return losses[0]
        return evaluate(batch)[0]

    return closure

"""Take steps: one forward and backward for all contenders, each optimizer on its own row."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from lossviz.problem.problem import Batch, Problem
from lossviz.problem.space import ParamSpace
from lossviz.registry import SettingError, optimizers
from lossviz.run.batches import Batches, Place
from lossviz.run.gradient import Evaluate, bind
from lossviz.run.pushes import Pushes
from lossviz.run.rates import Rates
from lossviz.run.state import Chunk, Method, Piece, State, problem_of
from lossviz.run.status import Status, is_bad
from lossviz.run.threads import one_thread
from lossviz.run.watch import Ledger, Memory, Reader, joined

#: Weights are gathered in blocks of about this many bytes before they are sorted by contender.
BLOCK_BYTES = 4 * 2**20


@one_thread()
def advance(state: State, n: int, problem: Problem | None = None) -> tuple[State, Chunk]:
    """Take up to ``n`` steps more; a pure function, which leaves ``state`` as it was.

    Taking 10 steps and then 20 gives bit for bit what taking 30 at once gives.

    Args:
        state: From `start_state` or from here.
        n: How many steps, at least 1; no more are taken than the state has left.
        problem: The problem, where the state has no recipe for it, or where it is there already.

    Raises:
        SettingError: When ``n`` is below 1, or an optimizer refuses the model.
        ValueError: When the state does not say which problem it is of.
    """
    if n < 1:
        raise SettingError(f"A chunk needs at least one step, not {n}.")
    if problem is None:
        if state.recipe is None:
            raise ValueError("This state was made on a problem; hand advance() that problem too.")
        problem = problem_of(state.recipe)
    n = min(n, state.steps - state.step)
    lanes: dict[int, Lane] = {}
    place = state.place
    for rows in groups_of(state):
        group, reached = run_together(state, rows, n, problem)
        lanes.update(zip(rows, group, strict=True))
        place = reached or place
    return gather(state, lanes, state.step + n, place)


def gather(state: State, lanes: dict[int, Lane], step: int, place: Place) -> tuple[State, Chunk]:
    """The state after a chunk, and the chunk, from the lanes of those that were running."""
    theta = state.theta.clone()
    memory = list(state.memory)
    first_loss = list(state.first_loss)
    statuses = list(state.statuses)
    pieces = [empty_piece(theta, status, state.watch) for status in statuses]
    for k, lane in lanes.items():
        theta[k] = lane.theta
        memory[k] = None if lane.bad else lane.optimizer.state_dict()
        first_loss[k] = lane.first_loss
        if lane.bad is None and step == state.steps:
            pieces[k] = replace(lane.piece(step), status=Status("finished", step))
            if step % state.stride:
                pieces[k] = with_last(pieces[k], step, lane.theta)
        else:
            pieces[k] = lane.piece(step)
        statuses[k] = pieces[k].status
    after = replace(
        state,
        step=step,
        theta=theta,
        memory=tuple(memory),
        first_loss=tuple(first_loss),
        statuses=tuple(statuses),
        place=place,
    )
    return after, Chunk(state.step, step, tuple(pieces))


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


def groups_of(state: State) -> list[list[int]]:
    """The running contenders that are stacked; one that evaluates the loss itself is alone."""
    together: list[int] = []
    alone: list[list[int]] = []
    for k, (method, status) in enumerate(zip(state.methods, state.statuses, strict=True)):
        if status.kind == "running":
            if optimizers[method.optimizer].closure:
                alone.append([k])
            else:
                together.append(k)
    return [together] * bool(together) + alone


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
    losses: list[float] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)
    frames: list[Tensor] = field(default_factory=list)
    slopes: list[Tensor] = field(default_factory=list)
    memories: list[tuple[int, Memory]] = field(default_factory=list)
    bad: Status | None = None

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
            loss=torch.tensor(self.losses, dtype=theta.dtype),
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


class Stack:
    """Contenders in one leaf (A, P), evaluated together; those that diverge leave it.

    Args:
        problem: What they train on.
        lanes: The contenders.
        state: Where they stand.
    """

    def __init__(self, problem: Problem, lanes: list[Lane], state: State) -> None:
        self.problem = problem
        self.stride = state.stride
        self.watch = state.watch
        self.at = state.step
        self.pushes = Pushes(problem, state.place.noise, state.step)
        self.settle(lanes, torch.stack([lane.theta for lane in lanes]))

    def settle(self, lanes: list[Lane], theta: Tensor) -> None:
        """Stack these lanes at these weights (A, P): every tensor becomes a view of its row."""
        self.lanes = lanes
        self.theta = theta
        self.grad = torch.zeros_like(theta)
        space = self.problem.space
        for row, slope, lane in zip(theta, self.grad, lanes, strict=True):
            parts = zip(
                lane.tensors,
                parts_of(row, lane.method, space),
                parts_of(slope, lane.method, space),
                strict=True,
            )
            for tensor, part, part_slope in parts:
                tensor.data = part
                tensor.grad = part_slope
        self.steps = [bare_step(lane.optimizer) for lane in lanes]
        self.turning = [lane.rates for lane in lanes if not lane.rates.constant]
        self.bound: Evaluate = bind(self.problem, theta, self.grad)
        bytes_per_step = max(1, theta.numel() * theta.element_size())
        self.block = theta.new_empty(max(1, BLOCK_BYTES // bytes_per_step), *theta.shape)
        self.filled = 0
        self.before = theta.clone()
        if self.watch:
            self.slopes = torch.empty_like(self.block)
            readers = [Reader(lane.optimizer, lane.tensors) for lane in lanes]
            self.ledger = Ledger(readers, len(self.block))

    def evaluate(self, batch: Batch) -> Tensor:
        """The losses (A,), and the gradients with this step's noise."""
        losses = self.bound(batch)
        if self.pushes.current is not None:
            self.grad += self.pushes.current
        return losses

    def look(self, batch: Batch, known: bool) -> None:
        """Evaluate losses and gradients, write the losses down, and let go of what has diverged."""
        self.losses = self.evaluate(batch)
        fallen = False
        for lane, value in zip(self.lanes, self.losses.tolist(), strict=True):
            if self.at == 0:
                lane.first_loss = value
            if is_bad(value, lane.first_loss):
                lane.bad = Status("diverged", self.at, value)
                fallen = True
            if not known and (lane.bad is None or self.at == 0):
                lane.losses.append(value)
        if self.watch:
            self.note_slopes()
        if (fallen or self.filled == len(self.block)) and self.flush() and self.lanes:
            # The rows have moved, and their gradients are to be found again.
            self.losses = self.evaluate(batch)
            if self.watch:
                for lane, slope in zip(self.lanes, self.grad, strict=True):
                    lane.slopes[-1][-1] = slope

    def note_slopes(self) -> None:
        """Record the gradients at these weights, unless that was done in the chunk before."""
        if self.filled:
            self.slopes[self.filled - 1].copy_(self.grad)
        elif self.at == 0:
            for row, lane in enumerate(self.lanes):
                lane.note(self.grad[row : row + 1].clone(), self.ledger.now(row))

    def step(self, batch: Batch) -> None:
        """Let every optimizer step its own row, and write the new weights into the block."""
        for rates in self.turning:
            rates.apply(self.at)
        first = self.lanes[0]
        if optimizers[first.method.optimizer].closure:
            first.optimizer.step(closure_of(self.evaluate, batch, self.losses))
        else:
            with torch.no_grad():
                for step in self.steps:
                    step()
        if self.problem.box is not None:
            self.theta.clamp_(*self.problem.box)
        self.block[self.filled].copy_(self.theta)
        if self.watch:
            self.ledger.note(self.filled)
        self.filled += 1
        self.at += 1
        self.pushes.advance()

    def flush(self) -> bool:
        """Sort the block by contender; those that diverged leave. Gives whether any did.

        The block holds the weights after the steps ``first`` to ``at``, and ``before`` those of the
        step before, which are known to be good.
        """
        first = self.at - self.filled + 1
        block = self.block[: self.filled]
        finite = torch.isfinite(block)
        if not finite.all():
            self.find_bad_weights(finite.all(-1), first)
        for row, lane in enumerate(self.lanes):
            good = self.filled if lane.bad is None else max(0, lane.bad.step - first)
            begin = -first % self.stride
            steps = range(first + begin, first + good, self.stride)
            lane.keep(steps, block[begin : max(begin, good) : self.stride, row].clone())
            last = first + good - 1
            if self.watch and good:
                lane.note(self.slopes[:good, row].clone(), self.ledger.rows(row, good))
            lane.theta = (block[good - 1, row] if good else self.before[row]).clone()
            if lane.bad is not None and last % self.stride:
                lane.keep([last], lane.theta[None])
        staying = [row for row, lane in enumerate(self.lanes) if lane.bad is None]
        if len(staying) < len(self.lanes):
            lanes = [self.lanes[row] for row in staying]
            self.settle(lanes, self.theta[staying].clone()) if lanes else self.lanes.clear()
            return True
        self.filled = 0
        self.before = self.theta.clone()
        return False

    def find_bad_weights(self, finite: Tensor, first: int) -> None:
        """Mark lanes whose weights go bad before their loss does; ``finite`` is (m, A)."""
        for row, lane in enumerate(self.lanes):
            if finite[:, row].all():
                continue
            step = first + int(finite[:, row].int().argmin())
            if lane.bad is None or step < lane.bad.step:
                lane.bad = Status("diverged", step)
                del lane.losses[step - lane.first_step :]


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


def run_together(
    state: State, rows: list[int], n: int, problem: Problem
) -> tuple[list[Lane], Place | None]:
    """Train these contenders for ``n`` steps; gives their lanes and the place of the next batch.

    There is no such place when all of them diverged before.
    """
    lanes = [Lane.of(state, k, problem.space) for k in rows]
    batches = Batches(problem.batch(), state.batch_size, state.place)
    stack = Stack(problem, list(lanes), state)
    # The losses at the first weights are known from the chunk before.
    stack.look(batches.current(), known=state.step > 0)
    for _ in range(n):
        if not stack.lanes:
            return lanes, None
        stack.step(batches.current())
        batches.advance()
        stack.look(batches.current(), known=False)
    if stack.lanes:
        stack.flush()
    return lanes, replace(batches.place, noise=stack.pushes.state)

"""`Stack`: contenders that are evaluated together, each stepped by its own optimizer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lossviz.problem.problem import Batch, Problem
from lossviz.registry import optimizers
from lossviz.run.gradient import Evaluate, bind
from lossviz.run.lane import Lane, bare_step, closure_of, parts_of
from lossviz.run.pushes import Pushes
from lossviz.run.state import State
from lossviz.run.status import Status, is_bad
from lossviz.run.watch import Ledger, Reader

#: Weights are gathered in blocks of about this many bytes before they are sorted by contender.
BLOCK_BYTES = 4 * 2**20


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
        # One that evaluates the loss itself is alone in its stack.
        self.closure = optimizers[lanes[0].method.optimizer].closure
        self.turning = [lane.rates for lane in lanes if not lane.rates.constant]
        self.bound: Evaluate = bind(self.problem, theta, self.grad, lambda: self.at)
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
                lane.bad = Status("diverged", self.at, value, lane.before)
                fallen = True
            else:
                lane.before = value
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
        if self.closure:
            optimizer: Any = self.lanes[0].optimizer
            optimizer.step(closure_of(self.evaluate, batch, self.losses))
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

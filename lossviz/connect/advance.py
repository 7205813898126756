"""Train a curve, one chunk of steps after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from lossviz.connect.profile import profile_of
from lossviz.connect.shape import shares
from lossviz.connect.state import CurvePiece, CurveState
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Batch, Problem
from lossviz.registry import SettingError, optimizers
from lossviz.run.batches import Batches
from lossviz.run.gradient import bind
from lossviz.run.lane import parts_of, restore
from lossviz.run.rates import Rates
from lossviz.run.status import Status, is_bad
from lossviz.run.threads import one_thread
from lossviz.surface.losses import MixtureLosses


@one_thread()
def advance_curve(
    state: CurveState, n: int, problem: Problem | None = None
) -> tuple[CurveState, CurvePiece]:
    """Take up to ``n`` steps more; a pure function, which leaves ``state`` as it was.

    Taking 10 steps and then 20 gives bit for bit what taking 30 at once gives. The first chunk has
    the straight line as the frame of step 0, the last one ``end``.

    Args:
        state: From `start_curve` or from here.
        n: How many steps, at least 1; no more are taken than the state has left.
        problem: The problem, where the state has no recipe for it, or where it is there already.

    Raises:
        SettingError: When ``n`` is below 1, or the optimizer refuses the model.
        ValueError: When the state does not say which problem it is of.
    """
    if n < 1:
        raise SettingError(f"A chunk needs at least one step, not {n}.")
    prob = state.its_problem(problem)
    trainer = _Trainer(state, prob)
    if state.step == 0:
        trainer.record()
    for _ in range(0 if state.done else min(n, state.steps - state.step)):
        if not trainer.step():
            break
    after = trainer.state()
    if after.done and trainer.unrecorded:
        trainer.record()
    return after, trainer.piece(after)


class _Trainer:
    """The bends while they are trained, and what they leave behind in this chunk."""

    def __init__(self, state: CurveState, prob: Problem) -> None:
        self.before, self.prob = state, prob
        self.at, self.status, self.first_loss = state.step, state.status, state.first_loss
        lowered = _lowered(prob)
        self.batches = Batches(lowered.batch(), state.batch_size, state.place)
        self.generator = torch.Generator()
        self.generator.set_state(state.generator.clone())
        self.control = torch.cat([state.a[None], state.bends, state.b[None]])
        self.bends = self.control[1:-1]
        self.slope = torch.zeros_like(self.bends)
        self._make_optimizer()
        self.theta = state.a.new_empty(state.draws, len(state.a))
        self.grad = torch.zeros_like(self.theta)
        self.evaluate = bind(lowered, self.theta, self.grad)
        self.losses: list[float] = []
        self.recorded: list[int] = []
        self.frames: list[Tensor] = []
        self.profiles: list[Tensor] = []

    def _make_optimizer(self) -> None:
        """An optimizer whose tensors are views of the bends, with what it remembers."""
        method, space = self.before.method, self.prob.space
        tensors = []
        for row, slope in zip(self.bends, self.slope, strict=True):
            parts = zip(parts_of(row, method, space), parts_of(slope, method, space), strict=True)
            for part, part_slope in parts:
                tensors.append(Parameter(part))
                tensors[-1].grad = part_slope
        self.optimizer = optimizers[method.optimizer].make(tensors, **method.params)
        # Of the fresh optimizer: what it remembers may be a learning rate on its way.
        self.rates = Rates.of(
            self.optimizer, method.schedule, method.schedule_params, self.before.steps
        )
        if self.before.memory is not None:
            restore(self.optimizer, self.before.memory)

    def step(self) -> bool:
        """Look at some places of the curve and move its bends; False when it has diverged."""
        loss = self.look(self.batches.current())
        if self.at == 0:
            self.first_loss = loss
        if is_bad(loss, self.first_loss):
            self.status = Status("diverged", self.at, loss)
            return False
        last = self.bends.clone()
        if not self.rates.constant:
            self.rates.apply(self.at)
        with torch.no_grad():
            self.optimizer.step()
        if self.prob.box is not None:
            self.bends.clamp_(*self.prob.box)
        if not bool(self.bends.isfinite().all()):
            self.bends.copy_(last)
            self.status = Status("diverged", self.at + 1)
            return False
        self.losses.append(loss)
        self.batches.advance()
        self.at += 1
        if self.at % self.before.stride == 0:
            self.record()
        return True

    def look(self, batch: Batch) -> float:
        """The mean loss over places drawn along the curve, and its slope at the bends.

        One place is drawn in each of equally long stretches of t, which is fairer to all of them
        than to draw all anywhere.
        """
        draws = self.before.draws
        drawn = torch.rand(draws, dtype=torch.float64, generator=self.generator)
        t = (torch.arange(draws, dtype=torch.float64) + drawn) / draws
        mix = shares(self.before.shape, t, len(self.bends)).to(self.control)
        torch.mm(mix, self.control, out=self.theta)
        losses = self.evaluate(batch)
        # The chain rule: a bend moves each place by its share there.
        torch.mm(mix[:, 1:-1].T, self.grad, out=self.slope)
        self.slope.div_(draws)
        return float(losses.double().mean())

    @property
    def unrecorded(self) -> bool:
        """Whether the bends as they are now have not been recorded, in this chunk or before."""
        if self.recorded:
            return self.recorded[-1] != self.at
        return self.at % self.before.stride != 0

    def record(self) -> None:
        """Keep the bends, and the training loss along the curve."""
        mix = shares(self.before.shape, self.before.t, len(self.bends))
        self.recorded.append(self.at)
        self.frames.append(self.bends.clone())
        self.profiles.append(MixtureLosses(self.prob, self.control).at(mix))

    def state(self) -> CurveState:
        """Where the curve stands now."""
        status = self.status
        if status.kind == "running":
            over = self.at >= self.before.steps
            status = Status("finished" if over else "running", self.at)
        return replace(
            self.before,
            step=self.at,
            bends=self.bends.clone(),
            memory=None if status.kind == "diverged" else self.optimizer.state_dict(),
            first_loss=self.first_loss,
            status=status,
            place=self.batches.place,
            generator=self.generator.get_state(),
        )

    def piece(self, after: CurveState) -> CurvePiece:
        """What the chunk adds."""
        bends, t = self.bends, self.before.t
        end = None
        if after.done:
            end = profile_of(self.prob, self.control, shares(after.shape, t, len(bends)))
        return CurvePiece(
            loss=torch.tensor(self.losses, dtype=torch.float64),
            recorded=np.array(self.recorded, dtype=np.int64),
            bends=torch.stack(self.frames) if self.frames else bends.new_empty(0, *bends.shape),
            profile=torch.stack(self.profiles)
            if self.profiles
            else torch.empty(0, len(t), dtype=bends.dtype),
            end=end,
        )


def _lowered(prob: Problem) -> Problem:
    """What training lowers: statistics that are recomputed for a profile have no slope in torch.

    Those of the batch stand for them, as in any training; with all samples in each step they differ
    by the unbiased variance alone.
    """
    recomputed = isinstance(prob.model, ModuleModel) and prob.model.statistics == "recomputed"
    return prob.with_statistics("batch") if recomputed else prob

"""Take steps: one forward and backward for all contenders, each optimizer on its own row."""

from __future__ import annotations

from dataclasses import replace

from lossviz.problem.problem import Problem
from lossviz.registry import SettingError, optimizers
from lossviz.run.batches import Batches, Place
from lossviz.run.lane import Lane, empty_piece, with_last
from lossviz.run.stacked import Stack
from lossviz.run.state import Chunk, State, problem_of
from lossviz.run.status import Status
from lossviz.run.threads import one_thread


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

"""`Job`: a long race as a chain of chunks, watched while it grows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, Literal

import numpy as np

from lossviz.engine import program, work
from lossviz.engine.engine import Engine
from lossviz.engine.estimate import estimate
from lossviz.registry import SettingError
from lossviz.run import Piece, Run, State, start_state
from lossviz.run.lane import empty_piece
from lossviz.run.race import together
from lossviz.run.record import joined_pieces, runs_of
from lossviz.run.state import Start, problem_of
from lossviz.settings import Experiment

#: How long a chunk should take.
CHUNK_SECONDS = 0.3

#: A job that nobody has looked at for so many seconds begins no new chunk until somebody does.
PATIENCE = 30.0

Phase = Literal["running", "finished", "cancelled", "failed"]


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Args:
        phase: "running", "finished", "cancelled" or "failed".
        done: Steps taken, over all contenders' groups; exact.
        total: Steps in all.
        rate: Steps a second, over the time in which chunks were computed (0 before the first).
        seconds_left: What remains at that rate; not a number while it is unknown.
        error: Why it failed, or "".
    """

    phase: Phase
    done: int
    total: int
    rate: float
    seconds_left: float
    error: str = ""

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.done / self.total if self.total else 1.0


@dataclass(eq=False)
class _Group:
    """Contenders that are trained together, with what is known of them so far."""

    places: list[int]
    experiments: Sequence[Experiment | None]
    state: State
    seconds_per_step: float
    pieces: list[tuple[Piece, ...]] = field(default_factory=list)
    metrics: list[tuple[work.Metrics, ...]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return 1.0 if self.state.done else self.state.step / self.state.steps


class Job:
    """A race that is computed in chunks, at most one of them at a time.

    Many jobs so share the workers fairly. A chunk that is lost with its worker is computed again,
    and the numbers are those of `race`, bit for bit. Where work is done in the thread that asks
    (see `lossviz.engine.start`), each look at the job computes one chunk.

    Args:
        experiments: As for `race`.
        start: As for `race`.
        engine: Where to work; the program's own where none is given.
        chunk_seconds: How long a chunk should take.

    Raises:
        SettingError: As `race` does for what can be seen before the first step.

    >>> import lossviz as lv
    >>> job = Job([lv.Experiment(steps=50)])
    >>> [str(run.status) for run in job.wait()]
    ['finished after 50 steps']
    >>> job.progress().done
    50
    """

    def __init__(
        self,
        experiments: Iterable[Experiment],
        start: Start = None,
        engine: Engine | None = None,
        chunk_seconds: float = CHUNK_SECONDS,
    ) -> None:
        experiments = list(experiments)
        if not experiments:
            raise SettingError("There is no experiment to train; give at least one.")
        groups = [_group(experiments, places, start) for places in together(experiments)]
        self._begin(groups, engine, chunk_seconds)

    @classmethod
    def on(
        cls, state: State, engine: Engine | None = None, chunk_seconds: float = CHUNK_SECONDS
    ) -> Job:
        """A race on any problem that has a recipe, from where it stands.

        Args:
            state: From `lossviz.run.start_on`, with its ``recipe``.
            engine: As for the class.
            chunk_seconds: As for the class.

        Raises:
            SettingError: When the state has no recipe.

        >>> import lossviz as lv
        >>> from lossviz.run import Method, start_on
        >>> exp = lv.Experiment()
        >>> state = start_on(lv.build(exp), [Method("sgd")], steps=9, recipe=exp)
        >>> [str(run.status) for run in Job.on(state).wait()]
        ['finished after 9 steps']
        """
        if state.recipe is None:
            raise SettingError(
                "This race has no recipe from which a worker could build its problem; give one to "
                "start_on()."
            )
        job = cls.__new__(cls)
        seconds = estimate(state) / max(1, state.steps - state.step)
        count = len(state.methods)
        group = _Group(list(range(count)), [None] * count, state, seconds)
        job._begin([group], engine, chunk_seconds)
        return job

    def _begin(self, groups: list[_Group], engine: Engine | None, chunk_seconds: float) -> None:
        self._groups = groups
        self._engine = engine or program.current()
        self._chunk_seconds = chunk_seconds
        self._changed = threading.Condition()
        self._phase: Phase = "running"
        self._error: BaseException | None = None
        self._busy = False
        self._seconds = 0.0
        self._looked = monotonic()
        self._go_on()

    # --- looking -----------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether nothing more will come: finished, cancelled or failed."""
        return self._phase != "running"

    def progress(self) -> Progress:
        """How far it is."""
        self._look()
        with self._changed:
            total = sum(group.state.steps for group in self._groups)
            taken = sum(group.state.step for group in self._groups)
            # A group whose contenders have all diverged has nothing left to do.
            left = sum(g.state.steps - g.state.step for g in self._groups if not g.state.done)
            rate = taken / self._seconds if self._seconds else 0.0
            return Progress(
                phase=self._phase,
                done=total - left,
                total=total,
                rate=rate,
                seconds_left=0.0 if self.done else left / rate if rate else float("nan"),
                error=str(self._error or ""),
            )

    def runs(self) -> list[Run]:
        """The runs as far as they are, in the order of the contenders, with their metrics.

        Those that are still going on have the status "running"; before the first chunk has come
        there is nothing to show, and the list is empty.
        """
        self._look()
        with self._changed:
            if not all(group.pieces for group in self._groups):
                return []
            runs: dict[int, Run] = {}
            for group in self._groups:
                runs.update(zip(group.places, self._runs_of(group), strict=True))
            return [runs[place] for place in range(len(runs))]

    def _runs_of(self, group: _Group) -> list[Run]:
        problem = problem_of(group.state.recipe)
        runs = runs_of(group.state, group.pieces, group.experiments, problem, self.done)
        for k, run in enumerate(runs):
            known = [metrics[k] for metrics in group.metrics]
            joined = {name: np.concatenate([m[name] for m in known]) for name in known[0]}
            if len(joined["train_loss"]) == len(run.recorded):
                run.__dict__["metrics"] = joined  # else it is cancelled between two frames
        return runs

    def new_since(self, step: int) -> list[Piece]:
        """What has come after a step, for each contender: the deltas that a picture appends.

        Args:
            step: Losses and frames of later steps are given; -1 for all.
        """
        self._look()
        with self._changed:
            pieces: dict[int, Piece] = {}
            for group in self._groups:
                for k, place in enumerate(group.places):
                    own = [chunk[k] for chunk in group.pieces]
                    pieces[place] = _after(own, step, group.state, k)
            return [pieces[place] for place in range(len(pieces))]

    def wait(self, timeout: float | None = None) -> list[Run]:
        """Wait until it is over; gives the runs.

        Raises:
            TimeoutError: When it is not over in time; the job goes on.
            Exception: What a chunk failed with.
        """
        until = None if timeout is None else monotonic() + timeout
        while True:
            self._look()
            with self._changed:
                if self.done:
                    break
                left = None if until is None else until - monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"The job was not over after {timeout:g} seconds.")
                if not self._engine.inline:
                    self._changed.wait(min(1.0, left or 1.0))
        if self._error is not None:
            raise self._error
        return self.runs()

    def cancel(self) -> None:
        """Begin no more chunks; what is there stays. The chunk under way is thrown away."""
        with self._changed:
            if not self.done:
                self._end("cancelled")

    # --- working -----------------------------------------------------------------------------

    def _look(self) -> None:
        """Note that somebody looks, and go on where the work waits for that."""
        self._looked = monotonic()
        self._go_on()

    def _go_on(self) -> None:
        """Begin the next chunk, unless one is under way or nothing is left."""
        with self._changed:
            if self._busy or self.done:
                return
            if monotonic() - self._looked > PATIENCE:
                return
            waiting = [group for group in self._groups if not group.state.done]
            if not waiting:
                self._end("finished")
                return
            group = min(waiting, key=lambda group: group.share)
            n = self._steps_for(group)
            self._busy = True
        future = self._engine.submit(work.one_chunk, group.state, n)
        future.add_done_callback(partial(self._arrived, group))

    def _steps_for(self, group: _Group) -> int:
        # The first chunk is a short one: something is seen at once, and the time gets known.
        seconds = self._chunk_seconds if group.pieces else self._chunk_seconds / 3
        return max(1, int(seconds / group.seconds_per_step))

    def _arrived(self, group: _Group, future: Future[Any]) -> None:
        with self._changed:
            self._busy = False
            if self.done:
                return
            try:
                state, chunk, metrics, seconds = future.result()
            except BaseException as error:
                self._error = error
                self._end("failed")
                return
            group.seconds_per_step = seconds / max(1, chunk.stop - chunk.start)
            group.state = state
            group.pieces.append(chunk.pieces)
            group.metrics.append(metrics)
            self._seconds += seconds
            if all(g.state.done for g in self._groups):
                self._end("finished")
            self._changed.notify_all()
        if not self._engine.inline:
            self._go_on()

    def _end(self, phase: Phase) -> None:
        self._phase = phase
        self._changed.notify_all()


def _group(experiments: Sequence[Experiment], places: list[int], start: Start) -> _Group:
    own = [experiments[place] for place in places]
    seconds = estimate(own) / max(1, own[0].steps)
    return _Group(places, own, start_state(own, start), seconds)


def _after(own: list[Piece], step: int, state: State, k: int) -> Piece:
    """One contender's pieces of all chunks as one, from the steps above ``step``."""
    status = state.statuses[k]
    if not own:
        return empty_piece(state.theta, status, state.watch)
    recorded = np.concatenate([piece.recorded for piece in own])
    whole = joined_pieces(own, int(np.searchsorted(recorded, step, side="right")))
    return replace(whole, loss=whole.loss[max(0, step + 1) :], status=status)

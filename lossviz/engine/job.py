"""`Job`: a long race as a chain of chunks, watched while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossviz.engine import work
from lossviz.engine.chain import CHUNK_SECONDS, Chain, Link
from lossviz.engine.engine import Engine
from lossviz.engine.estimate import estimate
from lossviz.registry import SettingError
from lossviz.run import Chunk, Piece, Run, State, start_state
from lossviz.run.lane import empty_piece
from lossviz.run.race import together
from lossviz.run.record import joined_pieces, runs_of
from lossviz.run.state import Start, problem_of
from lossviz.settings import Experiment

#: What a chunk of a race is: its pieces, and the metrics of each contender's new frames.
Part = tuple[Chunk, tuple[work.Metrics, ...]]


@dataclass(frozen=True)
class _Group:
    """Contenders that are trained together: their places among all, and their experiments."""

    places: Sequence[int]
    experiments: Sequence[Experiment | None]


class Job(Chain[State, Part]):
    """A race that is computed in chunks, at most one of them at a time.

    It is a `Chain`: see there for `progress`, `cancel` and `resume`. The numbers are those of
    `race`, bit for bit.

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
        groups = []
        states = []
        for places in together(experiments):
            own = [experiments[place] for place in places]
            groups.append(_Group(places, own))
            states.append(start_state(own, start))
        self._begin(groups, states, engine, chunk_seconds)

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
        count = len(state.methods)
        job._begin([_Group(range(count), [None] * count)], [state], engine, chunk_seconds)
        return job

    def _begin(
        self,
        groups: list[_Group],
        states: list[State],
        engine: Engine | None,
        chunk_seconds: float,
    ) -> None:
        super().__init__(
            work.one_chunk, *states, engine=engine, chunk_seconds=chunk_seconds, begin=False
        )
        self._groups = groups
        for link in self._links:
            left = max(1, link.state.steps - link.state.step)
            link.seconds_per_step = estimate(link.state) / left
        self.resume()

    def runs(self) -> list[Run]:
        """The runs as far as they are, in the order of the contenders, with their metrics.

        Those that are still going on have the status "running"; before the first chunk has come
        there is nothing to show, and the list is empty.
        """
        self._look()
        with self._changed:
            if not all(link.chunks for link in self._links):
                return []
            runs: dict[int, Run] = {}
            for group, link in zip(self._groups, self._links, strict=True):
                runs.update(zip(group.places, self._runs_of(group, link), strict=True))
            return [runs[place] for place in range(len(runs))]

    def _runs_of(self, group: _Group, link: Link[State, Part]) -> list[Run]:
        problem = problem_of(link.state.recipe)
        pieces = [chunk.pieces for chunk, _ in link.chunks]
        runs = runs_of(link.state, pieces, group.experiments, problem, self.done)
        for k, run in enumerate(runs):
            known = [metrics[k] for _, metrics in link.chunks]
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
            for group, link in zip(self._groups, self._links, strict=True):
                for k, place in enumerate(group.places):
                    own = [chunk.pieces[k] for chunk, _ in link.chunks]
                    pieces[place] = _after(own, step, link.state, k)
            return [pieces[place] for place in range(len(pieces))]

    def wait(self, timeout: float | None = None) -> list[Run]:
        """Wait until it is over; gives the runs.

        Raises:
            TimeoutError: When it is not over in time; the job goes on.
            Exception: What a chunk failed with.
        """
        self._wait(timeout)
        return self.runs()


def _after(own: list[Piece], step: int, state: State, k: int) -> Piece:
    """One contender's pieces of all chunks as one, from the steps above ``step``."""
    status = state.statuses[k]
    if not own:
        return empty_piece(state.theta, status, state.watch)
    recorded = np.concatenate([piece.recorded for piece in own])
    whole = joined_pieces(own, int(np.searchsorted(recorded, step, side="right")))
    return replace(whole, loss=whole.loss[max(0, step + 1) :], status=status)

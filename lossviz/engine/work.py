"""What workers do: whole races, and single chunks of long ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeVar

import numpy as np

from lossviz.run import Chunk, Run, State, advance, race
from lossviz.run.metrics import metrics_of
from lossviz.run.state import Start, problem_of
from lossviz.settings import Experiment

Metrics = dict[str, np.ndarray]

S = TypeVar("S")
C = TypeVar("C")


def whole_race(experiments: Sequence[Experiment], start: Start = None) -> list[Run]:
    """`race`, with the metrics computed here and not where the runs are shown."""
    runs = race(experiments, start)
    for run in runs:
        assert run.metrics is not None  # asking is computing
    return runs


def one_chunk(state: State, n: int) -> tuple[State, tuple[Chunk, tuple[Metrics, ...]]]:
    """`advance`, with the metrics of each contender's new frames."""
    assert state.recipe is not None
    problem = problem_of(state.recipe)
    state, chunk = advance(state, n, problem)
    return state, (chunk, tuple(metrics_of(problem, piece.weights) for piece in chunk.pieces))


def timed(advance: Callable[[S, int], tuple[S, C]], state: S, n: int) -> tuple[S, C, float]:
    """``advance(state, n)``, and the seconds it took."""
    began = perf_counter()
    state, chunk = advance(state, n)
    return state, chunk, perf_counter() - began

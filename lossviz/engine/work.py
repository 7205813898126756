"""What workers do: whole races, and single chunks of long ones."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from lossviz.run import Chunk, Run, State, advance, race
from lossviz.run.metrics import metrics_of
from lossviz.run.state import Start, problem_of
from lossviz.settings import Experiment

Metrics = dict[str, np.ndarray]


def whole_race(experiments: Sequence[Experiment], start: Start = None) -> list[Run]:
    """`race`, with the metrics computed here and not where the runs are shown."""
    runs = race(experiments, start)
    for run in runs:
        assert run.metrics is not None  # asking is computing
    return runs


def one_chunk(state: State, n: int) -> tuple[State, Chunk, tuple[Metrics, ...], float]:
    """`advance`, the metrics of each contender's new frames, and the seconds it took."""
    began = perf_counter()
    assert state.recipe is not None
    problem = problem_of(state.recipe)
    state, chunk = advance(state, n, problem)
    metrics = tuple(metrics_of(problem, piece.weights) for piece in chunk.pieces)
    return state, chunk, metrics, perf_counter() - began

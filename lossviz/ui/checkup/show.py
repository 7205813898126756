"""What the training page shows, computed by the workers and kept for all who ask the same.

The keys are settings, never arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import streamlit as st

from lossviz import engine, picture
from lossviz.checkup import Exam, Pair, exam_of, examine, pair_of
from lossviz.comparison import Comparison, Contender
from lossviz.picture import Seen
from lossviz.run import Run
from lossviz.settings import Experiment
from lossviz.ui.begun import begun
from lossviz.ui.shelf import RUNS_BYTES, Shelf, bytes_of

#: So many trainings that took long are kept.
MOST_KEPT = 16


@st.cache_resource(max_entries=96, show_spinner=False)
def _exams(key: str, _exp: Experiment) -> Future[Exam]:
    return engine.submit(examine, _exp)


@st.cache_resource(max_entries=32, show_spinner=False)
def _exams_of(key: str, _run: Run) -> Future[Exam]:
    return engine.submit(exam_of, _run)


@st.cache_resource(max_entries=48, show_spinner=False)
def _pairs(key: str, _runs: tuple[Run, ...]) -> Future[Pair]:
    return engine.submit(pair_of, _runs)


@st.cache_resource(max_entries=48, show_spinner=False)
def _predictions(key: str, _comparison: Comparison, _run: Run) -> Future[Seen | None]:
    return engine.submit(picture.predictions_of, _comparison, _run)


@st.cache_resource(max_entries=1024, show_spinner=False)
def _calls(key: str, _function: Callable[..., Any], _arguments: tuple[Any, ...]) -> Future[Any]:
    return engine.submit(_function, *_arguments)


@st.cache_resource(max_entries=1, show_spinner=False)
def _kept() -> Shelf[tuple[Run, ...]]:
    return Shelf(MOST_KEPT, RUNS_BYTES, bytes_of)


def keep(experiments: tuple[Experiment, ...], runs: tuple[Run, ...]) -> None:
    """Remember trainings that took long and took all their steps, for `finished`."""
    _kept().put(repr(experiments), runs)


def finished(experiments: tuple[Experiment, ...]) -> tuple[Run, ...] | None:
    """The runs of a long training that somebody has waited for, or None."""
    return _kept().get(repr(experiments))


def exam_begun(exp: Experiment) -> Future[Exam]:
    """A training, looked through."""
    return begun(_exams, repr(exp), exp)


def exam_of_begun(run: Run) -> Future[Exam]:
    """The same for a run that is there, as far as it is."""
    return begun(_exams_of, f"{run.experiment!r} {run.status}", run)


def pair_begun(runs: tuple[Run, ...]) -> Future[Pair]:
    """The surfaces without and with regularisation."""
    key = repr([(run.experiment, str(run.status)) for run in runs])
    return begun(_pairs, key, runs)


def predictions_begun(run: Run) -> Future[Seen | None]:
    """What the model of a run predicts along it."""
    exp = run.experiment
    assert exp is not None
    return begun(_predictions, f"{exp!r} {run.status}", as_comparison(exp), run)


def as_comparison(exp: Experiment) -> Comparison:
    """An experiment as a comparison of one contender, for what is made for those."""
    one = Contender(
        exp.optimizer,
        exp.params,
        schedule=exp.schedule,
        schedule_params=exp.schedule_params,
    )
    return Comparison(exp, (one,))


def call_begun(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """A call of a plain function of plain data."""
    return begun(_calls, repr((function.__qualname__, arguments)), function, arguments)

"""What is asked of many runs below the stage: learning curve, complexity, folds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any, TypeGuard

import numpy as np
import streamlit as st

from lossviz import engine, figures
from lossviz.checkup import VIEWS, Checkup, Outcome, folds_of
from lossviz.checkup.curves import (
    gathered,
    on_fold,
    sample_counts,
    widths,
    with_samples,
    with_width,
)
from lossviz.registry import SettingError
from lossviz.settings import Experiment
from lossviz.ui import widgets
from lossviz.ui.checkup import show
from lossviz.ui.checkup.kept import put, put_one
from lossviz.ui.style import mode
from lossviz.ui.words import duration

#: What takes longer (seconds) is begun by a button alone.
BY_ITSELF = 25.0
#: So long (seconds) settings have to rest: while a dial is turned, the workers are for the stage.
REST = 0.6
#: So many runs are on their way at a time.
AT_ONCE = 4
#: What takes longer is not begun at all.
LONGEST = 600.0

BEGUN, TASKS = "tr.study.begun", "tr.study.tasks"
CHART = {"displayModeBar": False}

WORDS = {
    "samples": "Learning curve: would more samples help? Where the test loss still falls at the "
    "right end, yes. Where both have met, a larger model would.",
    "width": "Complexity curve: how large should the model be? Where the test loss is lowest. To "
    "the left it is too stiff, to the right it has room for the noise.",
    "folds": "Cross-validation: how much is luck? Every sample is tested on once, by a model that "
    "has not seen it. Two models are told apart only where they differ by more than this spread.",
}


@dataclass(frozen=True)
class Plan:
    """The calls of a study, each a task of its own."""

    function: Callable[..., Outcome]
    arguments: tuple[tuple[Any, ...], ...]
    x: tuple[int, ...] = ()
    title: str = ""

    @cached_property
    def key(self) -> str:
        """What tells it from others."""
        return repr((self.function.__qualname__, self.arguments))


def plan_of(checkup: Checkup) -> Plan:
    """The calls of the study that is chosen.

    Raises:
        SettingError: When there is nothing that could be varied.
    """
    return _plan(checkup.base, checkup.study, checkup.folds, checkup.runs)


# The data have to be drawn to be counted, and each run of the page asks more than once.
@lru_cache(maxsize=64)
def _plan(base: Experiment, study: str, folds: int, runs: int) -> Plan:
    function: Callable[..., Outcome]
    if study == "folds":
        folds_of(base, folds)  # raises where there are too many
        return Plan(on_fold, tuple((base, fold, folds) for fold in range(folds)))
    if study == "samples":
        function, x, title = with_samples, sample_counts(base), "training samples"
    elif widths(base):
        function, x, title = with_width, widths(base), "width"
    else:
        raise SettingError(f"The model {base.model!r} has no width that could be varied.")
    return Plan(function, tuple((base, v, seed) for v in x for seed in range(runs)), x, title)


def begun(checkup: Checkup) -> bool:
    """Begin what is asked for, unless it takes long; gives whether runs are on their way."""
    try:
        plan = plan_of(checkup)
        if _seconds(checkup, plan) > BY_ITSELF and st.session_state.get(BEGUN) != plan.key:
            return False
        return not all(_is_done(task) for task in _begun(plan))
    except SettingError:
        return False  # it is said where the chart would be


def _seconds(checkup: Checkup, plan: Plan) -> float:
    """About how long the runs take; too long is an error.

    Raises:
        SettingError: When it is more than anybody waits for.
    """
    seconds = engine.estimate([checkup.base]) * len(plan.arguments)
    if seconds > LONGEST:
        raise SettingError(
            f"These {len(plan.arguments)} runs would take about {duration(seconds)}. Take fewer "
            "steps, or fewer runs at each value."
        )
    return seconds


def show_study(checkup: Checkup) -> bool:
    """The study with its chart; gives whether runs are still on their way."""
    st.markdown("#### Ask many runs")
    _choose(checkup)
    st.caption(WORDS[checkup.study])
    try:
        return _runs(checkup, plan_of(checkup))
    except (SettingError, engine.WorkerDiedError) as error:
        drop()  # what failed is begun anew when somebody asks again
        st.warning(widgets.plain(str(error)), icon=":material/info:")
        return False


def _choose(checkup: Checkup) -> None:
    shown = widgets.follow("tr.study", checkup.study)
    st.segmented_control(
        "Study",
        options=VIEWS["study"].choices,
        default=checkup.study,
        required=True,
        key=shown,
        label_visibility="collapsed",
        format_func=VIEWS["study"].name_of,
        on_change=lambda: put(study=st.session_state[shown]),
    )
    name = "folds" if checkup.study == "folds" else "runs"
    with st.columns([1, 2])[0]:
        widgets.control(VIEWS[name], getattr(checkup, name), f"tr.{name}", partial(put_one, name))


# --- runs --------------------------------------------------------------------------------------


def _runs(checkup: Checkup, plan: Plan) -> bool:
    seconds = _seconds(checkup, plan)
    if seconds > BY_ITSELF and st.session_state.get(BEGUN) != plan.key:
        st.button(
            f"Train {len(plan.arguments)} times, about {duration(seconds)}",
            icon=":material/play_arrow:",
            key="tr.study.begin",
            on_click=lambda: st.session_state.update({BEGUN: plan.key}),
        )
        return False
    tasks = _begun(plan)
    done = [task for task in tasks if _is_done(task)]
    with st.container(key="tr_study_progress"):
        if len(done) < len(tasks):
            st.progress(len(done) / len(tasks), f"{len(done)} of {len(tasks)} runs")
    _chart(checkup, plan, tasks)
    return len(done) < len(tasks)


def _begun(plan: Plan) -> list[Future[Outcome] | None]:
    """The tasks of a plan, None for those that are not begun yet.

    A few at a time are on their way, so that what is asked for meanwhile does not wait behind them;
    those of the plan before, which nobody waits for any more, are dropped.
    """
    before = st.session_state.get(TASKS)
    tasks: list[Future[Outcome] | None] = [None] * len(plan.arguments)
    since = time.monotonic()
    if before is not None and before[0] == plan.key:
        _, tasks, since = before
    else:
        drop()
        st.session_state[TASKS] = plan.key, tasks, since
    if time.monotonic() - since < REST:
        return tasks
    for place, arguments in enumerate(plan.arguments):
        if sum(task is not None and not task.done() for task in tasks) >= AT_ONCE:
            break
        if tasks[place] is None:
            tasks[place] = show.call_begun(plan.function, *arguments)
    return tasks


def leave(checkup: Checkup) -> None:
    """Drop the study that was looked at before, where another one is asked for now."""
    before = st.session_state.get(TASKS)
    if before is not None:
        try:
            wanted = plan_of(checkup).key if checkup.show == "fit" else None
        except SettingError:
            wanted = None
        if before[0] != wanted:
            drop()


def _is_done(task: Future[Outcome] | None) -> TypeGuard[Future[Outcome]]:
    return task is not None and task.done() and not task.cancelled()


def drop() -> None:
    """Begin no more runs of the study that was looked at before."""
    before = st.session_state.pop(TASKS, None)
    for task in before[1] if before is not None else ():
        if task is not None:
            task.cancel()


def _chart(checkup: Checkup, plan: Plan, tasks: list[Future[Outcome] | None]) -> None:
    if checkup.study == "folds":
        outcomes = [task.result() for task in tasks if _is_done(task)]
        if outcomes:
            score = "accuracy" if checkup.base.shape.classes else "R²"
            st.plotly_chart(figures.folds(outcomes, score, mode()), key="tr.chart", config=CHART)
            st.markdown(_of_folds(outcomes, score))
        return
    each = checkup.runs
    parts = [tasks[place * each : (place + 1) * each] for place in range(len(plan.x))]
    # Only values all of whose runs are there.
    whole = [place for place, part in enumerate(parts) if all(_is_done(task) for task in part)]
    found = [task.result() for place in whole for task in parts[place] if _is_done(task)]
    curve = gathered([plan.x[place] for place in whole], plan.title, found)
    st.plotly_chart(figures.outcomes(curve, checkup.log, mode()), key="tr.chart", config=CHART)


def _of_folds(outcomes: list[Outcome], score: str) -> str:
    scores = np.array([outcome.test_score for outcome in outcomes])
    losses = np.array([outcome.test_loss for outcome in outcomes])
    words = f"Test loss **{losses.mean():.3g} ± {losses.std():.2g}** over {len(losses)} folds"
    if score == "accuracy":
        words += f", accuracy **{100 * scores.mean():.1f} ± {100 * scores.std():.1f} %**"
    elif np.isfinite(scores).all():
        words += f", {score} **{scores.mean():.3f} ± {scores.std():.2g}**"
    return f"{words}."

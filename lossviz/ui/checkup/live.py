"""The living part of the training page: the stage, the verdict, and the study of many runs.

Most trainings are over before the page is drawn. A long one is a job that goes on in the workers,
while a fragment of the page looks at it now and then and shows how far it is.
"""

from __future__ import annotations

import time
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from lossviz import engine
from lossviz.checkup import Checkup
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.run.state import problem_of
from lossviz.ui import widgets
from lossviz.ui.checkup import polynomials, report, scene, show, study
from lossviz.ui.checkup.kept import put, training
from lossviz.ui.checkup.shown import Shown
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import scene_message
from lossviz.ui.style import mode
from lossviz.ui.words import duration

#: How long (seconds) the page waits for what is computed in one piece before it says so.
PATIENCE = 1.5
#: How often it looks then.
LOOK = 0.4
#: Trainings that are expected to take longer (seconds) are computed in chunks.
WHOLE = 2.0
#: What is expected to take longer than this is not begun.
LONGEST = 1200.0

STAGE, MESSAGE, PROGRESS = "tr.stage", "tr.message", "tr.progress"

#: What a person is told instead of a traceback.
Trouble = (SettingError, engine.WorkerDiedError)


class Progress:
    """The session's long training, if it has one."""

    def __init__(self, key: str = "", job: engine.Job | None = None) -> None:
        self.key, self.job = key, job

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.job is not None and not self.job.done

    def drop(self) -> None:
        """Begin no more chunks."""
        if self.job is not None:
            self.job.cancel()


@dataclass(frozen=True)
class Waiting:
    """What is being waited for: a sentence, and the share that is done."""

    words: str
    share: float = 0.0


def begin(checkup: Checkup) -> None:
    """Let the workers train while the page is being drawn; what is wrong is said later."""
    with suppress(*Trouble):
        # First, so that what is wanted now does not wait behind it.
        study.leave(checkup)
        if not _long(checkup):
            for exp in checkup.experiments():
                show.exam_begun(exp)


def _seconds(checkup: Checkup) -> float:
    return engine.estimate(checkup.experiments())


def _long(checkup: Checkup) -> bool:
    return _seconds(checkup) > WHOLE


def shown_of(checkup: Checkup, patience: float) -> Shown | Waiting:
    """What is drawn, or what is being waited for after so many seconds of waiting.

    Raises:
        SettingError: When the settings cannot be trained.
    """
    seconds = _seconds(checkup)
    if seconds > LONGEST:
        raise SettingError(
            f"This would take about {duration(seconds)}. Take fewer steps, or a smaller model."
        )
    end = time.monotonic() + patience
    if seconds > WHOLE:
        runs = _long_runs(checkup)
        if isinstance(runs, Waiting):
            return runs
        exams = [show.exam_of_begun(run) for run in runs]
    else:
        exams = [show.exam_begun(exp) for exp in checkup.experiments()]
    done, missing = wait(exams, timeout=max(0.0, end - time.monotonic()))
    if missing:
        return Waiting(
            f"{len(done)} of {len(exams)} trainings are looked through.", len(done) / len(exams)
        )
    found = Shown(checkup, tuple(exam.result() for exam in exams))
    return _with_more(found, end)


def _with_more(found: Shown, end: float) -> Shown | Waiting:
    """With the surfaces or the predictions that the section wants."""
    checkup, runs = found.checkup, tuple(exam.run for exam in found.exams)
    if checkup.show == "hold":
        pair = show.pair_begun(runs)
        if wait([pair], timeout=max(0.0, end - time.monotonic())).not_done:
            return Waiting("The surfaces are being computed.", 0.9)
        return Shown(checkup, found.exams, pair=pair.result())
    if checkup.show == "fit":
        seen = show.predictions_begun(runs[0])
        if wait([seen], timeout=max(0.0, end - time.monotonic())).not_done:
            return Waiting("The predictions are being computed.", 0.9)
        data = problem_of(checkup.base).data
        return Shown(checkup, found.exams, seen=seen.result(), data=data)
    return found


def _long_runs(checkup: Checkup) -> tuple[Run, ...] | Waiting:
    """The runs of a training that is computed in chunks, begun where nobody has begun it."""
    experiments = checkup.experiments()
    known = show.finished(experiments)
    if known is not None:
        return known
    own: Progress = st.session_state.setdefault(PROGRESS, Progress())
    key = repr(experiments)
    if own.key != key:
        own.drop()
        own = st.session_state[PROGRESS] = Progress(key, engine.Job(experiments))
    assert own.job is not None
    now = own.job.progress()
    if now.phase == "running":
        left = "" if np.isnan(now.seconds_left) else f", about {duration(now.seconds_left)} left"
        return Waiting(f"{now.done:,} of {now.total:,} steps{left}", now.share)
    if now.phase == "failed":
        raise SettingError(f"The training stopped: {now.error}")
    runs = tuple(own.job.runs())
    if not runs:
        raise SettingError("The training was cancelled before its first step; change a setting.")
    if now.phase == "finished":
        show.keep(experiments, runs)
    return runs


# --- the page ----------------------------------------------------------------------------------


def show_checkup(checkup: Checkup) -> None:
    """Everything below the sections; what is wrong with the settings is said here."""
    own: Progress | None = st.session_state.get(PROGRESS)
    if own is not None and own.running and own.key != repr(checkup.experiments()):
        own.drop()
    if checkup.show == "degree":
        study.drop()
        st.fragment(_draw_polynomials)(checkup)
        return
    try:
        waiting = isinstance(shown_of(checkup, PATIENCE), Waiting)
    except Trouble as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    # Always the same fragment at the same place, so that the stage is never mounted anew.
    st.fragment(_draw, run_every=LOOK if waiting else None)(checkup, waiting)
    if checkup.show == "fit":
        busy = study.begun(checkup)
        with st.container(key="lv_foot"):
            st.fragment(_study, run_every=LOOK if busy else None)(checkup, busy)
    else:
        study.drop()


def _draw_polynomials(checkup: Checkup) -> None:
    if training.current() != checkup:
        training.rerun()
    with st.container(key="lv_progress"):
        pass
    st.session_state[MESSAGE] = scene_message(polynomials.scene_of(checkup, mode()))
    _mount()
    polynomials.say(checkup)


def _draw(checkup: Checkup, waiting: bool) -> None:
    """The fragment: one look at what there is."""
    if training.current() != checkup:
        training.rerun()  # an event of the stage changed the settings: the whole page follows
    try:
        found = shown_of(checkup, PATIENCE)
    except Trouble as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    if waiting and isinstance(found, Shown):
        training.rerun()  # all is there: this fragment stops running by itself
    # One place for all that is said above the stage, which so is never mounted anew.
    with st.container(key="lv_progress"):
        if isinstance(found, Waiting):
            _say_waiting(found)
    _put(found)
    if isinstance(found, Shown):
        report.say(found)


def _study(checkup: Checkup, busy: bool) -> None:
    """The fragment of the study: it runs by itself as long as runs are on their way."""
    if training.current() != checkup:
        training.rerun()
    if study.show_study(checkup) != busy:
        training.rerun()  # so that it looks by itself, or no longer


def _say_waiting(found: Waiting) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(found.share, found.words)
        own: Progress | None = st.session_state.get(PROGRESS)
        if own is not None and own.running:
            st.button("Cancel", key="tr.cancel", icon=":material/stop:", on_click=own.drop)


def _put(found: Shown | Waiting) -> None:
    """Mount the stage with what there is, or else with its last message."""
    if isinstance(found, Shown):
        st.session_state[MESSAGE] = scene_message(scene.scene_of(found, mode()))
    _mount()


def _mount() -> None:
    message = st.session_state.get(MESSAGE)
    if message is None:
        return
    with st.container(key="lv_stage"):
        stage(message, key=STAGE, on_view=lambda view: put(three_d=view == "3d"))

"""What there is of a race, and what the page is waiting for.

Most races are over before the page is drawn. A long one is a job that goes on in the workers; what
it has done so far can be drawn already.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from lossviz import engine
from lossviz.course import Course, Crowd, Heat, heat_of
from lossviz.course.heat import Account, at_best, start_of
from lossviz.registry import SettingError
from lossviz.run import start_on
from lossviz.run.state import problem_of
from lossviz.run.sweep import Sweep
from lossviz.surface import Surface
from lossviz.ui.race import cost, show
from lossviz.ui.words import duration

#: A race that is expected to take longer (seconds) is computed in chunks, and shown as it grows.
WHOLE = 1.5
#: What is expected to take longer than this is not begun.
LONGEST = 120.0

PROGRESS = "rc.progress"
#: The sweeps that a session waits for.
SWEPT = "rc.swept"


@dataclass(eq=False)
class Progress:
    """The long race that one session is waiting for."""

    key: str = ""
    job: engine.Job | None = None

    @property
    def running(self) -> bool:
        """Whether it is still going on."""
        return self.job is not None and not self.job.done

    def drop(self) -> None:
        """Stop what is still going on."""
        if self.job is not None:
            self.job.cancel()


@dataclass(frozen=True, eq=False)
class Picture:
    """All that is drawn; ``course`` is the one that was raced, at the best rates in fair mode."""

    course: Course
    heat: Heat
    surface: Surface
    crowd: Crowd
    account: Account | None = None
    sweeps: tuple[Sweep, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """What is being waited for: a sentence, and the share that is done."""

    words: str
    share: float = 0.0
    #: What can be drawn already.
    picture: Picture | None = None


def begin(course: Course) -> None:
    """Let the workers race while the page is being drawn; what is wrong is said later."""
    with suppress(SettingError):
        if not course.fair and not _long(course):
            _check_budget(course)
            show.heat_begun(course)
            show.account_begun(course, course.chosen)
            show.surface_begun(course)
            show.crowd_begun(course)


def _long(course: Course) -> bool:
    return cost.alone(course) > WHOLE


def _check_budget(course: Course) -> None:
    seconds = cost.whole(course)
    if seconds > LONGEST:
        fewer = " or fewer rates in the sweep" if course.fair else ""
        raise SettingError(
            f"This would take about {duration(seconds)}. Take fewer steps, fewer contenders{fewer}."
        )


def picture_of(course: Course, patience: float) -> Picture | Waiting:
    """What is drawn, or what is being waited for after so many seconds of waiting.

    Raises:
        SettingError: When the settings cannot be raced.
    """
    _check_budget(course)
    sweeps: tuple[Sweep, ...] = ()
    futures = [show.sweep_begun(course, k) for k in range(len(course.contenders) * course.fair)]
    _wait_only_for(futures)
    if course.fair:
        wait(futures, timeout=patience)
        # Another session may have let go of one that both waited for: it is begun anew.
        done = sum(future.done() and not future.cancelled() for future in futures)
        if done < len(futures):
            return Waiting(
                f"Learning rates of {done} out of {len(futures)} contenders are swept.",
                done / len(futures),
            )
        sweeps = tuple(future.result()[0] for future in futures)
        course = at_best(course, sweeps)
    surface, crowd = show.surface_begun(course), show.crowd_begun(course)
    if _long(course):
        found = _long_heat(course)
        if isinstance(found, Waiting):
            return replace(found, picture=_so_far(course, surface.result()))
        heat = found
    else:
        begun = show.heat_begun(course)
        if wait([begun], timeout=patience).not_done:
            return Waiting("The contenders are racing.")
        heat = begun.result()
    account = show.account_begun(course, course.chosen)
    rest: list[Future[Any]] = [account, crowd, surface]
    if wait(rest, timeout=patience).not_done:
        late = "further starts and seeds are" if account.done() else "explanation of each step is"
        # After a long race one sees what came out; after a short one the old picture stays so long.
        seen = Picture(course, heat, surface.result(), Crowd()) if _long(course) else None
        return Waiting(f"The {late} being computed.", 0.9, seen)
    return Picture(course, heat, surface.result(), crowd.result(), account.result(), sweeps)


def _wait_only_for(futures: list[Future[Any]]) -> None:
    """Let go of the sweeps of settings that this session has left, where they have not begun.

    A dial on its way through long races would leave them all behind in the queue.
    """
    for future in st.session_state.get(SWEPT, ()):
        if future not in futures:
            engine.drop(future)
    st.session_state[SWEPT] = tuple(futures)


def _long_heat(course: Course) -> Heat | Waiting:
    """The heat of a race that is computed in chunks, begun where nobody has begun it."""
    known = show.finished(course)
    if known is not None:
        return known
    own = _progress(course)
    assert own.job is not None
    now = own.job.progress()
    if now.phase == "running":
        left = "" if np.isnan(now.seconds_left) else f", about {duration(now.seconds_left)} left"
        return Waiting(f"{now.done:,} of {now.total:,} steps{left}", now.share)
    if now.phase == "failed":
        raise SettingError(f"The race stopped: {now.error}")
    runs = own.job.runs()
    if not runs:
        raise SettingError("The race was cancelled before its first step; change a setting.")
    heat = heat_of(course, runs)
    if now.phase == "finished":
        show.keep(course, heat)
    return heat


def _progress(course: Course) -> Progress:
    """The session's job on this course; another one is dropped."""
    own: Progress = st.session_state.setdefault(PROGRESS, Progress())
    key = show.heat_key(course)
    if own.key != key:
        own.drop()
        state = start_on(
            problem_of(course.ground), course.methods(), steps=course.steps, seed=course.seed,
            start=start_of(course), watch=True, recipe=course.ground,
        )  # fmt: skip
        own = st.session_state[PROGRESS] = Progress(key, engine.Job.on(state))
    return own


def _so_far(course: Course, surface: Surface) -> Picture | None:
    own: Progress = st.session_state[PROGRESS]
    runs = own.job.runs() if own.job is not None else []
    return Picture(course, heat_of(course, runs), surface, Crowd()) if runs else None

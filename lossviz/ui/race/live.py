"""The living part of the race page: the stage, what is said about it, the table.

Most races are over before the page is drawn. A long one is a job that goes on in the workers, while
a fragment of the page looks at it now and then and shows how far it is.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from lossviz import engine, figures, registry
from lossviz.comparison import letters
from lossviz.course import Course, Crowd, Heat, heat_of
from lossviz.course.heat import Account, at_best, start_of
from lossviz.registry import SettingError
from lossviz.run import start_on
from lossviz.run.state import problem_of
from lossviz.run.sweep import Sweep
from lossviz.surface import Surface
from lossviz.ui import widgets
from lossviz.ui.race import controls, cost, scene, show
from lossviz.ui.race.kept import race
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import scene_message
from lossviz.ui.style import mode
from lossviz.ui.words import duration, scoreboard, tally

#: How long (seconds) the page waits for what is computed in one piece before it says so.
PATIENCE = 1.5
#: How often it looks then.
LOOK = 0.4
#: A race that is expected to take longer (seconds) is computed in chunks, and shown as it grows.
WHOLE = 1.5
#: What is expected to take longer than this is not begun.
LONGEST = 120.0

STAGE, MESSAGE, PROGRESS = "rc.stage", "rc.message", "rc.progress"
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


# --- what there is -----------------------------------------------------------------------------


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


# --- the page ----------------------------------------------------------------------------------


def show_course(course: Course, said: tuple[str, ...] = ()) -> None:
    """Everything below the cards; what is wrong with the settings is said here.

    Args:
        course: What is raced.
        said: What stands on the cards already, from `notes`.
    """
    try:
        waiting = isinstance(picture_of(course, PATIENCE), Waiting)
    except SettingError as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    if not waiting and notes(course) != said:
        race.rerun()  # the sweep came to its end while the cards were being drawn
    # Always the same fragment at the same place, so that the stage is never mounted anew.
    st.fragment(_draw, run_every=LOOK if waiting else None)(course, waiting)


def notes(course: Course) -> tuple[str, ...]:
    """What stands on the cards: in fair mode the learning rates that were found."""
    if not course.fair:
        return ()
    try:
        found = picture_of(course, 0.0)
    except SettingError:
        return ()
    if isinstance(found, Picture):
        return tuple(best_rate(sweep) for sweep in found.sweeps)
    return ("looking for the best learning rate",) * len(course.contenders)


def best_rate(sweep: Sweep) -> str:
    """The best learning rate of a sweep in words."""
    if not np.isfinite(sweep.median).any():
        return "every rate of the sweep diverged"
    return f"races at the best of the sweep: {sweep.best:.3g}"


def _draw(course: Course, waiting: bool) -> None:
    """The fragment: one look at what there is."""
    if race.current() != course:
        race.rerun()  # an event of the stage changed the settings: the whole page follows
    try:
        found = picture_of(course, PATIENCE)
    except SettingError as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    if waiting and isinstance(found, Picture):
        race.rerun()  # all is there: the cards follow, and this fragment stops running by itself
    # One place for all that is said above the stage, which so is never mounted anew.
    with st.container(key="lv_progress"):
        if isinstance(found, Waiting):
            _say_waiting(found)
        _say_cancelled(course)
    _put(course, found if isinstance(found, Picture) else found.picture)
    if isinstance(found, Picture):
        _say(found)


def _say_waiting(found: Waiting) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(found.share, found.words)
        own: Progress | None = st.session_state.get(PROGRESS)
        if found.picture is not None and own is not None and own.running:
            st.button("Cancel", key="rc.cancel", icon=":material/stop:", on_click=own.drop)


def _say_cancelled(course: Course) -> None:
    own: Progress | None = st.session_state.get(PROGRESS)
    if own is None or own.job is None or own.key != show.heat_key(course):
        return
    now = own.job.progress()
    if now.phase == "cancelled":
        st.info(
            f"Cancelled after {now.done:,} of {now.total:,} steps; what was done is kept.",
            icon=":material/pause_circle:",
        )


def _put(course: Course, found: Picture | None) -> None:
    """Mount the stage with what there is, or else with its last message."""
    if found is not None:
        shown = scene.scene_of(
            found.course, found.heat, found.crowd, found.surface, found.account, mode()
        )
        st.session_state[MESSAGE] = scene_message(shown)
        st.session_state[controls.EXTENT] = scene.extent(found.course, found.heat)
    message = st.session_state.get(MESSAGE)
    if message is None:
        return
    names = tuple(letters(len(course.contenders)))

    def choose(name: str) -> None:
        if name in names:
            controls.put(chosen=names.index(name))

    with st.container(key="lv_stage"):
        stage(
            message,
            key=STAGE,
            on_start=lambda x, y: controls.put(start=(x, y)),
            on_drag=_dragged,
            on_add=lambda x, y: race.edit(lambda c: replace(c, more=(*c.more, (x, y)))),
            on_drop=_dropped,
            on_choose=choose,
            on_visible=lambda hidden: controls.hide(names, hidden),
            on_view=lambda view: controls.put(three_d=view == "3d"),
            on_arrows=lambda kinds: controls.put(arrows=tuple(kinds)),
        )


def _dragged(index: int, x: float, y: float) -> None:
    """A start was moved: the first one, or one of those that were put down."""

    def change(course: Course) -> Course:
        if index == 0:
            return replace(course, start=(x, y))
        if not 0 < index <= len(course.more):
            return course
        more = (*course.more[: index - 1], (x, y), *course.more[index:])
        return replace(course, more=more)

    race.edit(change)


def _dropped(index: int) -> None:
    """A start was taken away; the first one goes back to where it usually is."""

    def change(course: Course) -> Course:
        if index == 0:
            return replace(course, start=None, start_seed=0)
        more = tuple(point for place, point in enumerate(course.more, 1) if place != index)
        return replace(course, more=more)

    race.edit(change)


# --- words -------------------------------------------------------------------------------------


def _say(found: Picture) -> None:
    course = found.course
    for sentence in (*scene.sentences(course, found.heat), *cost.left_out(course)):
        st.caption(sentence)
    _say_basins(scene.basins(course, found.crowd))
    rows = scene.rows(course, found.heat)
    titles = {name: name for name in scene.columns(course, rows)}
    titles[scene.COLUMNS[-1]] = f"{scene.COLUMNS[-1]} {widgets.short(course.target)}"
    scoreboard(rows, titles)
    if found.sweeps:
        _say_sweeps(course, found.sweeps)


def _say_basins(counts: list[dict[str, int]]) -> None:
    if counts:
        count = sum(counts[0].values())
        ends = "start ends" if count == 1 else "starts end"
        st.caption(f"Where the {count} further {ends}, for each contender:")
        tally(counts)


def _say_sweeps(course: Course, sweeps: tuple[Sweep, ...]) -> None:
    st.markdown("#### Learning rates tried")
    st.caption(
        f"Every contender with {course.rates} learning rates, from the same start and with the "
        f"same {course.steps} steps; each races above at its best one."
    )
    names = [
        f"{letter} {registry.optimizers[one.optimizer].title}"
        for letter, one in zip(letters(len(sweeps)), course.contenders, strict=True)
    ]
    figure = figures.sweep(sweeps, names, mode=mode(), minimum=course.minimum)
    st.plotly_chart(figure, key="rc.sweep", config={"displayModeBar": False})

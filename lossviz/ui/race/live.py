"""The living part of the race page: the stage, what is said about it, the table.

While a race goes on, a fragment of the page looks at it now and then and shows how far it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from lossviz import figures, registry
from lossviz.comparison import letters
from lossviz.course import Course
from lossviz.registry import SettingError
from lossviz.run.sweep import Sweep
from lossviz.ui import widgets
from lossviz.ui.race import controls, cost, report, scene, show
from lossviz.ui.race.kept import race
from lossviz.ui.race.waiting import PROGRESS, Picture, Progress, Waiting, picture_of
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import scene_message
from lossviz.ui.style import mode
from lossviz.ui.words import scoreboard, tally

#: How long (seconds) the page waits for what is computed in one piece before it says so.
PATIENCE = 1.5
#: How often it looks then.
LOOK = 0.4

STAGE, MESSAGE = "rc.stage", "rc.message"


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
        return ()  # `show_course` says what is wrong
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
    for sentence in (*report.sentences(course, found.heat), *cost.left_out(course)):
        st.caption(sentence)
    _say_basins(report.basins(course, found.crowd))
    rows = report.rows(course, found.heat)
    titles = {name: name for name in report.columns(course, rows)}
    titles[report.COLUMNS[-1]] = f"{report.COLUMNS[-1]} {widgets.short(course.target)}"
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

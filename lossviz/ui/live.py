"""The living part of the playground: the stage, what is said about the slice, the scoreboard.

A short comparison is computed whole and then played. A long one is a job that goes on in the
workers while a fragment of the page looks at it now and then and hands on what is new. A surface
that takes long is drawn coarsely first, and its fine form follows in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import streamlit as st

from lossviz import engine, picture
from lossviz.comparison import Comparison, letters
from lossviz.curvature import Along
from lossviz.figures import color_range
from lossviz.picture import Slice
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.surface import Surface
from lossviz.ui import scene, show, state, waiting, widgets
from lossviz.ui.predictions import panel
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import Delta, delta_message, scene_message
from lossviz.ui.style import mode
from lossviz.ui.waiting import PROGRESS, Progress
from lossviz.ui.words import duration, scoreboard

#: Points along each axis of a surface that is drawn while the fine one is on its way.
COARSE = 21
#: How often (seconds) the page looks for what is new.
LOOK = 0.5

STAGE, RANGE, MESSAGE = "pg.stage", "pg.range", "pg.message"


@dataclass(frozen=True)
class Places:
    """Where the parts of the fragment stand, laid out before anything is waited for.

    What is drawn goes out in batches a few milliseconds apart: with its surroundings sent already,
    the stage's message is the first of its batch. And the stage has one place whatever is said
    above it, so that it is never mounted anew.
    """

    above: Any = field(default_factory=lambda: st.container(key="lv_progress"))
    stage: Any = field(default_factory=lambda: st.container(key="lv_stage"))


def begin(comparison: Comparison) -> None:
    """Let the workers train while the page is being drawn; what is wrong is said later."""
    with suppress(SettingError):
        if comparison.start is None and not waiting.is_long(comparison):
            show.runs_begun(comparison)


def show_comparison(comparison: Comparison) -> None:
    """Everything below the cards; what is wrong with the settings is said here."""
    try:
        shown = waiting.first_of(comparison)
        own = waiting.begin(shown)
        if shown != comparison and not own.running:
            waiting.runs_of(own, shown)  # it is over, and is kept by this
            shown = waiting.first_of(comparison)
            own = waiting.begin(shown)
        unfinished = waiting.is_unfinished(own, shown)
    except SettingError as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    # Always the same fragment at the same place, so that the stage is never mounted anew.
    st.fragment(_draw, run_every=LOOK if unfinished else None)(comparison, shown, unfinished)


# --- drawing -----------------------------------------------------------------------------------


def _draw(comparison: Comparison, shown: Comparison, unfinished: bool) -> None:
    """The fragment: one look at what there is."""
    own: Progress = st.session_state[PROGRESS]
    if state.playground.current() != comparison:
        state.playground.rerun()  # an event of the stage changed the settings
    at = Places()
    try:
        first = shown != comparison
        if own.running:
            _draw_running(at, own, shown, first)
            return
        surface, sharpness = waiting.fine_surface_of(own, shown), waiting.sharpness_of(own, shown)
        whole = surface is not None and sharpness is not None
        whole = whole or (first and show.finished(shown) is not None)
        if unfinished and whole and own.sent is not None:
            state.playground.rerun()  # all is there: the fragment's last run by itself
        _draw_finished(at, own, shown, first, surface, sharpness)
    except SettingError as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")


def _draw_finished(
    at: Places,
    own: Progress,
    comparison: Comparison,
    first: bool,
    surface: Surface | None,
    sharpness: tuple[Along, ...] | None,
) -> None:
    runs, tag = waiting.runs_of(own, comparison)
    cut = show.slice_of(comparison, runs, tag)
    if surface is None:
        surface = show.surface_of(comparison, cut, COARSE, tag)
    own.message = _scene(comparison, runs, cut, surface, tag, sharpness or ())
    own.sent = tuple(int(run.recorded[-1]) for run in runs)
    _put(at, own, comparison)
    _say_above(at, own, first, sharpness is None)
    _say(comparison, runs, cut)


def _draw_running(at: Places, own: Progress, comparison: Comparison, first: bool) -> None:
    assert own.job is not None
    runs = own.job.runs()
    if not runs:
        # The picture of before stays until there is something to see.
        own.message = own.message or st.session_state.get(MESSAGE, b"")
        if own.message:
            _put(at, own, comparison)
        _say_above(at, own, first)
        return
    last = tuple(int(run.recorded[-1]) for run in runs)
    key = show.key(show.for_slice(comparison))
    if own.cut is None or own.cut_key != key or max(last) >= 2 * own.cut_at:
        plane = show.plane_of_start(comparison)
        own.cut = engine.run(picture.slice_of, comparison, tuple(runs), plane)
        own.cut_at, own.cut_key, own.sent = max(last), key, None
    elif own.sent is None:
        # What the slice holds is what was there when it was laid.
        own.cut = replace(own.cut, tracks=_tracks(comparison, own.cut, runs))
    if own.sent is None:
        surface = engine.run(picture.surface_on, comparison, own.cut, COARSE)
        own.message = _scene(comparison, runs, own.cut, surface, f"live {own.cut_at}")
        own.sent = last
    elif last != own.sent:
        new = replace(own.cut, tracks=_tracks(comparison, own.cut, runs, own.sent))
        own.message = _delta(own, comparison, runs, new)
        # Only what is new is computed at a look; what is said is of all that there is.
        both = zip(own.cut.tracks, new.tracks, strict=True)
        own.cut = replace(own.cut, tracks=tuple(known.joined(later) for known, later in both))
        own.sent = last
    _put(at, own, comparison)
    _say_above(at, own, first)
    _say(comparison, runs, own.cut)


def _tracks(
    comparison: Comparison, cut: Slice, runs: Sequence[Run], after: Sequence[int] | None = None
) -> tuple[picture.Track, ...]:
    return tuple(
        picture.track_of(comparison, cut.plane, run, after[i] if after else -1)
        for i, run in enumerate(runs)
    )


def _scene(
    comparison: Comparison,
    runs: Sequence[Run],
    cut: Slice,
    surface: Surface,
    tag: str,
    sharpness: tuple[Along, ...] = (),
) -> bytes:
    """The message of a whole scene."""
    losses = [track.loss for track in cut.tracks]
    found = color_range(np.asarray(surface.loss), losses, comparison.log)
    # What "pin colours" pins, when it is switched on.
    st.session_state[RANGE] = found
    place = min(comparison.chosen, len(runs) - 1)
    seen = panel(
        tuple(letters(len(runs)))[place],
        show.predictions_of(comparison, runs, tag),
        picture.shared_problem(comparison).data,
    )
    return scene_message(
        scene.scene_of(
            comparison,
            runs,
            cut,
            surface,
            seen,
            comparison.color_range or found,
            mode(),
            tag,
            sharpness,
        )
    )


def _delta(own: Progress, comparison: Comparison, runs: Sequence[Run], new: Slice) -> bytes:
    """The message of what has come since the last one, which ``new`` holds."""
    assert own.sent is not None
    names = tuple(letters(len(runs)))
    return delta_message(
        Delta(
            revision=scene.revision(comparison, f"live {own.cut_at}"),
            contenders=scene.contenders(comparison, runs),
            paths=tuple(scene.path(n, new, i, own.sent[i]) for i, n in enumerate(names)),
            curves=tuple(
                curve
                for name, run, after in zip(names, runs, own.sent, strict=True)
                for curve in scene.curves(name, run, after)
            ),
        )
    )


def _put(at: Places, own: Progress, comparison: Comparison) -> None:
    """Mount the stage with the last message; its events change the settings."""
    names = tuple(letters(len(comparison.contenders)))

    def choose(name: str) -> None:
        if name in names:
            state.playground.edit(lambda c: replace(c, chosen=names.index(name)))

    def hide(hidden: list[str]) -> None:
        state.playground.edit(
            lambda c: replace(
                c,
                contenders=tuple(
                    replace(one, visible=name not in hidden)
                    for name, one in zip(names, c.contenders, strict=True)
                ),
            )
        )

    def again() -> None:
        own.sent = None

    st.session_state[MESSAGE] = own.message
    with at.stage:
        _mount(own, choose, hide, again)


def _mount(
    own: Progress,
    choose: Callable[[str], None],
    hide: Callable[[list[str]], None],
    again: Callable[[], None],
) -> None:
    stage(
        own.message,
        key=STAGE,
        on_start=lambda x, y: state.playground.edit(lambda c: replace(c, start=(x, y))),
        on_choose=choose,
        on_visible=hide,
        on_view=lambda view: state.playground.edit(lambda c: replace(c, three_d=view == "3d")),
        on_resync=again,
    )


# --- words -------------------------------------------------------------------------------------


def _say(comparison: Comparison, runs: Sequence[Run], cut: Slice) -> None:
    if comparison.start is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            # The slice is that of the runs from the initial weights: with other contenders the
            # same numbers are another point, so these are what can be said.
            x, y = comparison.start
            st.caption(f"All contenders start at the point ({x:.3g}, {y:.3g}) of this slice.")
            st.button(
                "Start at the initial weights",
                key="pg.unstart",
                on_click=lambda: state.playground.edit(lambda c: replace(c, start=None)),
            )
    st.caption(scene.about_slice(comparison, cut, runs))
    table, score = scene.rows(comparison, runs)
    titles = {name: name for name in ("train loss", "test loss", score)}
    scoreboard(table, {**titles, "steps to target": f"steps to target {comparison.target:g}"})


def _say_above(at: Places, own: Progress, first: bool, sharpening: bool = False) -> None:
    with at.above:
        if first:
            st.caption(
                "First the run from the initial weights, because the start is a point of its "
                "plane; then the run from there."
            )
        _progress_bar(own)
        if sharpening:
            st.caption("The sharpness along the paths is being computed; its tab comes by itself.")


def _progress_bar(own: Progress) -> None:
    """How far a job is, above the picture, with a button to end it; nothing without a job."""
    if own.job is None:
        return
    now = own.job.progress()
    if now.phase == "failed":
        st.error(widgets.plain(f"The run stopped: {now.error}"), icon=":material/error:")
    elif now.phase == "cancelled":
        st.info(
            f"Cancelled after {now.done:,} of {now.total:,} steps; what was done is kept.",
            icon=":material/pause_circle:",
        )
    elif now.phase == "running":
        left = "" if np.isnan(now.seconds_left) else f", about {duration(now.seconds_left)} left"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(
                now.share,
                f"{now.done:,} of {now.total:,} steps, {now.rate:,.0f} steps/s{left}",
            )
            st.button("Cancel", key="pg.cancel", icon=":material/stop:", on_click=own.job.cancel)

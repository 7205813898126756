"""The living part of the playground: the stage, what is said about the slice, the scoreboard.

A short comparison is computed whole and then played. A long one is a job that goes on in the
workers while a fragment of the page looks at it now and then and hands on what is new. A surface
that takes long is drawn coarsely first, and its fine form follows in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace

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
from lossviz.ui import scene, show, state
from lossviz.ui.predictions import panel
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import Delta, delta_message, scene_message
from lossviz.ui.style import mode
from lossviz.ui.words import duration, scoreboard

#: A surface that is expected to take longer (seconds) is drawn coarsely first.
AT_ONCE = 0.3
COARSE = 21
#: How often (seconds) the page looks for what is new, and how long it waits for the first sight.
LOOK = 0.5
PATIENCE = 2.0
#: So long (seconds) the picture waits for the sharpness before it is drawn without.
SOON = 0.2

STAGE, PROGRESS, RANGE, MESSAGE = "pg.stage", "pg.progress", "pg.range", "pg.message"


@dataclass(eq=False)
class Progress:
    """What one session is waiting for; all that is finished is in caches that sessions share."""

    key: str = ""
    job: engine.Job | None = None
    #: While a job goes on, its slice stays until there are twice as many steps.
    cut: Slice | None = None
    cut_at: int = 0
    #: What the stage has: the last message, and the last step of each contender.
    message: bytes = b""
    sent: tuple[int, ...] | None = None
    #: A fine surface under way, and what it is of.
    surface: Future[Surface] | None = None
    surface_key: str = ""

    def drop(self) -> None:
        """Stop everything that is still going on."""
        if self.job is not None:
            self.job.cancel()
        if self.surface is not None:
            self.surface.cancel()

    @property
    def running(self) -> bool:
        """Whether a job is going on."""
        return self.job is not None and not self.job.done


def begin(comparison: Comparison) -> None:
    """Let the workers train while the page is being drawn; what is wrong is said later."""
    with suppress(SettingError):
        if comparison.start is None and not _long(comparison):
            show.runs_begun(comparison)


def show_comparison(comparison: Comparison) -> None:
    """Everything below the cards; what is wrong with the settings is said here."""
    try:
        shown = _first_of(comparison)
        own = _begin(shown)
        if shown != comparison and not own.running:
            _runs(own, shown)  # it is over, and is kept by this
            shown = _first_of(comparison)
            own = _begin(shown)
        waiting = own.running or _fine(own, shown) is None or _sharpness(own, shown) is None
    except SettingError as error:
        st.error(str(error), icon=":material/error:")
        return
    # Always the same fragment at the same place, so that the stage is never mounted anew.
    st.fragment(_draw, run_every=LOOK if waiting else None)(comparison, shown, waiting)


def _first_of(comparison: Comparison) -> Comparison:
    """What is computed now: the comparison, or the long run on whose plane its start lies."""
    base = replace(comparison, start=None)
    if comparison.start is None or not _long(base) or show.finished(base) is not None:
        return comparison
    return base


def _long(comparison: Comparison) -> bool:
    return engine.estimate(comparison.experiments()) > engine.WHOLE


def _begin(comparison: Comparison) -> Progress:
    """The session's progress on this comparison; what takes long is started."""
    own: Progress = st.session_state.setdefault(PROGRESS, Progress())
    key = show.key(show.for_runs(comparison))
    if own.key != key:
        own.drop()
        own = st.session_state[PROGRESS] = Progress(key)
        if _long(comparison) and show.finished(comparison) is None:
            own.job = engine.Job(comparison.experiments(), show.start_of(comparison))
            _wait_for_first_sight(own.job)
    # The whole page runs, so the stage gets a whole scene.
    own.sent = None
    return own


def _wait_for_first_sight(job: engine.Job) -> None:
    end = time.monotonic() + PATIENCE
    while not job.done and not job.runs() and time.monotonic() < end:
        time.sleep(0.03)


# --- drawing -----------------------------------------------------------------------------------


def _draw(comparison: Comparison, shown: Comparison, waiting: bool) -> None:
    """The fragment: one look at what there is."""
    own: Progress = st.session_state[PROGRESS]
    if state.playground.current() != comparison:
        state.playground.rerun()  # an event of the stage changed the settings
    try:
        first = shown != comparison
        if own.running:
            _draw_running(own, shown, first)
            return
        surface, sharpness = _fine(own, shown), _sharpness(own, shown)
        whole = surface is not None and sharpness is not None
        whole = whole or (first and show.finished(shown) is not None)
        if waiting and whole and own.sent is not None:
            state.playground.rerun()  # all is there: the fragment's last run by itself
        _draw_finished(own, shown, first, surface, sharpness)
    except SettingError as error:
        st.error(str(error), icon=":material/error:")


def _draw_finished(
    own: Progress,
    comparison: Comparison,
    first: bool,
    surface: Surface | None,
    sharpness: tuple[Along, ...] | None,
) -> None:
    runs, tag = _runs(own, comparison)
    cut = show.slice_of(comparison, runs, tag)
    if surface is None:
        surface = show.surface_of(comparison, cut, COARSE, tag)
    own.message = _scene(comparison, runs, cut, surface, tag, sharpness or ())
    own.sent = tuple(int(run.recorded[-1]) for run in runs)
    _say_above(own, first, sharpness is None)
    _put(own, comparison)
    _say(comparison, runs, cut)


def _draw_running(own: Progress, comparison: Comparison, first: bool) -> None:
    assert own.job is not None
    runs = own.job.runs()
    if not runs:
        # The picture of before stays until there is something to see.
        own.message = own.message or st.session_state.get(MESSAGE, b"")
        _say_above(own, first)
        if own.message:
            _put(own, comparison)
        return
    last = tuple(int(run.recorded[-1]) for run in runs)
    if own.cut is None or max(last) >= 2 * own.cut_at:
        plane = show.plane_of_start(comparison)
        own.cut = engine.run(picture.slice_of, comparison, tuple(runs), plane)
        own.cut_at, own.sent = max(last), None
    if own.sent is None:
        # What the slice holds is what was there when it was laid; the rest follows as a delta.
        cut = replace(own.cut, tracks=_tracks(comparison, own.cut, runs))
        surface = engine.run(picture.surface_on, comparison, cut, COARSE)
        own.message = _scene(comparison, runs, cut, surface, f"live {own.cut_at}")
        own.sent = last
    elif last != own.sent:
        own.message = _delta(own, comparison, runs)
        own.sent = last
    _say_above(own, first)
    _put(own, comparison)
    _say(comparison, runs, replace(own.cut, tracks=_tracks(comparison, own.cut, runs)))


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


def _delta(own: Progress, comparison: Comparison, runs: Sequence[Run]) -> bytes:
    """The message of what has come since the last one."""
    assert own.cut is not None
    assert own.sent is not None
    cut = replace(own.cut, tracks=_tracks(comparison, own.cut, runs, own.sent))
    names = tuple(letters(len(runs)))
    return delta_message(
        Delta(
            revision=scene.revision(comparison, f"live {own.cut_at}"),
            contenders=scene.contenders(comparison, runs),
            paths=tuple(scene.path(n, cut, i, own.sent[i]) for i, n in enumerate(names)),
            curves=tuple(
                curve
                for name, run, after in zip(names, runs, own.sent, strict=True)
                for curve in scene.curves(name, run, after)
            ),
        )
    )


def _put(own: Progress, comparison: Comparison) -> None:
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
    with st.container(key="lv_stage"):
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
            st.caption("All contenders start at the point that was clicked.")
            st.button(
                "Start at the initial weights",
                key="pg.unstart",
                on_click=lambda: state.playground.edit(lambda c: replace(c, start=None)),
            )
    st.caption(scene.about_slice(comparison, cut, runs))
    table, score = scene.rows(comparison, runs)
    titles = {name: name for name in ("train loss", "test loss", score)}
    scoreboard(table, {**titles, "steps to target": f"steps to target {comparison.target:g}"})


def _say_above(own: Progress, first: bool, sharpening: bool = False) -> None:
    """All that is said above the stage, in one place, so that the stage is never mounted anew."""
    with st.container(key="lv_progress"):
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
        st.error(f"The run stopped: {now.error}", icon=":material/error:")
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


# --- waiting -----------------------------------------------------------------------------------


def _runs(own: Progress, comparison: Comparison) -> tuple[tuple[Run, ...], str]:
    """The runs that are over, and a tag for the caches: "" where all steps were taken."""
    if own.job is None:
        return show.runs_of(comparison), ""
    runs = tuple(own.job.runs())
    now = own.job.progress()
    if not runs:
        raise SettingError(
            f"The run stopped: {now.error}" if now.phase == "failed"
            else "The run was cancelled before its first step; change a setting."
        )  # fmt: skip
    whole = now.phase == "finished"
    if whole:
        show.keep(comparison, runs)
    return runs, "" if whole else f"until {[int(run.recorded[-1]) for run in runs]}"


def _sharpness(own: Progress, comparison: Comparison) -> tuple[Along, ...] | None:
    """The sharpness along the paths: none where it is not asked for, None while it is computed."""
    if not comparison.sharpness:
        return ()
    if own.running:
        return None
    runs, tag = _runs(own, comparison)
    futures = show.sharpness_begun(comparison, runs, tag)
    if wait(futures, timeout=SOON).not_done:
        return None
    return tuple(future.result() for future in futures)


def _fine(own: Progress, comparison: Comparison) -> Surface | None:
    """The surface at its full resolution, or None while it is computed."""
    if own.running:
        return None
    runs, tag = _runs(own, comparison)
    # One worker predicts while another one computes the slice and its surface.
    show.predictions_begun(comparison, runs, tag)
    cut = show.slice_of(comparison, runs, tag)
    points = int(comparison.grid)
    if picture.surface_seconds(comparison, points) <= AT_ONCE:
        return show.surface_of(comparison, cut, points, tag)
    key = f"{show.key(show.for_slice(comparison))} {points} {tag}"
    if own.surface is None or own.surface_key != key:
        if own.surface is not None:
            own.surface.cancel()
        own.surface = show.fine_surface_begun(comparison, cut, points, tag)
        own.surface_key = key
    return own.surface.result() if own.surface.done() else None

"""What a session of the playground is waiting for, and what of it is there.

What is short is computed when it is asked for. A long race is a job in the workers, and what takes
long besides, a fine surface or the sharpness along the paths, is computed beside all else.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace

import streamlit as st

from lossviz import engine
from lossviz.comparison import Comparison
from lossviz.curvature import Along
from lossviz.picture import Slice
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.surface import Surface
from lossviz.ui import show

#: How long (seconds) the page waits for the first sight of a long race.
PATIENCE = 2.0
#: So long (seconds) the picture waits for the sharpness before it is drawn without.
SOON = 0.2

PROGRESS = "pg.progress"


@dataclass(eq=False)
class Progress:
    """What one session is waiting for; all that is finished is in caches that sessions share."""

    key: str = ""
    #: A long race, until it is over and its runs are taken from it.
    job: engine.Job | None = None
    runs: show.Runs | None = None
    #: While a job goes on, its slice stays until there are twice as many steps, or another one is
    #: asked for.
    cut: Slice | None = None
    cut_at: int = 0
    cut_key: str = ""
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


def first_of(comparison: Comparison) -> Comparison:
    """What is computed now: the comparison, or the long run on whose plane its start lies."""
    base = replace(comparison, start=None)
    if comparison.start is None or not is_long(base) or show.finished(base) is not None:
        return comparison
    return base


def is_long(comparison: Comparison) -> bool:
    """Whether its runs are a job, rather than computed whole."""
    return engine.estimate(comparison.experiments()) > engine.WHOLE


def begin(comparison: Comparison) -> Progress:
    """The session's progress on this comparison; what takes long is started."""
    own: Progress = st.session_state.setdefault(PROGRESS, Progress())
    key = show.key(show.for_runs(comparison))
    if own.key != key:
        own.drop()
        own = st.session_state[PROGRESS] = Progress(key)
        if is_long(comparison) and show.finished(comparison) is None:
            own.job = engine.Job(comparison.experiments(), show.start_of(comparison))
            _wait_for_first_sight(own.job)
    # The whole page runs, so the stage gets a whole scene.
    own.sent = None
    return own


def _wait_for_first_sight(job: engine.Job) -> None:
    end = time.monotonic() + PATIENCE
    while not job.done and not job.runs() and time.monotonic() < end:
        time.sleep(0.03)


def runs_of(own: Progress, comparison: Comparison) -> tuple[tuple[Run, ...], str]:
    """The runs that are over, and a tag for the caches: "" where all steps were taken."""
    if own.job is None:
        return own.runs or show.runs_of(comparison), ""
    runs = tuple(own.job.runs())
    now = own.job.progress()
    if not runs:
        raise SettingError(
            f"The run stopped: {now.error}" if now.phase == "failed"
            else "The run was cancelled before its first step; change a setting."
        )  # fmt: skip
    if now.phase != "finished":
        return runs, f"until {[int(run.recorded[-1]) for run in runs]}"
    # Once: to join the chunks and to write them to disk takes long. The chunks are let go of.
    show.keep(comparison, runs)
    own.job, own.runs = None, runs
    return runs, ""


def sharpness_of(own: Progress, comparison: Comparison) -> tuple[Along, ...] | None:
    """The sharpness along the paths: none where it is not asked for, None while it is computed."""
    if not comparison.sharpness:
        return ()
    if own.running:
        return None
    runs, tag = runs_of(own, comparison)
    futures = show.sharpness_begun(comparison, runs, tag)
    if wait(futures, timeout=SOON).not_done:
        return None
    return tuple(future.result() for future in futures)


def is_unfinished(own: Progress, comparison: Comparison) -> bool:
    """Whether there will be more to see than there is now; what is quickly there is not begun."""
    return (
        own.running
        or (not show.is_quick(comparison) and fine_surface_of(own, comparison) is None)
        or sharpness_of(own, comparison) is None
    )


def fine_surface_of(own: Progress, comparison: Comparison) -> Surface | None:
    """The surface at its full resolution, or None while it is computed."""
    if own.running:
        return None
    runs, tag = runs_of(own, comparison)
    # One worker predicts while another one computes the slice, for which more is waiting.
    show.slice_begun(comparison, runs, tag)
    show.predictions_begun(comparison, runs, tag)
    if show.is_quick(comparison):
        return show.quick_surface_of(comparison, runs, tag)
    cut, points = show.slice_of(comparison, runs, tag), int(comparison.grid)
    key = f"{show.key(show.for_slice(comparison))} {points} {tag}"
    if own.surface is None or own.surface_key != key:
        if own.surface is not None:
            own.surface.cancel()
        own.surface = show.fine_surface_begun(comparison, cut, points, tag)
        own.surface_key = key
    return own.surface.result() if own.surface.done() else None

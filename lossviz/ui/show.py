"""What a page shows of a comparison, computed by the workers and kept for all who ask the same.

The keys of the caches are settings, never arrays. What only the view needs (colours, dimensions,
which contenders are hidden) is not part of them, so that a change of view computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import streamlit as st
from torch import Tensor

from lossviz import engine, picture
from lossviz.comparison import Comparison
from lossviz.curvature import Along
from lossviz.picture import Seen, Slice
from lossviz.plane import Plane
from lossviz.run import Run
from lossviz.surface import Surface
from lossviz.ui.begun import begun
from lossviz.ui.shelf import RUNS_BYTES, Shelf, bytes_of

Runs = tuple[Run, ...]

#: Long runs are large; so many are kept at most.
MOST_KEPT = 12
#: A surface that is expected to take longer (seconds) is drawn coarsely first.
AT_ONCE = 0.3
#: Runs with more bytes of weights are not kept on disk: they would push out all else.
MOST_BYTES = 2**25


def for_runs(comparison: Comparison) -> Comparison:
    """The comparison as far as its runs depend on it."""
    every = replace(
        for_slice(comparison),
        contenders=tuple(replace(c, visible=True) for c in comparison.contenders),
    )
    if comparison.start is not None:
        return every  # a start is a point of a plane
    return replace(
        every, plane=_plain_plane(comparison), normalize="filter", plane_seed=0, split="train"
    )


def _plain_plane(comparison: Comparison) -> str:
    return "exact" if comparison.plane == "exact" else "pca"


def for_slice(comparison: Comparison) -> Comparison:
    """The comparison as far as its plane, paths and surface depend on it."""
    return replace(
        comparison,
        color_range=None,
        sharpness=False,
        three_d=False,
        log=False,
        chosen=0,
        target=1.0,
        grid="61",
    )


@st.cache_resource(max_entries=48, show_spinner=False)
def _cached_runs(key: str, _comparison: Comparison, _start: Tensor | None) -> Future[Runs]:
    return engine.submit(picture.race_of, _comparison, _start)


@st.cache_resource(max_entries=48, show_spinner=False)
def _cached_slice(
    key: str, _comparison: Comparison, _runs: Runs, _plane: Plane | None
) -> Future[Slice]:
    return engine.submit(picture.slice_of, _comparison, _runs, _plane)


@st.cache_resource(max_entries=48, show_spinner=False)
def _cached_drawn(
    key: str, _comparison: Comparison, _runs: Runs, _plane: Plane | None, points: int
) -> Future[tuple[Slice, Surface]]:
    return engine.submit(picture.drawn_on, _comparison, _runs, _plane, points)


@st.cache_resource(max_entries=96, show_spinner=False)
def _cached_surface(key: str, _comparison: Comparison, _cut: Slice, points: int) -> Surface:
    return engine.run(picture.surface_on, _comparison, _cut, points)


@st.cache_resource(max_entries=96, show_spinner=False)
def _cached_predictions(
    key: str, _comparison: Comparison, _run: Run, place: int
) -> Future[Seen | None]:
    return engine.submit(picture.predictions_of, _comparison, _run)


@st.cache_resource(max_entries=96, show_spinner=False)
def _cached_sharpness(
    key: str, _comparison: Comparison, _run: Run, place: int, _tag: str
) -> Future[Along]:
    if _tag:
        return engine.submit(picture.sharpness_of, _comparison, _run)
    name = f"sharpness {place} {key}"
    return engine.submit(engine.kept, name, picture.sharpness_of, _comparison, _run)


def fine_surface_begun(
    comparison: Comparison, cut: Slice, points: int, tag: str = ""
) -> Future[Surface]:
    """A surface that takes long, computed beside all else; that of whole runs is kept on disk."""
    task = (picture.surface_on, comparison, cut, points)
    if tag:
        return engine.submit(*task)
    return engine.submit(engine.kept, f"surface {points} {key(for_slice(comparison))}", *task)


@st.cache_resource(max_entries=1, show_spinner=False)
def _kept() -> Shelf[Runs]:
    return Shelf(MOST_KEPT, RUNS_BYTES, bytes_of)


def keep(comparison: Comparison, runs: Runs) -> None:
    """Remember the runs of a job that took all its steps, for `finished` and `runs_of`."""
    name = key(for_runs(comparison))
    _kept().put(name, runs)
    if sum(run.weights.nbytes for run in runs) <= MOST_BYTES:
        engine.keep(_on_disk(name), runs)


def finished(comparison: Comparison) -> Runs | None:
    """The runs of a job that somebody has waited for, now or before the last restart, or None."""
    name = key(for_runs(comparison))
    found = _kept().get(name)
    if found is None:
        found = engine.recall(_on_disk(name))
        if found is not None:
            _kept().put(name, found)
    return found


def _on_disk(name: str) -> str:
    return f"runs {name}"


def runs_begun(comparison: Comparison) -> Future[Runs]:
    """The runs from the start that the comparison asks for, trained while the page is drawn."""
    return _cached_runs(key(for_runs(comparison)), comparison, start_of(comparison))


def runs_of(comparison: Comparison) -> Runs:
    """The finished runs, from the start that the comparison asks for."""
    known = finished(comparison)
    if known is not None:
        return known
    return _result(_cached_runs, key(for_runs(comparison)), comparison, start_of(comparison))


def plane_of_start(comparison: Comparison) -> Plane | None:
    """The plane on which the start was chosen: the one of the same comparison without a start."""
    if comparison.start is None:
        return None
    base = replace(comparison, start=None)
    return slice_of(base, runs_of(base)).plane


def start_of(comparison: Comparison) -> Tensor | None:
    """The point (P,) where all contenders start, or None for the initial weights."""
    plane = plane_of_start(comparison)
    if plane is None or comparison.start is None:
        return None
    x, y = comparison.start
    return plane.space.flatten(plane.at(x, y))


def is_quick(comparison: Comparison) -> bool:
    """Whether the surface is drawn at its full resolution at once."""
    return picture.surface_seconds(comparison, int(comparison.grid)) <= AT_ONCE


def slice_begun(comparison: Comparison, runs: Runs, tag: str = "") -> None:
    """Let a worker compute the slice, and its surface where that is quickly there.

    Here and below ``tag`` tells runs that were cut short from those that the settings mean.
    """
    begun(*_of_slice(comparison, runs, tag))


def slice_of(comparison: Comparison, runs: Runs, tag: str = "") -> Slice:
    """The slice of these runs; from a chosen start it is the plane on which it was chosen."""
    found = _result(*_of_slice(comparison, runs, tag))
    return found[0] if is_quick(comparison) else found


def quick_surface_of(comparison: Comparison, runs: Runs, tag: str = "") -> Surface:
    """The surface of the slice at its full resolution, where it is quickly there."""
    surface: Surface = _result(*_of_slice(comparison, runs, tag))[1]
    return surface


def _of_slice(comparison: Comparison, runs: Runs, tag: str) -> tuple[Any, ...]:
    arguments = key(for_slice(comparison)) + tag, comparison, runs, plane_of_start(comparison)
    if is_quick(comparison):
        return _cached_drawn, *arguments, int(comparison.grid)
    return _cached_slice, *arguments


def surface_of(comparison: Comparison, cut: Slice, points: int, tag: str = "") -> Surface:
    """The surface of the slice on ``points`` x ``points`` cells."""
    return _cached_surface(key(for_slice(comparison)) + tag, comparison, cut, points)


def predictions_begun(
    comparison: Comparison, runs: Sequence[Run], tag: str = ""
) -> Future[Seen | None]:
    """What the chosen contender's model predicts along its run, computed beside all else."""
    return _cached_predictions(*_of_chosen(comparison, runs, tag))


def predictions_of(comparison: Comparison, runs: Sequence[Run], tag: str = "") -> Seen | None:
    """What the chosen contender's model predicts along its run."""
    return _result(_cached_predictions, *_of_chosen(comparison, runs, tag))


def sharpness_begun(
    comparison: Comparison, runs: Sequence[Run], tag: str = ""
) -> list[Future[Along]]:
    """The largest curvature along each run, computed beside all else."""
    name = key(for_runs(comparison)) + tag
    return [
        begun(_cached_sharpness, name, comparison, run, place, tag)
        for place, run in enumerate(runs)
    ]


def _of_chosen(
    comparison: Comparison, runs: Sequence[Run], tag: str
) -> tuple[str, Comparison, Run, int]:
    place = min(comparison.chosen, len(runs) - 1)
    return key(for_runs(comparison)) + tag, comparison, runs[place], place


def _result(cached: Any, *arguments: Any) -> Any:
    """The result of a cached future. One that failed (wrong settings, a dead worker, an engine that
    was stopped) is forgotten, so that the next one who asks tries again.
    """
    try:
        return cached(*arguments).result()
    except BaseException:
        cached.clear(*arguments)
        raise


def key(comparison: Comparison) -> str:
    """The settings as text, the same for equal settings."""
    return repr(comparison)

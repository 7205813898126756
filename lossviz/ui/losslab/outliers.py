"""Points that can be dragged, and the line that each loss likes best."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from lossviz.figures.theme import PALETTE, SURFACE_SCALE, Mode, mark
from lossviz.losslab import Fit, LossLab, fits, loss_over_lines
from lossviz.losslab.lab import MOST_POINTS, WINDOW
from lossviz.ui.sketch import Axis, Handles, Heat, Line, Mark, Panel, Picture
from lossviz.ui.table import fixed, number, table

#: Points of the surface along the slopes and the intercepts.
GRID = (73, 61)


@st.cache_resource(max_entries=64, show_spinner=False)
def _fits(key: str, _lab: LossLab) -> tuple[Fit, ...]:
    return fits(_lab.points, _lab.fits)


def fits_of(lab: LossLab) -> tuple[Fit, ...]:
    """The best lines, kept for who asks again."""
    found: tuple[Fit, ...] = _fits(repr((lab.points, lab.fits)), lab)
    return found


def picture(lab: LossLab, mode: Mode) -> Picture:
    """The points with the lines on the left, the loss of all lines on the right."""
    found = fits_of(lab)
    legend = tuple(
        (one.pick.title, mark(k).color(mode), mark(k).dash) for k, one in enumerate(found)
    )
    return Picture((_points(lab, found, mode), _surface(lab, found, mode)), legend)


def _points(lab: LossLab, found: tuple[Fit, ...], mode: Mode) -> Panel:
    x0, x1, y0, y1 = WINDOW
    x = np.linspace(x0 - 0.04, x1 + 0.04, 28)
    lines = tuple(
        Line(x, one.slope * x + one.intercept, mark(k).color(mode), one.pick.title, mark(k).dash)
        for k, one in enumerate(found)
    )
    handles = Handles(
        "points", "points", lab.points, PALETTE[mode].text,
        tuple(f"point {k + 1}" for k in range(len(lab.points))),
        bounds=WINDOW, step=(0.01, 0.1), fewest=2, most=MOST_POINTS,
    )  # fmt: skip
    return Panel(
        "points", "Points and best lines", Axis("x", x0 - 0.04, x1 + 0.04), Axis("y", y0, y1),
        "drag a point", height=420, grow=1.25, lines=lines, handles=(handles,),
    )  # fmt: skip


def _surface(lab: LossLab, found: tuple[Fit, ...], mode: Mode) -> Panel:
    chosen = found[lab.chosen]
    across = _window([one.slope for one in found], 4.0)
    up = _window([one.intercept for one in found], 2.0)
    slopes, intercepts = (
        np.linspace(*ends, count) for ends, count in zip((across, up), GRID, strict=True)
    )
    loss = loss_over_lines(lab.points, chosen.pick, slopes, intercepts)
    marks = tuple(
        Mark(one.slope, one.intercept, mark(k).color(mode), mark(k).head, one.pick.title)
        for k, one in enumerate(found)
    )
    return Panel(
        "surface", f"Loss of every line: {chosen.pick.entry.title}", Axis("slope", *across),
        Axis("intercept", *up), "marks: where each loss is lowest", height=420,
        heat=Heat(_heights(loss), SURFACE_SCALE[mode]), marks=marks,
    )  # fmt: skip


def _window(values: list[float], step: float) -> tuple[float, float]:
    """Ends around the values on a coarse grid, so that they seldom move while one drags."""
    low = step * (math.floor(min(values) / step) - 1)
    return low, max(step * (math.ceil(max(values) / step) + 1), low + 4 * step)


def _heights(loss: np.ndarray) -> np.ndarray:
    """Heights from 0 to 1 by the root, which makes the bands of a bowl equally wide."""
    lift = loss - loss.min()
    return np.sqrt(lift / lift.max()) if lift.max() > 0 else lift


def words(lab: LossLab, mode: Mode) -> None:
    """The lines in numbers."""
    found = fits_of(lab)
    st.caption(
        "Drag a point with the mouse, a finger or the arrow keys. A double click adds one, the key "
        "Delete takes it away. Every line is the exact minimum of its loss."
    )
    rows = [
        (
            mark(k).color(mode),
            one.pick.title,
            (fixed(one.slope), fixed(one.intercept), number(one.loss)),
        )
        for k, one in enumerate(found)
    ]
    table(("loss", "slope", "intercept", "mean loss"), rows)
    several = [one.pick.title for one in found if not one.unique]
    if several:
        st.caption(
            f"More than one line is best for {', '.join(several)}; one of them is drawn. An even "
            "number of points is enough for that, or points that lie above each other."
        )

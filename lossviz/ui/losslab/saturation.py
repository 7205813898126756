"""The neuron that is surely wrong: two losses, one start, one learning rate."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.losslab import Descent, LossLab, descents
from lossviz.losslab.neuron import slope_at
from lossviz.ui.sketch import Axis, Clock, Line, Mark, Panel, Picture, Rule
from lossviz.ui.table import number, table

TITLES = {"squared": "Squared error", "entropy": "Cross-entropy"}
#: So many frames are played.
FRAMES = 421


def descents_of(lab: LossLab) -> tuple[Descent, Descent]:
    """Both ways."""
    return descents((lab.w, lab.b), lab.lr, lab.below, lab.steps)


def frames_of(steps: int) -> np.ndarray:
    """The steps that are played: all, or many evenly spread."""
    return np.unique(np.linspace(0, steps, min(FRAMES, steps + 1)).round().astype(int))


def picture(lab: LossLab, mode: Mode) -> Picture:
    """The probability over the steps, and where both are on their slopes."""
    found = descents_of(lab)
    frames = frames_of(lab.steps)
    legend = tuple(
        (TITLES[one.loss], mark(k).color(mode), mark(k).dash) for k, one in enumerate(found)
    )
    panels = (_chances(lab, found, frames, mode), _slopes(found, frames, mode))
    return Picture(panels, legend, Clock(frames.tolist()))


def _chances(lab: LossLab, found: tuple[Descent, ...], frames: np.ndarray, mode: Mode) -> Panel:
    lines = tuple(
        Line(frames, one.chance[frames], mark(k).color(mode), TITLES[one.loss], mark(k).dash)
        for k, one in enumerate(found)
    )
    heads = tuple(
        Mark(frames, one.chance[frames], mark(k).color(mode), mark(k).head, TITLES[one.loss])
        for k, one in enumerate(found)
    )
    muted = PALETTE[mode].muted
    return Panel(
        "chance", "What the neuron says", Axis("step", 0.0, float(lab.steps)), Axis("", 0.0, 1.0),
        "it should say 0", rules=(Rule("y", lab.below, muted, f"below {lab.below:g}"),),
        lines=lines, heads=heads,
    )  # fmt: skip


def _slopes(found: tuple[Descent, ...], frames: np.ndarray, mode: Mode) -> Panel:
    far = max(6.0, float(np.ceil(max(one.logit.max() for one in found) + 1)))
    near = min(-5.0, float(np.floor(min(one.logit.min() for one in found) - 1)))
    z = np.linspace(near, far, 301)
    lines = tuple(
        Line(z, slope_at(one.loss, z), mark(k).color(mode), TITLES[one.loss], mark(k).dash)
        for k, one in enumerate(found)
    )
    heads = tuple(
        Mark(
            one.logit[frames], slope_at(one.loss, one.logit[frames]), mark(k).color(mode),
            mark(k).head, TITLES[one.loss],
        )
        for k, one in enumerate(found)
    )  # fmt: skip
    return Panel(
        "slope", "How hard it is pulled", Axis("logit w + b", near, far, name="logit"),
        Axis("", 0.0, 1.05), "slope of the loss; it walks to the left", lines=lines, heads=heads,
    )  # fmt: skip


def words(lab: LossLab, mode: Mode) -> None:
    """How long each takes, and why."""
    found = descents_of(lab)
    rows = []
    for k, one in enumerate(found):
        took = f"{one.reached}" if one.reached >= 0 else f"not within {lab.steps}"
        first, last = number(float(one.slope[0])), number(float(one.chance[-1]))
        rows.append((mark(k).color(mode), TITLES[one.loss], (took, first, last)))
    table(("loss", f"steps to p < {lab.below:g}", "slope at first", "p at the end"), rows)
    st.caption(
        "One neuron, one sample with the input 1 and the answer 0: p = sigmoid(w + b). Both losses "
        "start at the same weights and take the same learning rate, by plain gradient descent."
    )
    left, right = st.columns(2)
    with left:
        st.latex(r"\ell = \tfrac12 p^2 \quad\Rightarrow\quad \ell' = p \cdot p\,(1 - p)")
        st.caption("The factor p (1 - p) vanishes where the neuron is sure, be it right or wrong.")
    with right:
        st.latex(r"\ell = -\log(1 - p) \quad\Rightarrow\quad \ell' = p")
        st.caption("The logarithm cancels that factor: the slope is the error itself.")

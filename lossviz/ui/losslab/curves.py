"""Loss and slope over the residual, the margin or the probability, and what each loss is."""

from __future__ import annotations

from html import escape
from typing import cast

import numpy as np
import streamlit as st

from lossviz import registry
from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.losslab import Curve, LossLab, curves
from lossviz.losslab.curves import places
from lossviz.registry import LossEntry, Over
from lossviz.ui.losslab import lessons
from lossviz.ui.sketch import Axis, Line, Panel, Picture, Rule

TITLES = {
    "residual": "residual: prediction − target",
    "margin": "margin: logit of the true class − the other's",
    "probability": "probability of the true class",
}


def picture(lab: LossLab, mode: Mode) -> Picture:
    """The losses on the left, their slopes on the right."""
    over = cast(Over, lab.over)
    found = curves(lab.picks(), over, lab.reach)
    legend = tuple(
        (one.pick.title, mark(k).color(mode), mark(k).dash) for k, one in enumerate(found)
    )
    u = places(over, lab.reach)
    x = Axis(TITLES[over], float(u[0]), float(u[-1]), name=over)
    heights = [one.loss for one in found]
    slopes = [one.slope for one in found]
    edge = PALETTE[mode].muted
    middle = () if over == "probability" else (Rule("x", 0.0, edge),)
    panels = (
        Panel(
            "loss", "Loss", x, Axis("", *_ends(heights)), "of one sample", rules=middle,
            lines=_lines(found, heights, mode),
        ),
        Panel(
            "slope", "Slope", x, Axis("", *_ends(slopes)), "how hard the sample pulls",
            rules=(*middle, Rule("y", 0.0, edge)), lines=_lines(found, slopes, mode),
        ),
    )  # fmt: skip
    return Picture(panels, legend)


def _lines(found: tuple[Curve, ...], values: list[np.ndarray], mode: Mode) -> tuple[Line, ...]:
    return tuple(
        Line(one.u, v, mark(k).color(mode), one.pick.title, mark(k).dash)
        for k, (one, v) in enumerate(zip(found, values, strict=True))
    )


def _ends(values: list[np.ndarray]) -> tuple[float, float]:
    """The ends of the upright axis: the bulk of each curve, and none that dwarfs the others.

    What lies beyond leaves the picture; its numbers are there where one hovers.
    """
    highs = [float(np.nanquantile(v, 0.96)) for v in values]
    lows = [float(np.nanquantile(v, 0.04)) for v in values]
    high = min(max(highs), 8 * max(float(np.median(highs)), 0.0) or max(highs))
    low = max(min(lows), 8 * min(float(np.median(lows)), 0.0) or min(lows))
    low, high = min(low, 0.0), max(high, 0.0)
    room = 0.08 * (high - low) or 0.5
    return low - room, high + room


def words(lab: LossLab, mode: Mode) -> None:
    """What each loss is, how it pulls, and when to take it."""
    st.caption(
        "A loss is the one number that training lowers, so it decides what a model learns to do. "
        "Its slope, passed back through the model by the chain rule, is all that the weights ever "
        "get to know of it: where the slope is zero, nothing is learnt."
    )
    # A loss that is there several times has one card.
    colors: dict[str, list[str]] = {}
    for place, pick in enumerate(lab.picks()):
        colors.setdefault(pick.loss, []).append(mark(place).color(mode))
    cards = list(colors.items())
    for first in range(0, len(cards), 2):
        for column, (name, dots) in zip(st.columns(2), cards[first : first + 2], strict=False):
            with column:
                _card(registry.losses[name], dots)
    lessons.tell()


def _card(entry: LossEntry, colors: list[str]) -> None:
    dots = "".join(f'<i style="background:{color}"></i>' for color in colors)
    with st.container(border=True, height="stretch"):
        st.html(f'<div class="lv-card">{dots}{escape(entry.title)}</div>')
        st.caption(entry.about)
        if entry.formula:
            st.latex(in_parts(entry.formula))
        if entry.gradient:
            st.latex(in_parts(entry.gradient))
        if entry.when:
            st.markdown(f"**When.** {entry.when}")
        if entry.cite:
            st.caption(entry.cite)


def in_parts(formula: str) -> str:
    r"""A formula that, where it is too long for a line, breaks between its parts and not in them.

    >>> in_parts(r"2r,\quad r = f - y"), in_parts("2r")
    ('{2r},\\quad\\allowbreak {r = f - y}', '2r')
    """
    parts = formula.split(r",\quad")
    if len(parts) == 1:
        return formula
    return r",\quad\allowbreak ".join(f"{{{part.strip()}}}" for part in parts)

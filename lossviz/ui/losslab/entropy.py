"""Two distributions as bars that can be dragged, and what they say of each other."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.losslab import LossLab, surprise
from lossviz.losslab.entropy import BASES, shares
from lossviz.ui.sketch import Axis, Handles, Line, Mark, Panel, Picture, Rule
from lossviz.ui.table import fixed, table

NAMES = {"nats": "nats", "bits": "bits", "dits": "base 10"}


def picture(lab: LossLab, mode: Mode) -> Picture:
    """The bars of p and q beside each other, and the terms of the cross-entropy."""
    count = len(lab.p)
    ticks = tuple((float(k), f"class {k + 1}" if count <= 4 else str(k + 1)) for k in range(count))
    x = Axis("", -0.6, count - 0.4, ticks=ticks, bare=True)
    bars = partial(_bars, lab, mode)
    legend = (("p, the truth", mark(1).color(mode), ()), ("q, the belief", mark(0).color(mode), ()))
    panels = (
        Panel(
            "shares", "Drag the bars", x, Axis("", 0.0, 1.12), "the others share the rest",
            handles=(bars("p", 1, -0.4), bars("q", 0, 0.02)),
        ),
        _cost(lab, mode),
    )  # fmt: skip
    return Picture(panels, legend)


def _cost(lab: LossLab, mode: Mode) -> Panel:
    """The cross-entropy if q gave class 1 another share, and the others kept their proportions."""
    first = np.linspace(0.004, 0.996, 249)
    found = [surprise(lab.p, moved(lab.q, share), lab.unit).cross_entropy for share in first]
    now = surprise(lab.p, lab.q, lab.unit)
    finite = [value for value in found if np.isfinite(value)]
    # Where a class is ruled out that occurs, it is infinite all along.
    high = 1.1 * max(float(np.quantile(finite, 0.9)) if finite else 1.0, now.entropy, 0.1)
    color, muted = mark(0).color(mode), PALETTE[mode].muted
    note = f"in {NAMES[lab.unit]}; lowest where q agrees with p"
    if not finite:
        note = "infinite: q rules out what does happen"
    marks = (Mark(lab.q[0], now.cross_entropy, color, mark(0).head, "q as it is"),)
    return Panel(
        "cost", "Cross-entropy", Axis("q of class 1", 0.0, 1.0), Axis("", 0.0, high),
        note, rules=(Rule("y", now.entropy, muted, "entropy of p", begin=True),),
        lines=(Line(first, found, color, "cross-entropy"),),
        marks=marks if now.cross_entropy <= high else (),
    )  # fmt: skip


def moved(q: tuple[float, ...], first: float) -> tuple[float, ...]:
    """Q with another share of class 1; the others keep their proportions.

    >>> moved((0.5, 0.25, 0.25), 0.8)
    (0.8, 0.1, 0.1)
    """
    return (first, *(round((1 - first) * share, 12) for share in shares(q[1:])))


def _bars(lab: LossLab, mode: Mode, name: str, color: int, left: float) -> Handles:
    values = getattr(lab, name)
    return Handles(
        name, "shares", values, mark(color).color(mode),
        tuple(f"{name} of class {k + 1}" for k in range(len(values))),
        left=tuple(k + left for k in range(len(values))),
        right=tuple(k + left + 0.38 for k in range(len(values))),
    )  # fmt: skip


def words(lab: LossLab, mode: Mode) -> None:
    """The three numbers in three units, and how the chosen one is made up."""
    found = {unit: surprise(lab.p, lab.q, unit) for unit in BASES}
    rows = [
        ("", title, tuple(fixed(getattr(found[unit], name), 4) for unit in BASES))
        for title, name in (
            ("cross-entropy of p and q", "cross_entropy"),
            ("entropy of p", "entropy"),
            ("KL divergence, the difference", "divergence"),
        )
    ]
    table(("", *NAMES.values()), rows)
    st.latex(_sum(lab))
    st.caption(
        "Cross-entropy is the mean surprise of somebody who believes q where p is true. The "
        "entropy of p is what is left when q = p; the rest, the KL divergence, is what the wrong "
        "belief costs. In training p is the label and q what the model says."
    )
    if (lab.p, lab.q) == (LossLab().p, LossLab().q):
        _say_example(lab)


def _sum(lab: LossLab) -> str:
    """The cross-entropy written out, or in short where there are many terms."""
    log = {"nats": r"\ln", "bits": r"\log_2", "dits": r"\log_{10}"}[lab.unit]
    terms = [rf"{_plain(a)}\,{log} {_plain(b)}" for a, b in zip(lab.p, lab.q, strict=True) if a > 0]
    total = surprise(lab.p, lab.q, lab.unit).cross_entropy
    value = r"\infty" if total == float("inf") else f"{total:.4f}"
    if len(terms) > 2:
        return rf"H(p, q) = -\sum_k p_k\,{log} q_k = {value}"
    return rf"H(p, q) = -\left({' + '.join(terms)}\right) = {value}"


def _plain(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"


def _say_example(lab: LossLab) -> None:
    nats, dits = (surprise(lab.p, lab.q, unit).cross_entropy for unit in ("nats", "dits"))
    st.info(
        "This example can be found in print with the result 0.176. The sum is "
        f"**{nats:.4f}** nats; halved, as a mean over the two classes, it is **{nats / 2:.4f}**, "
        f"and in base 10 **{dits:.3f}**. None of them is 0.176, so that number seems to be a slip.",
        icon=":material/calculate:",
    )

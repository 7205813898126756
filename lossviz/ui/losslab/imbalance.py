"""Rare positives: thresholds, probabilities, ROC and precision-recall."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.losslab import Decision, LossLab, decisions, sample_of
from lossviz.losslab.imbalance import (
    REACH,
    at_threshold,
    posterior_logit,
    rates,
    sample_confusion,
    sample_scores,
)
from lossviz.losslab.neuron import sigmoid
from lossviz.ui.sketch import Area, Axis, Handles, Line, Mark, Panel, Picture, Rule
from lossviz.ui.table import fixed, table

SCORES = ("accuracy", "balanced", "precision", "recall", "f1")
HEAD = ("accuracy", "balanced acc.", "precision", "recall", "F1")
HEIGHT = 290


@st.cache_resource(max_entries=64, show_spinner=False)
def _decisions(
    key: tuple[float, ...], share: float, weight: float, gamma: float, alpha: float
) -> tuple[Decision, ...]:
    return decisions(share, weight, gamma, alpha)


@st.cache_resource(max_entries=256, show_spinner=False)
def _counted(share: float, count: int, seed: int, threshold: float) -> tuple[str, ...]:
    """A threshold's counts and scores on a sample, as texts: those of the losses stay while one
    drags one's own, and scikit-learn takes some milliseconds for each.
    """
    sample = sample_of(share, count, seed)
    (tn, fp), (fn, tp) = sample_confusion(sample, threshold)
    return (*map(str, (tp, fn, fp, tn)), *_scores(sample_scores(sample, threshold)))


def decisions_of(lab: LossLab) -> tuple[Decision, ...]:
    """What the losses decide, and the threshold that was placed by hand."""
    given = (lab.share, lab.weight, lab.gamma, lab.alpha)
    return (*_decisions(given, *given), at_threshold(lab.share, lab.cut))


def picture(lab: LossLab, mode: Mode) -> Picture:
    """The two distributions, the probabilities, and both curves with the losses' places."""
    found = decisions_of(lab)
    legend = tuple(
        (one.name, mark(k).color(mode), () if one.chance is None else mark(k).dash)
        for k, one in enumerate(found)
    )
    panels = (_densities(lab, found, mode), _chances(lab, found, mode), *_rates(lab, found, mode))
    return Picture(panels, legend)


def _densities(lab: LossLab, found: tuple[Decision, ...], mode: Mode) -> Panel:
    x = np.linspace(-REACH, REACH, 201)
    negative, positive = (1 - lab.share) * _normal(x + 1), lab.share * _normal(x - 1)
    grey, accent = PALETTE[mode].muted, PALETTE[mode].accent
    rules = tuple(
        Rule("x", one.threshold, mark(k).color(mode))
        for k, one in enumerate(found[:-1])
        if abs(one.threshold) < REACH
    )
    handle = Handles(
        "cut", "rule", (lab.cut,), mark(len(found) - 1).color(mode), ("your threshold",),
        bounds=(-4.0, 4.0, 0.0, 1.0), step=(0.01, 0.01),
    )  # fmt: skip
    return Panel(
        "density", "Negatives and positives", Axis("x", -REACH, REACH),
        Axis("", 0.0, 1.06 * float(negative.max())), "dashed: where each loss says positive",
        height=HEIGHT, rules=rules, handles=(handle,),
        areas=(Area(x, negative, grey, 0.22), Area(x, positive, accent, 0.45)),
        lines=(
            Line(x, negative, grey, "negatives", width=1.6),
            Line(x, positive, accent, "positives", width=1.6),
        ),
    )  # fmt: skip


def _normal(x: np.ndarray) -> np.ndarray:
    """The density of N(0, 1)."""
    density: np.ndarray = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return density


def _chances(lab: LossLab, found: tuple[Decision, ...], mode: Mode) -> Panel:
    lines = tuple(
        Line(one.x, one.chance, mark(k).color(mode), one.name, mark(k).dash)
        for k, one in enumerate(found)
        if one.chance is not None
    )
    truth = Line(
        found[0].x, sigmoid(posterior_logit(lab.share, found[0].x)), PALETTE[mode].muted,
        "the truth", width=6.0, opacity=0.35,
    )  # fmt: skip
    return Panel(
        "chance", "The chance of positive that a model says", Axis("x", -REACH, REACH),
        Axis("", 0.0, 1.0), "wide: the truth", height=HEIGHT,
        rules=(Rule("y", 0.5, PALETTE[mode].muted),), lines=(truth, *lines),
    )  # fmt: skip


def _rates(lab: LossLab, found: tuple[Decision, ...], mode: Mode) -> tuple[Panel, Panel]:
    curve = rates(lab.share, np.linspace(6, -6, 301))
    at = rates(lab.share, np.array([one.threshold for one in found]))
    muted = PALETTE[mode].muted

    def marks(x: str, y: str) -> tuple[Mark, ...]:
        return tuple(
            Mark(at[x][k], at[y][k], mark(k).color(mode), mark(k).head, one.name)
            for k, one in enumerate(found)
        )

    roc = Panel(
        "roc", "ROC", Axis("false positive rate", 0.0, 1.0), Axis("", 0.0, 1.02),
        "true positive rate; one curve, and a loss only picks the place", height=HEIGHT,
        marks=marks("false", "true"),
        lines=(
            Line((0.0, 1.0), (0.0, 1.0), muted, width=1.2, opacity=0.5, dash=(4, 4)),
            Line(curve["false"], curve["true"], muted, "true positive rate"),
        ),
    )  # fmt: skip
    pr = Panel(
        "pr", "Precision", Axis("recall", 0.0, 1.0), Axis("", 0.0, 1.02),
        "over recall; dashed: always saying yes", height=HEIGHT, marks=marks("true", "precision"),
        rules=(Rule("y", lab.share, muted),),
        lines=(Line(curve["true"], curve["precision"], muted, "precision"),),
    )  # fmt: skip
    return roc, pr


def words(lab: LossLab, mode: Mode) -> None:
    """The scores of the whole population, and those counted on a sample."""
    found = decisions_of(lab)
    st.caption(
        f"Negatives are N(−1, 1), positives N(1, 1), {lab.share:.3g} of all. Exact, for a model "
        "that has learnt all that the loss asks for:"
    )
    rows = [
        (mark(k).color(mode), one.name, (fixed(one.threshold), *_scores(one.scores)))
        for k, one in enumerate(found)
    ]
    table(("loss", "positive from x =", *HEAD), rows)
    st.caption(
        f"The same thresholds on {lab.count:,} drawn at random, counted with scikit-learn. The "
        "first four numbers are the confusion matrix:"
    )
    counted = [
        (mark(k).color(mode), one.name, _counted(lab.share, lab.count, lab.seed, one.threshold))
        for k, one in enumerate(found)
    ]
    table(("loss", "found", "missed", "false alarms", "left alone", *HEAD), counted)
    st.caption(
        "F1 counts decisions, so it has no slope to follow; soft F1 puts probabilities in their "
        "place. Accuracy hardly notices the rare ones: never saying yes scores "
        f"{1 - lab.share:.3g} here."
    )


def _scores(scores: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(fixed(scores[name]) for name in SCORES)

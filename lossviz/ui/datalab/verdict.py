"""What the data page says of the effect on training: a headline, sentences and a table."""

from __future__ import annotations

import numpy as np

from lossviz.datalab import DataLab, Effect
from lossviz.datalab.case import Case, Way, flat_of
from lossviz.datalab.lab import CONSTANT
from lossviz.ui.datalab.words import number
from lossviz.ui.widgets import short

#: What each state of the data is called.
CALLED = {"raw": "raw", "cleaned": "cleaned", "scaled": "cleaned and scaled"}


def headline(effect: Effect) -> str:
    """What scaling did to the shape of the loss, in a few words."""
    raw, cleaned, scaled = effect.cases
    if not np.isnan(raw.condition):
        return (
            f"Condition number {number(raw.condition)} raw, {number(cleaned.condition)} "
            f"cleaned, {number(scaled.condition)} scaled."
        )
    return (
        f"Largest curvature at the start {number(raw.steepest)} raw, "
        f"{number(cleaned.steepest)} cleaned, {number(scaled.steepest)} scaled."
    )


def effects(effect: Effect, lab: DataLab) -> list[str]:
    """What the pictures show, in sentences."""
    said = _of_bowls(effect, lab) if lab.model == "linear" else [_of_network(effect)]
    if lab.scaling == "none":
        said.append("Nothing is scaled now, so the last two states of the data are the same.")
    said += _beyond(effect, lab)
    said.append(_tested(effect))
    return said


def _of_bowls(effect: Effect, lab: DataLab) -> list[str]:
    raw, cleaned, scaled = effect.cases
    said = [_bowls(effect)]
    if np.isinf(scaled.condition):
        said.append(
            "Along one direction the loss does not change at all, so many weights are as good; an "
            "infinite condition number says so. Choose inputs that are no multiples of each other."
        )
    elif cleaned.condition > 1.05 * raw.condition:
        said.append(
            "Cleaning alone made it larger: outliers also widen the flattest direction."
            + (" Scaling makes it small." if 2 * scaled.condition < raw.condition else "")
        )
    if lab.tune == "curvature" and np.isfinite(raw.condition):
        said.append(_pace(raw.condition, scaled.condition, lab.share))
    return said


def _pace(raw: float, scaled: float, share: float) -> str:
    """How fast A is along the flattest direction at a share of its limit, by condition number.

    Of curvature h each step takes away rate times h, and the limit is 2 over the largest h.
    """
    if share >= 1:
        far = "farther away than it began" if share > 1 else "as far away as it began"
        return (
            f"At {share:.3g} of the limit each step across the steepest direction ends {far}, on "
            "every state of the data: neither A nor B comes to rest."
        )
    return (
        f"Along its flattest direction each step of A takes away {_share(2 * share / raw)} of "
        f"what is left on the raw data, {_share(2 * share / scaled)} on the scaled."
    )


def _of_network(effect: Effect) -> str:
    raw, _, scaled = effect.cases
    flat, falling = flat_of(raw.curvatures)
    return (
        "A network's loss is no bowl and has no condition number: of its "
        f"{len(raw.curvatures)} directions {flat} are nearly flat at the end on the raw data"
        f"{f' and {falling} fall' if falling else ''}, {flat_of(scaled.curvatures)[0]} on the "
        "scaled. Large inputs push its tanh units to ±1, where they do not react any more."
    )


def _bowls(effect: Effect) -> str:
    first, second = effect.inputs
    terms = f"w₁ · {first!r} + " + ("w₂" if second == CONSTANT else f"w₂ · {second!r}")
    what = (
        f"+1 for {effect.positive!r} and −1 for all others"
        if effect.positive
        else f"{effect.target!r} less its mean"
    )
    return (
        f"The model is {terms}, which is to be {what}: two weights, so that each surface is exact. "
        "Both axes of a surface have the same unit, for gradient descent measures both weights "
        "with one ruler."
    )


def _share(share: float) -> str:
    """A share as percents; a step may take more than there is, and then goes too far.

    >>> _share(0.3904), _share(6.8e-5), _share(1.0), _share(1.5)
    ('39 %', '0.0068 %', 'all', 'more than all')
    """
    if share > 1 - 1e-9:
        return "all" if share < 1 + 1e-9 else "more than all"
    return f"{100 * share:.2g} %"


def _beyond(effect: Effect, lab: DataLab) -> list[str]:
    """Where one rate for all is above the limit, and where a nearer one is drawn in its place."""
    said = []
    for case in effect.cases if lab.tune == "same" else ():
        way = case.ways[0]
        nearer = not np.isclose(way.rate, lab.lr)
        drawn = f" The paths are drawn at {short(way.rate, 3)}." if nearer else ""
        if lab.lr > way.limit:
            # A network's loss is less steep farther off, and may hold what its start does not.
            lost = lab.model == "linear" or way.status.kind == "diverged"
            said.append(
                f"On the {case.name} data the rate {short(lab.lr)} is {number(lab.lr / way.limit)} "
                f"times what A stands{', so it diverges' if lost else ' at the start'}.{drawn}"
            )
        elif nearer:
            said.append(
                f"On the {case.name} data the rate {short(lab.lr)} is {_share(lab.lr / way.limit)} "
                f"of what A stands, so it hardly moves.{drawn}"
            )
    return said


def _tested(effect: Effect) -> str:
    if not effect.tested:
        return "There are no test rows, and so no score."
    what = "the share of right answers" if effect.score == "accuracy" else (
        "the share of the targets' variance that is explained; below 0 the mean would do better"
    )  # fmt: skip
    return (
        f"The score is {effect.score}, {what}, on the same {effect.tested:,} test rows for all, "
        "which stay as dirty as they came where they are not cleaned."
    )


TITLES = {
    "data": "data",
    "rows": "training rows",
    "condition": "condition number",
    "steepest": "largest curvature",
    "rate": "rate of A",
    "a": "steps to target, A",
    "b": "B",
    "score_a": "score, A",
    "score_b": "B",
}


def rows(effect: Effect) -> list[dict[str, str]]:
    """The table of the three states of the data."""
    return [
        {
            "data": CALLED[case.name],
            "rows": f"{case.rows:,}",
            "condition": number(case.condition),
            "steepest": number(case.steepest),
            "rate": short(case.ways[0].rate, 2),
            "a": reached(case.ways[0]),
            "b": reached(case.ways[1]),
            "score_a": _score(case.ways[0]),
            "score_b": _score(case.ways[1]),
        }
        for case in effect.cases
    ]


def reached(way: Way) -> str:
    """How soon an optimizer was there, or why not."""
    if way.status.kind == "diverged":
        return f"diverged at {way.status.step}"
    return f"{way.reached:,}" if way.reached >= 0 else f"not in {way.status.step:,}"


def _score(way: Way) -> str:
    return "–" if np.isnan(way.score) or way.status.kind == "diverged" else f"{way.score:.3f}"


def title_of(case: Case) -> str:
    """What stands above a surface."""
    if np.isnan(case.condition):
        name = CALLED[case.name].capitalize()
        return f"{name} data: loss {number(case.first)} to {number(case.least)}"
    return f"{CALLED[case.name].capitalize()} data: condition number {number(case.condition)}"

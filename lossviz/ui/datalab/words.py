"""What the data page says: leads, counts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from lossviz.datalab import DataLab, Effect, Seen
from lossviz.datalab.effect import Case, Way, flat_of
from lossviz.datalab.lab import CONSTANT
from lossviz.datalab.look import Summary
from lossviz.datalab.seen import Facet
from lossviz.ui.widgets import short

#: What each state of the data is called.
STATES = {"raw": "raw", "cleaned": "cleaned", "scaled": "cleaned and scaled"}
#: What is done about missing values, as the end of a sentence.
FILLED = {
    "mean": "filled in with the column's mean",
    "median": "filled in with the column's median",
    "frequent": "filled in with the column's most frequent value",
}
TREATED = {
    "mark": "marked, and left as they are",
    "clip": "moved to the fence",
    "drop": "dropped with their rows, as far as these are for training",
}
SCALED = {
    "standard": "mean 0 and standard deviation 1",
    "unit": "least value 0 and greatest 1",
    "robust": "median 0 and quartiles 1 apart",
}
FORMULAS = {
    "standard": r"x' = \frac{x - \mu}{\sigma}",
    "unit": r"x' = \frac{x - x_{\min}}{x_{\max} - x_{\min}}",
    "robust": r"x' = \frac{x - \operatorname{median}}{Q_3 - Q_1}",
}


def looked(seen: Seen) -> str:
    """What there is, in a sentence."""
    rows, columns = seen.size
    what = f"{len(seen.classes)} classes" if seen.classes else "its values"
    count = sum(facet.role == "input" for facet in seen.columns)
    return (
        f"{rows:,} rows and {columns} columns. To predict: {seen.target!r} ({what}), from {count} "
        f"input{'s' * (count != 1)}. {_sides(*seen.split[0])}"
    )


def _sides(train: int, test: int) -> str:
    if not test:
        return f"All {train:,} rows are for training."
    return f"{train:,} rows are for training, {test:,} for testing."


def cleaning(seen: Seen, lab: DataLab) -> list[str]:
    """What cleaning does, a sentence for each step."""
    said = []
    missing = sum(sum(facet.missing) for facet in seen.columns)
    gone = sum(seen.dropped["missing"])
    if not missing:
        said.append("No input has a missing value.")
    elif lab.missing == "drop":
        said.append(f"{_cells(missing)} missing: {_rows(gone)} dropped for that.")
    else:
        said.append(
            f"{_cells(missing)} missing: {FILLED[lab.missing]}, as the training rows have it."
        )
    far = sum(sum(facet.outliers) for facet in seen.columns)
    if not far:
        said.append("No value lies beyond a fence.")
    else:
        beyond = sum(seen.dropped["outliers"])
        rows = f" ({_rows(beyond)})" if lab.outliers == "drop" else ""
        said.append(f"{_cells(far)} beyond the fences: {TREATED[lab.outliers]}{rows}.")
    (train, test), (train_left, test_left) = seen.split
    said.append(
        f"Left: {train_left:,} of {train:,} training rows"
        + (f", {test_left:,} of {test:,} test rows." if test else ".")
    )
    return said


def _cells(count: int) -> str:
    return f"{count:,} value{'s are' if count != 1 else ' is'}"


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def fence(lab: DataLab) -> str:
    """Where the fences are, in a sentence."""
    if lab.fence == "iqr":
        return (
            f"A fence stands {lab.iqr_factor:g} times the distance of the quartiles below the "
            "first and above the third quartile."
        )
    return (
        f"A fence stands {lab.z_threshold:g} standard deviations on each side of the mean. "
        "Outliers widen the standard deviation, and so the fence that is to find them."
    )


def ratio(columns: Sequence[Summary]) -> float:
    """The widest of some columns over the narrowest, by the standard deviation."""
    spreads = [column.spread for column in columns if column.spread > 0]
    return max(spreads) / min(spreads) if spreads else np.nan


def spreads(seen: Seen) -> str:
    """How unlike the columns' sizes are before scaling and after it."""
    facets = [facet for facet in seen.columns if isinstance(facet.scaled, Summary)]
    before = ratio([f.clean for f in facets if isinstance(f.clean, Summary)])
    after = ratio([f.scaled for f in facets if isinstance(f.scaled, Summary)])
    if len(facets) < 2:
        return "There is one numeric input only."
    return (
        f"The widest input is {number(before)} times as wide as the narrowest one before scaling, "
        f"{number(after)} times after it."
    )


# --- effect --------------------------------------------------------------------------------------


def number(value: float) -> str:
    """A number of any size in a few letters.

    >>> number(14690.4), number(2.5621), number(float("inf")), number(float("nan"))
    ('14,700', '2.6', 'infinite', '–')
    """
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "infinite"
    if abs(value) >= 100:
        rounded = float(f"{value:.3g}")
        return f"{rounded:,.0f}" if rounded < 1e7 else f"{rounded:.2e}".replace("e+0", "e")
    return f"{value:.2g}"


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
    said = []
    raw, cleaned, scaled = effect.cases
    if lab.model == "linear":
        said.append(_bowls(effect))
        if cleaned.condition > 1.05 * raw.condition:
            said.append(
                "Cleaning alone made it larger: outliers had widened the flattest direction. It "
                "takes scaling to make it small."
            )
        if lab.tune == "curvature" and np.isfinite(raw.condition):
            said.append(
                "Along its flattest direction each step of A takes away "
                f"{_share(2 * lab.share / raw.condition)} of what is left on the raw data, "
                f"{_share(2 * lab.share / scaled.condition)} on the scaled."
            )
    else:
        flat, falling = flat_of(raw.curvatures)
        said.append(
            "A network's loss is no bowl and has no condition number: of its "
            f"{len(raw.curvatures)} directions {flat} are nearly flat at the end on the raw data"
            f"{f' and {falling} fall' if falling else ''}, {flat_of(scaled.curvatures)[0]} on the "
            "scaled. Large inputs push its tanh units to ±1, where they do not react any more."
        )
    said += _beyond(effect, lab)
    said.append(_tested(effect))
    return said


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
    """A share as percents.

    >>> _share(0.3904), _share(6.8e-5), _share(2.0)
    ('39 %', '0.0068 %', 'all')
    """
    return "all" if share >= 1 else f"{100 * share:.2g} %"


def _beyond(effect: Effect, lab: DataLab) -> list[str]:
    """Where one rate for all is above the limit, and where a nearer one is drawn in its place."""
    said = []
    for case in effect.cases if lab.tune == "same" else ():
        way = case.ways[0]
        nearer = not np.isclose(way.rate, lab.lr)
        drawn = f" The paths are drawn at {short(way.rate, 3)}." if nearer else ""
        if lab.lr > way.limit:
            said.append(
                f"On the {case.name} data the rate {short(lab.lr)} is {number(lab.lr / way.limit)} "
                f"times what A stands, so it diverges.{drawn}"
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
            "data": STATES[case.name],
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
        name = STATES[case.name].capitalize()
        return f"{name} data: loss {number(case.first)} to {number(case.least)}"
    return f"{STATES[case.name].capitalize()} data: condition number {number(case.condition)}"


def table(titles: Mapping[str, str], lines: Sequence[Mapping[str, str]]) -> str:
    """A table as HTML, words in its first column and numbers in the others."""
    first, *others = titles
    heads = f"<th>{escape(titles[first])}</th>" + "".join(
        f'<th class="n">{escape(titles[name])}</th>' for name in others
    )
    body = "".join(
        f"<tr><td>{escape(line[first])}</td>"
        + "".join(f'<td class="n">{escape(line[name])}</td>' for name in others)
        + "</tr>"
        for line in lines
    )
    return (
        f'<div class="lv-table-box"><table class="lv-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


COLUMNS = {
    "name": "column",
    "missing": "missing (train + test)",
    "fill": "filled in",
    "outliers": "outliers (train + test)",
    "fence": "fence",
    "mean": "mean",
    "spread": "standard deviation",
}


def columns(facets: Sequence[Facet]) -> list[dict[str, str]]:
    """What was found in each input and in the target, and what cleaning changed."""
    lines = []
    for facet in facets:
        if facet.clean is None:
            continue
        both = isinstance(facet.raw, Summary) and isinstance(facet.clean, Summary)
        lines.append(
            {
                "name": facet.name + (" (target)" if facet.role == "target" else ""),
                "missing": _two(facet.missing),
                "fill": facet.fill or "–",
                "outliers": _two(facet.outliers),
                "fence": _range(facet.fences),
                "mean": _changed(facet.raw.mean, facet.clean.mean) if both else "–",  # type: ignore[union-attr]
                "spread": _changed(facet.raw.spread, facet.clean.spread) if both else "–",  # type: ignore[union-attr]
            }
        )
    return lines


def _two(counts: tuple[int, int]) -> str:
    return f"{counts[0]:,} + {counts[1]:,}" if any(counts) else "–"


def _range(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.4g} to {ends[1]:.4g}" if np.isfinite(ends).all() else "–"


def _changed(before: float, after: float) -> str:
    first, then = f"{before:.4g}", f"{after:.4g}"
    return first if first == then else f"{first} → {then}"

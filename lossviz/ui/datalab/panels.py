"""The four steps of the data page: look, clean, scale, and the effect on training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import streamlit as st

from lossviz.datalab import DataLab, Effect, Seen
from lossviz.datalab.look import Counts, Summary
from lossviz.datalab.seen import Facet
from lossviz.figures.theme import Mode
from lossviz.ui import widgets
from lossviz.ui.datalab import classes, pairs, scene, strips, verdict, words
from lossviz.ui.datalab.drawing import drawing
from lossviz.ui.datalab.kept import data
from lossviz.ui.datalab.show import changed
from lossviz.ui.datalab.svg import breakable, framed
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import scene_message
from lossviz.ui.style import mode
from lossviz.ui.table import table

#: So many columns stand on one axis.
MOST_BOXES = 30
#: Stands before a sentence about work under way.
BUSY = ":material/hourglass_top:"

WHY_CLEAN = (
    "A weight cannot be multiplied by a value that is not there, so a row with a gap is left out, "
    "or the gap is filled with something usual. A value that is far off pulls the mean, widens the "
    "spread and, squared in the loss, outweighs hundreds of others. What is usual, training rows "
    "say alone: a test row must not tell the model anything before it is tested."
)
WHY_SCALE = (
    "Gradient descent has one learning rate for all weights. The larger a column's numbers, the "
    "steeper the loss along its weight; the rate that the steepest direction stands is then too "
    "small for all the others. Scaling measures every column in its own spread."
)
WHY_EFFECT = {
    "linear": "The same small model, trained anew. Colours and curves show what is left of the way "
    "down: 1 where both start, 0 at the lowest point. The condition number is the largest "
    "curvature over the smallest: at half the largest stable rate, plain descent takes about so "
    "many steps until a good third of the distance is left.",
    "network": "The same small network from the same weights. Colours and curves show what is left "
    "of the way down: 1 where both start, 0 at the lowest loss that one of the two reached.",
}


def look(lab: DataLab, seen: Seen) -> None:
    """What the data are, before anything is done."""
    st.markdown(widgets.plain(words.looked(seen)))
    left, right = st.columns(2, gap="large")
    with left:
        _scatter(seen, cleaned=False)
    with right:
        _correlations(seen, 0, "Correlations as they came: blue −1, warm 1")
    _strips(seen, after=False)
    with st.expander(f"The first {len(seen.rows)} rows"):
        st.dataframe(_frame(seen), hide_index=True, key="dl.rows", height=320)
    _notes(seen.notes)


def clean(lab: DataLab, seen: Seen) -> None:
    """What is missing or far off, what is done about it, and what that changes."""
    st.markdown("  \n".join(widgets.plain(said) for said in words.cleaning(seen, lab)))
    left, right = st.columns(2, gap="large")
    with left:
        _scatter(seen, cleaned=False)
    with right:
        _scatter(seen, cleaned=True)
    left, right = st.columns(2, gap="large")
    with left:
        _correlations(seen, 0, "Correlations as they came: blue −1, warm 1")
    with right:
        _correlations(seen, 1, "Correlations after cleaning")
    if seen.classes:
        drawing(
            framed(
                "Rows of each class",
                classes.balance(
                    seen.classes, seen.balance[:, :2].sum(1), seen.balance[:, 2:].sum(1), mode()
                ),
                wide=True,
            ),
            "dl.balance",
        )  # fmt: skip
    st.caption(f"Outlined: as it came. Filled: cleaned. Dashed: the fences. {words.fence(lab)}")
    _strips(seen, after=True)
    _table(words.COLUMNS, words.columns(seen.columns))
    st.caption(WHY_CLEAN)


def scale(lab: DataLab, seen: Seen) -> None:
    """All inputs on one axis, before scaling and after it."""
    st.markdown(f"{widgets.plain(words.spreads(seen))} {_target_of_scaling(lab)}")
    every = [facet for facet in seen.columns if isinstance(facet.scaled, Summary)]
    facets = every[:MOST_BOXES]
    names = [facet.name for facet in facets]
    before = [facet.clean for facet in facets if isinstance(facet.clean, Summary)]
    after = [facet.scaled for facet in facets if isinstance(facet.scaled, Summary)]
    left, right = st.columns(2, gap="large")
    with left:
        drawing(
            framed("Cleaned, on one axis", strips.boxes(names, before, mode(), "Before")),
            "dl.before",
        )
    with right:
        drawing(
            framed("Scaled, on one axis", strips.boxes(names, after, mode(), "After")), "dl.after"
        )
    if lab.scaling != "none":
        st.latex(words.FORMULAS[lab.scaling])
    some = f" Shown are the first {MOST_BOXES} of {len(every)}." if len(every) > MOST_BOXES else ""
    st.caption(
        "A box holds the middle half of the values, the line in it is the median, and the whiskers "
        f"reach to the least and the greatest.{some}"
    )
    st.caption(WHY_SCALE)


def _target_of_scaling(lab: DataLab) -> str:
    if lab.scaling == "none":
        return "Columns are left as they are."
    return f"Each column gets {words.SCALED[lab.scaling]} over the training rows."


def nothing_yet(said: str) -> None:
    """What stands in the place of the first effect until it is there."""
    with st.container():
        st.markdown(f"{BUSY} {said}")


def effect(lab: DataLab, found: Effect, busy: str = "") -> None:
    """The surfaces side by side, the paths on them, and the numbers.

    Args:
        lab: The settings of what was found.
        found: What is drawn.
        busy: How far what is wanted in its place is, as a sentence; empty for what is wanted.
    """
    # One place for all that is said above the stage, and as high while something is under way.
    with st.container():
        st.markdown(f"{BUSY} {busy}" if busy else f"**{verdict.headline(found)}**")
    message = scene_message(scene.scene_of(lab, found, mode()))
    with st.container(key="lv_surfaces"):
        stage(message, key="dl.stage", on_view=_seen_in)
    titles = dict(verdict.TITLES)
    if lab.model == "network":
        titles.pop("condition")
    _table(titles, verdict.rows(found))
    for said in (WHY_EFFECT[lab.model], *verdict.effects(found, lab), *found.notes):
        st.caption(widgets.plain(said))


def _seen_in(view: str) -> None:
    data.edit(lambda lab: changed(lab, "three_d", view == "3d"))


# --- parts ---------------------------------------------------------------------------------------


def _scatter(seen: Seen, cleaned: bool) -> None:
    limits = pairs.limits_of(seen.scatter)
    picture = pairs.scatter(seen.scatter, cleaned, seen.classes, mode(), limits)
    title = "Cleaned" if cleaned else "As it came; ringed: beyond a fence"
    colors = classes.legend(seen.classes, mode()) if seen.classes else (
        f'<div class="lv-legend">blue to orange: {escape(seen.target)} from low to high</div>'
    )  # fmt: skip
    drawing(framed(title, picture + colors), f"dl.scatter.{cleaned}")


def _correlations(seen: Seen, when: int, title: str) -> None:
    if len(seen.numeric) > 1:
        label = "How far each two inputs lie on a line"
        if len(seen.inputs) > len(seen.numeric):
            title += f"; the first {len(seen.numeric)} of {len(seen.inputs)} inputs"
        picture = pairs.matrix(seen.numeric, seen.correlated[when], mode(), label)
        drawing(framed(title, picture), f"dl.correlations.{when}")


def _strips(seen: Seen, after: bool) -> None:
    """A small picture of every column that is an input or the target; with ``after``, twice."""
    cards = [
        strip_of(facet, after, mode())
        for facet in seen.columns
        if facet.clean is not None or not after
    ]
    drawing(f'<div class="lv-strips">{"".join(cards)}</div>', "dl.strips")


def strip_of(facet: Facet, after: bool, mode: Mode) -> str:
    """The small picture of a column with its name, as HTML; with ``after`` before and after."""
    then = facet.clean if after else None
    label = f"{facet.name}, {'before and after cleaning' if after else 'as it came'}"
    if isinstance(facet.raw, Summary):
        done = then if isinstance(then, Summary) else None
        fences = facet.fences if after else (-np.inf, np.inf)
        picture = strips.strip(facet.raw, done, fences, mode, label)
    else:
        picture = strips.tally(facet.raw, then if isinstance(then, Counts) else None, mode, label)
    return (
        f'<figure><figcaption><b title="{escape(facet.name)}">{breakable(facet.name)}</b>'
        f"<span>{escape(_about(facet, after))}</span></figcaption>{picture}</figure>"
    )


def _about(facet: Facet, after: bool) -> str:
    """A few words beside a column's name."""
    if facet.role == "target" and not after:
        return "target"
    if facet.role not in ("input", "target"):
        return "no input"
    missing = facet.raw.missing
    if not after:
        return f"{facet.kind}, {missing:,} missing" if missing else facet.kind
    far = sum(facet.outliers)
    parts = [f"{missing:,} missing"] * bool(missing) + [f"{far:,} far off"] * bool(far)
    return ", ".join(parts) or "unchanged"


def _table(titles: Mapping[str, str], lines: Sequence[Mapping[str, str]]) -> None:
    """A table with words in its first column and numbers in the others."""
    first, *others = titles
    table(list(titles.values()), [("", line[first], [line[n] for n in others]) for line in lines])


def _frame(seen: Seen) -> dict[str, list[str]]:
    return {name: [row[k] for row in seen.rows] for k, name in enumerate(seen.order)}


def _notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        st.caption(widgets.plain(note))

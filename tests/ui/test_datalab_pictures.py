"""The small pictures and the sentences of the data page, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz.datalab import DataLab, Effect, Seen, effect_of, read_table, seen_of
from lossviz.datalab.look import counts_of, summary_of
from lossviz.datalab.seen import Scatter
from lossviz.figures.theme import PALETTE
from lossviz.ui.datalab import classes, pairs, panels, scene, strips, verdict, words
from lossviz.ui.datalab.show import for_effect, for_pairs, for_seen
from lossviz.ui.datalab.svg import broken, cut, framed, row_name, svg, ticks
from lossviz.ui.datalab.upload import named
from lossviz.ui.stage.message import scene_message

HOSTILE = '<script>alert("x")</script>&\'"><img src=x onerror=alert(1)>'


def parsed(text: str) -> ElementTree.Element:
    """The picture as XML: whatever stands in it, its elements are the ones that were drawn."""
    root = ElementTree.fromstring(f"<div>{text}</div>")
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {
        "div", "svg", "g", "rect", "line", "path", "text", "title", "circle", "figure",
        "figcaption", "span", "i", "b",
    }  # fmt: skip
    for element in root.iter():
        assert not [name for name in element.attrib if name.lower().startswith("on")]
    return root


@pytest.fixture(scope="module")
def seen() -> Seen:
    return seen_of(DataLab())


@pytest.fixture(scope="module")
def effect() -> Effect:
    return effect_of(DataLab(steps=30))


# --- pictures ------------------------------------------------------------------------------------

values = st.lists(
    st.one_of(st.just(float("nan")), st.floats(-1e12, 1e12), st.integers(-3, 3).map(float)),
    max_size=30,
)


@given(values, values, st.tuples(st.floats(-10, 0), st.floats(0, 10)))
@settings(max_examples=60, deadline=None)
def test_a_strip_of_any_column_is_a_picture_without_broken_numbers(before, after, fences):
    first, then = summary_of(np.array(before)), summary_of(np.array(after))
    for other in (None, then):
        text = strips.strip(first, other, fences, "light", HOSTILE)
        parsed(text)
        assert not re.search(r'="[^"]*(nan|inf)', text)


def test_what_is_drawn_stands_where_the_numbers_are():
    found = summary_of(np.array([0.0, 1.0, 1.0, 2.0, 9.0]))
    root = parsed(strips.strip(found, None, (-np.inf, np.inf), "light", "x"))
    bars = [
        e
        for e in root.iter()
        if e.tag.endswith("rect") and e.get("fill") == PALETTE["light"].accent
    ]
    assert len(bars) == (found.bars > 0).sum()
    heights = [float(e.get("height", "0")) for e in bars]
    counts = found.bars[found.bars > 0]
    np.testing.assert_allclose(np.array(heights) / heights[0], counts / counts[0], rtol=0.01)
    places = [float(e.get("x", "0")) for e in bars]
    assert places == sorted(places)


def test_names_from_a_file_are_words_in_every_picture():
    counts = counts_of(np.array([0.0, 1, 1]), (HOSTILE, "b"))
    scatter = Scatter(
        (HOSTILE, HOSTILE), np.ones((3, 2)), np.ones((2, 2)), np.array([0.0, 1, 0]), np.zeros(2),
        np.array([True, False, False]), np.full((2, 2), np.nan),
    )  # fmt: skip
    both = (HOSTILE, "b")
    for text in (
        strips.tally(counts, counts, "dark", HOSTILE),
        strips.boxes(both, [summary_of(np.arange(5.0))] * 2, "light", HOSTILE),
        pairs.scatter(scatter, False, both, "light", pairs.limits_of(scatter)),
        pairs.scatter(scatter, True, (), "dark", pairs.limits_of(scatter)),
        pairs.matrix(both, np.array([[1.0, np.nan], [np.nan, 1.0]]), "light", HOSTILE),
        classes.balance(both, np.array([3, 0]), np.array([2, 1]), "dark"),
        classes.legend(both, "light"),
        framed(HOSTILE, svg(10, 10, "", HOSTILE)),
    ):
        assert "<script" not in text
        assert "<img" not in text
        parsed(text)


def test_numbers_below_zero_have_a_true_minus_sign(seen: Seen):
    fences = [line["fence"] for line in words.columns(seen.columns)]
    assert any(fence.startswith("−") for fence in fences)
    low = Scatter(
        ("x", "y"), np.array([[-5.0, -900.0], [3.0, 700.0]]), np.zeros((0, 2)), np.zeros(2),
        np.zeros(0), np.zeros(2, dtype=bool), np.full((2, 2), np.nan),
    )  # fmt: skip
    picture = pairs.scatter(low, False, (), "light", pairs.limits_of(low))
    boxes = strips.boxes(("a",), [summary_of(np.array([-3.0, 1.0, 2.0]))], "light", "boxes")
    for said in (*fences, *(e.text or "" for e in parsed(picture + boxes).iter())):
        assert "-" not in said


def test_an_empty_scatter_is_only_its_frame():
    empty = Scatter(
        ("x", "y"), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0),
        np.zeros(0, dtype=bool), np.full((2, 2), np.inf),
    )  # fmt: skip
    root = parsed(pairs.scatter(empty, False, (), "light", pairs.limits_of(empty)))
    assert not [e for e in root.iter() if e.tag.endswith("circle")]


def test_the_balance_has_a_bar_for_each_class_as_wide_as_it_is_frequent():
    text = classes.balance(("a", "b", "c"), np.array([5, 0, 7]), np.array([4, 1, 7]), "light")
    assert re.findall(r"flex:(\d+)", text) == ["5", "7", "4", "1", "7"]


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 8))
@settings(max_examples=80)
def test_ticks_are_round_rise_and_lie_within(low: float, width: float, most: int):
    high = low + width
    if high - low < 1e-6 * max(1.0, abs(low)):
        return
    marks = ticks(low, high, most)
    assert len(marks) <= most + 1
    assert marks == sorted(set(marks))
    slack = 1e-6 * (high - low)
    assert all(low - slack <= mark <= high + slack for mark in marks)


def test_long_names_take_two_lines_and_are_whole_in_the_tooltip():
    root = parsed(row_name("od280/od315_of_diluted_wines", 100, 20, 19))
    lines = [e for e in root.iter() if e.tag == "text"]
    assert [line.text for line in lines] == ["od280/od315_of_", "diluted_wines"]
    assert {line[0].text for line in lines} == {"od280/od315_of_diluted_wines"}
    assert len(list(parsed(row_name("hue", 100, 20, 19)))) == 1
    assert broken("x" * 50, 20) == ["x" * 20, "x" * 19 + "…"]


def test_long_names_are_cut():
    assert cut("abcdef", 4) == "abc…"
    assert cut("abc", 4) == "abc"


# --- words ---------------------------------------------------------------------------------------


def test_what_is_there_is_said(seen: Seen):
    assert words.looked(seen) == (
        "178 rows and 14 columns. To predict: 'class' (3 classes), from 13 inputs. 124 rows are "
        "for training, 54 for testing."
    )
    assert "All 178 rows are for training." in words.looked(seen_of(DataLab(test_share=0.0)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "117 values are missing: filled in with the column's median"),
        ({"missing": "mean"}, "the column's mean, as the training rows have it."),
        ({"missing": "drop", "missing_share": 0.02}, "missing: 47 rows dropped for that."),
        ({"missing_share": 0.0}, "No input has a missing value."),
        ({"outliers": "mark"}, "beyond the fences: marked, and left as they are."),
        ({"outliers": "drop"}, "as far as these are for training ("),
        ({"outlier_share": 0.0, "iqr_factor": 5.0}, "No value lies beyond a fence."),
        ({}, "Left: 124 of 124 training rows, 54 of 54 test rows."),
    ],
)
def test_what_cleaning_does_is_counted(changes: dict, said: str):
    lab = DataLab(**changes)
    assert said in " ".join(words.cleaning(seen_of(lab), lab))


def test_the_counts_of_the_table_are_those_of_the_sentences(seen: Seen):
    lines = words.columns(seen.columns)
    assert [line["name"] for line in lines][-1] == "class (target)"
    missing = [sum(int(n) for n in line["missing"].split(" + ")) for line in lines[:-1]]
    assert sum(missing) == 117
    assert lines[0]["fill"] != "–"
    assert "→" in lines[0]["spread"]


def test_unlike_sizes_are_a_ratio(seen: Seen):
    found = re.search(r"is ([\d,]+) times as wide .* ([\d.]+) times after", words.spreads(seen))
    assert found is not None
    assert float(found[1].replace(",", "")) > 1000
    assert float(found[2]) < 1.5


def test_the_headline_and_the_table_give_the_condition_numbers(effect: Effect):
    raw, cleaned, scaled = effect.cases
    assert verdict.headline(effect) == (
        f"Condition number {words.number(raw.condition)} raw, {words.number(cleaned.condition)} "
        f"cleaned, {words.number(scaled.condition)} scaled."
    )
    rows = verdict.rows(effect)
    assert [row["condition"] for row in rows] == [words.number(c.condition) for c in effect.cases]
    assert rows[0]["a"] == "not in 30"
    assert rows[2]["a"] == str(scaled.ways[0].reached)
    said = " ".join(verdict.effects(effect, DataLab(steps=30)))
    assert "w₁ · 'alcohol' + w₂ · 'proline', which is to be +1 for 'class_0'" in said
    assert "Cleaning alone made it larger" in said
    assert "each step of A takes away 0.0068 % of what is left on the raw data, 39 %" in said


def test_divergence_and_rates_that_are_not_drawn_are_told():
    lab = DataLab(source="diabetes", first="bmi", second="bp", tune="same", lr=0.01, steps=20)
    found = effect_of(lab)
    assert verdict.rows(found)[0]["a"].startswith("diverged at")
    assert verdict.rows(found)[0]["score_a"] == "–"
    said = " ".join(verdict.effects(found, lab))
    assert "times what A stands, so it diverges. The paths are drawn at" in said
    slow = replace(lab, lr=1e-8, scaling="standard")
    assert "so it hardly moves. The paths are drawn at" in " ".join(
        verdict.effects(effect_of(slow), slow)
    )


@pytest.mark.parametrize(
    ("condition", "share", "said"),
    [
        (1.0, 0.5, "all on the scaled"),
        (1.0, 0.9, "more than all on the scaled"),
        (4.0, 1.0, "ends as far away as it began"),
        (4.0, 1.2, "At 1.2 of the limit each step across the steepest direction ends farther away"),
    ],
)
def test_a_step_that_goes_too_far_is_told(
    effect: Effect, condition: float, share: float, said: str
):
    raw, cleaned, scaled = effect.cases
    other = replace(effect, cases=(raw, cleaned, replace(scaled, condition=condition)))
    assert said in " ".join(verdict.effects(other, DataLab(steps=30, share=share)))


def test_a_flat_direction_and_no_scaling_are_told(effect: Effect):
    raw, cleaned, scaled = effect.cases
    flat = replace(effect, cases=(raw, cleaned, replace(scaled, condition=np.inf)))
    said = " ".join(verdict.effects(flat, DataLab(steps=30, scaling="none")))
    assert "Along one direction the loss does not change at all" in said
    assert "the last two states of the data are the same" in said
    assert "Cleaning alone" not in said


def test_of_a_network_no_condition_number_is_said():
    lab = DataLab(source="moons", model="network", steps=5, test_share=0.0)
    found = effect_of(lab)
    said = " ".join(verdict.effects(found, lab))
    assert "is no bowl and has no condition number: of its 25 directions" in said
    assert "no test rows" in said
    assert verdict.headline(found).startswith("Largest curvature at the start")
    assert re.search(r"Raw data: loss [\d.]+ to [\d.]+", verdict.title_of(found.cases[0]))


# --- scene ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("surfaces", "names"), [("two", ["scaled"]), ("three", ["cleaned", "scaled"])]
)
def test_the_surfaces_stand_side_by_side_on_one_clock(effect: Effect, surfaces: str, names: list):
    lab = DataLab(steps=30, surfaces=surfaces)
    shown = scene.scene_of(lab, effect, "light")
    assert [view.id for view in shown.views] == names
    assert shown.surface is not None
    ranges = {shown.surface.range, *(view.surface.range for view in shown.views)}
    assert len(ranges) == 1  # equal colours are equal shares
    assert {path.contender for view in shown.views for path in view.paths} == {"A", "B"}
    np.testing.assert_array_equal(shown.surface.z, effect.cases[0].left)
    assert shown.exact
    assert len(scene_message(shown)) > 10_000
    other = scene.scene_of(replace(lab, momentum=0.5), effect, "light")
    assert other.revision != shown.revision


# --- what is kept --------------------------------------------------------------------------------


def test_what_only_the_view_needs_is_no_part_of_a_key():
    lab = DataLab()
    view = replace(lab, section="effect", three_d=True, log=False, surfaces="three")
    assert for_effect(view) == for_effect(lab)
    trained = replace(lab, steps=7, lr=0.5, model="network", within=0.1)
    assert for_effect(trained) != for_effect(lab)
    assert for_seen(trained) == for_seen(lab)
    assert for_pairs(replace(trained, model="linear")) == for_pairs(lab) != for_pairs(trained)
    assert for_seen(replace(lab, missing="mean")) != for_seen(lab)
    assert for_seen(replace(lab, first="ash")) != for_seen(lab)


def test_a_file_that_comes_keeps_the_columns_of_its_link():
    link = DataLab(source="upload", file="a.csv", digest="aa", target="price")
    assert named(link, "a.csv", "aa") == (link, ())
    changed, said = named(link, "a.csv", "bb")
    assert (changed.target, changed.digest) == ("price", "bb")
    assert "other contents" in said[0]
    other, said = named(link, "b.csv", "bb")
    assert (other.target, other.file, said) == ("", "b.csv", ())


def test_a_hostile_file_is_words_in_all_pictures():
    cell = HOSTILE.replace('"', '""')
    rows = "".join(f'{k * k},"{cell} {k % 2}",{k * 3 % 7}\n' for k in range(30))
    head = '"<b>x</b>","<i>c</i>","<u>y</u>"\n'
    found = seen_of(DataLab(source="upload"), read_table((head + rows).encode()))
    assert found.order == ("<b>x</b>", "<i>c</i>", "<u>y</u>")
    for facet in found.columns:
        for after in (False, True):
            text = panels.strip_of(facet, after, "light")
            parsed(text)
            assert text.count("<b") == 1  # the one around the name
    assert "&lt;b&gt;" in panels.strip_of(found.columns[0], True, "dark")

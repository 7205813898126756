"""Each claim of what is worth seeing, number by number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossviz.datalab import DataLab, Seen, effect_of, seen_of
from lossviz.datalab.look import Summary
from lossviz.datalab.pairs import pairs_of
from lossviz.datalab.presets import PRESETS

LABS = {preset.name: preset.settings for preset in PRESETS}
CLAIMS = {preset.name: preset.claim for preset in PRESETS}


def test_presets_have_names_of_their_own_and_links():
    assert len(LABS) == len(PRESETS)
    assert len({preset.title for preset in PRESETS}) == len(PRESETS)
    for lab in LABS.values():
        assert DataLab.from_url(lab.to_url()) == lab
        assert lab != DataLab()  # which opens without a claim


def claimed(name: str, *numbers: str) -> None:
    for number in numbers:
        assert number in CLAIMS[name]


def test_a_column_in_hundreds():
    effect = effect_of(LABS["units"])
    raw, cleaned, scaled = (case.condition for case in effect.cases)
    assert effect.inputs == ("alcohol", "proline")
    assert raw == pytest.approx(14_700, rel=0.005)
    assert cleaned == pytest.approx(25_700, rel=0.005)
    assert 1 / raw == pytest.approx(6.8e-5, rel=0.01)  # at half the limit
    assert 1 / scaled == pytest.approx(0.39, abs=0.005)
    claimed("units", "14,700", "25,700", "0.0068 %", "39 %")


def outliers(seen: Seen) -> int:
    return sum(sum(facet.outliers) for facet in seen.columns)


def test_outliers_that_hide_one_another():
    lab = LABS["hidden"]
    clean = replace(lab, outlier_share=0.0).table()
    moved = sum(
        int((a.values != b.values).sum())
        for a, b in zip(clean.columns, lab.table().columns, strict=True)
    )
    found = outliers(seen_of(lab)), outliers(seen_of(replace(lab, fence="iqr")))
    assert (moved, *found) == (468, 5, 474)
    claimed("hidden", "468", "finds 5 of", "474")


def test_hardly_a_row_is_left():
    lab = LABS["dropped"]
    assert seen_of(lab).split == ((124, 54), (12, 6))
    assert seen_of(replace(lab, missing="median")).split == ((124, 54), (124, 54))
    claimed("dropped", "13 columns", "15 %", "12 of 124", "6 of 54")


def test_two_values_rule_a_scale():
    lab = LABS["squeezed"]
    middles = [
        middle(seen_of(one))
        for one in (lab, replace(lab, outliers="clip"), replace(lab, scaling="robust"))
    ]
    assert middles == [
        pytest.approx(0.073, abs=5e-4), pytest.approx(0.24, abs=5e-3), pytest.approx(1, abs=0.06)
    ]  # fmt: skip
    claimed("squeezed", "0.073", "0.24", "about 1")


def middle(seen: Seen) -> float:
    """The width of the middle half, the median over all columns."""
    fives = [facet.scaled.five for facet in seen.columns if isinstance(facet.scaled, Summary)]
    return float(np.median([five[3] - five[1] for five in fives]))


def test_far_from_zero():
    effect = effect_of(LABS["intercept"])
    assert effect.cases[0].condition == pytest.approx(43_400, rel=0.005)
    assert effect.cases[2].condition == pytest.approx(1)
    assert effect.cases[2].ways[0].reached == 1
    alcohol = LABS["intercept"].table().column("alcohol").values
    assert 11 < alcohol.min() < alcohol.max() < 15
    claimed("intercept", "43,400", "11 and 15", "exactly 1")


def test_one_rate_for_all():
    raw, _, scaled = effect_of(LABS["one-rate"]).cases
    assert LABS["one-rate"].lr / raw.ways[0].limit == pytest.approx(102, abs=0.5)
    assert [(way.status.kind, way.status.step) for way in raw.ways] == [("diverged", 6)] * 2
    assert [way.reached for way in scaled.ways] == [94, 12]
    claimed("one-rate", "0.01", "102 times", "6 steps", "94 steps", "momentum 12")


def test_large_inputs_make_units_deaf():
    raw, _, scaled = effect_of(LABS["saturated"]).cases
    targets = pairs_of(LABS["saturated"]).states[0].test_targets
    assert raw.ways[0].score == pytest.approx((targets < 0).mean())  # always the same answer
    assert (raw.ways[0].score, scaled.ways[0].score) == (
        pytest.approx(0.633, abs=5e-4), pytest.approx(0.959, abs=5e-4)
    )  # fmt: skip
    claimed("saturated", "0.633", "0.959")

"""Cleaning against scikit-learn and plain loops, and that no test row has a part in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.impute import SimpleImputer

from lossviz.datalab.clean import Cleaned, Rules, Sample, cleaned, complete, fences, fills
from lossviz.registry import SettingError

CELLS = st.one_of(st.just(np.nan), st.integers(-50, 50).map(float), st.sampled_from([900.0, -900]))


@st.composite
def samples(draw: st.DrawFn, classes: int | None = None) -> Sample:
    rows, width = draw(st.integers(8, 24)), draw(st.integers(1, 4))
    values = draw(arrays(np.float64, (rows, width), elements=CELLS))
    train = np.arange(rows) < draw(st.integers(5, rows - 2))
    values[:3] = np.arange(3)[:, None]  # something is known of every column
    targets = draw(arrays(np.float64, rows, elements=st.integers(0, 2).map(float)))
    many = draw(st.sampled_from([0, 3])) if classes is None else classes
    labelled = np.zeros(width, dtype=bool)
    labelled[1:] = draw(st.lists(st.booleans(), min_size=width - 1, max_size=width - 1))
    return Sample(tuple(f"x{k}" for k in range(width)), values, labelled, targets, many, train)


def rules(**fixed: object) -> st.SearchStrategy[Rules]:
    choices = {
        "missing": st.sampled_from(["drop", "mean", "median", "frequent"]),
        "outliers": st.sampled_from(["mark", "clip", "drop"]),
        "fence": st.sampled_from(["iqr", "z"]),
        "reach": st.floats(0.5, 4),
    }
    return st.builds(Rules, **(choices | {name: st.just(v) for name, v in fixed.items()}))


def attempted(sample: Sample, rule: Rules) -> Cleaned | str:
    """What is left, or the sentence that says why nothing is."""
    try:
        return cleaned(sample, rule)
    except SettingError as error:
        return str(error)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("mean", "mean"), ("median", "median"), ("frequent", "most_frequent")],
)
@given(samples())
@settings(max_examples=25, deadline=None)
def test_what_is_filled_in_is_scikit_learns(ours: str, theirs: str, sample: Sample):
    known = sample.values[sample.train]
    expected = SimpleImputer(strategy=theirs).fit(known).statistics_
    np.testing.assert_allclose(fills(known, ours, np.zeros(known.shape[1], bool)), expected)


@given(samples(), st.floats(0.5, 4))
@settings(max_examples=25, deadline=None)
def test_fences_by_quartiles_and_by_z_score(sample: Sample, reach: float):
    for fence in ("iqr", "z"):
        low, high = fences(sample.values, Rules(fence=fence, reach=reach))
        for place, column in enumerate(sample.values.T):
            known = [float(value) for value in column if not np.isnan(value)]
            if fence == "iqr":
                first, third = (np.percentile(known, q) for q in (25, 75))
                ends = first - reach * (third - first), third + reach * (third - first)
                flat = first == third
            else:
                mean = sum(known) / len(known)
                spread = (sum((v - mean) ** 2 for v in known) / len(known)) ** 0.5
                ends, flat = (mean - reach * spread, mean + reach * spread), spread == 0
            expected = (-np.inf, np.inf) if flat else ends
            np.testing.assert_allclose((low[place], high[place]), expected, atol=1e-9)


def test_a_z_score_never_finds_an_outlier_among_ten_rows():
    column = np.array([0.0] * 9 + [1e9])[:, None]
    assert fences(column, Rules(fence="z", reach=3))[1][0] >= 1e9  # sqrt(n - 1) is 3
    assert fences(column + np.arange(10)[:, None], Rules(fence="iqr", reach=1.5))[1][0] < 30


@given(samples(), rules(), arrays(np.float64, (24, 4), elements=CELLS))
@settings(max_examples=30, deadline=None)
def test_test_rows_have_no_part_in_any_statistic(sample: Sample, rule: Rules, other: np.ndarray):
    """Whatever stands in the test rows: fences, fills and the training rows stay."""
    changed = np.where(
        sample.train[:, None], sample.values, other[: len(sample.values), : sample.values.shape[1]]
    )
    moved = replace(
        sample, values=changed, targets=np.where(sample.train, sample.targets, sample.targets + 7)
    )
    try:
        first, second = cleaned(sample, rule), cleaned(moved, rule)
    except SettingError:
        return
    for name in ("low", "high", "fill"):
        np.testing.assert_array_equal(getattr(first.found, name), getattr(second.found, name))
    for one in ("values", "targets"):
        np.testing.assert_array_equal(
            getattr(first.sample, one)[first.sample.train],
            getattr(second.sample, one)[second.sample.train],
        )


@given(samples(), rules())
@settings(max_examples=30, deadline=None)
def test_what_is_left_is_complete_and_counted(sample: Sample, rule: Rules):
    found = attempted(sample, rule)
    if isinstance(found, str):
        assert "would be left" in found
        return
    left = found.sample
    assert np.isfinite(left.values).all()
    assert len(left.values) == len(left.targets) == len(left.train) == found.kept.sum()
    np.testing.assert_array_equal(left.train, sample.train[found.kept])
    gone = sum(sum(counts) for counts in found.dropped.values())
    assert gone == len(sample.values) - len(left.values)
    assert found.dropped["outliers"][1] == 0  # no test row is dropped for being far off
    if rule.missing != "drop":
        assert found.dropped["missing"] == (0, 0)
    missing = np.isnan(sample.values)
    np.testing.assert_array_equal(found.found.missing.sum(1), missing.sum(0))
    far = (sample.values < found.found.low) | (sample.values > found.found.high)
    np.testing.assert_array_equal(found.found.outliers.sum(1), far.sum(0))


@given(samples(classes=0), rules(outliers="clip"))
@settings(max_examples=25, deadline=None)
def test_clipped_values_lie_within_the_fences_and_others_stay(sample: Sample, rule: Rules):
    try:
        found = cleaned(sample, rule)
    except SettingError:
        return
    before, after = sample.values[found.kept], found.sample.values
    low, high = found.found.low, found.found.high
    known = ~np.isnan(before)
    assert ((after >= low - 1e-9) | ~known).all()
    assert ((after <= high + 1e-9) | ~known).all()
    inside = known & (before >= low) & (before <= high)
    np.testing.assert_array_equal(after[inside], before[inside])
    kept = sample.targets[found.kept]
    np.testing.assert_array_equal(
        found.sample.targets[~found.sample.train], kept[~found.sample.train]
    )


@given(samples(), rules(outliers="mark"))
@settings(max_examples=30, deadline=None)
def test_marked_values_stay_as_they_are(sample: Sample, rule: Rules):
    try:
        found = cleaned(sample, rule)
    except SettingError:
        return
    before = sample.values[found.kept]
    known = ~np.isnan(before)
    np.testing.assert_array_equal(found.sample.values[known], before[known])


def line(targets: list[float], values: list[float]) -> Sample:
    rows = len(values)
    return Sample(
        ("x",), np.array(values)[:, None], np.zeros(1, bool), np.array(targets), 0,
        np.arange(rows) < rows - 2,
    )  # fmt: skip


def test_an_outlier_has_no_part_in_what_is_filled_in():
    sample = line([0.0] * 10, [1, 2, 3, 4, 1, 2, 3, 1000, np.nan, 5])
    clipped = cleaned(sample, Rules("mean", "clip"))
    dropped = cleaned(sample, Rules("mean", "drop"))
    marked = cleaned(sample, Rules("mean", "mark"))
    assert dropped.found.fill[0] == pytest.approx(16 / 7)
    assert clipped.found.fill[0] < 5 < marked.found.fill[0]
    assert dropped.dropped == {"missing": (0, 0), "outliers": (1, 0)}


def test_targets_of_training_rows_are_treated_and_those_of_test_rows_never():
    sample = line([1, 2, 3, 2, 1, 2, 3, 500, 2, 900], list(range(10)))
    clipped = cleaned(sample, Rules("median", "clip"))
    assert clipped.sample.targets[7] < 10
    assert clipped.sample.targets[9] == 900
    assert clipped.target is not None
    assert clipped.target.outliers.tolist() == [[1, 1]]
    dropped = cleaned(sample, Rules("median", "drop"))
    assert 500 not in dropped.sample.targets
    assert 900 in dropped.sample.targets


def test_labels_get_the_most_frequent_one_and_have_no_fences():
    values = np.array([[0.0], [0.0], [5.0], [np.nan], [40.0], [0.0], [np.nan]])
    sample = Sample(("colour",), values, np.ones(1, bool), np.zeros(7), 2, np.arange(7) < 5)
    found = cleaned(sample, Rules("mean", "clip", reach=0.5))
    assert found.sample.values[:, 0].tolist() == [0, 0, 5, 0, 40, 0, 0]
    assert found.found.outliers.sum() == 0


def test_the_least_that_is_done_drops_incomplete_rows_alone():
    sample = line([1, 2, 3, 900, 1, 2, 3, 2], [1, np.nan, 3, 1000, 1, 2, np.nan, 4])
    found = complete(sample)
    assert found.sample.values[:, 0].tolist() == [1, 3, 1000, 1, 2, 4]
    assert found.sample.targets.tolist() == [1, 3, 900, 1, 2, 2]


@pytest.mark.parametrize(
    ("values", "rule", "said"),
    [
        ([np.nan] * 7 + [1, 1, 1], Rules("drop"), "Of 8 training rows 1 would be left"),
        ([1, 2, 3, 4, 5, 6, 7, 8, np.nan, np.nan], Rules("drop"), "No test row would be left"),
    ],
)
def test_what_leaves_nothing_is_told(values: list[float], rule: Rules, said: str):
    with pytest.raises(SettingError, match=said):
        cleaned(line([0.0] * 10, values), rule)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"missing": "guess"}, "missing is 'guess', but must be one of drop, mean"),
        ({"outliers": "hide"}, "outliers is 'hide'"),
        ({"fence": "picket"}, "fence is 'picket'"),
        ({"reach": 0.0}, "reach is 0.0, but must be above 0"),
        ({"reach": np.nan}, "reach is nan"),
    ],
)
def test_unknown_rules_are_told(wrong: dict, said: str):
    with pytest.raises(SettingError, match=said):
        Rules(**wrong)

"""Summaries and correlations against numpy, and all that a page is given of a table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lossviz.datalab import DataLab, seen_of
from lossviz.datalab.builtin import names_of_tables
from lossviz.datalab.lab import CONSTANT
from lossviz.datalab.look import (
    MOST_BARS,
    MOST_POINTS,
    Counts,
    Summary,
    correlations,
    counts_of,
    edges_of,
    spread_out,
    summary_of,
)
from lossviz.datalab.prepare import prepared
from lossviz.datalab.read import read_table
from lossviz.registry import SettingError

cells = arrays(
    np.float64, st.integers(0, 40), elements=st.one_of(st.just(np.nan), st.floats(-1e9, 1e9))
)


@given(cells)
@settings(max_examples=80, deadline=None)
def test_a_summary_counts_every_value_once(values: np.ndarray):
    found = summary_of(values)
    known = values[~np.isnan(values)]
    assert found.count + found.missing == len(values)
    assert found.bars.sum() == found.count == len(known)
    assert (np.diff(found.edges) > 0).all()
    if len(known):
        assert found.mean == pytest.approx(known.mean(), abs=1e-6)
        assert found.spread == pytest.approx(known.std(), abs=1e-6)
        assert found.five.tolist() == np.percentile(known, (0, 25, 50, 75, 100)).tolist()
        assert edges_of(known)[0] <= known.min() <= known.max() <= edges_of(known)[-1]


@given(st.lists(st.one_of(st.just(np.nan), st.integers(0, 11).map(float)), max_size=60))
def test_labels_are_counted_the_most_frequent_first(places: list[float]):
    labels = tuple("abcdefghijkl")
    found = counts_of(np.array(places, dtype=float), labels)
    known = [labels[int(p)] for p in places if not np.isnan(p)]
    assert len(found.labels) <= MOST_BARS
    assert list(found.bars) == [known.count(name) for name in found.labels]
    assert list(found.bars) == sorted(found.bars, reverse=True)
    assert found.bars.sum() + found.others + found.missing == len(places)


@given(arrays(np.float64, (12, 3), elements=st.one_of(st.just(np.nan), st.floats(-100, 100))))
@settings(max_examples=60, deadline=None)
def test_correlations_are_numpys_over_the_rows_that_have_both(values: np.ndarray):
    found = correlations(values)
    np.testing.assert_array_equal(found, found.T)
    for i in range(3):
        for j in range(3):
            both = values[~np.isnan(values[:, [i, j]]).any(1)][:, [i, j]]
            if len(both) < 3 or np.ptp(both, axis=0).min() < 1e-2:
                continue
            assert found[i, j] == pytest.approx(np.corrcoef(both.T)[0, 1], abs=1e-7)


@pytest.mark.parametrize("size", [1e-90, 1e90])
def test_correlations_have_no_units(size: float):
    values = np.array([[1.0, 2], [2, 1], [4, 6], [3, 3]])
    np.testing.assert_allclose(correlations(values * size), correlations(values), atol=1e-12)


def test_a_constant_column_has_no_correlation():
    assert np.isnan(correlations(np.array([[1.0, 2], [1, 3], [1, 4]]))[0, 1])


def test_points_are_thinned_in_order():
    rows = spread_out(5000)
    assert len(rows) == MOST_POINTS == len(np.unique(rows))
    assert (np.diff(rows) > 0).all()
    assert spread_out(7).tolist() == list(range(7))


@pytest.mark.parametrize("name", names_of_tables())
def test_every_table_of_the_catalogue_can_be_looked_at(name: str):
    lab = DataLab(source=name)
    seen = seen_of(lab)
    assert seen.size[0] == sum(seen.split[0])
    assert len(seen.columns) == seen.size[1] == len(seen.order)
    for facet in seen.columns:
        assert isinstance(facet.raw, Summary if facet.kind == "number" else Counts)
        assert facet.role in ("input", "target")
        if facet.role == "input":
            assert isinstance(facet.clean, Summary)
            assert isinstance(facet.scaled, Summary)
            assert facet.clean.missing == 0
            low, high = facet.fences
            assert low <= facet.clean.five[0] <= facet.clean.five[4] <= high  # clipped
    assert (seen.balance.sum(0) == [*seen.split[0], *seen.split[1]]).all() or not seen.classes
    assert seen.scatter.names[0] == seen.inputs[0]


def test_scaled_columns_are_standard_over_the_training_rows():
    ready = prepared(DataLab(scaling="standard"))
    train = ready.clean.sample.train
    np.testing.assert_allclose(ready.scaled[train].mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(ready.scaled[train].std(0), 1, atol=1e-9)
    assert np.abs(ready.scaled[~train].mean(0)).max() > 1e-3


MIXED = b"size,colour,price\n" + b"".join(
    b"%d,%s,%d\n" % (k * 3 % 17, [b"red", b"blue", b""][k % 3], k * 5 % 23) for k in range(40)
)


def test_a_table_with_categories_keeps_their_labels_unscaled():
    table = read_table(MIXED)
    ready = prepared(DataLab(source="upload"), table)
    assert ready.chosen.sample.names == ("size", "colour")
    assert set(np.unique(ready.scaled[:, 1])) == {0.0, 1.0}
    seen = seen_of(DataLab(source="upload"), table)
    (facet,) = (f for f in seen.columns if f.name == "colour")
    assert facet.missing[0] + facet.missing[1] == 13
    assert facet.fill in ("red", "blue")
    assert seen.scatter.names == ("size", CONSTANT)
    assert seen.inputs == ("size",)
    assert seen.rows[0] == ("0", "red", "0")


def test_names_that_another_file_has_not_are_replaced_and_told():
    lab = DataLab(source="upload", target="cost", first="width", second="colour")
    seen = seen_of(lab, read_table(MIXED))
    assert seen.target == "price"
    said = " ".join(seen.notes)
    assert "there is no column 'cost' here" in said
    assert "there is no column 'width' here" in said
    assert "there is no column 'colour' here" in said  # it is no number


def test_a_table_without_numbers_says_that_there_is_nothing_to_draw():
    rows = b"a,b\n" + b"x,u\ny,v\n" * 6
    with pytest.raises(SettingError, match="None of the inputs is a number"):
        seen_of(DataLab(source="upload"), read_table(rows))

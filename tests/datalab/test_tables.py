"""Tables of the catalogue with their dirt; targets, inputs and splits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz import registry
from lossviz.datalab import Column, DataLab, Table
from lossviz.datalab.builtin import FARTHEST, NEAREST, built_in, names_of_tables, soiled
from lossviz.datalab.sample import chosen_of, roles_of
from lossviz.registry import SettingError, UnknownNameError


def column(name: str, values: list[float], labels: tuple[str, ...] = ()) -> Column:
    kind = "category" if labels else "number"
    return Column(name, kind, np.array(values, dtype=float), labels)


def table(*columns: Column, target: str = "") -> Table:
    return Table("some", columns, target=target)


@pytest.mark.parametrize("name", names_of_tables())
def test_a_data_set_as_a_table_holds_its_numbers(name: str):
    entry = registry.datasets[name]
    found = built_in(name, {}, 3)
    drawn = entry.make(np.random.default_rng(3), **entry.defaults())
    np.testing.assert_array_equal(np.stack([c.values for c in found.columns[:-1]], 1), drawn.inputs)
    np.testing.assert_array_equal(found.columns[-1].values, drawn.targets)
    assert found.names == (*drawn.feature_names, drawn.target_name)
    assert found.target == drawn.target_name
    assert bool(found.columns[-1].labels) == (
        entry.shape(entry.defaults()).task == "classification"
    )


def test_images_sequences_and_texts_are_no_tables():
    assert {"digits", "waves", "characters"}.isdisjoint(names_of_tables())


@given(st.floats(0, 0.5), st.floats(0, 0.2), st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_dirt_has_its_share_and_its_distance(missing: float, outliers: float, seed: int):
    clean = built_in("diabetes", {}, 0)
    dirty = soiled(clean, clean.target, missing, outliers, seed)
    for before, after in zip(clean.columns, dirty.columns, strict=True):
        count = len(before.values)
        gone = round(missing * count) if before.name != clean.target else 0
        assert after.missing.sum() == gone
        moved = ~after.missing & (after.values != before.values)
        assert moved.sum() == round(outliers * count)
        spread = before.values.std()
        far = np.abs(after.values[moved] - before.values.mean()) / spread
        assert ((far > NEAREST - 1e-9) & (far < FARTHEST + 1e-9)).all()
    assert soiled(clean, clean.target, missing, outliers, seed).columns[0].values.tolist() == (
        pytest.approx(dirty.columns[0].values.tolist(), nan_ok=True)
    )


def test_more_dirt_adds_and_moves_none():
    clean = built_in("wine", {}, 0)
    few = soiled(clean, clean.target, 0.1, 0.05, 7).columns[0].values
    many = soiled(clean, clean.target, 0.3, 0.15, 7).columns[0].values
    assert np.isnan(many[np.isnan(few)]).all()
    out = few != clean.columns[0].values
    np.testing.assert_array_equal(many[out], few[out])
    assert DataLab(missing_share=0.0, outlier_share=0.0).table().columns[0].values.tolist() == (
        clean.columns[0].values.tolist()
    )


# --- roles ---------------------------------------------------------------------------------------


def test_the_target_is_the_usual_one_or_the_one_that_is_named():
    some = table(column("a", [1, 2, 3]), column("b", [1, 2, 4]), target="b")
    assert roles_of(some).target.name == "b"
    assert [c.name for c in roles_of(some, "a").inputs] == ["b"]
    with pytest.raises(UnknownNameError, match="no column in some 'c'"):
        roles_of(some, "c")


@pytest.mark.parametrize(
    ("columns", "target", "task", "said"),
    [
        ([column("a", [1, 2]), column("b", [3, 3])], "b", "auto", "it is the same in every row"),
        ([column("a", [1, 1]), column("b", [3, 4])], "b", "auto", "no column from which"),
        ([column("a", [1, 2]), column("b", [0, 1], ("x", "y"))], "b", "values", "categories"),
        ([column("a", list(range(30))), column("b", list(range(30)))], "b", "classes", "30 differ"),
        ([column("a", [1, 2]), column("b", [3, 4])], "", "auto", "no column that could be"),
        ([column("a", [1, 2]), column("b", [3, 4])], "b", "guess", "task is 'guess'"),
    ],
)
def test_what_cannot_be_learnt_is_told(columns, target, task, said):
    with pytest.raises(SettingError, match=said):
        roles_of(table(*columns), target, task)


def test_two_numbers_are_classes_and_more_are_values_unless_it_is_said():
    some = table(column("x", [1, 2, 3, 4]), column("two", [0, 1, 0, 1]), column("n", [1, 2, 3, 2]))
    assert roles_of(some, "two").classes == ("0", "1")
    assert roles_of(some, "two", "values").classes == ()
    assert roles_of(some, "n").classes == ()
    assert roles_of(some, "n", "classes").classes == ("1", "2", "3")


def test_too_few_training_rows_to_differ_are_counted():
    some = table(column("x", [1, 2, 3, 4, 5]), column("y", [1, 2, 3, 4, 5]), target="y")
    with pytest.raises(SettingError, match=r"1 of them.*a smaller test share"):
        chosen_of(some, roles_of(some), 0.8, 0)


def test_labels_that_do_not_occur_are_no_classes():
    some = table(column("x", [1, 2, 3, 4]), column("c", [2, 0, 2, 0], ("a", "b", "d")))
    roles = roles_of(some, "c")
    assert roles.classes == ("a", "d")
    chosen = chosen_of(some, roles, 0.0, 0)
    assert chosen.sample.targets.tolist() == [1, 0, 1, 0]
    assert chosen.sample.classes == 2


def test_rows_without_a_target_and_inputs_without_a_difference_are_left_out():
    nan = np.nan
    some = table(
        column("x", [1, 2, 3, 4, 5, 6, 7]), column("same", [9, 9, 9, 9, 9, 9, 1]),
        column("y", [1, 2, 3, 4, 5, 6, nan]), target="y",
    )  # fmt: skip
    chosen = chosen_of(some, roles_of(some), 0.0, 0)
    assert chosen.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert chosen.sample.names == ("x",)
    said = " ".join(chosen.notes)
    assert "1 row has no 'y'" in said
    assert "'same' is the same in all training rows" in said


def test_a_split_keeps_classes_in_proportion_where_it_can():
    wine = DataLab(missing_share=0.0).table()
    chosen = chosen_of(wine, roles_of(wine), 0.3, 5)
    sample = chosen.sample
    whole = np.bincount(sample.targets.astype(int)) / len(sample.targets)
    part = np.bincount(sample.targets[~sample.train].astype(int)) / (~sample.train).sum()
    np.testing.assert_allclose(part, whole, atol=0.02)
    rare = table(
        column("x", list(range(12))), column("c", [0] * 11 + [1], ("common", "rare")), target="c"
    )
    chosen = chosen_of(rare, roles_of(rare), 0.3, 0)
    assert (~chosen.sample.train).sum() == 4
    assert "too rare" in " ".join(chosen.notes)


def test_too_few_rows_are_told():
    nan = np.nan
    some = table(column("x", [1, 2, 3, 4, 5]), column("y", [1, 2, 3, nan, nan]), target="y")
    with pytest.raises(SettingError, match="Only 3 rows have a 'y'"):
        chosen_of(some, roles_of(some), 0.3, 0)

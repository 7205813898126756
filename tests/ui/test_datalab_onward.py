"""From the data page to the playground: the very rows, split and scaled in the same way."""

from __future__ import annotations

import numpy as np
import pytest

from lossviz.comparison import Comparison
from lossviz.datalab import DataLab, seen_of
from lossviz.datalab.builtin import names_of_tables
from lossviz.datalab.prepare import prepared
from lossviz.problem.build import build_data
from lossviz.problem.scaling import SCALINGS
from lossviz.ui.datalab.onward import about, comparison_of


def in_order(rows: np.ndarray) -> np.ndarray:
    """Rows in an order that does not depend on how they were drawn."""
    return rows[np.lexsort(rows.round(5).T)]


@pytest.mark.parametrize(("name", "scaling"), [("wine", "robust"), ("diabetes", "unit")])
def test_the_playground_trains_on_the_rows_that_are_seen_here(name: str, scaling: str):
    lab = DataLab(
        source=name, scaling=scaling, data_seed=3, test_share=0.2,
        missing_share=0.0, outlier_share=0.0, outliers="mark",
    )  # fmt: skip
    data = build_data(comparison_of(lab).base)
    ready = prepared(lab)
    train = ready.clean.sample.train
    for here, there in ((train, data.inputs), (~train, data.test_inputs)):
        np.testing.assert_allclose(
            in_order(there.double().numpy()), in_order(ready.scaled[here]), atol=1e-4
        )


def test_every_table_can_be_taken_there_with_every_scaling():
    for name in names_of_tables():
        for scaling in SCALINGS:
            found = comparison_of(DataLab(source=name, scaling=scaling, data_seed=7))
            assert (found.base.dataset, found.base.scaling) == (name, scaling)
            assert found.base.data_seed == 7
            assert Comparison.from_url(found.to_url()) == found


def test_what_is_not_the_same_there_is_said():
    lab = DataLab(source="diabetes", target="bmi", scaling="none")
    said = about(lab, seen_of(lab))
    assert "not scaled, and the same training and test rows, without the dirt." in said
    assert "It predicts 'progression after a year' there." in said
    plain = DataLab(missing_share=0.0, outlier_share=0.0)
    assert about(plain, seen_of(plain)) == (
        "All inputs, scaled in the same way (standard), and the same training and test rows."
    )

"""Scalings against scikit-learn's, and what a column needs to be scaled at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from lossviz.problem.scaling import SCALINGS, fitted, scaler
from lossviz.registry import SettingError
from lossviz.settings import VALUES

TWINS = {"standard": StandardScaler, "unit": MinMaxScaler, "robust": RobustScaler}

#: Numbers whose spread is not lost in rounding.
rows = arrays(np.float64, st.tuples(st.integers(3, 30), st.integers(1, 4)),
              elements=st.integers(-1000, 1000).map(float))  # fmt: skip


@pytest.mark.parametrize("scaling", TWINS)
@given(known=rows, step=st.integers(-50, 50))
@settings(max_examples=40, deadline=None)
def test_it_is_scikit_learns(scaling, known, step):
    others = known + step
    expected = TWINS[scaling]().fit(known).transform(others)
    np.testing.assert_allclose(scaler(known, scaling)(others), expected, atol=1e-9)


@pytest.mark.parametrize("scaling", SCALINGS)
@given(known=rows)
@settings(max_examples=20, deadline=None)
def test_scaled_rows_can_be_read_back_in_their_units(scaling, known):
    fit = fitted(known, scaling)
    np.testing.assert_allclose(fit.back(fit(known)), known, atol=1e-9)


@pytest.mark.parametrize("scaling", TWINS)
@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_a_constant_column_is_only_shifted(scaling, value):
    known = np.full((7, 1), value)
    scale = scaler(known, scaling)
    np.testing.assert_allclose(scale(known), 0, atol=1e-9)
    np.testing.assert_allclose(scale(known + 2), 2, atol=1e-9)


def test_a_column_whose_middle_half_is_one_value_is_only_shifted_by_robust():
    known = np.array([[0.0], [0.0], [0.0], [0.0], [0.0], [9.0]])
    assert scaler(known, "robust")(known).ravel().tolist() == [0, 0, 0, 0, 0, 9]


def test_one_outlier_among_many_moves_robust_least():
    """The other rows, from 0 to 99, and one at a million: what is left of their spread?"""
    known = np.append(np.arange(100.0), 1e6)[:, None]
    left = {
        name: float(np.ptp(scaler(known, name)(known[:-1])))
        for name in ("unit", "standard", "robust")
    }
    assert left["unit"] < 1e-4 < left["standard"] < 1e-2 < 1 < left["robust"]


def test_unit_and_none():
    unit = scaler(np.array([[2.0], [4.0]]), "unit")
    assert unit(np.array([[3.0], [6.0]])).tolist() == [[0.5], [2.0]]
    known = np.zeros((2, 1))
    assert scaler(known, "none")(known) is known


def test_an_unknown_scaling_is_told():
    with pytest.raises(
        SettingError, match="'log', but must be one of standard, unit, robust, none"
    ):
        scaler(np.zeros((2, 1)), "log")


def test_the_settings_offer_exactly_these():
    assert VALUES["scaling"].choices == SCALINGS

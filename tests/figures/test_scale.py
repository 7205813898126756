import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossviz.figures.scale import Scale, levels, log_ticks, scale_of


def test_what_is_not_finite_is_masked_and_counted():
    loss = np.array([[1.0, np.nan, np.inf], [-np.inf, 2.0, 3.0]])
    scale = scale_of(loss, (1.0, 3.0), log=False)
    assert scale.masked.tolist() == [[False, True, True], [True, False, False]]
    assert (scale.infinite, scale.undefined) == (2, 1)
    assert (scale.above, scale.below) == (0, 0)


def test_values_beyond_the_ends_are_kept_and_counted():
    loss = np.array([[0.0, 1.0, 50.0]])
    scale = scale_of(loss, (0.5, 2.0), log=False)
    assert scale.values.tolist() == loss.tolist()
    assert (scale.below, scale.above) == (1, 1)


def test_log_puts_zero_and_negative_losses_at_the_low_end():
    scale = scale_of(np.array([[0.0, -1.0, 1.0, 100.0]]), (0.1, 100.0), log=True)
    assert scale.values[0] == pytest.approx([-1, -1, 0, 2])
    assert (scale.no_log, scale.below, scale.above) == (2, 2, 0)
    assert not scale.masked.any()


def test_huge_losses_are_drawable():
    scale = scale_of(np.array([[1.0, 1e300]]), (0.0, 2.0), log=False)
    assert np.isfinite(scale.values.astype(np.float32)).all()


@pytest.mark.parametrize("colors", [(1, 1), (2, 1), (math.nan, 1), (0, math.inf)])
def test_a_range_that_is_none(colors):
    with pytest.raises(ValueError, match="two finite numbers"):
        scale_of(np.ones((1, 1)), colors, log=False)


def test_a_log_range_that_touches_zero():
    with pytest.raises(ValueError, match="no logarithm"):
        scale_of(np.ones((1, 1)), (0.0, 1.0), log=True)


def test_the_ends_say_that_losses_go_on():
    places, words = Scale(np.zeros((1, 1)), 0.0, 2.1, below=1, above=1).ticks()
    assert words == ["≤ 0", "0.5", "1", "1.5", "≥ 2.1"]
    assert places[-1] == 2.1
    assert places == sorted(places)


@given(
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans(), st.integers(0, 1), st.integers(0, 1)
)
def test_ticks_are_on_the_scale_and_in_order(low, span, log, below, above):
    if log:
        low, span = low / 1e5, span / 1e5
    places, words = Scale(np.zeros((1, 1)), low, low + span, log, 0, 0, below, above).ticks()
    assert len(places) == len(words) <= 16
    assert places == sorted(places)
    assert all(low - 1e-6 * span - 1e-9 <= p <= low + span + 1e-6 * span + 1e-9 for p in places)


def test_log_ticks_of_many_decades_are_few():
    assert 3 <= len(log_ticks(-30, 20)) <= 10


def test_levels_begin_inside():
    start, end, step = levels(0.03, 1.0)
    assert start >= 0.03
    assert end == 1.0
    assert 5 < (end - start) / step < 20

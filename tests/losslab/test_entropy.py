"""Entropy and its kin, against scipy and by their laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

from lossviz.losslab import surprise
from lossviz.losslab.entropy import BASES, shares
from lossviz.registry import SettingError

numbers = st.integers(2, 6).flatmap(
    lambda n: st.tuples(*[st.lists(st.floats(0, 1), min_size=n, max_size=n).map(shares)] * 2)
)


def test_the_printed_example():
    """0.3618 nats; halved 0.1809; base 10 0.157. The 0.176 that was printed is none of them."""
    found = {unit: surprise((0.9, 0.1), (0.8, 0.2), unit).cross_entropy for unit in BASES}
    assert found["nats"] == pytest.approx(-(0.9 * math.log(0.8) + 0.1 * math.log(0.2)))
    assert found["nats"] == pytest.approx(0.3618, abs=5e-5)
    assert found["nats"] / 2 == pytest.approx(0.1809, abs=5e-5)
    assert found["dits"] == pytest.approx(0.157, abs=5e-4)
    assert found["bits"] == pytest.approx(0.3618 / math.log(2), abs=5e-5)
    for value in found.values():
        assert abs(value - 0.176) > 0.004
        assert abs(value / 2 - 0.176) > 0.004


@given(pair=numbers, unit=st.sampled_from(tuple(BASES)))
def test_cross_entropy_is_entropy_and_divergence(pair, unit):
    p, q = pair
    found = surprise(p, q, unit)
    expected = np.sum(rel_entr(p, q)) / math.log(BASES[unit])
    assert found.divergence == pytest.approx(expected, abs=1e-9)
    assert found.divergence >= 0
    assert found.cross_entropy == pytest.approx(found.entropy + found.divergence)
    assert found.cross_entropy == pytest.approx(sum(found.terms))
    assert 0 <= found.entropy <= math.log(len(p), BASES[unit]) + 1e-9
    assert surprise(p, p, unit).divergence == 0


def test_what_was_ruled_out_and_comes_is_an_infinite_surprise():
    found = surprise((0.5, 0.5), (1.0, 0.0))
    assert found.cross_entropy == found.divergence == math.inf
    assert surprise((1.0, 0.0), (1.0, 0.0)).cross_entropy == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (((0.5, 0.5), (0.5, 0.5), "grams"), "no unit 'grams'"),
        (((0.5, 0.6), (0.5, 0.5)), r"p is \(0.5, 0.6\)"),
        (((0.5, 0.5), (1.5, -0.5)), r"q is \(1.5, -0.5\)"),
        (((0.5, 0.5), (0.2, 0.3, 0.5)), "shares of the same classes"),
        (((), ()), "shares of the same classes"),
    ],
)
def test_what_are_no_distributions_is_refused(given, words):
    with pytest.raises(SettingError, match=words):
        surprise(*given)


@given(values=st.lists(st.floats(0, 1e6), min_size=2, max_size=6))
def test_shares_sum_to_one(values):
    found = shares(values)
    assert math.fsum(found) == pytest.approx(1)
    assert all(share >= 0 for share in found)
    assert shares(found) == found

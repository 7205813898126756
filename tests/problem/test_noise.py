"""Noise has the spread that it says, and is the same for the same generator."""

import math

import pytest
import torch

from lossviz.problem import Deviation, GaussianNoise
from lossviz.problem.noise import SumOfNoises
from lossviz.registry import SettingError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("sigma", "batch"), [(1.0, 1), (2.0, 16), (0.5, 3)])
def test_the_mean_of_a_batch_has_a_batchs_variance(sigma, batch):
    noise, source = GaussianNoise(sigma, batch), generator()
    drawn = torch.stack([noise.draw(source, step) for step in range(4000)])
    assert drawn.dtype == torch.float64
    # The spread of a variance estimated from n draws is about sqrt(2 / n) of it.
    assert drawn.var(0).tolist() == pytest.approx([sigma**2 / batch] * 2, rel=0.1)
    assert drawn.mean(0).abs().max() < 4 * sigma / math.sqrt(batch * 4000)
    assert abs(torch.corrcoef(drawn.T)[0, 1]) < 4 / math.sqrt(4000)


def test_the_numbers_are_those_of_the_generator():
    drawn = GaussianNoise(3.0, 4).draw(generator(7), 0)
    expected = torch.randn(2, generator=generator(7), dtype=torch.float64) * 1.5
    assert torch.equal(drawn, expected)


def test_a_rule_draws_nothing():
    source = generator()
    before = source.get_state()
    noise = Deviation(lambda step: (step, -1.0))
    assert noise.draw(source, 3).tolist() == [3, -1]
    assert torch.equal(source.get_state(), before)


def test_a_sum_adds_its_parts_in_order():
    gaussian, rule = GaussianNoise(1.0), Deviation(lambda step: (10.0 * step, 0.0))
    both = SumOfNoises((rule, gaussian)).draw(generator(1), 2)
    assert torch.equal(both, gaussian.draw(generator(1), 2) + torch.tensor([20.0, 0.0]))


WRONG = [
    (-1.0, 1, "noise is -1"),
    (math.nan, 1, "noise is nan"),
    (math.inf, 1, "noise is inf"),
    (1.0, 0, "batch is 0"),
]


@pytest.mark.parametrize(("sigma", "batch", "words"), WRONG)
def test_what_is_no_noise(sigma, batch, words):
    with pytest.raises(SettingError, match=words):
        GaussianNoise(sigma, batch)

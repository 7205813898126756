"""The saturated neuron, against real optimizers on the same two weights."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import lossviz as lv
from lossviz.losslab.neuron import descents, slope_at, value_at

LOSSES = {
    "squared": lambda w, b: torch.sigmoid(w + b) ** 2 / 2,
    "entropy": lambda w, b: F.softplus(w + b, threshold=60),
}


def race(name, start, steps):
    """w and b of `torch.optim.SGD` at every step."""
    problem = lv.point_problem(LOSSES[name], start)
    (run,) = lv.race_on(problem, [lv.Method("sgd", {"lr": 0.15})], steps)
    return run.weights


@pytest.mark.parametrize(("start", "steps"), [((2.0, 2.0), (469, 50)), ((3.0, 3.0), (1652, 57))])
def test_steps_until_the_neuron_is_right(start, steps):
    """The known numbers, by the real optimizer and by the recursion that the page draws."""
    for one, wanted in zip(descents(start, 0.15, 0.1, 1700), steps, strict=True):
        weights = race(one.loss, start, wanted)
        chance = torch.sigmoid(weights.sum(-1))
        assert one.reached == wanted
        assert chance[-1] < 0.1 <= chance[-2]
        np.testing.assert_allclose(one.logit[: wanted + 1], weights.sum(-1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_values_and_slopes_are_those_of_the_loss(name):
    z = torch.linspace(-30, 30, 121, dtype=torch.float64, requires_grad=True)
    loss = LOSSES[name](z, torch.zeros_like(z))
    (slope,) = torch.autograd.grad(loss.sum(), z)
    at = z.detach().numpy()
    np.testing.assert_allclose(value_at(name, at), loss.detach().numpy(), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(slope_at(name, at), slope.numpy(), rtol=1e-9, atol=1e-15)


def test_what_is_not_reached_is_said():
    squared, entropy = descents((6.0, 6.0), 0.15, 0.1, 300)
    assert squared.reached == -1
    assert entropy.reached > 0
    assert squared.logit.shape == (301,)


def test_large_rates_leave_finite_numbers():
    for one in descents((6.0, 6.0), 10.0, 0.01, 2000):
        assert np.isfinite(one.logit).all()
        assert np.isfinite(one.value).all()

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import vmap

from lossviz.plane import random_plane
from lossviz.problem import Problem
from lossviz.surface import losses
from lossviz.surface.linear import PlainLinear
from lossviz.surface.tanh import TanhAsSigmoid, sigmoid_is_faster


def test_float32_is_swapped_and_stays_close():
    z = torch.linspace(-20, 20, 10_001)
    for tanh in (torch.tanh, torch.nn.functional.tanh, torch.Tensor.tanh, torch.nn.Tanh()):
        with TanhAsSigmoid():
            got = tanh(z)
        assert (got - z.double().tanh()).abs().max() < 3e-7
        assert not torch.equal(got, z.tanh())


def test_in_place_is_still_in_place():
    z = torch.linspace(-2, 2, 101)
    expected = z.tanh()
    with TanhAsSigmoid():
        assert z.tanh_() is z
    torch.testing.assert_close(z, expected)


def test_everything_else_is_passed_on():
    z = torch.linspace(-2, 2, 101, dtype=torch.float64)
    out = torch.empty(101)
    with TanhAsSigmoid():
        torch.tanh(z.float(), out=out)
        swapped = z.tanh()
    assert torch.equal(swapped, z.tanh())
    assert torch.equal(out, z.float().tanh())


def test_the_choice_is_made_once():
    assert sigmoid_is_faster() is sigmoid_is_faster()


# --- linear layers -------------------------------------------------------------------------------


def test_a_plain_linear_layer_is_a_linear_layer():
    x, weight, bias = torch.randn(5, 3), torch.randn(4, 2, 3), torch.randn(4, 2)
    cases = [
        ((x, weight, bias), (None, 0, 0)),
        ((x, weight[0], bias), (None, None, 0)),
        ((torch.randn(4, 5, 3), weight, bias[0]), (0, 0, None)),
        ((torch.randn(4, 3), weight, bias), (0, 0, 0)),  # one sample: passed on
    ]
    for args, dims in cases:
        expected = vmap(F.linear, in_dims=dims)(*args)
        with PlainLinear():
            torch.testing.assert_close(vmap(F.linear, in_dims=dims)(*args), expected)


def test_a_linear_layer_without_bias_is_passed_on():
    x, weight = torch.randn(5, 3), torch.randn(2, 3)
    with PlainLinear():
        assert torch.equal(F.linear(x, weight), x @ weight.T)
        assert torch.equal(F.linear(x, weight, None), x @ weight.T)


@pytest.mark.parametrize(("activation", "swapped"), [(nn.Tanh, True), (nn.ReLU, False)])
def test_only_where_there_is_tanh_it_is_looked_for(monkeypatch, activation, swapped):
    monkeypatch.setattr(losses, "sigmoid_is_faster", lambda: True)
    # No plain stack, which has a way of its own.
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 4), activation(), nn.Linear(4, 1))
    prob = Problem.from_module(net, nn.MSELoss(), (torch.ones(3, 2), torch.ones(3, 1)))
    found = losses.PlaneLosses(prob, random_plane(prob, prob.params0))
    assert found.way == "batched"
    assert isinstance(found._mode(), TanhAsSigmoid) == swapped

"""The built-in models are plain torch, and the batched path knows them."""

import pytest
import torch
from torch import nn

from lossviz import testing
from lossviz.problem.model import ModuleModel
from lossviz.problem.models.mlp import ACTIVATIONS
from lossviz.problem.stack import DenseStack
from lossviz.registry import SettingError, Shape, models


def make(name, inputs, outputs, **params):
    return models[name].make(inputs, outputs, **models[name].complete(params))


@pytest.mark.parametrize("name", ["linear", "mlp", "deep_linear", "two_parameter"])
def test_every_variant_is_a_plain_stack(name):
    for params in testing.corners(models[name]):
        module = make(name, 2, 1, **params)
        assert type(module) in (nn.Sequential, nn.Linear)
        assert all(type(child).__module__.startswith("torch.nn") for child in module.modules())
        assert DenseStack.of(module) is not None


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_mlp_is_its_formula(activation):
    module = make("mlp", 3, 2, depth=2, width=5, activation=activation)
    x = torch.randn(4, 3)
    bend = getattr(nn.functional, activation, getattr(torch, activation, lambda z: z))
    first, second, last = (m for m in module if isinstance(m, nn.Linear))
    h = bend(x @ first.weight.T + first.bias)
    h = bend(h @ second.weight.T + second.bias)
    torch.testing.assert_close(module(x), h @ last.weight.T + last.bias)


def test_depth_counts_hidden_layers():
    widths = [(m.in_features, m.out_features) for m in make("mlp", 2, 3, depth=3, width=7)[::2]]
    assert widths == [(2, 7), (7, 7), (7, 7), (7, 3)]
    widths = [(m.in_features, m.out_features) for m in make("deep_linear", 2, 3, depth=2, width=4)]
    assert widths == [(2, 4), (4, 4), (4, 3)]


def test_a_deep_linear_network_is_linear():
    module = make("deep_linear", 2, 1, depth=4, width=3)
    a, b = torch.randn(5, 2), torch.randn(5, 2)
    torch.testing.assert_close(module((a + b) / 2), (module(a) + module(b)) / 2)


@pytest.mark.parametrize("inputs", [1, 2])
def test_two_parameters_are_two(inputs):
    model = ModuleModel(make("two_parameter", inputs, 1))
    assert model.space.size == 2
    theta = torch.tensor([3.0, 0.5])
    x = torch.ones(1, inputs) * 2
    expected = 3.0 * 2 + 0.5 if inputs == 1 else 3.0 * 2 + 0.5 * 2
    assert model.forward(model.space.unflatten(theta), x).item() == expected


@pytest.mark.parametrize(("inputs", "outputs", "what"), [(3, 1, "not 3"), (2, 4, "but 4")])
def test_two_parameters_refuse_what_they_cannot_do(inputs, outputs, what):
    entry = models["two_parameter"]
    shape = Shape("classification", inputs, max(outputs, 2))
    assert what in entry.refuses(shape, outputs)
    with pytest.raises(SettingError, match=what):
        entry.make(inputs, outputs)


def test_two_parameters_accept_one_output_of_two_classes():
    assert models["two_parameter"].refuses(Shape("classification", 2, 2), 1) == ""
    assert "2 are asked for" in models["two_parameter"].refuses(Shape("classification", 2, 2), 2)

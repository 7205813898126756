"""What the initialisers draw, and what becomes of signals in a deep network."""

import math

import pytest
import torch
from torch import nn

from lossviz import testing
from lossviz.problem.build import initialise, seeded
from lossviz.registry import SettingError, initialisers, models


def draw(name, shape=(300, 400), seed=0, **params):
    tensor = torch.full(shape, 7.0)
    entry = initialisers[name]
    with torch.no_grad():
        entry.make(tensor, torch.Generator().manual_seed(seed), **entry.complete(params))
    return tensor


SPREAD = {
    "xavier_uniform": ({"gain": 2.0}, 2 * math.sqrt(2 / 700)),
    "xavier_normal": ({"gain": 2.0}, 2 * math.sqrt(2 / 700)),
    "kaiming_uniform": ({"mode": "fan_out"}, math.sqrt(2 / 300)),
    "kaiming_normal": ({"nonlinearity": "tanh"}, 5 / 3 / math.sqrt(400)),
    "gaussian": ({"sigma": 0.3}, 0.3),
    "orthogonal": ({"gain": 3.0}, 3 / math.sqrt(400)),
    "zero": ({}, 0.0),
    "constant": ({"value": 0.7}, 0.0),
}


@pytest.mark.parametrize("name", SPREAD)
def test_the_spread_is_the_formulas(name):
    params, spread = SPREAD[name]
    found = draw(name, **params)
    assert found.std().item() == pytest.approx(spread, rel=0.02, abs=1e-6)
    assert found.mean().item() == pytest.approx(params.get("value", 0.0), abs=0.01)


def test_orthogonal_keeps_lengths():
    found = draw("orthogonal", (6, 4), gain=2.0)
    torch.testing.assert_close(found.T @ found, 4 * torch.eye(4), atol=1e-5, rtol=0)


def test_the_default_leaves_what_the_constructor_drew():
    assert (draw("default") == 7).all()


@pytest.mark.parametrize("name", initialisers.names())
def test_numbers_are_torch_nn_inits_from_the_global_generator_too(name):
    """A plain script without a generator gets the same numbers after torch.manual_seed."""
    entry = initialisers[name]
    for params in testing.corners(entry):
        given = draw(name, (5, 3), 4, **params)
        plain = torch.full((5, 3), 7.0)
        with seeded(4), torch.no_grad():
            entry.make(plain, torch.default_generator, **params)
        assert torch.equal(given, plain)


def test_only_some_can_fill_biases():
    assert {e.name for e in initialisers if e.for_bias} == {
        "default",
        "zero",
        "constant",
        "gaussian",
    }


def test_initialise_tells_weights_from_biases_and_leaves_the_rest():
    module = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.Linear(3, 1))
    initialise(module, torch.Generator(), ("constant", {"value": 0.5}), ("zero", {}))
    found = {name: set(p.flatten().tolist()) for name, p in module.named_parameters()}
    assert found == {
        "0.weight": {0.5},
        "0.bias": {0.0},
        "1.weight": {1.0},
        "1.bias": {0.0},
        "2.weight": {0.5},
        "2.bias": {0.0},
    }


def test_initialise_refuses_a_bias_that_needs_a_matrix():
    with pytest.raises(SettingError, match="'orthogonal' needs a matrix"):
        initialise(nn.Linear(2, 2), torch.Generator(), ("zero", {}), ("orthogonal", {}))


@pytest.mark.parametrize(
    ("init", "params", "expected"),
    [
        ("gaussian", {"sigma": 1.0}, 0.974),
        ("gaussian", {"sigma": 0.01}, 0.0),
        ("xavier_normal", {}, 0.221),
        ("xavier_uniform", {}, 0.221),
        ("xavier_normal", {"gain": 5 / 3}, 0.649),
    ],
)
def test_signals_in_the_tenth_layer(init, params, expected):
    """Activations of a tanh network 256 wide: saturated, died out, shrinking, and kept."""
    with seeded(0):
        module = models["mlp"].make(256, 1, depth=10, width=256, activation="tanh")
        weights = (init, initialisers[init].complete(params))
        initialise(module, torch.default_generator, weights, ("zero", {}))
        inputs = torch.randn(1000, 256)
    with torch.no_grad():
        tenth = module[:20](inputs)
    assert isinstance(module[19], nn.Tanh)
    assert tenth.std().item() == pytest.approx(expected, abs=0.012)

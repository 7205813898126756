"""Spreads layer by layer against hooks and autograd; dead and alike units counted one by one."""

import numpy as np
import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz.checkup import deep_signals, spreads
from lossviz.problem.models.recurrent import CELLS


def by_hand(module: nn.Sequential, criterion, inputs, targets):
    """The outputs after each activation and their slopes, with retained gradients."""
    outputs, hidden = [], inputs
    for place, layer in enumerate(module):
        hidden = layer(hidden)
        last = place + 1 == len(module)
        if not isinstance(layer, nn.Linear) or last:
            hidden.retain_grad()
            outputs.append(hidden)
    criterion(hidden, targets).backward()
    return outputs


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_they_are_those_of_a_plain_forward_and_backward(activation):
    exp = lv.Experiment(
        model_params={"depth": 3, "width": 5, "activation": activation}, dtype="float64"
    )
    problem = lv.build(exp)
    theta = problem.theta0 * torch.tensor([[1.0], [0.3]], dtype=torch.float64)
    found = spreads(problem, theta)
    assert found.layers == ("layer 1", "layer 2", "layer 3", "output")
    assert found.units.tolist() == [5, 5, 5, 2]
    bend = {"tanh": nn.Tanh, "relu": nn.ReLU}[activation]
    for row, point in enumerate(theta):
        module = nn.Sequential(
            nn.Linear(2, 5), bend(), nn.Linear(5, 5), bend(), nn.Linear(5, 5), bend(),
            nn.Linear(5, 2),
        ).double()  # fmt: skip
        nn.utils.vector_to_parameters(point, module.parameters())
        outputs = by_hand(module, nn.CrossEntropyLoss(), *problem.batch())
        for layer, output in enumerate(outputs):
            wanted = output.detach().numpy(), output.grad.numpy()
            assert found.activations[row, layer] == pytest.approx(wanted[0].std(), rel=1e-10)
            assert found.gradients[row, layer] == pytest.approx(wanted[1].std(), rel=1e-10)
            dead = sum((unit == 0).all() for unit in wanted[0].T)
            if activation == "relu" and layer < 3:
                assert found.dead[row, layer] == dead
            else:
                assert np.isnan(found.dead[row, layer])


def test_dead_and_alike_units_are_counted():
    module = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([[1.0], [1.0], [-1.0], [0.0]]))
        module[0].bias.copy_(torch.tensor([0.0, 0.0, 0.0, -1.0]))
    data = torch.linspace(-1, 1, 9)[:, None], torch.zeros(9, 1)
    problem = lv.Problem.from_module(module, nn.MSELoss(), data)
    found = spreads(problem, problem.theta0)
    assert found.dead[0].tolist()[0] == 1
    assert found.alike[0].tolist() == [2.0, 0.0]


@pytest.mark.parametrize("init", ["zero", "constant"])
def test_equal_weights_make_all_units_alike_and_random_ones_none(init):
    exp = lv.Experiment(init=init, bias_init=init, steps=60, params={"lr": 0.5})
    run = lv.train(exp)
    found = spreads(lv.build(exp), run.weights[[0, -1]])
    assert (found.alike[:, :-1] == 16).all(), "and they stay so"
    other = lv.Experiment(init="xavier_normal")
    assert not spreads(lv.build(other), lv.build(other).theta0).alike.any()


@pytest.mark.parametrize(
    ("weights", "last", "tolerance"),
    [
        (nn.init.normal_, 0.974, 0.002),
        (lambda w: nn.init.normal_(w, std=0.01), 0.0, 1e-6),
        (nn.init.xavier_normal_, 0.221, 0.02),
        (lambda w: nn.init.xavier_normal_(w, gain=5 / 3), 0.649, 0.01),
    ],
)
def test_the_tenth_layer_at_width_256(weights, last, tolerance):
    assert deep_signals(weights)[-1] == pytest.approx(last, abs=tolerance)


def test_the_same_numbers_from_a_problem_and_from_plain_matrices():
    torch.manual_seed(3)
    inputs = torch.randn(50, 20, dtype=torch.float64)
    layers = [nn.Linear(20, 20, bias=False) for _ in range(4)]
    module = nn.Sequential(*(part for layer in layers for part in (layer, nn.Tanh()))).double()
    problem = lv.Problem.from_module(module, nn.MSELoss(), (inputs, inputs))
    hidden = inputs
    for place, layer in enumerate(layers):
        hidden = torch.tanh(hidden @ layer.weight.T)
        wanted = hidden.std(correction=0).item()
        assert spreads(problem, problem.theta0).activations[0, place] == pytest.approx(wanted)


def test_the_layers_of_a_recurrent_network_are_its_steps():
    exp = lv.Experiment(
        dataset="adding", loss="mse", model="rnn", model_params={"width": 4}, dtype="float64"
    )
    problem = lv.build(exp)
    found = spreads(problem, problem.theta0)
    # Unrolled by hand, with a leaf at every step.
    p, (inputs, targets) = problem.params0, problem.batch()
    steps = inputs.unflatten(1, exp.shape.sides).unbind(1)
    state, said = (torch.zeros(len(inputs), 4, dtype=torch.float64),), []
    for now in steps:
        into = now @ p["body.weight_ih_l0"].T + p["body.bias_ih_l0"]
        back = state[0] @ p["body.weight_hh_l0"].T + p["body.bias_hh_l0"]
        state = CELLS["rnn"][2](into, back, state)
        state[0].requires_grad_() if not said else state[0].retain_grad()
        said.append(state[0])
    outputs = said[-1] @ p["head.weight"].T + p["head.bias"]
    nn.functional.mse_loss(outputs, targets).backward()
    wanted = [value.grad.std(correction=0).item() for value in said]
    np.testing.assert_allclose(found.gradients[0], wanted, rtol=1e-9)
    assert found.layers == tuple(f"step {t + 1}" for t in range(len(said)))


def test_convolutions_and_attention_are_looked_at_too():
    for settings in (
        {"dataset": "digits", "model": "cnn", "model_params": {"depth": 2}},
        {"dataset": "characters", "model": "transformer"},
    ):
        problem = lv.build(lv.Experiment(**settings))
        found = spreads(problem, problem.theta0)
        assert len(found.layers) >= 4
        assert (found.activations > 0).all()
        assert (found.gradients > 0).all()


def test_a_point_has_no_layers():
    problem = lv.function_problem("rosenbrock", start=(0.0, 0.0))
    with pytest.raises(lv.SettingError, match="no layers"):
        spreads(problem, problem.theta0)

"""Convolutional, recurrent and attention networks against slow, obvious references."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lossviz as lv
from lossviz import testing
from lossviz.problem import architecture, build
from lossviz.problem.build import seeded
from lossviz.problem.models.cnn import ConvNet
from lossviz.problem.models.recurrent import Recurrent
from lossviz.problem.models.transformer import Attention, Transformer
from lossviz.registry import SettingError, Shape, datasets, losses, models

NEW = ("cnn", "rnn", "gru", "lstm", "transformer")
IMAGE = Shape("classification", 64, 10, "image", (8, 8))
STEPS = Shape("regression", 10, 0, "sequence", (5, 2))
TOKENS = Shape("classification", 8, 27, "tokens", (8,), 27)
PLAIN = Shape("classification", 64, 10)
EXPERIMENTS = {
    "cnn": {"dataset": "digits", "dataset_params": {"samples": 100}},
    "rnn": {"dataset": "parity"},
    "gru": {"dataset": "adding", "loss": "mse"},
    "lstm": {"dataset": "waves", "loss": "mse"},
    "transformer": {"dataset": "characters", "dataset_params": {"samples": 100}},
}


def module(name, shape, outputs, **params):
    with seeded(0):
        return models[name].module(shape, outputs, models[name].complete(params))


@pytest.mark.parametrize("name", NEW)
def test_the_contract(name):
    testing.check(models[name])


# --- recurrent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_recurrent_networks_are_torchs(kind, layers):
    with seeded(3):
        ours = Recurrent(kind, 2, 5, layers)
    with seeded(3):
        theirs = getattr(nn, kind.upper())(2, 5, layers, batch_first=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], tensor)
    steps = torch.randn(4, 7, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(steps), theirs(steps)[0], rtol=0, atol=1e-6)
    ours, theirs, steps = ours.double(), theirs.double(), steps.double()
    torch.testing.assert_close(ours(steps), theirs(steps)[0], rtol=0, atol=1e-12)
    slopes = [
        torch.autograd.grad(said.square().sum(), list(net.parameters()))
        for net, said in ((ours, ours(steps)), (theirs, theirs(steps)[0]))
    ]
    for found, expected in zip(*slopes, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-11)


def test_the_steps_of_a_row_come_one_after_the_other():
    net = module("gru", STEPS, 1)
    rows = torch.randn(3, 10)
    expected = net.head(net.body(torch.stack([rows[:, 2 * t : 2 * t + 2] for t in range(5)], 1)))
    torch.testing.assert_close(net(rows), expected[:, -1])


# --- attention -----------------------------------------------------------------------------------


def test_attention_is_torchs_causal_attention():
    with seeded(1):
        attention = Attention(6, 8, 2).double()
    hidden = torch.randn(3, 6, 8, dtype=torch.float64)
    parts = attention.project(hidden).chunk(3, -1)
    query, key, value = (p.reshape(3, 6, 2, 4).transpose(1, 2) for p in parts)
    seen = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    expected = attention.mix(seen.transpose(1, 2).reshape(3, 6, 8))
    torch.testing.assert_close(attention(hidden), expected, rtol=0, atol=1e-12)


def test_no_place_sees_what_comes_after_it():
    net = module("transformer", TOKENS, 27, depth=2)
    assert isinstance(net, Transformer)
    rows = torch.randint(27, (4, 8), generator=torch.Generator().manual_seed(0))
    other = rows.clone()
    other[:, 5] = (other[:, 5] + 1) % 27
    before, after = net.hidden(rows), net.hidden(other)
    assert torch.equal(before[:, :5], after[:, :5])
    assert (before[:, 5:] != after[:, 5:]).any(-1).all()
    assert not torch.equal(net(rows), net(other))


def test_the_width_of_a_transformer_is_a_multiple_of_its_heads():
    net = module("transformer", TOKENS, 27, width=16, heads=3)
    assert net.tokens.weight.shape == (27, 18)


# --- convolutional -------------------------------------------------------------------------------


def slow_conv(images, weight, bias):
    """A 3 x 3 convolution with a border of zeros, product by product."""
    padded = F.pad(images, (1, 1, 1, 1))
    height, width = images.shape[2:]
    out = bias[None, :, None, None].expand(len(images), -1, height, width).clone()
    for row in range(3):
        for column in range(3):
            part = padded[:, :, row : row + height, column : column + width]
            out += torch.einsum("nchw,oc->nohw", part, weight[:, :, row, column])
    return out


@pytest.mark.parametrize("skip", [False, True])
def test_a_convolutional_network_is_its_formula(skip):
    net = module("cnn", IMAGE, 10, depth=3, width=4, skip=skip).double()
    rows = torch.randn(5, 64, dtype=torch.float64)
    images = rows.reshape(5, 1, 8, 8)
    hidden = slow_conv(images, net.first.weight, net.first.bias)
    hidden = hidden.reshape(5, 4, 4, 2, 4, 2).mean((3, 5))
    for block in net.blocks:
        found = slow_conv(hidden.clamp(min=0), block.conv.weight, block.conv.bias)
        hidden = hidden + found if skip else found
    expected = hidden.clamp(min=0).mean((2, 3)) @ net.head.weight.T + net.head.bias
    torch.testing.assert_close(net(rows), expected, rtol=0, atol=1e-12)


def test_images_need_not_be_square():
    net = module("cnn", Shape("classification", 24, 3, "image", (4, 6)), 3)
    assert net.blocks(torch.randn(2, 8, 2, 3)).shape == (2, 8, 2, 3)
    assert net(torch.randn(2, 24)).shape == (2, 3)


def test_batch_normalisation_stands_before_every_activation():
    net = module("cnn", IMAGE, 10, batch_norm=True)
    assert isinstance(net, ConvNet)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in net.modules()) == 5
    plain = module("cnn", IMAGE, 10, batch_norm=False)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in plain.modules())


@pytest.mark.parametrize("name", ["cnn", "transformer"])
def test_filter_normalisation_gives_each_filter_its_norm(name):
    prob = build(lv.Experiment(model=name, **EXPERIMENTS[name]))
    plane = lv.random_plane(prob, prob.params0, normalize="filter")
    four_dimensional = 0
    for axis in plane.axes:
        direction = prob.space.unflatten(axis)
        for weight_name, weight in prob.params0.items():
            if weight.dim() < 2:
                assert not direction[weight_name].any()
                continue
            four_dimensional += weight.dim() == 4
            for drawn, own in zip(direction[weight_name], weight.double(), strict=True):
                assert math.isclose(drawn.norm(), own.norm(), rel_tol=1e-6)
    assert four_dimensional == (10 if name == "cnn" else 0)


def test_without_shortcuts_a_deep_network_hardly_learns_and_with_them_it_does():
    common = {
        "dataset": "digits",
        "dataset_params": {"samples": 200},
        "model": "cnn",
        "optimizer": "adam",
        "params": {"lr": 0.01},
        "steps": 50,
        "batch_size": 64,
    }
    last = [
        lv.train(lv.Experiment(model_params={"depth": 12, "skip": skip}, **common)).loss[-5:].mean()
        for skip in (True, False)
    ]
    assert last[0] < 1.3
    assert last[1] > 1.8


# --- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NEW)
def test_a_race_equals_single_runs_to_the_bit(name):
    common = {"model": name, "steps": 3, "batch_size": 16, **EXPERIMENTS[name]}
    pair = [
        lv.Experiment(optimizer="sgd", params={"lr": 0.1}, **common),
        lv.Experiment(optimizer="adam", params={"lr": 0.01}, **common),
    ]
    for run, exp in zip(lv.race(pair), pair, strict=True):
        alone = lv.train(exp)
        assert torch.equal(run.weights, alone.weights)
        assert torch.equal(run.loss, alone.loss)
        assert run.loss.isfinite().all()


@pytest.mark.parametrize("name", NEW)
def test_a_run_equals_a_plain_loop(name):
    exp = lv.Experiment(
        model=name,
        optimizer="sgd",
        params={"lr": 0.1},
        steps=4,
        dtype="float64",
        **EXPERIMENTS[name],
    )
    prob = build(exp)
    net = module(name, exp.shape, losses[exp.loss].outputs(exp.shape), **exp.model_params).double()
    criterion = nn.MSELoss() if exp.loss == "mse" else nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    inputs, targets = prob.batch()
    expected = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        expected.append(loss.item())
        loss.backward()
        optimizer.step()
    run = lv.train(exp)
    assert run.loss[:4].tolist() == pytest.approx(expected, rel=1e-12)
    for key, tensor in run.params(-1).items():
        torch.testing.assert_close(tensor, dict(net.named_parameters())[key].detach())


@pytest.mark.parametrize("name", NEW)
def test_the_architecture_adds_up(name):
    prob = build(lv.Experiment(model=name, **EXPERIMENTS[name]))
    rows = architecture(prob)
    assert sum(row.parameters for row in rows) == prob.space.size
    assert rows[-1].layer == "Linear (head)"
    assert rows[-1].output == prob.outputs(prob.theta0[None], prob.data.inputs[:1]).shape[2:]
    assert all(row.layer != "used directly" for row in rows)


def test_the_architecture_of_a_small_network():
    # Neither normalised nor dropped: layers that do nothing are not shown.
    prob = build(lv.Experiment(model="cnn", model_params={"depth": 1}, **EXPERIMENTS["cnn"]))
    assert [(row.layer, row.output, row.parameters) for row in architecture(prob)] == [
        ("Conv2d (first)", (8, 8, 8), 80),
        ("ReLU (blocks.0.activation)", (8, 4, 4), 0),
        ("Conv2d (blocks.0.conv)", (8, 4, 4), 584),
        ("ReLU (activation)", (8, 4, 4), 0),
        ("Linear (head)", (10,), 90),
    ]


def test_what_is_used_directly_is_counted_too_and_points_have_no_layers():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(3, 2)

        def forward(self, x):
            return x @ self.table.weight.T

    prob = lv.Problem.from_module(Scale(), nn.MSELoss(), (torch.ones(4, 2), torch.ones(4, 3)))
    assert [(r.layer, r.output, r.parameters) for r in architecture(prob)] == [
        ("used directly", (), 6)
    ]
    with pytest.raises(TypeError, match="no layers"):
        architecture(lv.function_problem("rosenbrock"))


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("cnn", PLAIN, "no images"),
        ("cnn", STEPS, "no images"),
        ("cnn", Shape("classification", 5, 2, "image", (1, 5)), "2 by 2"),
        ("lstm", PLAIN, "no order"),
        ("rnn", TOKENS, "choose the transformer"),
        ("mlp", TOKENS, "choose the transformer"),
        ("linear", TOKENS, "choose the transformer"),
        ("deep_linear", TOKENS, "choose the transformer"),
        ("transformer", IMAGE, "choose the characters"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_reason(name, shape, words):
    assert words in models[name].refuses(shape, 10)


@pytest.mark.parametrize(
    ("name", "inputs", "shape"),
    [("cnn", 63, None), ("gru", 64, PLAIN), ("transformer", 64, PLAIN)],
)
def test_making_what_does_not_go_together_raises(name, inputs, shape):
    with pytest.raises(SettingError):
        models[name].make(inputs, 10, **models[name].defaults(), shape=shape)


def test_every_data_set_has_a_model_and_every_model_a_data_set():
    fits = {
        (dataset.name, model.name)
        for dataset in datasets
        for model in models
        for loss in losses
        if (shape := dataset.shape(dataset.defaults())).task in loss.tasks
        and not model.refuses(shape, loss.outputs(shape))
    }
    assert {name for name, _ in fits} == set(datasets.names())
    assert {name for _, name in fits} == set(models.names())
    assert {m for d, m in fits if d == "characters"} == {"transformer"}
    assert {m for d, m in fits if d == "moons"} & set(NEW) == set()
    assert ("digits", "lstm") in fits

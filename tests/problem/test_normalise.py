"""Batch normalisation: frozen, of the batch, recomputed; each against torch's own way."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.func import vmap
from torch.optim.swa_utils import update_bn

import lossviz as lv
from lossviz.problem import ModuleModel, build
from lossviz.problem.build import build_module
from lossviz.problem.normalise import BatchStatistics, _spread, norm_layers, replayed_buffers
from lossviz.run.batches import Batches
from lossviz.run.buffers import buffers_of

COMMON = {
    "dataset": "digits",
    "dataset_params": {"samples": 100},
    "model": "cnn",
    "model_params": {"batch_norm": True, "depth": 2, "width": 4},
    "dtype": "float64",
    "optimizer": "sgd",
    "params": {"lr": 0.1},
}


def network():
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2)
        ).double()
    layer = net[1]
    layer.running_mean.normal_(generator=generator)
    layer.running_var.uniform_(0.5, 2, generator=generator)
    return net


def data(count=20):
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(count, 3, dtype=torch.float64, generator=generator) * 3 + 1
    return inputs, torch.randint(2, (count,), generator=generator)


def problem(statistics):
    return lv.Problem.from_module(network(), nn.CrossEntropyLoss(), data(), statistics)


def torchs_loss(statistics, params, batch):
    """The same with torch's own modes, on a fresh module that is moved."""
    net = network()
    net.load_state_dict(params, strict=False)
    net[3].p = 0.0
    if statistics == "recomputed":
        update_bn([data()[0]], net)
    net.train(statistics == "batch")
    with torch.no_grad():
        return nn.CrossEntropyLoss()(net(batch[0]), batch[1])


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_each_policy_is_torchs_own_way(statistics):
    prob = problem(statistics)
    params = {name: tensor * 1.3 + 0.1 for name, tensor in prob.params0.items()}
    for batch in (data(), tuple(part[:7] for part in data())):
        expected = torchs_loss(statistics, params, batch)
        torch.testing.assert_close(prob.loss(params, batch), expected, rtol=1e-12, atol=0)


def test_the_policies_differ_and_only_frozen_is_the_default():
    losses = {s: problem(s).loss(problem(s).params0).item() for s in ("frozen", "batch")}
    assert losses["frozen"] != losses["batch"]
    usual = lv.Problem.from_module(network(), nn.CrossEntropyLoss(), data())
    assert usual.loss(usual.params0).item() == losses["frozen"]
    assert usual.with_statistics("batch").loss(usual.params0).item() == losses["batch"]


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_many_points_at_once_equal_one_by_one(statistics):
    prob = problem(statistics)
    generator = torch.Generator().manual_seed(2)
    theta = prob.theta0 + 0.3 * torch.randn(
        4, prob.space.size, dtype=torch.float64, generator=generator
    )
    expected = torch.stack([prob.loss(prob.space.unflatten(row)) for row in theta])
    torch.testing.assert_close(prob.stacked_loss(theta), expected)
    found = vmap(lambda row: prob.loss(prob.space.unflatten(row)))(theta)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_nothing_of_the_callers_is_touched(statistics):
    net = network().train()
    before = copy.deepcopy(net.state_dict())
    state = torch.get_rng_state()
    prob = lv.Problem.from_module(net, nn.CrossEntropyLoss(), data(), statistics)
    plane = lv.random_plane(prob, prob.params0)
    kept = {name: buffer.clone() for name, buffer in prob.model.buffers.items()}
    surface = lv.evaluate(prob, plane, [-1.0, 0.0, 1.0], [-1.0, 1.0])
    assert surface.loss.isfinite().all()
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in before.items())
    assert all(torch.equal(value, prob.model.buffers[name]) for name, value in kept.items())
    assert net.training
    assert all(p.requires_grad for p in net.parameters())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_a_surface_by_any_policy_is_torchs_point_by_point(statistics):
    prob = problem("frozen")
    plane = lv.random_plane(prob, prob.params0, one_dimensional="scale")
    x, y = [-0.5, 0.0, 1.0], [0.0, 0.75]
    surface = lv.evaluate(prob, plane, x, y, statistics=statistics)
    for j, b in enumerate(y):
        for i, a in enumerate(x):
            expected = torchs_loss(statistics, plane.at(a, b), data())
            torch.testing.assert_close(surface.loss[j, i], expected, rtol=1e-10, atol=0)


def test_buffers_can_be_given_and_unknown_ones_are_told():
    prob = problem("batch")
    buffers = {"1.running_mean": torch.zeros(4), "1.running_var": torch.ones(4)}
    frozen = prob.with_statistics("frozen", buffers)
    net = network()
    net[1].reset_running_stats()
    with torch.no_grad():
        expected = nn.CrossEntropyLoss()(net.eval()(data()[0]), data()[1])
    torch.testing.assert_close(frozen.loss(prob.params0), expected)
    with pytest.raises(ValueError, match=r"no buffers \['weight'\]"):
        prob.with_statistics("frozen", {"weight": torch.zeros(1)})


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="must be one of frozen, batch, recomputed"):
        problem("running")
    with pytest.raises(ValueError, match="must be one of frozen"):
        problem("batch").with_statistics("none")
    with pytest.raises(ValueError, match="no training samples"):
        ModuleModel(network(), "recomputed")
    plain = lv.function_problem("rosenbrock")
    assert plain.with_statistics("batch") is plain


def test_a_module_without_normalisation_has_one_way_only():
    net = nn.Linear(3, 2).double()
    prob = lv.Problem.from_module(net, nn.CrossEntropyLoss(), data(), "recomputed")
    assert prob.model.statistics == "frozen"
    assert not norm_layers(net)


def test_layers_without_running_statistics_are_left_alone():
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, track_running_stats=False)).double()
    prob = lv.Problem.from_module(net, nn.CrossEntropyLoss(), data())
    with torch.no_grad():
        expected = nn.CrossEntropyLoss()(net.eval()(data()[0]), data()[1])
    torch.testing.assert_close(prob.loss(prob.params0), expected)


# --- training ------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [0, 16])
def test_training_equals_a_plain_loop_in_training_mode_buffers_included(batch_size):
    exp = lv.Experiment(steps=6, batch_size=batch_size, **COMMON)
    run = lv.train(exp)
    prob = build(exp)
    net = build_module(exp).double().train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    batches = Batches(prob.batch(), batch_size, Batches.begin(exp.seed))
    for step in range(6):
        inputs, targets = batches.current()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), targets)
        assert run.loss[step].item() == pytest.approx(loss.item(), rel=1e-12)
        loss.backward()
        optimizer.step()
        batches.advance()
    for name, tensor in run.params(-1).items():
        torch.testing.assert_close(tensor, dict(net.named_parameters())[name].detach())
    found = buffers_of(prob, run)
    assert set(found) == set(dict(net.named_buffers()))
    for name, buffer in net.named_buffers():
        torch.testing.assert_close(found[name], buffer, rtol=1e-10, atol=1e-12)
    assert found["norm.num_batches_tracked"] == 6
    frozen = prob.with_statistics("frozen", found)
    with torch.no_grad():
        expected = nn.functional.cross_entropy(net.eval()(prob.data.inputs), prob.data.targets)
    torch.testing.assert_close(frozen.loss(run.params(-1)), expected)


def test_a_race_with_normalisation_equals_single_runs():
    pair = [
        lv.Experiment(steps=3, batch_size=16, **{**COMMON, "params": {"lr": r}}) for r in (0.1, 1.0)
    ]
    for run, exp in zip(lv.race(pair), pair, strict=True):
        assert torch.equal(run.weights, lv.train(exp).weights)


def test_predictions_do_not_depend_on_the_other_samples():
    prob = build(lv.Experiment(**COMMON))
    theta = prob.theta0[None]
    rows = prob.data.test_inputs
    whole = prob.outputs(theta, rows)
    torch.testing.assert_close(prob.outputs(theta, rows[:3]), whole[:, :3])
    recomputed = prob.with_statistics("recomputed")
    torch.testing.assert_close(recomputed.model.forward(prob.params0, rows), whole[0])
    batch = prob.model.forward(prob.params0, rows)
    assert not torch.allclose(batch, whole[0])


def test_the_buffers_of_an_early_step_and_what_is_refused():
    exp = lv.Experiment(steps=3, **COMMON)
    run, prob = lv.train(exp), build(exp)
    start = buffers_of(prob, run, 0)
    assert not start["norm.running_mean"].any()
    assert buffers_of(prob, run, 1)["norm.num_batches_tracked"] == 1
    assert torch.equal(
        buffers_of(prob, run, -1)["norm.running_var"], buffers_of(prob, run, 3)["norm.running_var"]
    )
    with pytest.raises(ValueError, match="the steps 0 to 3"):
        buffers_of(prob, run, 4)
    with pytest.raises(ValueError, match="problem of one's own"):
        buffers_of(prob, replace(run, experiment=None))
    every_other = replace(run, recorded=run.recorded * 2)
    with pytest.raises(ValueError, match="too long for every step"):
        buffers_of(prob, every_other)
    with pytest.raises(TypeError, match="no buffers"):
        buffers_of(lv.function_problem("rosenbrock"), run)


def test_a_replay_leaves_the_module_alone():
    net = network()
    before = net[1].running_mean.clone()
    params = {name: p.detach() for name, p in net.named_parameters()}
    found = replayed_buffers(net, [params], [data()[0]])
    assert torch.equal(net[1].running_mean, before)
    assert not torch.equal(found["1.running_mean"], before)


@pytest.mark.parametrize("shape", [(50, 3), (20, 3, 7), (6, 3, 5, 4)])
def test_the_spread_of_channels_is_that_of_torch_far_from_zero(shape: tuple[int, ...]):
    values = 1e4 + torch.randn(shape, generator=torch.Generator().manual_seed(0))
    over = [d for d in range(len(shape)) if d != 1]
    variance, mean = torch.var_mean(values.double(), over, correction=1)
    found = _spread(values)
    torch.testing.assert_close(found[0], mean.float())
    torch.testing.assert_close(found[1], variance.float(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("mean", [0.0, 300.0])
def test_gathered_statistics_are_exact_far_from_zero(mean):
    layer = nn.BatchNorm2d(3)
    generator = torch.Generator().manual_seed(0)
    images = mean + 0.2 * torch.randn(5, 3, 4, 4, generator=generator)
    params = {name: p.detach() for name, p in layer.named_parameters()}
    found = BatchStatistics(copy.deepcopy(layer).eval()).gathered(params, images)
    exact = images.double().transpose(0, 1).flatten(1)
    assert set(found) == {".running_mean", ".running_var"}
    torch.testing.assert_close(found[".running_mean"].double(), exact.mean(1), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found[".running_var"].double(), exact.var(1), rtol=1e-4, atol=0)

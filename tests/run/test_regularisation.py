"""Penalties, dropout and noise in training: equal to a plain loop, step by step."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parameters_to_vector, vector_to_parameters

import lossviz as lv
from lossviz.problem.disturbance import Disturbance, mask
from lossviz.run import advance, start_state
from lossviz.run.gradient import bind, bind_autograd
from lossviz.settings import VALUES
from tests.run.bits import agree

STEPS = 12


def plain_loop(exp: lv.Experiment, module: nn.Module) -> tuple[list[float], torch.Tensor]:
    """Losses and final weights of SGD with momentum, as anybody would write it."""
    problem = lv.build(exp)
    vector_to_parameters(problem.theta0, module.parameters())
    weights = [tensor for tensor in module.parameters() if tensor.dim() >= 2]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.2, momentum=0.9)
    x, y = problem.batch()
    order = torch.Generator().manual_seed(exp.seed)
    rows: list[torch.Tensor] = []
    losses = []
    with torch.random.fork_rng(devices=[]):
        for step in range(exp.steps + 1):
            rows = rows or list(torch.randperm(len(x), generator=order).split(exp.batch_size))
            chosen = rows.pop(0)
            torch.manual_seed(1_000_000 + 100_000 * exp.seed + step)
            inputs = x[chosen]
            if exp.input_noise:
                inputs = inputs + exp.input_noise * torch.randn(inputs.shape, dtype=x.dtype)
            loss = F.cross_entropy(module(inputs), y[chosen])
            loss = loss + exp.l1 * sum(weight.abs().sum() for weight in weights)
            loss = loss + exp.l2 / 2 * sum(weight.square().sum() for weight in weights)
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            if step < exp.steps:
                optimizer.step()
    return losses, parameters_to_vector(module.parameters()).detach()


def experiment(**changes) -> lv.Experiment:
    given = {
        "params": {"lr": 0.2, "momentum": 0.9}, "steps": STEPS, "dtype": "float64",
        "batch_size": 32, "seed": 3, "model_params": {"depth": 2, "width": 5},
    }  # fmt: skip
    return lv.Experiment(**given | changes)


DROPPING = {"model_params": {"depth": 2, "width": 5, "dropout": 0.3}}
CASES = [
    {"l1": 0.02},
    {"l2": 0.1},
    {"input_noise": 0.3},
    DROPPING,
    {"l1": 0.01, "l2": 0.05, "input_noise": 0.2, **DROPPING},
]


@pytest.mark.parametrize("changes", CASES)
def test_training_equals_a_plain_loop_step_by_step(changes):
    exp = experiment(**changes)
    share = exp.model_params["dropout"]
    drop = [nn.Dropout(share)] if share else []
    module = nn.Sequential(
        nn.Linear(2, 5), nn.Tanh(), *drop, nn.Linear(5, 5), nn.Tanh(), *drop, nn.Linear(5, 2)
    ).double()
    losses, weights = plain_loop(exp, module)
    run = lv.train(exp)
    torch.testing.assert_close(
        run.loss, torch.tensor(losses, dtype=torch.float64), rtol=1e-12, atol=1e-12
    )
    torch.testing.assert_close(run.weights[-1], weights, rtol=1e-11, atol=1e-12)


def test_an_l2_penalty_in_sgd_is_weight_decay_but_for_the_biases():
    decayed = experiment(params={"lr": 0.2, "momentum": 0.9, "weight_decay": 0.1})
    held = lv.train(experiment(l2=0.1))
    loop = lv.train(decayed)
    gap = held.weights[1] - loop.weights[1]
    weighs = lv.build(experiment(l2=0.1)).penalty.weighs
    torch.testing.assert_close(gap[weighs], torch.zeros_like(gap[weighs]), atol=1e-15, rtol=0)
    assert (gap[~weighs].abs() > 0).any()


@pytest.mark.parametrize("changes", CASES)
def test_the_dense_backward_equals_autograd(changes):
    problem = lv.build(experiment(**changes))
    theta = problem.theta0 * torch.tensor([[1.0], [0.5], [-2.0]], dtype=torch.float64)
    first, second = torch.zeros_like(theta), torch.zeros_like(theta)
    losses = bind(problem, theta, first, lambda: 9)(problem.batch())
    others = bind_autograd(problem, theta, second, lambda: 9)(problem.batch())
    torch.testing.assert_close(losses, others, rtol=1e-13, atol=1e-14)
    torch.testing.assert_close(first, second, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "settings",
    [
        {**DROPPING, "input_noise": 0.2, "l1": 0.01, "batch_size": 32, "steps": 20},
        {"dataset": "digits", "model": "cnn", "model_params": {"dropout": 0.4, "depth": 1},
         "batch_size": 32, "steps": 3, "input_noise": 0.1},
    ],
)  # fmt: skip
def test_together_equals_alone_and_chunks_equal_one_piece(settings):
    exps = [lv.Experiment(**settings, optimizer=name) for name in ("sgd", "adam")]
    together = lv.race(exps)
    for exp, run in zip(exps, together, strict=True):
        assert agree(lv.train(exp), run)
    state, pieces = start_state(exps), []
    while not state.done:
        state, chunk = advance(state, 2)
        pieces.append(chunk.pieces[1].weights)
    assert torch.equal(torch.cat(pieces), together[1].weights)


def test_every_step_drops_other_units_and_the_same_step_the_same():
    drawn = Disturbance(0.0, dropout=True, seed=5)
    units = torch.ones(40, 30)
    masks = [mask(units, 0.25, drawn.generator(step)) for step in (3, 3, 4)]
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    assert masks[0].unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert (masks[0] == 0).double().mean().item() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("shape", [(3, 4), (64, 33)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_masks_are_those_of_torch(shape, dtype):
    like = torch.randn(shape, dtype=dtype)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        wanted = F.dropout(like, 0.3)
    found = like * mask(like, 0.3, torch.Generator().manual_seed(11))
    assert torch.equal(found, wanted)


def test_no_two_steps_share_their_draws():
    last, seeds = int(VALUES["steps"].high), int(VALUES["seed"].high)
    assert Disturbance(seed=0).seed_of(last) < Disturbance(seed=1).seed_of(0)
    assert Disturbance(seed=0).seed_of(0) > seeds, "the initial weights have these"


def test_metrics_and_predictions_are_those_of_a_model_at_rest():
    exp = experiment(**DROPPING, input_noise=0.5)
    problem, run = lv.build(exp), lv.train(exp)
    module = nn.Sequential(
        nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 2)
    ).double()
    vector_to_parameters(run.weights[-1], module.parameters())
    x, y = problem.batch("test")
    wanted = F.cross_entropy(module(x), y).item()
    assert run.metrics["test_loss"][-1] == pytest.approx(wanted, rel=1e-12)


def test_characters_take_no_noise():
    with pytest.raises(lv.SettingError, match="no size to which noise could be added"):
        lv.Experiment(dataset="characters", model="transformer", input_noise=0.1)
    exp, said = lv.Experiment.nearest_from_url(
        {"dataset": "characters", "model": "transformer", "input_noise": "0.1"}
    )
    assert exp.input_noise == 0
    assert "Using 0.0" in said[0]


def test_old_links_mean_what_they_meant():
    exp = lv.Experiment.from_url({"v": "1", "model": "mlp(width=8)"})
    assert (exp.l1, exp.l2, exp.input_noise, exp.label_noise) == (0, 0, 0, 0)
    assert exp.model_params["dropout"] == 0
    assert exp.to_url() == {"v": "1", "model": "mlp(width=8)"}

"""Known results that must come out of real training; closed forms and measured values."""

import math

import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz import Experiment, Problem
from lossviz.run import Method, race_on


def bowl(curvature: float, start: float = 1.0) -> Problem:
    """curvature x^2 / 2."""
    net = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(net.weight, start)
    data = torch.ones(1, 1).double(), torch.zeros(1, 1).double()
    return Problem.from_module(net, lambda out, y: curvature / 2 * (out - y).square().sum(), data)


def path_of(curvature: float, steps: int, **params: float) -> torch.Tensor:
    return race_on(bowl(curvature), [Method("sgd", params)], steps)[0].weights[:, 0]


@pytest.mark.parametrize(("lr", "size"), [(0.199, 0.366), (0.2, 1.0), (0.201, 2.705)])
def test_gradient_descent_diverges_above_two_over_the_curvature(lr: float, size: float):
    assert path_of(10.0, 100, lr=lr)[100].abs().item() == pytest.approx(size, abs=5e-4)


@pytest.mark.parametrize(("lr", "grows"), [(0.379, False), (0.381, True)])
def test_momentum_moves_the_limit(lr: float, grows: bool):
    path = path_of(10.0, 2000, lr=lr, momentum=0.9).abs()
    assert (path[-50:].max() > path[:50].max()).item() is grows


def test_a_run_beyond_the_limit_is_told_with_its_step():
    run = race_on(bowl(10.0), [Method("sgd", {"lr": 0.3})], 300)[0]
    # The loss is 5 * 4^t: it passes 1e16 * 5 at the first t with 4^t > 1e16.
    step = math.ceil(16 * math.log(10) / math.log(4))
    assert str(run.status) == f"diverged at step {step}"
    assert "smaller learning rate" in run.status.sentence
    torch.testing.assert_close(run.weights[:, 0].abs(), 2.0 ** torch.arange(step).double())


def test_momentum_overshoots():
    path = path_of(1.0, 200, lr=0.1, momentum=0.9)
    assert path.argmin().item() == 9
    assert path.min().item() == pytest.approx(-0.6037, abs=5e-5)

    def settled(**params: float) -> int:
        """The first step after which |x| stays below .01."""
        far = path_of(1.0, 200, lr=0.1, **params).abs() >= 0.01
        return int(far.nonzero().max()) + 1

    assert settled(momentum=0.9) == 81
    assert settled() == 44
    critical = (1 - math.sqrt(0.1)) ** 2
    assert settled(momentum=critical) == 17
    assert path_of(1.0, 200, lr=0.1, momentum=critical).min() > -1e-9


def steps_to(problem: Problem, optimizer: str, below: float, **params: float) -> int:
    run = race_on(problem, [Method(optimizer, params)], 800)[0]
    return int((run.loss < below).nonzero()[0])


def ravine(rotated: bool) -> Problem:
    """(x^2 + 100 y^2) / 2 from (10, 1)."""
    turn = torch.eye(2).double()
    if rotated:
        turn = torch.tensor([[1.0, -1.0], [1.0, 1.0]]).double() / math.sqrt(2)
    net = nn.Linear(2, 1, bias=False).double()
    with torch.no_grad():
        net.weight.copy_((turn @ torch.tensor([10.0, 1.0]).double())[None])
    # The two samples are the axes, so that the outputs are the coordinates.
    weights = torch.tensor([1.0, 100.0]).double()
    return Problem.from_module(
        net, lambda out, y: (weights * (out[:, 0] - y).square()).sum() / 2,
        (turn.T.contiguous(), torch.zeros(2).double()),
    )  # fmt: skip


HEAVY = {"lr": 4 / 121, "momentum": (9 / 11) ** 2}


@pytest.mark.parametrize(
    ("rotated", "optimizer", "params", "steps"),
    [
        (False, "sgd", {"lr": 2 / 101}, 461),
        (False, "sgd", HEAVY, 69),
        (False, "sgd", {"lr": 0.01, "momentum": 0.9}, 162),
        (False, "sgd", {"lr": 0.01, "momentum": 0.9, "nesterov": True}, 98),
        (False, "adam", {"lr": 0.1}, 305),
        (False, "adam", {"lr": 0.5}, 152),
        (True, "sgd", {"lr": 2 / 101}, 461),
        (True, "sgd", HEAVY, 69),
        (True, "adam", {"lr": 0.1}, 637),
        (True, "adam", {"lr": 0.5}, 177),
    ],
)
def test_the_ravine(rotated: bool, optimizer: str, params: dict, steps: int):
    assert steps_to(ravine(rotated), optimizer, 1e-6, **params) == steps


# --- initialisation ------------------------------------------------------------------------------

XOR = {
    "dataset": "xor",
    "dataset_params": {"samples": 4, "noise": 0.0},
    "scaling": "none",
    "test_share": 0.0,
    "model": "mlp",
    "model_params": {"width": 8, "depth": 1},
    "loss": "bce_with_logits",
    "params": {"lr": 0.5},
    "steps": 2000,
    "dtype": "float64",
}


def test_zero_weights_never_move_on_xor():
    run = lv.train(Experiment(**XOR, init="zero", bias_init="zero"))
    torch.testing.assert_close(run.loss, torch.full((2001,), math.log(2)).double())
    assert (run.weights == 0).all()


def test_equal_weights_stay_equal_on_xor():
    same = {"value": 0.5}
    run = lv.train(
        Experiment(
            **XOR, init="constant", init_params=same, bias_init="constant", bias_init_params=same
        )
    )
    assert run.loss[-1].item() == pytest.approx(0.485, abs=5e-4)
    for name, tensor in run.params(-1).items():
        if name.startswith("0."):
            torch.testing.assert_close(tensor, tensor[:1].expand_as(tensor))


def test_xavier_weights_learn_xor():
    run = lv.train(Experiment(**XOR, init="xavier_uniform", bias_init="zero"))
    assert 0.0005 < run.loss[-1] < 0.003


# --- an outlier ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "slope", "intercept"),
    [("mse", 9.727, -1.318), ("huber", 2.667, 0.8), ("mae", 2.0, 1.0)],
)
@pytest.mark.parametrize("optimizer", ["lbfgs", "rprop"])
def test_what_one_outlier_does(loss: str, slope: float, intercept: float, optimizer: str):
    exp = Experiment(
        dataset="outliers",
        scaling="none",
        test_share=0.0,
        model="two_parameter",
        loss=loss,
        optimizer=optimizer,
        steps=1500 if optimizer == "rprop" else 60,
        dtype="float64",
    )
    assert lv.train(exp).weights[-1].tolist() == pytest.approx([slope, intercept], abs=6e-4)

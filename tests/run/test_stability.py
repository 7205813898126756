"""The stability limits: just below them a real optimizer's steps die out, just above they grow."""

import numpy as np
import pytest
import torch

from lossviz.problem import point_problem
from lossviz.registry import optimizers
from lossviz.run.stability import stability
from tests.run.plain import watch

#: Optimizers that do not scale coordinates, in every branch.
PLAIN = [
    ("sgd", {}),
    ("sgd", {"weight_decay": 2.0}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.5, "dampening": 0.4, "weight_decay": 2.0}),
    ("sgd", {"momentum": 0.9, "dampening": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("sgd", {"momentum": 0.3, "nesterov": True, "weight_decay": 2.0}),
    ("asgd", {"lambd": 0.0}),
    ("asgd", {"lambd": 0.5, "alpha": 0.0, "weight_decay": 2.0}),
]

#: Those that do; a huge eps makes the scale a constant.
SCALED = [
    ("adam", {}),
    ("adam", {"beta1": 0.5, "weight_decay": 2.0}),
    ("adam", {"amsgrad": True}),
    ("adamw", {"weight_decay": 0.0}),
    ("adamw", {"weight_decay": 1e-7}),
    ("nadam", {}),
    ("nadam", {"beta1": 0.6, "weight_decay": 2.0}),
    ("nadam", {"weight_decay": 1e-7, "decoupled_weight_decay": True}),
    ("radam", {}),
    ("radam", {"beta1": 0.5, "weight_decay": 2.0}),
    ("radam", {"weight_decay": 1e-7, "decoupled_weight_decay": True}),
    ("adamax", {}),
    ("adamax", {"weight_decay": 2.0}),
    ("adagrad", {}),
    ("adagrad", {"weight_decay": 2.0}),
    ("adadelta", {"weight_decay": 2.0}),
    ("rmsprop", {}),
    ("rmsprop", {"centered": True}),
    ("rmsprop", {"momentum": 0.7, "weight_decay": 2.0}),
]

CURVATURE = 10.0


def bowl(start: float):
    return point_problem(lambda x, y: CURVATURE / 2 * x**2 + 1e-3 * y**2, (start, 0.0))


def settled(optimizer: torch.optim.Optimizer, point: torch.nn.Parameter) -> None:
    """Bring an optimizer to where its corrections of the first steps have died out."""
    group = optimizer.param_groups[0]
    lr, group["lr"] = group["lr"], 0.0
    point.grad = torch.zeros_like(point)
    optimizer.step()
    group["lr"] = lr
    state = optimizer.state[point]
    if "exp_avg" in state:
        state["step"].fill_(1e6)
    if "mu_product" in state:
        state["mu_product"].fill_(0.0)


def ratio_of(name: str, params: dict, start: float, ready) -> float:
    """How far over its limit a rate is."""
    run = watch(bowl(start), name, params, 3, prepare=ready)
    found = stability(run)
    assert found.limit.shape == (4,)
    assert found.scale.shape == (4, 2)
    assert found.rule
    sharpness = run.rates[-1].item() * found.scale[-1, 0] * (CURVATURE + found.decay)
    return sharpness / found.limit[-1]


def sizes(name: str, params: dict, start: float, ready, steps: int) -> np.ndarray:
    """The distances from the minimum in a plain loop."""
    point = torch.nn.Parameter(torch.tensor([start, 0.0], dtype=torch.float64))
    optimizer = optimizers[name].make([point], **optimizers[name].defaults() | params)
    ready(optimizer, point)
    path = []
    for _ in range(steps):
        point.grad = CURVATURE * point.detach()
        optimizer.step()
        path.append(abs(point[0].item()))
    return np.array(path)


def check(name: str, params: dict, start: float, ready=lambda *_: None, first=0.1) -> None:
    lr = first
    for _ in range(30):  # the limit itself may depend on the rate, through a weight decay
        ratio = ratio_of(name, {**params, "lr": lr}, start, ready)
        lr /= ratio
        if abs(ratio - 1) < 1e-9:
            break
    for factor, grows in ((0.998, False), (1.002, True)):
        here = {**params, "lr": factor * lr}
        assert ratio_of(name, here, start, ready) == pytest.approx(factor, rel=5e-4)
        size = sizes(name, here, start, ready, 1500)
        # What grows far comes to rest where the gradients outweigh eps.
        head, later = size[100:150].max(), size[150:].max() if grows else size[-50:].max()
        assert later > 1.5 * head if grows else later < head / 1.5


@pytest.mark.parametrize(("name", "params"), PLAIN)
def test_the_limit_of_unscaled_steps(name: str, params: dict):
    check(name, params, 1.0)


@pytest.mark.parametrize(("name", "params"), SCALED)
def test_the_limit_of_scaled_steps_with_their_scale_held_still(name: str, params: dict):
    eps = 1e6 if name != "adadelta" else 1e12
    first = 0.1 * eps if name != "adadelta" else 0.1
    check(name, {**params, "eps": eps}, 1e-3, settled, first)


def test_the_known_numbers():
    def limit(name: str, **params: float) -> float:
        run = watch(bowl(1e-3), name, {"lr": 1e-9, **params}, 2)
        return stability(run).limit[-1]

    assert limit("sgd") == 2
    assert limit("sgd", momentum=0.9) == pytest.approx(3.8)
    assert limit("sgd", momentum=0.9, nesterov=True) == pytest.approx(3.8 / 2.8)
    assert limit("sgd", momentum=0.9, dampening=0.9) == pytest.approx(38)
    assert limit("adam") == pytest.approx(38)
    assert limit("adamw", weight_decay=0.0) == pytest.approx(38)
    assert limit("adamax") == pytest.approx(38)
    assert limit("rmsprop") == 2
    assert limit("rmsprop", momentum=0.5) == 3
    assert limit("adagrad") == limit("adadelta") == 2
    assert np.isinf(limit("sgd", momentum=0.9, dampening=1.0))


def test_the_scale_is_read_from_what_the_optimizer_holds():
    run = watch(bowl(1.0), "adam", {"lr": 0.1, "eps": 1e-3}, 5)
    found = stability(run)
    v, t = run.memory["exp_avg_sq"].numpy(), np.arange(6)[:, None]
    after = v[1:] / (1 - 0.999 ** t[1:])
    want = 1 / (np.sqrt(after) + 1e-3) / (1 - 0.9 ** t[1:])
    np.testing.assert_allclose(found.scale[:-1], want)
    np.testing.assert_allclose(found.scale[-1], want[-1])
    rms = watch(bowl(1.0), "rmsprop", {"lr": 0.1, "centered": True}, 5)
    spread = rms.memory["square_avg"] - rms.memory["grad_avg"] ** 2
    np.testing.assert_allclose(
        stability(rms).scale[:-1], 1 / (spread[1:].sqrt().numpy() + 1e-8), rtol=1e-6
    )


def test_a_run_of_no_steps_has_a_limit_but_no_scale_yet():
    found = stability(watch(bowl(1.0), "adam", {}, 0))
    assert found.limit[0] == pytest.approx(38)
    assert np.isnan(found.scale).all()


@pytest.mark.parametrize("name", ["rprop", "lbfgs", "adafactor", "muon"])
def test_where_no_limit_is_known_there_is_none(name: str):
    assert optimizers[name].stability is None
    if name != "muon":
        assert stability(watch(bowl(1.0), name, {}, 2)) is None


def test_all_but_muon_can_move_a_point():
    refusing = {e.name for e in optimizers if e.refuses([(2,)])}
    assert "muon" in refusing
    assert not refusing & {
        "sgd", "asgd", "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "adadelta",
        "rmsprop", "rprop", "adafactor", "lbfgs",
    }  # fmt: skip
    assert "network" in optimizers["muon"].refuses([(2,)])
    assert not optimizers["muon"].refuses([(3, 2), (3,)])

"""The functions of the catalogue where their contract does not look: known values, known races."""

import math

import numpy as np
import pytest
import torch
from torch.func import jacrev

from lossviz.problem import function_problem
from lossviz.registry import functions
from lossviz.run import Method, race_on
from lossviz.run.state import MOST_FRAMES

#: Values worked out by hand, away from the minima.
VALUES = {
    "ravine": (3.0, 2.0, 204.5),
    "rosenbrock": (-1.2, 1.0, 24.2),
    "beale": (0.0, 0.0, 14.203125),
    "booth": (0.0, 0.0, 74.0),
    "matyas": (1.0, 2.0, 0.34),
    "himmelblau": (0.0, 0.0, 170.0),
    "rastrigin": (0.5, 1.0, 21.25),
    "ackley": (1.0, 0.0, 20 - 20 * math.exp(-0.2 * math.sqrt(0.5))),
    "styblinski_tang": (1.0, 2.0, -24.0),
    "three_hump_camel": (1.0, 2.0, 2 - 1.05 + 1 / 6 + 2 + 4),
    "six_hump_camel": (1.0, 1.0, 1.9 + 1 / 3 + 1),
    "goldstein_price": (0.0, 0.0, 600.0),
    "easom": (math.pi, 0.0, math.exp(-(math.pi**2))),
    "levy13": (0.5, 1.0, 1.25),
    "mccormick": (0.0, 0.0, 1.0),
    "saddle": (2.0, 2.0, 4.0),
    "hyperbolic": (3.0, 2.0, 5.0),
    "monkey_saddle": (2.0, 1.0, 2.0),
    "plateau_and_cliff": (1.0, 2.0, 0.5 - 1 / (1 + math.exp(20)) + 0.205),
    "product": (5.0, 0.0, 0.5),
    "flat": (3.0, 4.0, 0.0),
    "online": (1.0, 2.0, 10 / 101 + 2),
    "formula": (0.0, 2.0, 0.8),
}


@pytest.mark.parametrize("entry", functions, ids=lambda entry: entry.name)
def test_known_values(entry):
    x, y, expected = VALUES[entry.name]
    prob = function_problem(entry.name, start=(0.0, 0.0))
    point = torch.tensor([[x, y]], dtype=torch.float64)
    assert prob.stacked_loss(point).item() == pytest.approx(expected, abs=1e-12)


def test_what_is_not_ours_has_a_source():
    assert {entry.name for entry in functions if not entry.cite} == {"flat", "formula"}


@pytest.mark.parametrize("entry", functions, ids=lambda entry: entry.name)
def test_minimisers_have_all_their_digits(entry):
    f = entry.make(**entry.defaults())
    for minimiser in entry.minimisers(entry.defaults()):
        point = torch.tensor(minimiser, dtype=torch.float64)
        slope = jacrev(lambda p: f(p[0], p[1]))(point)
        bend = jacrev(jacrev(lambda p: f(p[0], p[1])))(point)
        # Newton's next point; singular where minima form a curve, or on the edge of a box.
        away = torch.linalg.lstsq(bend, slope, driver="gelsd").solution
        assert away.abs().max() < 1e-14 or entry.name == "online"


@pytest.mark.parametrize("entry", functions, ids=lambda entry: entry.name)
def test_who_starts_has_somewhere_to_go(entry):
    prob = function_problem(entry.name)
    point = prob.theta0.requires_grad_()
    (slope,) = torch.autograd.grad(prob.stacked_loss(point[None]).sum(), point)
    assert (slope.norm() > 1e-3) == (entry.name != "flat")


@pytest.mark.parametrize(("rotation", "steps"), [(0.0, 461), (45.0, 461), (90.0, 461)])
def test_gradient_descent_does_not_see_the_rotation(rotation, steps):
    prob = function_problem("ravine", {"rotation": rotation})
    (run,) = race_on(prob, [Method("sgd", {"lr": 2 / 101})], 470)
    assert int((run.loss < 1e-6).nonzero()[0]) == steps


@pytest.mark.parametrize(("rotation", "steps"), [(0.0, 305), (45.0, 637)])
def test_adam_sees_the_rotation(rotation, steps):
    prob = function_problem("ravine", {"rotation": rotation})
    (run,) = race_on(prob, [Method("adam", {"lr": 0.1})], 650)
    assert int((run.loss < 1e-6).nonzero()[0]) == steps


def test_the_curvatures_of_the_ravine():
    f = functions["ravine"].make(condition=37.0, rotation=30.0)
    at = tuple(torch.zeros(2, dtype=torch.float64))
    hessian = torch.autograd.functional.hessian(f, at)
    values = torch.linalg.eigvalsh(torch.tensor(hessian))
    assert values.tolist() == pytest.approx([1, 37])


def test_only_weight_decay_moves_on_nothing_at_all():
    prob = function_problem("flat")
    methods = [Method("sgd", {"lr": 1.0}), Method("adamw", {"lr": 0.01, "weight_decay": 0.1})]
    still, decays = race_on(prob, methods, 100)
    assert still.weights[-1].tolist() == [1, 1]
    assert decays.weights[-1].tolist() == pytest.approx([0.999**100] * 2)


def test_the_gradient_has_the_mean_of_its_steps():
    rule = functions["online"].deviation({})
    assert sum(rule(step)[0] for step in range(101)) == pytest.approx(0, abs=1e-9)
    assert all(rule(step)[1] == 0 for step in range(101))


def test_adam_on_the_game_it_loses_is_plain_arithmetic():
    """A race on the function, with its box and its gradients, is the published iteration."""
    params = {"lr": 0.1, "beta2": 0.99}
    methods = [Method("adam", {**params, "amsgrad": amsgrad}) for amsgrad in (False, True)]
    runs = race_on(function_problem("online", start=(0.0, 0.0)), methods, 600)
    for run, amsgrad in zip(runs, (False, True), strict=True):
        found = run.weights[:, 0].tolist()
        assert found == pytest.approx(list(_play(600, amsgrad, lambda t: 0.1)), abs=1e-9)
        assert (max(found) == 1) == (not amsgrad)  # the box holds Adam


def test_adam_ends_on_the_wrong_side():
    """Reddi et al. 2018: beta1 .9, beta2 .99, learning rate .5 / sqrt t, from 0, 2 million steps.

    Adam stays at the worst point, on average at .9945; AMSGrad ends at the best one.
    """
    steps = 2_000_000
    mean = sum(_play(steps, False, lambda t: 0.5 / math.sqrt(t))) / (steps + 1)
    assert mean == pytest.approx(0.9945, abs=1e-3)
    *_, last = _play(steps, True, lambda t: 0.5 / math.sqrt(t))
    assert last == pytest.approx(-0.998, abs=5e-4)


def test_a_long_race_goes_where_the_two_million_steps_end():
    """The same game by `race_on`, as far as a test can wait: `python -m benchmarks reddi` ends it.

    Every recorded point is that of the plain numbers, of which the test above takes all steps.
    """
    steps = 60_000
    params = {"lr": 0.5, "beta2": 0.99}
    methods = [Method("adam", {**params, "amsgrad": a}, "inverse_sqrt") for a in (False, True)]
    runs = race_on(function_problem("online", start=(0.0, 0.0)), methods, steps)
    for run, amsgrad in zip(runs, (False, True), strict=True):
        assert len(run.weights) <= MOST_FRAMES
        played = np.array(list(_play(steps, amsgrad, lambda t: 0.5 / math.sqrt(t))))
        np.testing.assert_allclose(run.weights[:, 0], played[run.recorded], rtol=0, atol=1e-9)
    adam, amsgrad = (run.weights[-400:, 0] for run in runs)
    assert adam.mean() > 0.99
    assert amsgrad.mean() < -0.99


def _play(steps, amsgrad, rate):
    """The positions x of Adam by plain numbers, the start first; eps is 1e-8."""
    entry = functions["online"]
    low, high, _, _ = entry.box({})
    gradients = [10 / 101 + entry.deviation({})(step)[0] for step in range(101)]
    x, first, second, greatest, left1, left2 = 0.0, 0.0, 0.0, 0.0, 1.0, 1.0
    yield x
    for t in range(1, steps + 1):
        gradient = gradients[(t - 1) % 101]
        first += 0.1 * (gradient - first)
        second += 0.01 * (gradient * gradient - second)
        greatest = max(greatest, second)
        left1, left2 = 0.9 * left1, 0.99 * left2
        size = math.sqrt((greatest if amsgrad else second) / (1 - left2)) + 1e-8
        x = min(high, max(low, x - rate(t) * first / (1 - left1) / size))
        yield x

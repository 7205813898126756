"""Arrows at a path's head: what the optimizer holds, times the rates that it really has."""

import numpy as np
import pytest

from lossviz.problem import point_problem
from lossviz.registry import optimizers
from lossviz.run import Method, race_on
from lossviz.run.arrows import arrows, effective_rates
from tests.run.plain import rosenbrock


def run_of(name: str, steps: int = 12, **params):
    problem = point_problem(rosenbrock, (-1.5, 2.0))
    return race_on(problem, [Method(name, params)], steps, watch=True)[0]


@pytest.mark.parametrize("name", [e.name for e in optimizers if not e.refuses([(2,)])])
def test_every_optimizer_has_arrows(name: str):
    run = run_of(name)
    frames = len(run.weights)
    found = arrows(run)
    assert {"gradient", "step"} <= set(found) <= {"gradient", "momentum", "step"}
    for vectors in found.values():
        assert vectors.shape == (frames, 2)
        assert np.isfinite(vectors[:-1]).all()
    moved = np.diff(run.weights.numpy(), axis=0)
    np.testing.assert_array_equal(found["step"][:-1], moved)
    assert np.isnan(found["step"][-1]).all()
    assert effective_rates(run).shape == (frames, 2)
    assert np.isfinite(effective_rates(run)).all()


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sgd", {"lr": 1e-3, "momentum": 0.9}),
        ("sgd", {"lr": 1e-3, "momentum": 0.9, "nesterov": True}),
        ("adam", {"weight_decay": 0.1}),
        ("nadam", {}),
        ("radam", {}),
        ("adamax", {}),
        ("rmsprop", {"momentum": 0.5}),
    ],
)
def test_the_step_is_along_the_momentum(name: str, params: dict):
    found = arrows(run_of(name, **params))
    np.testing.assert_allclose(found["momentum"][:-1], found["step"][:-1], rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "adadelta", "rmsprop", "rprop"])
def test_without_momentum_the_step_is_along_the_gradient(name: str):
    found = arrows(run_of(name, **({"lr": 1e-3} if name == "sgd" else {})))
    assert "momentum" not in found
    np.testing.assert_allclose(found["gradient"][:-1], found["step"][:-1], rtol=1e-9, atol=1e-13)


def test_the_rates_that_coordinates_really_have():
    assert (effective_rates(run_of("sgd", lr=1e-3)) == 1e-3).all()
    run = run_of("adam", lr=0.1)
    v = run.memory["exp_avg_sq"][5].numpy() / (1 - 0.999**5)
    np.testing.assert_allclose(effective_rates(run)[4], 0.1 / (np.sqrt(v) + 1e-8))
    run = run_of("rprop", lr=0.1)
    np.testing.assert_allclose(effective_rates(run)[3], run.memory["step_size"][4].numpy())


def test_a_run_that_was_not_watched_is_refused():
    problem = point_problem(rosenbrock, (0.0, 0.0))
    run = race_on(problem, [Method("lbfgs")], 2)[0]
    with pytest.raises(ValueError, match="watch=True"):
        effective_rates(run)

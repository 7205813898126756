"""Sweeps: final losses equal single runs, the best rate is the best."""

import numpy as np
import pytest
import torch

from lossviz import SettingError
from lossviz.problem import function_problem
from lossviz.run import Method, race_on, sweep

RATES = [0.1, 1e-4, 1e-3, 1e-2]
STEPS = 40


def test_final_losses_are_those_of_single_runs():
    problem = function_problem("rosenbrock", sigma=0.2)
    methods = [
        Method("sgd", {"momentum": 0.9}, "cosine", {"warmup": 3}),
        Method("adam"),
        Method("adafactor"),
    ]
    starts = torch.tensor([[-1.0, 1.0], [0.5, 2.0], [2.0, -1.0]]).double()
    seeds = [4, 5, 6]
    found = sweep(problem, methods, RATES, STEPS, starts, seeds)
    assert [one.method for one in found] == methods
    for method, one in zip(methods, found, strict=True):
        assert one.rates.tolist() == sorted(RATES)
        for row, rate in enumerate(one.rates):
            own = Method(
                method.optimizer,
                {**method.params, "lr": rate},
                method.schedule,
                method.schedule_params,
            )
            for s, (start, seed) in enumerate(zip(starts, seeds, strict=True)):
                (run,) = race_on(problem, [own], STEPS, start=start, seed=seed)
                diverged = run.status.kind == "diverged"
                assert one.final[row, s] == (np.inf if diverged else run.loss[-1].item())
        medians = [sorted(row)[1] for row in one.final]
        assert one.best == one.rates[medians.index(min(medians))]
        assert one.best_method.params["lr"] == one.best
        assert one.best_method.schedule == method.schedule


def test_diverged_runs_are_infinitely_bad_and_the_smallest_of_equals_wins():
    far = torch.tensor([[10.0, 1.0]]).double()
    ravine = function_problem("ravine")
    (one,) = sweep(ravine, [Method("sgd")], [5.0, 0.01, 7.0], 100, far)
    assert np.isinf(one.final[1:]).all()
    assert one.best == 0.01
    (all_bad,) = sweep(ravine, [Method("sgd")], [7.0, 5.0], 100, far)
    assert all_bad.best == 5.0
    # At the minimum nothing moves, whatever the rate.
    (still,) = sweep(ravine, [Method("adam")], [0.1, 0.001, 1.0], 5, torch.zeros(1, 2))
    assert (still.final == still.final[0]).all()
    assert still.best == 0.001


@pytest.mark.parametrize(
    ("rates", "message"),
    [([], "at least one"), ([1e9], "lr"), ([float("nan")], "lr")],
)
def test_rates_that_cannot_be_tried(rates, message: str):
    with pytest.raises(SettingError, match=message):
        sweep(function_problem("ravine"), [Method("sgd")], rates, 3, torch.zeros(1, 2))


def test_an_optimizer_without_a_learning_rate_is_told(monkeypatch):
    from dataclasses import replace

    from lossviz.registry import optimizers

    entry = replace(
        optimizers["sgd"], params=(), make=lambda params: torch.optim.SGD(params, lr=1.0)
    )
    monkeypatch.setitem(optimizers._entries, "sgd", entry)
    with pytest.raises(SettingError, match="no learning rate"):
        sweep(function_problem("ravine"), [Method("sgd")], [0.1], 3, torch.zeros(1, 2))

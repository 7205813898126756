"""Schedules: their closed forms, and whole races against plain loops with torch's schedulers."""

import math

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from lossviz import SettingError
from lossviz.problem import function_problem, point_problem
from lossviz.registry import ScheduleEntry, schedules
from lossviz.run import Method, advance, race_on, start_on
from lossviz.run.rates import Rates, table_of
from lossviz.settings import Options

N = 40


def rates_of(schedule: str, steps: int = N, lr: float = 0.3, **options) -> np.ndarray:
    complete = Options(schedules[schedule].complete(options))
    return np.asarray(table_of(schedule, complete, steps, (("lr", lr),)).lr)


t = np.arange(N)
#: Where step t stands in its period, of 10, 20 and then 40 steps.
DOUBLED = np.where(t < 10, t / 10, np.where(t < 30, (t - 10) / 20, (t - 30) / 40))
CLOSED = [
    ("constant", {}, np.ones(N)),
    ("step", {"every": 7, "gamma": 0.5}, 0.5 ** (t // 7)),
    ("exponential", {"gamma": 0.9}, 0.9**t),
    ("linear", {}, 1 - t / N),
    ("linear", {"end": 0.25}, 1 - 0.75 * t / N),
    ("polynomial", {"power": 3.0}, (1 - t / N) ** 3),
    ("inverse_sqrt", {}, 1 / np.sqrt(t + 1)),
    ("cosine", {}, (1 + np.cos(math.pi * t / N)) / 2),
    ("cosine", {"end": 0.1}, 0.1 + 0.9 * (1 + np.cos(math.pi * t / N)) / 2),
    ("restarts", {"period": 9}, (1 + np.cos(math.pi * (t % 9) / 9)) / 2),
    ("restarts", {"period": 10, "factor": 2}, (1 + np.cos(math.pi * DOUBLED)) / 2),
]


@pytest.mark.parametrize(("name", "options", "share"), CLOSED)
def test_the_rates_have_their_closed_form(name, options, share):
    np.testing.assert_allclose(rates_of(name, **options), 0.3 * share, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("name", schedules.names())
@pytest.mark.parametrize("warmup", [1, 5, N - 1, N, 3 * N])
def test_a_warm_up_rises_to_where_the_schedule_begins(name: str, warmup: int):
    whole = rates_of(name, max(1, N - warmup))
    rates = rates_of(name, warmup=warmup)
    rise = (np.arange(min(warmup, N)) + 1) / warmup
    np.testing.assert_allclose(rates[:warmup], rates_of(name)[0] * rise, rtol=1e-14)
    np.testing.assert_allclose(rates[warmup:], whole[: len(rates[warmup:])], rtol=1e-11)


def test_one_cycle_goes_up_and_down_and_turns_momentum_the_other_way():
    options = Options(schedules["one_cycle"].complete({"peak": 2.0, "rising": 0.25}))
    turned = (("lr", 0.3), ("betas", (0.9, 0.999)))
    table = table_of("one_cycle", options, N, turned)
    lr, beta = np.asarray(table.lr), np.asarray(table.momentum)
    assert lr.argmax() == beta.argmin() == 9
    assert (lr[0], lr[9], lr[-1]) == pytest.approx((0.6 / 25, 0.6, 0.6 / 25e4))
    assert (beta[0], beta[9], beta[-1]) == pytest.approx((0.95, 0.85, 0.95))


@pytest.mark.parametrize("turned", [(("lr", 0.3),), (("lr", 0.3), ("momentum", 0.0))])
def test_one_cycle_gives_no_momentum_to_what_has_none(turned):
    options = Options(schedules["one_cycle"].defaults())
    assert table_of("one_cycle", options, N, turned).momentum is None


@pytest.mark.parametrize(("steps", "rising"), [(10, 0.1), (2, 0.5), (4, 0.25)])
def test_one_cycle_with_a_rise_of_one_step_begins_at_the_top(steps: int, rising: float):
    assert rates_of("one_cycle", steps, rising=rising)[0] == pytest.approx(0.3)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_without_a_rise_goes_down(steps: int):
    rates = rates_of("one_cycle", steps, rising=0.0)
    assert (np.diff(rates) < 0).all()
    assert rates[-1] == pytest.approx(0.3 / 25e4)


# --- in races ------------------------------------------------------------------------------------


def plain_loop(make_optimizer, make_scheduler, steps: int) -> torch.Tensor:
    """Rosenbrock from its usual start, as anybody would write it."""
    problem = function_problem("rosenbrock")
    point = torch.nn.Parameter(problem.theta0.clone())
    optimizer = make_optimizer([point])
    scheduler = make_scheduler(optimizer)
    path = [point.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        problem.loss({"point": point}).backward()
        optimizer.step()
        scheduler.step()
        path.append(point.detach().clone())
    return torch.stack(path)


SGD = (
    Method("sgd", {"lr": 1e-3, "momentum": 0.9}),
    lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
)
ADAM = Method("adam", {"lr": 0.1}), lambda p: torch.optim.Adam(p, lr=0.1)
ASGD = Method("asgd", {"lr": 1e-3}), lambda p: torch.optim.ASGD(p, lr=1e-3)
NAMED = [
    ("step", {"every": 7}, lambda o: lr_scheduler.StepLR(o, 7)),
    ("exponential", {"gamma": 0.9}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    ("linear", {"end": 0.2}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, N)),
    ("polynomial", {"power": 2.0}, lambda o: lr_scheduler.PolynomialLR(o, N, 2.0)),
    ("cosine", {}, lambda o: lr_scheduler.CosineAnnealingLR(o, N)),
    ("restarts", {"period": 9}, lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 9)),
    (
        "one_cycle",
        {"peak": 3.0},
        lambda o: lr_scheduler.OneCycleLR(
            o, 3 * o.defaults["lr"], N, cycle_momentum=not isinstance(o, torch.optim.ASGD)
        ),
    ),
]


@pytest.mark.parametrize(("method", "make"), [SGD, ADAM, ASGD], ids=["sgd", "adam", "asgd"])
@pytest.mark.parametrize(("name", "options", "scheduler"), NAMED, ids=[n[0] for n in NAMED])
def test_a_race_equals_a_plain_loop_to_the_bit(method, make, name, options, scheduler):
    method = Method(method.optimizer, method.params, name, options)
    (run,) = race_on(function_problem("rosenbrock"), [method], N)
    assert torch.equal(run.weights, plain_loop(make, scheduler, N))


@pytest.mark.parametrize("name", schedules.names())
def test_chunks_equal_one_go_to_the_bit(name: str):
    problem = function_problem("rosenbrock")
    methods = [
        Method(optimizer, {"lr": 1e-3}, name, {"warmup": 5})
        for optimizer in ("sgd", "adam", "asgd", "lbfgs", "nadam")
    ]
    runs = race_on(problem, methods, N, watch=True)
    state, pieces = start_on(problem, methods, steps=N, watch=True), []
    while not state.done:
        state, chunk = advance(state, 7, problem)
        pieces.append(chunk.pieces)
    for k, run in enumerate(runs):
        assert torch.equal(torch.cat([p[k].weights for p in pieces]), run.weights)
        assert torch.equal(torch.cat([p[k].rates for p in pieces]), run.rates)
        momenta = torch.cat([p[k].momenta for p in pieces])
        assert np.array_equal(momenta.numpy(), run.momenta.numpy(), equal_nan=True)


def test_every_part_of_an_optimizer_has_its_own_schedule():
    from lossviz.registry import optimizers

    tensors = [torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(3))]
    muon = optimizers["muon"]
    optimizer = muon.make(tensors, **{**muon.defaults(), "lr": 0.02, "adamw_lr": 0.001})
    rates = Rates.of(optimizer, "cosine", {"end": 0.5, "warmup": 0}, 10)
    for step, shares in ((0, 1.0), (5, 0.75)):
        rates.apply(step)
        groups = [group["lr"] for group in optimizer.param_groups]
        assert groups == pytest.approx([0.02 * shares, 0.001 * shares])


def test_an_optimizer_without_a_learning_rate_is_left_alone():
    class Still(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        def step(self, closure=None):
            """Do nothing."""

    optimizer = Still([torch.nn.Parameter(torch.zeros(1))])
    rates = Rates.of(optimizer, "cosine", schedules["cosine"].defaults(), 3)
    rates.apply(0)
    assert np.isnan(rates.after([0, 1])).all()


def test_a_scheduler_that_refuses_is_told(monkeypatch):
    def refuse(optimizer, steps):
        raise ValueError("not today")

    entry = ScheduleEntry(name="no", title="No", about="Never.", make=refuse)
    monkeypatch.setitem(schedules._entries, "no", entry)
    with pytest.raises(SettingError, match="no: not today"):
        race_on(function_problem("ravine"), [Method("sgd", {}, "no")], 3)


# --- warm-up on a valley of minima: (w1 w2 - 1)^2 / 2 --------------------------------------------


def valley():
    return point_problem(lambda x, y: (x * y - 1) ** 2 / 2, (5.0, 0.0))


def sharpness(run) -> float:
    x, y = run.weights[-1].tolist()
    return float(np.linalg.eigvalsh([[y * y, 2 * x * y - 1], [2 * x * y - 1, x * x]])[-1])


def test_a_long_warm_up_ends_in_a_minimum_that_is_sharper_than_its_rate_allows():
    sudden, short, long = race_on(
        valley(),
        [Method("sgd", {"lr": 0.2}, "constant", {"warmup": w}) for w in (0, 50, 200)],
        1000,
    )
    assert str(sudden.status) == "diverged at step 6"
    assert short.status.kind == "diverged"
    assert long.status.kind == "finished"
    assert long.weights[-1].tolist() == pytest.approx([5.004, 0.200], abs=5e-4)
    assert sharpness(long) == pytest.approx(25.08, abs=5e-3)
    assert sharpness(long) > 2 / 0.2


def test_a_smaller_rate_catapults_to_a_flat_minimum():
    (run,) = race_on(valley(), [Method("sgd", {"lr": 0.15})], 1000)
    assert sharpness(run) == pytest.approx(3.67, abs=5e-3)

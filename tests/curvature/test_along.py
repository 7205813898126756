"""Sharpness along a path: that of each point alone, beside the limits of the optimizers; and the
edge of stability."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz import Problem, SettingError
from lossviz.curvature import adam_scale, scale_at, sharpness, sharpness_along
from lossviz.run import Method, Run, race_on
from lossviz.run.batches import Batches
from lossviz.run.stability import stability
from tests.curvature.networks import dense, reference, several


def plain(problem: Problem, run: Run, frames) -> np.ndarray:
    """The largest eigenvalue of each frame's whole Hessian."""
    return np.array(
        [
            np.linalg.eigvalsh(reference(problem, run.weights[int(f)].double()).numpy())[-1]
            for f in frames
        ]
    )


@pytest.mark.parametrize(
    ("kind", "lanes"), [("dense", 32), ("dense", 5), ("dense", 1), ("recurrent", 32)]
)
def test_it_is_that_of_each_point_alone(kind: str, lanes: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lossviz.curvature.along.LANES", lanes)
    problem = several()[kind]
    run = race_on(problem, [Method("sgd", {"lr": 0.5})], 40)[0]
    steps, found = sharpness_along(problem, run, every=3, tol=1e-4)
    assert steps.tolist() == [*range(0, 40, 3), 40]
    np.testing.assert_allclose(found, plain(problem, run, steps), rtol=1e-5)


def test_each_kind_of_model_is_followed():
    for problem in several().values():
        run = race_on(problem, [Method("sgd", {"lr": 0.05})], 4)[0]
        along = sharpness_along(problem, run)
        np.testing.assert_allclose(along.sharpness, plain(problem, run, along.steps), rtol=1e-4)
        assert (along.residual <= 1e-3 * np.abs(along.sharpness) + 1e-12).all()


def test_a_crossing_is_not_missed():
    # The second direction overtakes the first one half way, and is not seen in its curvature.
    f = lv.point_problem(lambda x, y: 5 * x**2 + y**2 * (1 + x**2), (0.0, 0.0))
    x = torch.linspace(0, 4, 41, dtype=torch.float64)
    run = race_on(f, [Method("sgd", {"lr": 0.1})], 40)[0]
    run = lv.Run(**{**run.__dict__, "weights": torch.stack([x, torch.zeros_like(x)], dim=1)})
    along = sharpness_along(f, run)
    expected = np.maximum(10.0, 2 * (1 + x.numpy() ** 2))
    np.testing.assert_allclose(along.sharpness, expected, rtol=1e-6)


def test_a_crossing_in_a_large_space_is_not_missed():
    # A quadratic of fifty directions, in which one grows past all others.
    scales = torch.linspace(0.1, 3, 50, dtype=torch.float64)
    net = nn.Linear(50, 1, bias=False).double()
    nn.init.constant_(net.weight, 0.0)
    eye = torch.diag(scales.sqrt())
    problem = Problem.from_module(
        net,
        lambda out, y: out.square().sum() / 2 + net_growth(out),
        (eye, torch.zeros(50, 1, dtype=torch.float64)),
    )
    run = race_on(problem, [Method("sgd", {"lr": 0.1})], 30)[0]
    path = torch.zeros(31, 50, dtype=torch.float64)
    path[:, -1] = torch.linspace(0, 3, 31)
    run = lv.Run(**{**run.__dict__, "weights": path})
    along = sharpness_along(problem, run)
    np.testing.assert_allclose(along.sharpness, plain(problem, run, range(31)), rtol=1e-4)
    assert along.sharpness[0] < 3.1
    assert along.sharpness[-1] > 5


def net_growth(out: torch.Tensor) -> torch.Tensor:
    """A curvature of the first direction that grows with the last weight."""
    return out[-1, 0] ** 2 * out[0, 0] ** 2 * 5


def test_warm_starts_need_few_products():
    problem = dense(20)
    run = race_on(problem, [Method("sgd", {"lr": 0.3})], 200)[0]
    along = sharpness_along(problem, run)
    assert along.products < 8 * len(along.steps)
    cold = sum(
        lv.curvature.top_eigenpairs(problem, run.weights[f], k=1, tol=1e-3).products
        for f in range(0, 201, 50)
    )
    assert along.products / len(along.steps) < cold / 5


def test_an_infinite_curvature_is_nan():
    steep = lv.point_problem(lambda x, y: x.abs() ** 1.5 + y**2, (1.0, 1.0))
    run = race_on(steep, [Method("sgd", {"lr": 0.1})], 3)[0]
    weights = run.weights.clone()
    weights[1, 0] = 0.0
    along = sharpness_along(steep, lv.Run(**{**run.__dict__, "weights": weights}))
    assert np.isnan(along.sharpness).tolist() == [False, True, False, False]
    assert np.isnan(along.residual).tolist() == [False, True, False, False]


# --- limits -------------------------------------------------------------------------------------

SGD = {
    "plain": {"lr": 0.1},
    "decay": {"lr": 0.1, "weight_decay": 0.5},
    "momentum": {"lr": 0.1, "momentum": 0.9},
    "dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    "nesterov": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
}


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle"])
@pytest.mark.parametrize("kind", SGD)
def test_the_limit_needs_no_watching_for_sgd(kind: str, schedule: str):
    bowl = lv.point_problem(lambda x, y: 2 * x**2 + y**2, (1.0, 1.0))
    method = Method("sgd", SGD[kind], schedule)
    plainly = sharpness_along(bowl, race_on(bowl, [method], 10)[0])
    watched_run = race_on(bowl, [method], 10, watch=True)[0]
    watched = sharpness_along(bowl, watched_run)
    np.testing.assert_allclose(plainly.limit, watched.limit)
    assert plainly.rule == watched.rule
    found = stability(watched_run)
    rates = watched_run.rates.numpy().copy()
    np.testing.assert_allclose(watched.limit, found.limit / rates - found.decay)


@pytest.mark.parametrize(("factor", "grows"), [(0.98, False), (1.02, True)])
@pytest.mark.parametrize("kind", SGD)
def test_the_limit_is_where_steps_begin_to_grow(kind: str, factor: float, grows: bool):
    ones = lv.point_problem(lambda x, y: x**2 / 2 + y**2 / 2, (1.0, 1.0))
    limit = sharpness_along(ones, race_on(ones, [Method("sgd", SGD[kind])], 1)[0]).limit[0]
    h = limit * factor
    bowl = lv.point_problem(lambda x, y: h * x**2 / 2 + h * y**2 / 2, (1.0, 1.0))
    path = race_on(bowl, [Method("sgd", SGD[kind])], 1500)[0].weights.abs()[:, 0]
    assert bool(path[-30:].max() > path[:30].max()) is grows


def test_weights_decay_in_the_scaled_sharpness():
    bowl = lv.point_problem(lambda x, y: 2 * x**2 + y**2, (1.0, 1.0))
    for name in ("adam", "adamw", "rmsprop"):
        run = race_on(bowl, [Method(name, {"lr": 0.1, "weight_decay": 0.3})], 20, watch=True)[0]
        along = sharpness_along(bowl, run, preconditioned=True)
        found = stability(run)
        matrix = np.diag([4.0, 2.0]) + found.decay * np.eye(2)
        root = np.sqrt(found.scale)
        expected = [np.linalg.eigvalsh(r[:, None] * matrix * r)[-1] for r in root]
        np.testing.assert_allclose(along.sharpness, expected, rtol=1e-6)
        rates = run.rates.numpy()
        np.testing.assert_allclose(along.limit[:-1], (found.limit / rates)[:-1])
        # On the plain sharpness there is no limit.
        assert np.isnan(sharpness_along(bowl, run).limit).all()


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}, {"weight_decay": 0.2}])
@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adams_scales_are_found_again(name: str, options):
    bowl = lv.function_problem("rosenbrock")
    method = Method(name, {"lr": 0.05, **options})
    watched = race_on(bowl, [method], 30, watch=True)[0]
    run = race_on(bowl, [method], 30)[0]
    found = adam_scale(bowl, run)
    np.testing.assert_allclose(found.numpy(), stability(watched).scale, rtol=1e-9)
    ours = sharpness_along(bowl, run, preconditioned=True, scale=found)
    theirs = sharpness_along(bowl, watched, preconditioned=True)
    np.testing.assert_allclose(ours.sharpness, theirs.sharpness, rtol=1e-6)
    np.testing.assert_allclose(ours.limit, theirs.limit)
    assert ours.rule == theirs.rule


def test_what_is_not_known_is_told():
    problem = dense(20)
    runs = race_on(problem, [Method("adam"), Method("sgd"), Method("lbfgs")], 4)
    assert np.isnan(sharpness_along(problem, runs[0]).limit).all()
    assert np.isnan(sharpness_along(problem, runs[2]).limit).all()
    with pytest.raises(SettingError, match="watch=True"):
        sharpness_along(problem, runs[0], preconditioned=True)
    with pytest.raises(SettingError, match="the optimizer is 'sgd'"):
        adam_scale(problem, runs[1])
    with pytest.raises(SettingError, match="scale must be"):
        sharpness_along(problem, runs[0], preconditioned=True, scale=torch.ones(3))
    with pytest.raises(SettingError, match="other parameters"):
        sharpness_along(dense(3), runs[0])
    with pytest.raises(SettingError, match="above 0"):
        sharpness_along(problem, runs[0], every=0)
    bowl = lv.point_problem(lambda x, y: x**2 + y**2, (1.0, 1.0))
    watched = race_on(bowl, [Method("rprop")], 3, watch=True)[0]
    with pytest.raises(SettingError, match="No scales are known"):
        sharpness_along(bowl, watched, preconditioned=True)


def test_adams_scales_are_found_again_on_the_runs_own_mini_batches():
    exp = lv.Experiment(
        optimizer="adam", params={"lr": 0.01}, steps=9, batch_size=60, dtype="float64"
    )
    run = lv.train(exp)
    problem = run.its_problem()
    leaf = torch.nn.Parameter(run.weights[0].clone())
    optimizer = torch.optim.Adam([leaf], lr=0.01)
    batches = Batches(problem.batch(), 60, Batches.begin(exp.seed))
    found = adam_scale(problem, run)
    for step in range(9):
        optimizer.zero_grad()
        problem.loss(problem.space.unflatten(leaf), batches.current()).backward()
        optimizer.step()
        batches.advance()
        torch.testing.assert_close(leaf.detach(), run.weights[step + 1])
        held = optimizer.state[leaf]["exp_avg_sq"] / (1 - 0.999 ** (step + 1))
        own = 1 / ((held.sqrt() + 1e-8) * (1 - 0.9 ** (step + 1)))
        torch.testing.assert_close(found[step], own, rtol=1e-8, atol=0)
    torch.testing.assert_close(scale_at(problem, run, 4)[1], found[4])
    torch.testing.assert_close(scale_at(problem, run)[1], found[8])


def test_scales_that_do_not_follow_from_the_weights_are_not_made_up():
    disturbed = lv.Experiment(optimizer="adam", steps=5, input_noise=0.1)
    run = lv.train(disturbed)
    with pytest.raises(SettingError, match="drew more than batches"):
        adam_scale(run.its_problem(), run)
    bowl = lv.point_problem(lambda x, y: x**2, (1.0, 1.0))
    flat = race_on(bowl, [Method("adam", {"eps": 1e-16})], 3, watch=True)[0]
    theta, scale = scale_at(bowl, flat, 2)
    assert torch.equal(theta, flat.weights[2])
    assert scale[1] == pytest.approx(1e16 / (1 - 0.9**3))
    with pytest.raises(SettingError, match="nearest recorded step is 3"):
        scale_at(bowl, flat, 7)


# --- the edge of stability ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def edge() -> tuple[Problem, list[Run]]:
    """1-20-20-1 tanh on 20 points of sin 3x, drawn in float64 from seed 0."""
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind = {"dtype": torch.float64}
        net = nn.Sequential(
            nn.Linear(1, 20, **kind), nn.Tanh(), nn.Linear(20, 20, **kind), nn.Tanh(),
            nn.Linear(20, 1, **kind),
        )  # fmt: skip
    problem = Problem.from_module(net, nn.MSELoss(), (x, torch.sin(3 * x)))
    methods = [Method("sgd", {"lr": eta}) for eta in (0.05, 0.1, 0.2)]
    return problem, race_on(problem, methods, 8000)


@pytest.mark.parametrize(("place", "eta", "end"), [(0, 0.05, 41.0), (1, 0.1, 19.4), (2, 0.2, 10.0)])
def test_sharpness_rises_to_two_over_the_rate_and_stays(edge, place: int, eta: float, end: float):
    problem, runs = edge
    along = sharpness_along(problem, runs[place], every=10)
    steps, found = along
    assert found[0] == pytest.approx(6.5, abs=0.05)
    assert steps[-1] == 8000
    # The end of a run at the edge depends on rounding, step by step.
    assert found[-1] == pytest.approx(end, rel=0.05)
    np.testing.assert_allclose(along.limit, 2 / eta)
    assert found[-1] == pytest.approx(sharpness(problem, runs[place].weights[-1]), rel=1e-5)
    # Progressive sharpening first: it starts far below the limit.
    assert found[0] < 0.7 * 2 / eta


def test_it_hovers_at_the_limit(edge):
    problem, runs = edge
    for run in runs[1:]:
        steps, found = sharpness_along(problem, run, every=10)
        late = found[steps >= 2000] * float(run.method.params["lr"]) / 2
        assert abs(np.median(late) - 1) < 0.03
        assert np.abs(late - 1).mean() < 0.05
        assert math.isfinite(late.max())
        assert late.max() < 1.25

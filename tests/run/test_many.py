"""Many replicas at once equal single races."""

import pytest
import torch

from lossviz import SettingError
from lossviz.problem import Problem, function_problem, point_problem
from lossviz.registry import optimizers, schedules
from lossviz.run import Method, race_many, race_on

STEPS = 30
EVERY = tuple(name for name in optimizers.names() if name != "muon")
SEEDS = [3, 11, 3, 0, 5]


def starts(count: int = len(SEEDS)) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 2, generator=generator, dtype=torch.float64)


def assert_equal_to_single_races(problem: Problem, methods, seeds=None) -> None:
    many = race_many(problem, methods, starts(), STEPS, seeds)
    assert tuple(many.weights.shape) == (len(methods), STEPS + 1, len(SEEDS), 2)
    for s, start in enumerate(starts()):
        seed = 0 if seeds is None else seeds[s]
        for k, run in enumerate(race_on(problem, methods, STEPS, start=start, seed=seed)):
            frames = len(run.weights)
            assert torch.equal(many.weights[k, :frames, s], run.weights), methods[k]
            assert torch.equal(many.loss[k, :frames, s], run.loss)
            assert torch.isnan(many.weights[k, frames:, s]).all()
            assert torch.isnan(many.loss[k, frames:, s]).all()
            ended = run.status.step if run.status.kind == "diverged" else -1
            assert many.ended[k, s] == ended


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_every_optimizer_equals_single_races_to_the_bit(name: str, noise: float):
    """On polynomials, whose values do not depend on the points beside."""
    problem = function_problem("rosenbrock", sigma=noise)
    lr = {"lr": 0.01} if name != "lbfgs" else {"lr": 0.5, "max_iter": 3}
    able = {param.name for param in optimizers[name].params}
    method = Method(name, {key: value for key, value in lr.items() if key in able})
    assert_equal_to_single_races(problem, [method], SEEDS if noise else None)


@pytest.mark.parametrize("name", schedules.names())
def test_schedules_are_kept(name: str):
    methods = [
        Method("adam", {"lr": 0.1}, name, {"warmup": 4}),
        Method("sgd", {"lr": 1e-3, "momentum": 0.9}, name),
        Method("adafactor", {}, name),
    ]
    assert_equal_to_single_races(function_problem("rosenbrock", sigma=0.1), methods, SEEDS)


def test_boxes_are_kept():
    box = (-2.0, 0.5, -3.0, 3.0)
    problem = point_problem(
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2, (0.0, 0.0), noise=1.0, box=box
    )
    many = race_many(problem, [Method("sgd", {"lr": 0.01})], starts(), STEPS, SEEDS)
    assert (many.weights[..., 1:, :, 0] <= 0.5).all()
    assert (many.weights[..., 0] == 0.5).any()


def test_some_diverge_and_the_others_go_on():
    """x^4 / 4 - x^2 / 2 with a rate that is too large far out only."""
    problem = point_problem(lambda x, y: x**4 / 4 + y**2, (0.0, 0.0))
    points = torch.tensor([[0.5, 1.0], [9.0, 1.0], [0.1, 0.0], [-20.0, 0.0]]).double()
    methods = [Method("sgd", {"lr": 0.1}), Method("adafactor"), Method("lbfgs")]
    many = race_many(problem, methods, points, 40)
    assert (many.ended[0] >= 0).tolist() == [False, True, False, True]
    assert torch.isfinite(many.weights[0, :, [0, 2]]).all()
    for k, method in enumerate(methods):
        for s, point in enumerate(points):
            (run,) = race_on(problem, [method], 40, start=point)
            assert torch.equal(many.weights[k, : len(run.weights), s], run.weights)
            assert (many.ended[k, s] >= 0) == (run.status.kind == "diverged")


def test_no_steps_still_show_the_start():
    many = race_many(function_problem("ravine"), [Method("adam")], starts(), 0)
    assert torch.equal(many.weights[0, 0], starts())
    assert many.ended.tolist() == [[-1] * len(SEEDS)]


@pytest.mark.parametrize(("batch", "variance"), [(1, 0.05263), (16, 0.00329)])
def test_noise_keeps_gradient_descent_at_the_stationary_variance(batch: int, variance: float):
    """x^2/2 with noise sigma 1 and lr eta: the variance settles at eta / (B (2 - eta))."""
    eta, seeds, steps = 0.1, 400, 300
    problem = point_problem(lambda x, y: (x**2 + y**2) / 2, (0.0, 0.0), noise=batch**-0.5)
    begin = torch.zeros(seeds, 2, dtype=torch.float64)
    many = race_many(problem, [Method("sgd", {"lr": eta})], begin, steps, range(seeds))
    exact = eta / (batch * (2 - eta))
    assert exact == pytest.approx(variance, abs=5e-6)
    # After 60 steps 0.9^120 < 4e-6 of the way is left. Squares of one coordinate are correlated
    # by 0.81 a step, so that n frames count as n (1 - 0.81) / (1 + 0.81) independent ones, each
    # with the relative variance 2 of a squared normal number.
    settled = many.weights[0, 60:]
    independent = settled.shape[0] * seeds * 2 * (1 - 0.81) / (1 + 0.81)
    tolerance = 5 * (2 / independent) ** 0.5
    assert tolerance < 0.06
    assert settled.square().mean().item() == pytest.approx(exact, rel=tolerance)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": []}, "0 methods"),
        ({"seeds": [1]}, "1 seeds"),
        ({"steps": -1}, "-1 steps"),
        ({"starts": torch.zeros(3, 5)}, "rows of 2"),
        ({"starts": torch.zeros(0, 2)}, "rows of 2"),
        ({"starts": torch.full((1, 2), torch.nan)}, "not finite"),
        ({"steps": 10_000_000}, "MiB"),
    ],
)
def test_what_does_not_fit_is_told(change, message: str):
    usual = {"methods": [Method("sgd")], "starts": starts(), "steps": 3, "seeds": None}
    with pytest.raises(SettingError, match=message):
        race_many(function_problem("ravine"), **{**usual, **change})

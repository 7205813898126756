"""Sharpness measures: invariances, the one step as a floor, and the quadratic for small balls."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lossviz import Problem, SettingError
from lossviz.curvature import HessianProducts, sharpness, top_eigenpairs, worst_case
from lossviz.problem import point_problem
from tests.curvature.networks import dense, reference


def rectified(bias: bool = False) -> Problem:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(30, 3, generator=generator, dtype=torch.float64)
    torch.manual_seed(4)
    net = nn.Sequential(
        nn.Linear(3, 6, bias=bias), nn.ReLU(), nn.Linear(6, 5, bias=bias), nn.ReLU(),
        nn.Linear(5, 1, bias=bias),
    ).double()  # fmt: skip
    return Problem.from_module(net, nn.MSELoss(), (inputs, inputs[:, :1].sin()))


def rescaled(problem: Problem, factors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same function with the units of hidden layers scaled by factors, and undone after."""
    params = {name: tensor.clone() for name, tensor in problem.params0.items()}
    for layer, following in (("0", "2"), ("2", "4")):
        params[f"{layer}.weight"] *= factors[layer][:, None]
        if f"{layer}.bias" in params:
            params[f"{layer}.bias"] *= factors[layer]
        params[f"{following}.weight"] /= factors[layer][None]
    return params


@pytest.mark.parametrize("bias", [False, True])
def test_normalised_sharpness_does_not_see_a_rescaling(bias: bool):
    problem = rectified(bias)
    layers = {"0": torch.full((6,), 3.0).double(), "2": torch.full((5,), 0.2).double()}
    units = {
        "0": torch.linspace(0.3, 4, 6, dtype=torch.float64),
        "2": torch.linspace(2, 0.5, 5, dtype=torch.float64),
    }
    for normalize, factors in (("filter", layers), ("element", layers), ("element", units)):
        other = rescaled(problem, factors)
        torch.testing.assert_close(problem.loss(other), problem.loss(problem.params0))
        before = sharpness(problem, normalize=normalize)
        assert sharpness(problem, other, normalize=normalize) == pytest.approx(before, rel=1e-6)
        # The plain one does see it, which is why there is another.
        assert abs(sharpness(problem, other) / sharpness(problem) - 1) > 0.2
    # Norms of filters mix the inputs of a unit, so single units may not be scaled apart.
    seen = sharpness(problem, rescaled(problem, units), normalize="filter")
    assert abs(seen / sharpness(problem, normalize="filter") - 1) > 0.01


@pytest.mark.parametrize("normalize", ["none", "filter", "element"])
def test_it_is_the_largest_eigenvalue_in_these_coordinates(normalize: str):
    problem = dense()
    scale = torch.ones(problem.space.size, dtype=torch.float64)
    parts = problem.space.unflatten(scale)
    for name, weight in problem.params0.items():
        if normalize == "element" or (normalize == "filter" and weight.dim() == 1):
            parts[name].copy_(weight.abs())
        elif normalize == "filter":
            for row, norm in zip(parts[name], weight, strict=True):
                row.fill_(float(norm.norm()))
    matrix = scale[:, None] * reference(problem) * scale
    expected = np.linalg.eigvalsh(matrix.numpy())[-1]
    assert sharpness(problem, normalize=normalize) == pytest.approx(expected, rel=1e-6)


# --- the worst case -----------------------------------------------------------------------------


@pytest.mark.parametrize("normalize", ["none", "filter", "element"])
@pytest.mark.parametrize("rho", [0.01, 0.3, 2.0])
def test_it_is_never_below_one_step(normalize: str, rho: float):
    problem = dense()
    found = worst_case(problem, rho=rho, normalize=normalize)
    assert found.rise >= max(found.one_step, 0.0)
    # What it says is what is there.
    theta = problem.theta0 + found.step
    seen = problem.loss(problem.space.unflatten(theta)) - problem.loss(problem.params0)
    assert found.rise == pytest.approx(float(seen), rel=1e-9)
    assert float(problem.loss(problem.params0)) == pytest.approx(found.loss)


def test_one_step_is_that_of_sam():
    problem = dense()
    slope = HessianProducts(problem).gradient()
    theta = problem.theta0 + 0.1 * slope / slope.norm()
    rise = problem.loss(problem.space.unflatten(theta)) - problem.loss(problem.params0)
    assert worst_case(problem, rho=0.1).one_step == pytest.approx(float(rise), rel=1e-9)


def test_it_stays_in_the_ball_and_grows_with_it():
    problem = dense()
    rises = []
    for rho in (0.05, 0.2, 0.8):
        found = worst_case(problem, rho=rho)
        assert found.step.norm() <= rho * (1 + 1e-9)
        rises.append(found.rise)
    assert rises == sorted(rises)


def test_at_a_minimum_it_is_half_the_curvature():
    bowl = point_problem(lambda x, y: 3 * x**2 + y**2, (0.0, 0.0))
    found = worst_case(bowl, rho=0.1)
    # At the very minimum the gradient has no direction, and one step goes nowhere.
    assert found.one_step == 0.0
    assert found.rise == pytest.approx(0.1**2 / 2 * 6, rel=1e-6)
    assert abs(float(found.direction()["point"][0])) == pytest.approx(0.1, rel=1e-4)


def test_a_hill_between_starts_is_found():
    # Uphill by one step is right; the far higher wall is on the other side.
    wall = point_problem(lambda x, y: 0.1 * x + 5 * torch.relu(-x - 0.5) + 0 * y, (0.0, 0.0))
    found = worst_case(wall, rho=1.0)
    assert found.one_step == pytest.approx(0.1)
    assert found.rise == pytest.approx(2.4, rel=1e-3)


def test_it_is_the_same_with_one_seed():
    problem = dense(dtype=torch.float32)
    assert torch.equal(worst_case(problem, seed=1).step, worst_case(problem, seed=1).step)
    double = worst_case(problem, seed=1, dtype=torch.float64)
    assert double.rise == pytest.approx(worst_case(problem, seed=1).rise, rel=0.02)


def test_it_is_at_least_what_a_thousand_random_steps_find():
    problem = dense()
    generator = torch.Generator().manual_seed(9)
    rows = torch.randn(1000, problem.space.size, generator=generator, dtype=torch.float64)
    theta = problem.theta0 + 0.5 * rows / rows.norm(dim=1, keepdim=True)
    seen = torch.stack([problem.loss(problem.space.unflatten(row)) for row in theta])
    assert worst_case(problem, rho=0.5).rise > float(seen.max() - problem.loss(problem.params0))


@pytest.mark.parametrize(
    "options",
    [{"rho": 0.0}, {"rho": float("nan")}, {"starts": -1}, {"steps": 0}, {"normalize": "rows"}],
)
def test_what_makes_no_sense_is_told(options):
    with pytest.raises(SettingError):
        worst_case(dense(), **options)


def test_a_centre_that_is_not_finite_is_told():
    with pytest.raises(SettingError, match="centre"):
        worst_case(point_problem(lambda x, y: x.log() + y, (-1.0, 0.0)))


def test_plain_sharpness_is_the_first_eigenvalue():
    assert sharpness(dense()) == pytest.approx(float(top_eigenpairs(dense(), k=1).values[0]))

"""Hessians: equal to torch.func's own one by one, in float64, and NaN where there is none."""

import pytest
import torch
from torch import nn

from lossviz import Problem, SettingError
from lossviz.curvature import derivatives, hessians
from tests.run.plain import on_the_plane, rosenbrock


def network(dtype: torch.dtype = torch.float64) -> Problem:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(7, 2, generator=generator, dtype=torch.float64).to(dtype)
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).to(dtype)
    return Problem.from_module(net, nn.MSELoss(), (inputs, inputs[:, :1].sin()))


def points(count: int, size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, size, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("problem", [network(), on_the_plane(rosenbrock, (0.0, 0.0))])
def test_it_equals_torchs_own_one_by_one(problem: Problem):
    theta = points(5, problem.space.size)
    found = derivatives(problem, theta)
    for row, loss, slope, matrix in zip(
        theta, found.loss, found.gradient, found.hessian, strict=True
    ):

        def at(vector):
            return problem.stacked_loss(vector[None])[0]

        torch.testing.assert_close(loss, at(row))
        torch.testing.assert_close(slope, torch.func.grad(at)(row))
        torch.testing.assert_close(matrix, torch.autograd.functional.hessian(at, row))


def test_rows_in_many_chunks_are_the_same(monkeypatch: pytest.MonkeyPatch):
    problem = network()
    theta = points(11, problem.space.size)
    whole = hessians(problem, theta)
    monkeypatch.setattr("lossviz.curvature.hessian.CHUNK", 3 * problem.space.size)
    torch.testing.assert_close(hessians(problem, theta), whole)


def test_single_precision_comes_back_in_double():
    problem = network(torch.float32)
    theta = points(3, problem.space.size)
    found = hessians(problem, theta.float())
    assert found.dtype == torch.float64
    twin = Problem.from_module(
        problem.model.module.double(), nn.MSELoss(), tuple(t.double() for t in problem.batch())
    )
    torch.testing.assert_close(found, hessians(twin, theta), rtol=1e-3, atol=1e-4)


def test_a_flat_or_straight_surface_has_no_curvature():
    for f in (lambda x, y: 3 * x - y, lambda x, y: 0 * x + 2.0):
        found = derivatives(on_the_plane(f, (0.0, 0.0)), points(4, 2))
        assert torch.equal(found.hessian, torch.zeros(4, 2, 2, dtype=torch.float64))


def test_a_hessian_that_is_not_finite_is_nan():
    problem = on_the_plane(lambda x, y: x.abs().pow(1.5) + y**4, (1.0, 1.0))
    found = hessians(problem, torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, torch.inf]]).double())
    assert torch.isfinite(found[0]).all()
    assert torch.isnan(found[1:]).all()


def test_it_neither_moves_nor_keeps_what_it_is_given():
    theta = points(2, 2).requires_grad_()
    problem = on_the_plane(rosenbrock, (0.0, 0.0))
    found = hessians(problem, theta)
    assert theta.grad is None
    assert not found.requires_grad


def test_it_refuses_large_models_and_points_of_another_width():
    large = Problem.from_module(nn.Linear(64, 1), nn.MSELoss(), (torch.ones(2, 64), torch.ones(2)))
    with pytest.raises(SettingError, match="65 parameters"):
        hessians(large, torch.zeros(1, 65))
    with pytest.raises(SettingError, match="rows of 2 weights"):
        hessians(on_the_plane(rosenbrock, (0.0, 0.0)), torch.zeros(4, 3))

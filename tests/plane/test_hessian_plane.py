"""The plane of the sharpest directions: orthonormal, and curved as it says."""

import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz import Problem, SettingError, slice_loss
from lossviz.run import Method, race_on


def network(dtype: torch.dtype = torch.float64) -> Problem:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(20, 2, generator=generator, dtype=torch.float64).to(dtype)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1)).to(dtype)
    return Problem.from_module(net, nn.MSELoss(), (inputs, inputs.prod(1, keepdim=True)))


def curvatures(problem: Problem, plane: lv.Plane, h: float = 1e-3) -> torch.Tensor:
    """Second differences of the slice's loss along x, along y, and mixed."""
    points = [(h, 0), (-h, 0), (0, h), (0, -h), (h, h), (-h, -h), (h, -h), (-h, h), (0, 0)]
    at = slice_loss(problem, plane, torch.tensor(points, dtype=torch.float64))
    along_x = (at[0] + at[1] - 2 * at[8]) / h**2
    along_y = (at[2] + at[3] - 2 * at[8]) / h**2
    mixed = (at[4] + at[5] - at[6] - at[7]) / (4 * h**2)
    return torch.stack([along_x, along_y, mixed])


def test_it_curves_as_its_titles_say():
    problem = network()
    run = race_on(problem, [Method("sgd", {"lr": 0.1})], 50)[0]
    for params in (problem.params0, run.params(-1)):
        plane = lv.hessian_plane(problem, params)
        high, low = plane.info["eigenvalues"]
        found = curvatures(problem, plane)
        torch.testing.assert_close(
            found, torch.tensor([high, low, 0.0]).double(), rtol=1e-5, atol=1e-5
        )
        assert high > low
        assert plane.titles[0] == f"sharpest direction (distance; curvature {high:.4g})"
        assert plane.titles[1] == f"second sharpest direction (distance; curvature {low:.4g})"


def test_its_axes_are_orthonormal_and_the_point_is_its_origin():
    for dtype in (torch.float32, torch.float64):
        problem = network(dtype)
        plane = lv.hessian_plane(problem, problem.params0)
        gram = plane.axes @ plane.axes.T
        torch.testing.assert_close(gram, torch.eye(2).double(), rtol=0, atol=1e-14)
        for name, tensor in plane.at(0, 0).items():
            assert torch.equal(tensor, problem.params0[name])
        coords, residual = plane.project(problem.theta0)
        assert coords.abs().max() == 0
        assert residual.item() == 0


def test_no_other_direction_is_sharper():
    problem = network()
    plane = lv.hessian_plane(problem, problem.params0)
    for seed in range(3):
        other = lv.random_plane(problem, problem.params0, seed, normalize="none", orthogonal=True)
        other = lv.Plane(
            other.origin, other.axes / other.axes.norm(dim=1, keepdim=True), problem.space
        )
        assert (curvatures(problem, other)[:2] < plane.info["eigenvalues"][0]).all()


def test_it_is_the_same_each_time():
    problem = network()
    first, second = (lv.hessian_plane(problem, problem.params0, seed=3) for _ in range(2))
    assert torch.equal(first.axes, second.axes)
    again = lv.hessian_plane(problem, problem.theta0, seed=4)
    torch.testing.assert_close(again.axes, first.axes, rtol=1e-5, atol=1e-6)


def test_it_is_drawn_like_any_other():
    problem = network(torch.float32)
    plane = lv.hessian_plane(problem, problem.params0, dtype=torch.float64)
    surface = lv.evaluate(problem, plane, [-1.0, 0.0, 1.0], [-0.5, 0.0, 0.5, 1.0])
    assert surface.loss.shape == (4, 3)
    torch.testing.assert_close(surface.loss[1, 1], problem.loss(problem.params0))


def test_two_parameters_are_enough_and_one_is_not():
    bowl = lv.point_problem(lambda x, y: x**2 + 3 * y**2, (1.0, 2.0))
    assert lv.hessian_plane(bowl, bowl.params0).info["eigenvalues"] == (6.0, 2.0)
    ones = torch.ones(1, 1)
    single = Problem.from_module(nn.Linear(1, 1, bias=False), nn.MSELoss(), (ones, ones))
    with pytest.raises(ValueError, match="two parameters or more"):
        lv.hessian_plane(single, single.params0)


def test_a_point_of_another_model_is_told():
    with pytest.raises(SettingError, match="does not fit"):
        lv.hessian_plane(network(), {"x": torch.zeros(2)})

import pytest
import torch
from torch import nn

from lossviz.plane import Plane, exact_plane, through_plane
from lossviz.problem.problem import Problem
from lossviz.problem.space import ParamSpace

SPACE = ParamSpace(("w", "b"), ((3, 2), (3,)))


def skewed_plane(dtype: torch.dtype = torch.float64) -> Plane:
    generator = torch.Generator().manual_seed(1)
    origin, first, noise = torch.randn(3, 9, generator=generator, dtype=dtype)
    return Plane(origin, torch.stack([first, 3 * first + 0.1 * noise]), SPACE)


def test_points_and_at_are_the_formula():
    plane = skewed_plane()
    expected = plane.origin + 0.3 * plane.axes[0] - 2 * plane.axes[1]
    torch.testing.assert_close(plane.points(torch.tensor([0.3]), torch.tensor([-2]))[0], expected)
    named = plane.at(0.3, -2)
    assert {k: tuple(v.shape) for k, v in named.items()} == {"w": (3, 2), "b": (3,)}
    torch.testing.assert_close(SPACE.flatten(named), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_middle_is_the_origin_to_the_last_bit(dtype: torch.dtype):
    origin = torch.randn(9, dtype=dtype)
    plane = Plane(origin, torch.randn(2, 9), SPACE)
    middle = SPACE.flatten(plane.at(0, 0))
    assert middle.dtype == dtype
    assert torch.equal(middle, origin)


def test_points_of_a_skewed_plane_project_onto_themselves():
    plane = skewed_plane()
    coords = torch.tensor([[0.0, 0.0], [1.0, -2.0], [-30.0, 4.0]], dtype=torch.float64)
    back, residual = plane.project(plane.points(coords[:, 0], coords[:, 1]))
    torch.testing.assert_close(back, coords, rtol=1e-9, atol=1e-9)
    assert residual.max() < 1e-12


def test_projection_is_least_squares():
    plane = skewed_plane()
    weights = torch.randn(5, 9, dtype=torch.float64)
    coords, residual = plane.project(weights)
    away = weights - plane.origin
    expected = torch.linalg.lstsq(plane.axes.T, away.T).solution.T
    torch.testing.assert_close(coords, expected)
    nearest = plane.points(coords[:, 0], coords[:, 1])
    torch.testing.assert_close(residual, (weights - nearest).norm(dim=1))
    # What is left over is perpendicular to both axes.
    assert ((weights - nearest) @ plane.axes.T).abs().max() < 1e-10


def test_projection_in_blocks_equals_the_whole(monkeypatch):
    plane, weights = skewed_plane(), torch.randn(7, 9)
    whole = plane.project(weights)
    monkeypatch.setattr("lossviz.plane.plane.BLOCK", 20)
    for a, b in zip(whole, plane.project(weights), strict=True):
        torch.testing.assert_close(a, b)


def test_projection_does_not_hide_what_is_not_finite():
    weights = torch.zeros(3, 9)
    weights[1, 4] = torch.nan
    weights[2, 0] = torch.inf
    coords, residual = skewed_plane().project(weights)
    assert coords[0].isfinite().all()
    assert not coords[1:].isfinite().any()
    assert residual.isfinite().tolist() == [True, False, False]


def test_one_point_and_no_point_can_be_projected():
    plane = skewed_plane()
    assert plane.project(plane.origin)[0].shape == (1, 2)
    coords, residual = plane.project(torch.zeros(0, 9))
    assert coords.shape == (0, 2)
    assert residual.shape == (0,)


@pytest.mark.parametrize(
    ("origin", "axes", "message"),
    [
        (torch.zeros(8), torch.eye(2, 9), r"needs an origin \(9,\)"),
        (torch.zeros(9), torch.eye(3, 9), r"axes \(2, 9\)"),
        (torch.zeros(9), torch.ones(2, 9), "parallel"),
        (torch.zeros(9), torch.zeros(2, 9), "parallel or zero"),
        (torch.zeros(9), torch.eye(2, 9) * torch.tensor([[1.0], [0.0]]), "parallel or zero"),
        (torch.full((9,), torch.nan), torch.eye(2, 9), "origin .* finite"),
        (torch.zeros(9), torch.full((2, 9), torch.inf), "axes .* finite"),
    ],
)
def test_what_is_no_plane_is_refused(origin, axes, message):
    with pytest.raises(ValueError, match=message):
        Plane(origin, axes, SPACE)


def test_weights_of_another_model_are_refused():
    with pytest.raises(ValueError, match=r"shape \(4, 8\), expected \(T, 9\)"):
        skewed_plane().project(torch.zeros(4, 8))


# --- through three points ------------------------------------------------------------------------


def test_through_plane_is_exact_at_the_three_points():
    points = [{"w": torch.randn(3, 2), "b": torch.randn(3)} for _ in range(3)]
    plane = through_plane(*points)
    gram = plane.axes @ plane.axes.T
    torch.testing.assert_close(gram, torch.eye(2, dtype=torch.float64))
    for (x, y), point in zip(plane.info["points"], points, strict=True):
        for name, value in plane.at(x, y).items():
            torch.testing.assert_close(value, point[name], rtol=1e-6, atol=1e-7)
    _, residual = plane.project(torch.stack([plane.space.flatten(p) for p in points]))
    assert residual.max() < 1e-6


@pytest.mark.parametrize(
    "points",
    [
        ([0.0, 0, 0], [1.0, 1, 1], [-2.0, -2, -2]),
        ([1.0, 2, 3], [1.0, 2, 3], [0.0, 0, 0]),
        ([1.0, 2, 3], [0.0, 0, 0], [1.0, 2, 3]),
        ([1.0, 2, 3], [0.0, 0, 0], [0.0, 0, 0]),
    ],
)
def test_three_points_on_a_line_are_refused(points):
    with pytest.raises(ValueError, match="lie on a line"):
        through_plane(*map(torch.tensor, points))


def test_through_plane_wants_points_of_one_model():
    with pytest.raises(ValueError, match=r"shape \(2,\), not \(3,\)"):
        through_plane(torch.zeros(3), torch.ones(2), torch.ones(3))
    with pytest.raises(ValueError, match="expected"):
        through_plane({"a": torch.zeros(3)}, {"b": torch.zeros(3)}, {"a": torch.ones(3)})


# --- the parameters themselves -------------------------------------------------------------------


def test_exact_plane_is_the_parameter_space():
    prob = Problem.from_module(nn.Linear(1, 1), nn.MSELoss(), (torch.ones(2, 1), torch.ones(2, 1)))
    plane = exact_plane(prob)
    assert plane.titles == ("weight", "bias")
    assert {k: v.item() for k, v in plane.at(3, -4).items()} == {"weight": 3, "bias": -4}
    coords, residual = plane.project(torch.tensor([[5.0, 6.0]]))
    assert coords.tolist() == [[5, 6]]
    assert residual.tolist() == [0]


def test_entries_of_one_tensor_have_names_of_their_own():
    assert ParamSpace(("p",), ((2,),)).entry_names == ("p[0]", "p[1]")


def test_exact_plane_refuses_other_sizes():
    prob = Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), (torch.ones(2, 2), torch.ones(2, 1)))
    with pytest.raises(ValueError, match="this model has 3"):
        exact_plane(prob)

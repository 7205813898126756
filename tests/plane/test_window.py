import math

import pytest
import torch

from lossviz.plane import Plane, grid, random_walk_shares, window
from lossviz.problem.space import ParamSpace

PLANE = Plane(torch.zeros(3), torch.eye(2, 3), ParamSpace(("w",), ((3,),)))


def test_all_paths_are_inside_with_a_margin():
    paths = [torch.tensor([[0.0, 0.0], [4.0, 1.0]]), torch.tensor([[-1.0, 3.0]])]
    (x0, x1), (y0, y1) = window(PLANE, paths, margin=0.1)
    assert (x0, x1) == pytest.approx((-1.5, 4.5))
    assert (y0, y1) == pytest.approx((-0.3, 3.3))


def test_a_thin_window_is_widened_to_a_quarter():
    (x0, x1), (y0, y1) = window(PLANE, [torch.tensor([[0.0, 5.0], [8.0, 5.0]])], margin=0)
    assert (x0, x1) == (0, 8)
    assert (y0, y1) == (4, 6)


def test_where_nothing_moves_there_is_still_a_window():
    assert window(PLANE, [torch.tensor([[2.0, 3.0]] * 5)]) == ((1, 3), (2, 4))


def test_a_window_far_away_is_large_enough_for_single_precision():
    for step in (0.0, 64.0):
        far = torch.tensor([[1e9, 1e9], [1e9 + step, 1e9]])
        for low, high in window(PLANE, [far]):
            assert high - low == pytest.approx(2e4)
            assert len(torch.linspace(low, high, 61, dtype=torch.float32).unique()) == 61


def test_a_path_that_flies_away_leaves_the_window():
    calm = torch.tensor([[0.0, 0.0], [2.0, 1.0]])
    wild = torch.tensor([[0.0, 0.0], [-1.0, 1.0], [1e4, 1e4], [math.inf, 0.0], [math.nan, 0.0]])
    (x0, x1), (y0, y1) = window(PLANE, [calm, wild], margin=0)
    assert (x0, x1, y0, y1) == (-1, 2, 0, 1)
    # Alone it is followed for ten times the norm of its start, at least 10.
    alone = torch.tensor([[0.0, 0.0], [5.0, 5.0], [1e4, 1e4]])
    assert window(PLANE, [alone], margin=0) == ((0, 5), (0, 5))


def test_windows_that_cannot_be():
    with pytest.raises(ValueError, match="No point of the paths is finite"):
        window(PLANE, [torch.full((3, 2), torch.nan)])
    with pytest.raises(ValueError, match="No point of the paths is finite"):
        window(PLANE, [])
    with pytest.raises(ValueError, match="margin is -1"):
        window(PLANE, [torch.zeros(1, 2)], margin=-1)


def test_grid_has_unequal_sides():
    x, y = grid(((-1, 1), (0, 4)), 3, 5)
    assert x.tolist() == [-1, 0, 1]
    assert y.tolist() == [0, 1, 2, 3, 4]
    assert [len(side) for side in grid(((0, 1), (0, 1)), 4)] == [4, 4]
    with pytest.raises(ValueError, match="2 points or more"):
        grid(((0, 1), (0, 1)), 1)


# --- random walks --------------------------------------------------------------------------------


def test_the_limit_is_six_over_pi_squared():
    first, second = random_walk_shares(10**6)
    assert first == pytest.approx(6 / math.pi**2, rel=1e-5)
    assert second == pytest.approx(6 / (4 * math.pi**2), rel=1e-5)


@pytest.mark.parametrize(("frames", "dims"), [(50, 2), (200, 10), (100, 1000)])
def test_shares_are_those_of_simulated_walks(frames: int, dims: int):
    generator = torch.Generator().manual_seed(5)
    draws = 200 if dims < 100 else 10
    found = []
    for _ in range(draws):
        walk = torch.randn(frames, dims, generator=generator, dtype=torch.float64).cumsum(dim=0)
        squares = torch.linalg.svdvals(walk - walk.mean(dim=0)).square()
        found.append(squares[:2] / squares.sum())
    mean = torch.stack(found).mean(dim=0).tolist()
    assert random_walk_shares(frames, dims) == pytest.approx(mean, abs=0.02)


@pytest.mark.parametrize(
    ("walks", "frames", "dims"), [(2, 60, 7), (3, 60, 2), (3, 40, 400), (4, 40, 50), (5, 3, 500)]
)
def test_shares_of_several_walks_are_those_of_simulated_ones(walks: int, frames: int, dims: int):
    """From one start, about their common mean."""
    generator = torch.Generator().manual_seed(5)
    found = []
    for _ in range(200 if dims < 100 else 10):
        steps = torch.randn(walks, frames, dims, generator=generator, dtype=torch.float64)
        steps[:, 0] = 0
        points = steps.cumsum(dim=1).reshape(-1, dims)
        squares = torch.linalg.svdvals(points - points.mean(dim=0)).square()
        found.append(squares[:2] / squares.sum())
    mean = torch.stack(found).mean(dim=0).tolist()
    assert random_walk_shares(frames, dims, walks) == pytest.approx(mean, abs=0.02)


def test_two_walks_are_one_and_three_need_two_directions():
    # The second one, walked backwards, leads into the first.
    assert random_walk_shares(10**4, walks=2) == pytest.approx(random_walk_shares(10**4), rel=1e-3)
    assert random_walk_shares(10**4, walks=3) == pytest.approx([0.347, 0.347], abs=1e-3)
    assert sum(random_walk_shares(300, 2, 6)) == pytest.approx(1)


def test_short_and_narrow_walks():
    assert random_walk_shares(2) == pytest.approx((1.0, 0.0))
    assert random_walk_shares(2, 3) == pytest.approx((1.0, 0.0))
    assert random_walk_shares(100, 1) == (1.0, 0.0)
    assert sum(random_walk_shares(40, 2)) == pytest.approx(1, abs=0.02)
    with pytest.raises(ValueError, match="got 1, 1 and None"):
        random_walk_shares(1)
    with pytest.raises(ValueError, match="got 0, 5 and None"):
        random_walk_shares(5, walks=0)

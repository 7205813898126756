import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lossviz.figures import color_range


def test_an_ordinary_surface_is_shown_whole():
    x, y = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 31))
    assert color_range(x**2 + y**2) == (0.0, 2.0)


def test_a_cliff_does_not_flatten_the_rest():
    grid = np.linspace(0, 1, 1000)
    grid[-3:] = 1e9
    low, high = color_range(grid)
    assert low == 0
    assert 1 < high < 2


def test_one_cell_in_a_pit_does_not_flatten_the_rest_of_a_log_scale():
    grid = np.geomspace(0.1, 10, 1000)
    grid[0] = 1e-30
    low, high = color_range(grid, log=True)
    assert 1e-3 < low < 0.1
    assert high == pytest.approx(10)


def test_the_start_of_a_path_is_covered_where_there_are_cells_that_high():
    grid = np.append(np.linspace(0, 1, 1000), np.full(10, 4.0))
    plain = color_range(grid)
    assert plain[1] < 2.1
    assert color_range(grid, [[3.0, 0.5], [2.5, 9.0]]) == (0.0, 3.0)
    assert color_range(grid, [[30.0, 0.5]]) == (0.0, 4.0)


def test_a_start_far_up_a_cliff_does_not_flatten_the_rest():
    grid = np.append(np.linspace(0, 1, 1000), 1e9)
    assert color_range(grid, [[1e8, 1.0]]) == color_range(grid)


@pytest.mark.parametrize(
    "paths",
    [[3.0, 0.1], (3.0, 0.1), np.array([3.0, 0.1]), torch.tensor([3.0, 0.1]), [[3.0, 0.1]],
     [torch.tensor([3.0, 0.1])], np.array([[3.0, 0.1], [1.0, 9.0]]), [[math.nan, 3.0, 0.1]]],
)  # fmt: skip
def test_path_losses_come_as_one_path_or_several(paths):
    grid = np.append(np.linspace(0, 1, 1000), np.full(10, 4.0))
    assert color_range(grid, paths) == (0.0, 3.0)


@pytest.mark.parametrize("paths", [None, [], [[]], [[math.nan]], [[math.inf]], np.zeros((0,))])
def test_paths_without_a_finite_start_change_nothing(paths):
    assert color_range([0.0, 1.0], paths) == (0.0, 1.0)


@pytest.mark.parametrize("grid", [[], [[]], [math.nan] * 4, [math.inf, -math.inf], None])
def test_nothing_finite(grid):
    grid = np.empty((0, 3)) if grid is None else grid
    assert color_range(grid) == (0.0, 1.0)
    assert color_range(grid, log=True) == (0.1, 1.0)


def test_log_of_nothing_positive():
    assert color_range([0.0, -1.0, -5.0], log=True) == (0.1, 1.0)


def test_log_leaves_out_zero_and_negative_cells():
    assert color_range([0.0, -3.0, 0.01, 100.0], log=True) == pytest.approx((0.01, 100))


@pytest.mark.parametrize("value", [0.0, 3.0, -2.5, 1e-30, 1e30, 1e300])
def test_constant(value):
    low, high = color_range(np.full((3, 5), value))
    assert low < value < high


@pytest.mark.parametrize("value", [3.0, 1e-30, 1e30, 5e-324, 1e307])
def test_constant_on_a_log_scale(value):
    low, high = color_range(np.full((3, 5), value), log=True)
    assert 0 < low <= max(value, low) < high < math.inf


def test_a_single_finite_cell():
    low, high = color_range([math.nan, math.inf, 7.0, -math.inf])
    assert low < 7 < high


def test_tensors_of_any_kind():
    grid = torch.tensor([[0.0, 1.0], [2.0, 3.0]], requires_grad=True)
    assert color_range(grid) == (0.0, 3.0)
    assert color_range(grid.to(torch.bfloat16)) == (0.0, 3.0)


def test_the_largest_floats_on_a_log_scale():
    low, high = color_range([1.0, 1.797e308], log=True)
    assert low == 1
    assert 1e307 < high < math.inf


@given(
    st.lists(st.floats(), max_size=30),
    st.lists(st.lists(st.floats(), max_size=4), max_size=3),
    st.booleans(),
)
def test_always_two_finite_numbers_in_order(grid, paths, log):
    low, high = color_range(grid, paths, log=log)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    assert low > 0 or not log

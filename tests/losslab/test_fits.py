"""Every line is the true minimiser: against closed forms, linear programmes and plain search."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from lossviz import registry
from lossviz.losslab import LossLab, Pick, fits, line_fit, loss_over_lines
from lossviz.losslab.fits import SHAPE, can_fit
from lossviz.testing import corners

RANDOM = np.random.default_rng(4)
CLOUD = [(float(x), 9 * float(y)) for x, y in RANDOM.random((13, 2))]
FITTING = [
    pytest.param(Pick(entry.name, params), id=f"{entry.name}-{params}")
    for entry in registry.losses
    if can_fit(entry)
    for params in corners(entry)
]


def height(points, pick, line):
    """The mean loss of a line, sample by sample."""
    criterion = pick.criterion(SHAPE)
    each = [
        criterion(
            torch.tensor([[line[0] * x + line[1]]], dtype=torch.float64),
            torch.tensor([[y]], dtype=torch.float64),
        ).item()
        for x, y in points
    ]
    return sum(each) / len(each)


@pytest.mark.parametrize("pick", FITTING)
def test_no_search_finds_a_better_line(pick):
    fit = line_fit(CLOUD, pick)
    assert fit.loss == pytest.approx(height(CLOUD, pick, (fit.slope, fit.intercept)), rel=1e-9)
    search = minimize(
        lambda line: height(CLOUD, pick, line), (fit.slope + 0.3, fit.intercept - 0.2),
        method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 250},
    )  # fmt: skip
    assert fit.loss <= search.fun + 1e-9


def test_least_squares_has_its_closed_form():
    x, y = np.array(CLOUD).T
    slope, intercept = np.polyfit(x, y, 1)
    fit = line_fit(CLOUD, Pick("mse"))
    assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept), rel=1e-9)
    assert fit.unique


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.85])
def test_quantiles_solve_the_linear_programme(tau):
    """Koenker and Bassett: residuals in two parts at least 0, weighted tau and 1 - tau."""
    x, y = np.array(CLOUD).T
    n = len(x)
    cost = np.concatenate([[0, 0], np.full(n, tau), np.full(n, 1 - tau)])
    design = np.hstack([x[:, None], np.ones((n, 1)), np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * 2 + [(0, None)] * 2 * n
    solved = linprog(cost, A_eq=design, b_eq=y, bounds=bounds)
    fit = line_fit(CLOUD, Pick("quantile", {"tau": tau}))
    assert fit.loss == pytest.approx(solved.fun / n, rel=1e-9)


tenths = st.tuples(st.integers(0, 10), st.integers(-50, 250))
spots = st.lists(tenths.map(lambda t: (t[0] / 10, t[1] / 10)), min_size=2, max_size=7)


@settings(max_examples=40)
@given(points=spots)
def test_the_absolute_error_is_least_among_all_lines_through_two_points(points):
    fit = line_fit(points, Pick("mae"))
    lines = [
        ((b[1] - a[1]) / (b[0] - a[0]), a)
        for a, b in itertools.combinations(points, 2)
        if a[0] != b[0]
    ]
    x, y = np.array(points).T
    heights = [np.abs(m * (x - a[0]) + a[1] - y).mean() for m, a in lines]
    assert fit.loss <= min(heights, default=np.inf) + 1e-9
    assert np.isfinite([fit.slope, fit.intercept, fit.loss]).all()


@settings(max_examples=25)
@given(points=spots)
def test_every_smooth_fit_has_no_slope_left(points):
    fit = line_fit(points, Pick("huber", {"delta": 2.0}))
    x, y = np.array(points).T
    pull = np.clip(fit.slope * x + fit.intercept - y, -2, 2) / len(x)
    assert abs(pull.sum()) < 1e-6
    assert abs((pull * x).sum()) < 1e-6


def test_points_above_each_other_have_many_best_lines():
    assert not line_fit([(0.5, 1.0), (0.5, 3.0)], Pick("mse")).unique
    # Between the two of an even number of points lie all medians.
    square = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    assert not line_fit(square, Pick("mae")).unique
    # Where every point is on the straight part of Huber's loss it is flat in between too.
    assert not line_fit(square, Pick("huber", {"delta": 0.1})).unique
    assert line_fit(square, Pick("huber", {"delta": 1.0})).unique
    assert line_fit(square, Pick("log_cosh")).unique


def test_the_surface_is_the_mean_loss_of_each_line():
    slopes, intercepts = np.array([-1.0, 0.0, 2.0, 3.0, 5.0]), np.array([0.0, 1.0, 4.0])
    found = loss_over_lines(CLOUD, Pick("huber"), slopes, intercepts)
    assert found.shape == (3, 5)
    for (j, up), (i, along) in itertools.product(enumerate(intercepts), enumerate(slopes)):
        assert found[j, i] == pytest.approx(height(CLOUD, Pick("huber"), (along, up)))


def test_a_loss_of_several_outputs_cannot_choose_a_line():
    assert not can_fit(registry.losses["gaussian_nll"])
    assert not can_fit(registry.losses["poisson_nll"])
    assert not can_fit(registry.losses["hinge"])
    with pytest.raises(registry.SettingError, match="no function of one residual"):
        line_fit(CLOUD, Pick("hinge"))
    with pytest.raises(registry.SettingError, match="There are 1 points"):
        line_fit(CLOUD[:1], Pick("mse"))


def test_an_outlier_moves_the_squared_error_most():
    """The known values for y = 2 x + 1 on eleven points, the last of them 20."""
    lab = LossLab()
    mse, huber, mae = fits(lab.points, lab.fits)
    assert (mse.slope, mse.intercept) == pytest.approx((9.727, -1.318), abs=5e-4)
    assert (huber.slope, huber.intercept) == pytest.approx((2.667, 0.800), abs=5e-4)
    assert (mae.slope, mae.intercept) == pytest.approx((2, 1), abs=1e-12)

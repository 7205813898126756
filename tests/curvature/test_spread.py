"""Trace and spectral density: within their own error of the dense spectrum, exact where they can
be."""

import numpy as np
import pytest
import torch

from lossviz import SettingError
from lossviz.curvature import spectral_density, top_eigenpairs, trace
from lossviz.curvature.lanczos import Lanczos, ritz_after
from lossviz.problem import point_problem
from tests.curvature.networks import dense, reference

PROBLEM = dense(16)
MATRIX = reference(PROBLEM)
VALUES = np.linalg.eigvalsh(MATRIX.numpy())
TRACE, SQUARE = VALUES.sum(), (VALUES**2).sum()


@pytest.mark.parametrize("way", ["hutchinson", "hutch++"])
def test_the_trace_is_within_its_error(way: str):
    found = [trace(PROBLEM, samples=30, seed=seed, way=way) for seed in range(40)]
    apart = np.array([(t.value - TRACE) / t.error for t in found])
    assert (np.abs(apart) < 5).all()
    # An honest error: the distances are of its size, neither much smaller nor larger.
    assert 0.6 < np.sqrt((apart**2).mean()) < 1.6
    assert abs(np.mean([t.value for t in found]) - TRACE) < 3 * found[0].error / 40**0.5 * 2


def test_a_sketch_helps_where_few_eigenvalues_stand_out():
    plain = np.median([trace(PROBLEM, samples=120, seed=s).error for s in range(10)])
    found = [trace(PROBLEM, samples=120, seed=s, way="hutch++") for s in range(10)]
    assert np.median([t.error for t in found]) < plain / 2
    assert all(t.products == 120 for t in found)


def test_a_sketch_as_wide_as_the_matrix_is_exact():
    found = trace(PROBLEM, samples=3 * PROBLEM.space.size, way="hutch++")
    assert found.error == 0
    assert found.value == pytest.approx(TRACE, rel=1e-6)


def test_a_diagonal_is_exact():
    bowl = point_problem(lambda x, y: x**2 + 5 * y**2, (1.0, 1.0))
    assert trace(bowl, samples=2).value == 12.0
    assert trace(bowl, samples=2).error == 0.0


def test_seeds():
    assert trace(PROBLEM, seed=3) == trace(PROBLEM, seed=3)
    assert trace(PROBLEM, seed=3).value != trace(PROBLEM, seed=4).value


@pytest.mark.parametrize(
    "options", [{"way": "x"}, {"samples": 1}, {"samples": 5, "way": "hutch++"}]
)
def test_too_little_is_told(options):
    with pytest.raises(SettingError):
        trace(PROBLEM, **options)


def test_curvature_that_is_not_finite_is_told():
    steep = point_problem(lambda x, y: x.abs() ** 1.5 + y**2, (0.0, 0.0))
    with pytest.raises(SettingError, match="not a finite"):
        trace(steep)
    with pytest.raises(SettingError, match="not a finite"):
        spectral_density(steep)


# --- the density --------------------------------------------------------------------------------


def test_moments_are_within_their_error():
    density = spectral_density(PROBLEM, starts=40, steps=30, seed=1)
    for power, expected in ((1, TRACE), (2, SQUARE), (3, (VALUES**3).sum())):
        value, error = density.moment(power)
        assert abs(value - expected) < 4 * error
    value, _ = density.moment(0)
    assert value == pytest.approx(PROBLEM.space.size)


def test_each_start_has_exactly_its_own_moments():
    density = spectral_density(PROBLEM, starts=3, steps=6, seed=1)
    drawn = torch.randint(0, 2, (3, len(VALUES)), generator=torch.Generator().manual_seed(1))
    rows = 2.0 * drawn.double() - 1
    for power in (1, 2, 5, 11):  # up to 2 m - 1
        each = (density.weights * density.values**power).sum(1) * len(VALUES)
        expected = (rows @ torch.linalg.matrix_power(MATRIX, power) * rows).sum(1).numpy()
        np.testing.assert_allclose(each, expected, rtol=1e-5, atol=1e-9)


def test_it_is_near_the_true_histogram():
    density = spectral_density(PROBLEM, starts=60, steps=60, seed=0)
    reach = VALUES[-1] - VALUES[0]
    bounds = np.linspace(VALUES[0] - 0.05 * reach, VALUES[-1] + 0.05 * reach, 400)
    true = (VALUES[None] <= bounds[:, None]).mean(1)
    apart = np.abs(density.share_below(bounds) - true)
    # The area between both distributions, as a share of the range (Wasserstein's distance).
    assert apart.mean() < 0.01
    # The largest eigenvalue is found as such.
    assert density.values.max() == pytest.approx(VALUES[-1], rel=1e-5)


def test_its_curve_has_area_one_and_the_mean_of_the_spectrum():
    density = spectral_density(PROBLEM, starts=10, steps=40)
    width = np.diff(density.grid)[0]
    assert (density.density * width).sum() == pytest.approx(1, abs=1e-3)
    mean = (density.density * density.grid * width).sum()
    assert mean == pytest.approx(density.moment(1)[0] / len(VALUES), abs=1e-3)
    narrow = spectral_density(PROBLEM, starts=10, steps=40, width=density.width / 4)
    assert narrow.density.max() > density.density.max()


def test_two_variables_are_exact():
    bowl = point_problem(lambda x, y: x**2 + 5 * y**2, (1.0, 1.0))
    density = spectral_density(bowl, starts=2)
    np.testing.assert_allclose(density.values, [[2, 10], [2, 10]])
    np.testing.assert_allclose(density.weights, [[0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize("options", [{"starts": 0}, {"steps": 0}, {"points": 0}, {"width": 0.0}])
def test_no_numbers_are_told(options):
    with pytest.raises(SettingError, match="above 0"):
        spectral_density(PROBLEM, **options)


# --- Lanczos ------------------------------------------------------------------------------------


def test_a_whole_basis_gives_the_whole_spectrum_without_copies():
    start = torch.randn(2, len(VALUES), generator=torch.Generator().manual_seed(0)).double()
    ritz = ritz_after(lambda rows: rows @ MATRIX, start, 200)
    for found, size in zip(ritz.values.numpy(), ritz.sizes.tolist(), strict=True):
        known = found[len(found) - size :]
        # Every one is an eigenvalue, and each once.
        assert max(np.abs(VALUES - value).min() for value in known) < 1e-8
    basis = ritz.basis[0, : int(ritz.sizes[0])]
    torch.testing.assert_close(basis @ basis.T, torch.eye(len(basis)).double())


def test_a_row_that_is_exhausted_stands_still():
    matrix = torch.diag(torch.tensor([-5.0, -4.0, -3.0, -2.0], dtype=torch.float64))
    starts = torch.tensor([[1.0, 0, 0, 0], [1.0, 1, 1, 1]])
    ritz = ritz_after(lambda rows: rows @ matrix, starts, 4)
    assert ritz.sizes.tolist() == [1, 4]
    torch.testing.assert_close(ritz.values[:, -1], torch.tensor([-5.0, -2.0]).double())
    torch.testing.assert_close(ritz.weights.sum(1), torch.ones(2).double())
    torch.testing.assert_close(ritz.top(1)[0, 0].abs(), torch.tensor([1.0, 0, 0, 0]).double())


def test_its_residual_is_the_true_one():
    lanczos = Lanczos(lambda rows: rows @ MATRIX, torch.ones(1, len(VALUES)), 50)
    for _ in range(6):
        lanczos.step()
        ritz = lanczos.ritz()
        vector, value = ritz.top(1)[0, 0], ritz.values[0, -1]
        true = (MATRIX @ vector - value * vector).norm()
        assert float(ritz.residual) == pytest.approx(float(true), rel=1e-6, abs=1e-9)
    assert top_eigenpairs(PROBLEM, k=1).values[0] >= float(value) - 1e-9

"""Eigenvalues: the closed form for two by two equals LAPACK, and NaN passes through."""

import numpy as np
import pytest
import torch

from lossviz.curvature import eigenvalues_along, spectra
from tests.run.plain import on_the_plane, rosenbrock


@pytest.mark.parametrize("size", [2, 3])
def test_it_equals_lapack(size: int):
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(50, size, size))
    matrices += matrices.transpose(0, 2, 1)
    matrices[0] = np.eye(size)  # any eigenvectors will do here
    matrices[1] = np.diag(np.arange(size) - 1.0)
    found = spectra(matrices)
    np.testing.assert_allclose(found.values, np.linalg.eigvalsh(matrices), atol=1e-13)
    np.testing.assert_allclose(
        matrices @ found.vectors, found.vectors * found.values[:, None, :], atol=1e-13
    )
    np.testing.assert_allclose(
        found.vectors.transpose(0, 2, 1) @ found.vectors, np.tile(np.eye(size), (50, 1, 1)),
        atol=1e-13,
    )  # fmt: skip
    assert (found.lowest <= found.highest).all()


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_nan(size: int, bad: float):
    matrices = np.tile(np.eye(size), (3, 1, 1))
    matrices[1, 0, 0] = bad
    found = spectra(matrices)
    assert np.isnan(found.values[1]).all()
    assert np.isnan(found.vectors[1]).all()
    assert np.isfinite(found.values[[0, 2]]).all()


def test_along_a_path():
    weights = torch.tensor([[1.0, 1.0], [0.0, 0.0]]).double()
    found = eigenvalues_along(on_the_plane(rosenbrock, (0.0, 0.0)), weights)
    # At the minimum the Hessian is [[802, -400], [-400, 200]]: trace 1002, determinant 400.
    np.testing.assert_allclose(found[0].sum(), 1002)
    np.testing.assert_allclose(found[0].prod(), 400, rtol=1e-9)
    np.testing.assert_allclose(found[1], [2, 200])

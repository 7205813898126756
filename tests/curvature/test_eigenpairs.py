"""The outermost eigenpairs: those of the dense matrix, the same each time, and told when there are
none."""

import numpy as np
import pytest
import torch
from torch import nn

from lossviz import SettingError, function_problem
from lossviz.curvature import HessianProducts, eigenvalues_along, top_eigenpairs
from lossviz.problem import point_problem
from tests.curvature.networks import dense, other, reference, several

KINDS = several()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["LA", "SA", "LM"])
def test_they_are_those_of_the_whole_matrix(kind: str, which: str):
    problem = KINDS[kind]
    found = top_eigenpairs(problem, k=3, which=which)
    matrix = reference(problem)
    values = np.linalg.eigvalsh(matrix.numpy())
    keys = {"LA": -values, "SA": values, "LM": -np.abs(values)}
    expected = values[np.argsort(keys[which])][:3]
    np.testing.assert_allclose(found.values, expected, rtol=1e-5, atol=1e-7)
    gram = found.vectors @ found.vectors.T
    torch.testing.assert_close(gram, torch.eye(3, dtype=torch.float64))
    for value, vector in zip(found.values, found.vectors, strict=True):
        torch.testing.assert_close(matrix @ vector, value * vector, rtol=1e-5, atol=1e-6)
    assert (found.residuals <= 1e-7 * np.abs(values).max()).all()


@pytest.mark.parametrize("width", [2, 10])
def test_both_ways_give_what_the_dense_library_gives(width: int):
    problem = dense(width)  # 15 parameters are solved whole, 63 by Lanczos
    all_values = eigenvalues_along(problem, problem.theta0[None])[0]
    np.testing.assert_allclose(top_eigenpairs(problem, k=4).values, all_values[:-5:-1])
    assert (problem.space.size > 32) == (width == 10)


def test_the_same_seed_gives_the_same_bits():
    problem = dense(20)
    first, again, other_seed = (top_eigenpairs(problem, seed=s) for s in (0, 0, 1))
    assert torch.equal(first.vectors, again.vectors)
    np.testing.assert_array_equal(first.values, again.values)
    # Signs are fixed, so that another start finds the same directions.
    torch.testing.assert_close(other_seed.vectors, first.vectors, rtol=1e-5, atol=1e-6)
    assert (first.vectors.gather(1, first.vectors.abs().argmax(1, keepdim=True)) > 0).all()


def test_single_precision_settles_too():
    problem = dense(20, dtype=torch.float32)
    single = top_eigenpairs(problem)
    double = top_eigenpairs(problem, dtype=torch.float64)
    np.testing.assert_allclose(single.values, double.values, rtol=1e-4)
    assert (double.residuals < 1e-7).all()


def test_directions_are_named_tensors():
    problem = dense(20)
    pairs = top_eigenpairs(problem)
    direction = pairs.direction(1)
    assert {n: tuple(t.shape) for n, t in direction.items()} == {
        n: tuple(t.shape) for n, t in problem.params0.items()
    }
    assert torch.equal(problem.space.flatten(direction), pairs.vectors[1])


def test_scaled_coordinates():
    problem = dense()
    scale = torch.linspace(0.1, 2, problem.space.size, dtype=torch.float64)
    matrix = scale[:, None] * reference(problem) * scale
    expected = np.linalg.eigvalsh(matrix.numpy())[::-1][:2]
    np.testing.assert_allclose(top_eigenpairs(problem, scale=scale).values, expected, rtol=1e-5)


@pytest.mark.parametrize("which", ["LA", "SA", "LM"])
@pytest.mark.parametrize("first", [2, 20, 200])
def test_one_is_the_first_of_several(which: str, first: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lossviz.curvature.eigenpairs.FIRST", first)
    problem = dense(20)
    one, three = (top_eigenpairs(problem, k=k, which=which) for k in (1, 3))
    np.testing.assert_allclose(one.values, three.values[:1], rtol=1e-9)
    torch.testing.assert_close(one.vectors[0], three.vectors[0], rtol=1e-5, atol=1e-6)


def test_equal_eigenvalues_are_all_found():
    # Two outputs with the same inputs: every eigenvalue is there twice.
    from lossviz import Problem

    inputs = torch.randn(60, 30, generator=torch.Generator().manual_seed(0)).double()
    net = nn.Linear(30, 2, bias=False).double()
    twice = Problem.from_module(net, nn.MSELoss(), (inputs, inputs[:, :2]))
    expected = np.linalg.eigvalsh((inputs.T @ inputs).numpy() / 60)[::-1]
    found = top_eigenpairs(twice, k=4)
    np.testing.assert_allclose(found.values, np.repeat(expected[:2], 2), rtol=1e-6)


def test_products_are_counted_and_a_near_start_needs_fewer():
    problem = dense(40)
    cold = top_eigenpairs(problem, k=1)
    warm = top_eigenpairs(problem, k=1, start=cold.vectors[0], tol=1e-3)
    assert warm.products <= cold.products
    np.testing.assert_allclose(warm.values, cold.values, rtol=1e-5)
    products = HessianProducts(problem)
    products(torch.zeros(4, problem.space.size))
    assert products.count == 4


def test_a_saddle_has_both_signs():
    saddle = point_problem(lambda x, y: x**2 - 3 * y**2, (0.0, 0.0))
    assert top_eigenpairs(saddle).values.tolist() == [2.0, -6.0]
    assert top_eigenpairs(saddle, k=1, which="LM").values.tolist() == [-6.0]
    assert top_eigenpairs(function_problem("rosenbrock"), k=1, which="SA").values[0] < 1e3


def test_no_curvature_at_all():
    inputs = torch.ones(3, 50, dtype=torch.float64)
    from lossviz import Problem

    line = Problem.from_module(
        nn.Linear(50, 1).double(), lambda out, y: out.sum() + 0 * y.sum(), (inputs, inputs)
    )
    found = top_eigenpairs(line)
    assert found.values.tolist() == [0.0, 0.0]
    assert found.vectors.shape == (2, 51)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"which": "XX"}, "LA, SA, LM"), ({"k": 0}, "between 1 and"), ({"k": 60}, "between 1 and")],
)
def test_unknown_choices_are_told(options, words: str):
    with pytest.raises(SettingError, match=words):
        top_eigenpairs(dense(), **options)


def test_what_does_not_settle_is_told():
    with pytest.raises(SettingError, match="settled to 1e-14 within 1 restarts"):
        top_eigenpairs(dense(60), k=8, which="SA", tol=1e-14, most=1)


def test_curvature_that_is_not_finite_is_told():
    from lossviz import Problem

    net = other(nn.Linear(40, 1), 40)
    huge = Problem.from_module(
        net.model.module, lambda out, y: (1000 * out).exp().square().sum(), net.batch()
    )
    with pytest.raises(SettingError, match="not a finite number"):
        top_eigenpairs(huge)

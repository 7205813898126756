"""Hessian-vector products of any network: equal to differences of gradients, whole or in chunks."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from lossviz import Problem, SettingError, function_problem
from lossviz.curvature import HessianProducts, top_eigenpairs, worst_case
from lossviz.curvature.precision import in_precision
from tests.curvature.networks import dense, other, reference, several, slope

KINDS = several()


def vectors(count: int, size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randn(count, size, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [None, 4, 1])
def test_they_are_those_of_differences_of_gradients(kind: str, chunk: int | None):
    problem = KINDS[kind]
    products = HessianProducts(problem, chunk=chunk)
    matrix, rows = reference(problem), vectors(3, problem.space.size)
    torch.testing.assert_close(products(rows), rows @ matrix, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(products.gradient(), slope(problem, problem.theta0))


def test_a_function_of_two_variables_has_its_own():
    rosenbrock = function_problem("rosenbrock")
    point = torch.tensor([1.0, 1.0], dtype=torch.float64)
    found = HessianProducts(rosenbrock, point)(torch.eye(2))
    assert found.tolist() == [[802.0, -400.0], [-400.0, 200.0]]


# torch's forward mode warns of its own use of torch.jit.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_equals_forward_mode_over_the_gradient():
    # Written out: forward mode does not know the second slopes of torch's own criteria.
    inputs = torch.linspace(-1, 1, 12, dtype=torch.float64)[:, None]
    net = nn.Sequential(nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    data = (inputs, inputs.sin())
    problem = Problem.from_module(net, lambda out, y: (out - y).square().mean(), data)

    def loss(theta):
        return problem.loss(problem.space.unflatten(theta))

    for row, found in zip(
        vectors(3, problem.space.size),
        HessianProducts(problem)(vectors(3, problem.space.size)),
        strict=True,
    ):
        expected = torch.func.jvp(torch.func.grad(loss), (problem.theta0,), (row,))[1]
        torch.testing.assert_close(found, expected)


def test_chunks_are_taken_only_where_samples_are_apart():
    assert HessianProducts(KINDS["dense"], chunk=4).chunk == 4
    together = KINDS["samples that see each other"]
    assert HessianProducts(together, chunk=4).chunk == 9
    assert HessianProducts(KINDS["dense"]).chunk == 25


class Largest(TorchDispatchMode):
    """The entries of the largest tensor that any operation gives."""

    entries = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else (out,):
            if isinstance(tensor, torch.Tensor):
                self.entries = max(self.entries, tensor.numel())
        return out


def test_chunks_bound_what_is_held():
    problem = dense(width=40, samples=600)
    sizes = {}
    for chunk in (600, 10):
        with Largest() as largest:
            products = HessianProducts(problem, chunk=chunk)
            products(vectors(1, problem.space.size))
        sizes[chunk] = largest.entries
    assert products.entries == 40 + 40 + 3
    assert sizes[600] == 600 * 40
    # The outputs of all samples, or a chunk's widest layer, are the largest that is left.
    assert sizes[10] == max(600 * 3, 10 * 40)


def test_samples_in_one_pass_follow_the_stated_size(monkeypatch: pytest.MonkeyPatch):
    problem = dense()
    entries = HessianProducts(problem).entries
    monkeypatch.setattr("lossviz.curvature.products.ENTRIES", 7 * entries)
    assert HessianProducts(problem).chunk == 7


def test_several_vectors_are_the_same_one_by_one(monkeypatch: pytest.MonkeyPatch):
    problem, rows = dense(), vectors(5, dense().space.size)
    whole = HessianProducts(problem)(rows)
    monkeypatch.setattr("lossviz.curvature.products.TOGETHER", 1)
    torch.testing.assert_close(HessianProducts(problem)(rows), whole)
    products = HessianProducts(problem)
    torch.testing.assert_close(products(rows[2]), whole[2])
    assert products.count == 1


def test_scaled_coordinates():
    problem = dense()
    scale = vectors(1, problem.space.size)[0].abs()
    rows = vectors(3, problem.space.size)
    found = HessianProducts(problem, scale=scale)
    torch.testing.assert_close(found(rows), scale * HessianProducts(problem)(scale * rows))
    torch.testing.assert_close(found.gradient(), scale * HessianProducts(problem).gradient())


def test_scipy_sees_the_same_matrix():
    problem = dense()
    operator = HessianProducts(problem).operator()
    rows = vectors(3, problem.space.size).numpy()
    expected = HessianProducts(problem)(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(operator @ rows.T, expected.T)
    np.testing.assert_allclose(operator @ rows[0], expected[0])
    np.testing.assert_allclose(operator.T @ rows[1][:, None], expected[1][:, None])


def test_double_precision_where_asked():
    single, double = dense(dtype=torch.float32), dense()
    row = vectors(1, single.space.size)[0]
    found = HessianProducts(single, dtype=torch.float64)(row)
    assert found.dtype == torch.float64
    # The weights and inputs are those of float32, to the last digit.
    data = tuple(t.double() if t.is_floating_point() else t for t in single.batch())
    net = single.model.module
    twin = Problem.from_module(
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3)).double(),
        double.criterion, data,
    )  # fmt: skip
    theta = torch.cat([p.detach().double().reshape(-1) for p in net.parameters()])
    torch.testing.assert_close(found, HessianProducts(twin, theta)(row), rtol=1e-12, atol=1e-14)
    assert single.theta0.dtype == torch.float32
    assert next(net.parameters()).dtype == torch.float32


def test_a_straight_loss_has_no_curvature():
    inputs = torch.ones(4, 2, dtype=torch.float64)
    line = Problem.from_module(
        nn.Linear(2, 1).double(), lambda out, y: out.sum() + 0 * y.sum(), (inputs, inputs)
    )
    for chunk in (None, 3):
        assert not HessianProducts(line, chunk=chunk)(torch.ones(3)).any()


def test_nothing_is_moved():
    net = nn.Linear(2, 1).double()
    before = [p.clone() for p in net.parameters()]
    problem = other(net, 2)
    state = torch.get_rng_state()
    HessianProducts(problem, chunk=2)(torch.ones(3))
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"params": torch.zeros(3)}, "has the shape"),
        ({"params": {"x": torch.zeros(3)}}, "does not fit the model"),
        ({"params": torch.full((51,), torch.nan)}, "not finite"),
        ({"chunk": 0}, "chunk is 0"),
        ({"split": "test"}, "no samples"),
        ({"scale": torch.ones(2)}, "scale"),
    ],
)
def test_what_does_not_fit_is_told(options, words: str):
    with pytest.raises(SettingError, match=words):
        HessianProducts(dense(), **options)


def test_vectors_of_another_length_are_told():
    with pytest.raises(ValueError, match="expected"):
        HessianProducts(dense())(torch.ones(3))


def test_curvature_that_is_not_finite_is_told():
    problem = other(nn.Linear(2, 1), 2)
    huge = Problem.from_module(
        problem.model.module, lambda out, y: (1000 * out).exp().square().sum(), problem.batch()
    )
    operator = HessianProducts(huge).operator()
    with pytest.raises(SettingError, match="not a finite number"):
        operator @ np.ones(3)


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_another_precision_keeps_what_batch_normalisation_uses(statistics):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
    inputs, targets = torch.randn(9, 2), torch.randn(9, 1)
    prob = Problem.from_module(net, nn.MSELoss(), (inputs, targets), statistics)
    given = {"1.running_mean": torch.arange(4.0)}
    prob = prob.with_statistics(statistics, given)
    cast = in_precision(prob, torch.float64)
    assert cast.model.statistics == statistics
    params = {name: value.double() for name, value in prob.params0.items()}
    assert cast.loss(params).dtype == torch.float64
    torch.testing.assert_close(
        cast.loss(params), prob.loss(prob.params0).double(), rtol=1e-5, atol=0
    )
    others = {"frozen", "batch", "recomputed"} - {statistics}
    assert all(
        not torch.isclose(cast.with_statistics(s).loss(params), cast.loss(params), rtol=1e-3)
        for s in others
    )


def test_recomputed_statistics_are_refused_with_what_to_do():
    net = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    data = torch.randn(9, 2), torch.randn(9, 1)
    prob = Problem.from_module(net, nn.MSELoss(), data, "recomputed")
    for call in (HessianProducts, top_eigenpairs, worst_case):
        with pytest.raises(SettingError, match=r'take statistics="batch"'):
            call(prob)
    assert top_eigenpairs(prob.with_statistics("batch"), k=1).values[0] > 0


@pytest.mark.parametrize("statistics", ["frozen", "batch"])
@pytest.mark.parametrize("chunk", [None, 3])
def test_samples_that_see_each_other_in_batch_normalisation(statistics, chunk: int | None):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)).double()
    data = torch.randn(9, 2).double(), torch.randn(9, 1).double()
    prob = Problem.from_module(net, nn.MSELoss(), data, statistics)
    products, rows = HessianProducts(prob, chunk=chunk), vectors(3, prob.space.size)
    torch.testing.assert_close(products(rows), rows @ reference(prob), rtol=1e-6, atol=1e-7)
    assert products.chunk == (chunk if chunk and statistics == "frozen" else 9)

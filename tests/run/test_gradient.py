"""Losses and gradients of stacked points, against autograd one by one."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lossviz import Experiment, Problem, build
from lossviz.problem import function_problem, point_problem
from lossviz.problem.point import PointValue
from lossviz.problem.stack import ACTIVATIONS
from lossviz.registry import functions
from lossviz.run import Method, race_on
from lossviz.run.gradient import _by_autograd, backward_of, bind, bind_autograd


def rows_of(problem: Problem, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(count, problem.space.size, generator=generator, dtype=torch.float64)
    return problem.theta0 + 0.3 * noise.to(problem.theta0.dtype)


def reference(problem: Problem, theta: torch.Tensor, batch):
    losses, slopes = [], []
    for row in theta:
        leaf = row.clone().requires_grad_()
        loss = problem.loss(problem.space.unflatten(leaf), batch)
        loss.backward()
        losses.append(loss.detach())
        slopes.append(leaf.grad)
    return torch.stack(losses), torch.stack(slopes)


MODELS = [("mlp", {"activation": a}) for a in ("tanh", "relu", "sigmoid", "gelu", "silu", "elu")]
MODELS += [("mlp", {"activation": a}) for a in ("leaky_relu", "softplus", "identity")]
MODELS += [("linear", {}), ("deep_linear", {})]


@pytest.mark.parametrize(("model", "params"), MODELS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dense_backward_equals_autograd(model: str, params: dict, dtype: str):
    problem = build(Experiment(model=model, model_params=params, dtype=dtype))
    theta = rows_of(problem, 3)
    dense, auto = torch.zeros_like(theta), torch.zeros_like(theta)
    batch = problem.batch()
    dense_losses = bind(problem, theta, dense)(batch)
    auto_losses = bind_autograd(problem, theta, auto)(batch)
    losses, slopes = reference(problem, theta, batch)
    # Autograd sums the same products as its own transpose; some processors round that differently.
    close = {"rtol": 1e-13, "atol": 1e-14} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for found in (auto, slopes):
        torch.testing.assert_close(dense, found, **close)
    for found in (auto_losses, losses):
        torch.testing.assert_close(dense_losses, found, **close)


def test_a_row_does_not_depend_on_its_neighbours():
    problem = build(Experiment())
    theta = rows_of(problem, 5)
    together, alone = torch.zeros_like(theta), torch.zeros_like(theta)
    bind(problem, theta, together)(problem.batch())
    for k in range(5):
        bind(problem, theta[k : k + 1], alone[k : k + 1])(problem.batch())
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-7)
    theta[1:4] = torch.nan
    bind(problem, theta, together)(problem.batch())
    torch.testing.assert_close(together[[0, 4]], alone[[0, 4]], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_slopes_in_closed_form_follow_the_points_and_equal_autograd_to_the_bit(dtype):
    entry = functions["online"]
    f, slope = entry.make(), entry.slope({})
    problem = point_problem(f, (0.3, -0.7), dtype=dtype, slope=slope)
    theta = rows_of(problem, 3)
    grad, auto = torch.ones_like(theta), torch.zeros_like(theta)
    evaluate, by_autograd = bind(problem, theta, grad), bind_autograd(problem, theta, auto)
    for _ in range(2):
        assert torch.equal(evaluate(problem.batch()), by_autograd(problem.batch()))
        assert torch.equal(grad, auto)
        theta *= -3.7  # what is written into theta counts


def test_a_race_on_slopes_in_closed_form_is_the_same_to_the_bit():
    with_slope = function_problem("online", sigma=1.0)
    autograd = replace(with_slope, criterion=PointValue(with_slope.criterion.f))
    methods = [Method("adam", {"lr": 0.5}, "inverse_sqrt"), Method("sgd"), Method("lbfgs")]
    for one, other in zip(*(race_on(p, methods, 60) for p in (with_slope, autograd)), strict=True):
        assert torch.equal(one.weights, other.weights)
        assert torch.equal(one.loss, other.loss)


def test_layers_without_biases_and_bad_neighbours():
    net = nn.Sequential(nn.Linear(2, 3, bias=False), nn.ReLU(), nn.Linear(3, 1, bias=False))
    exp = build(Experiment(dataset="moons"))
    problem = Problem.from_module(net, nn.MSELoss(), (exp.data.inputs, exp.data.inputs[:, :1]))
    batched = Problem(
        problem.model, lambda out, y: (out - y).square().mean((-2, -1)), problem.data,
        problem.params0, batched=True,
    )  # fmt: skip
    theta = rows_of(problem, 2)
    theta[1] = torch.nan
    grad = torch.zeros_like(theta)
    losses = bind(batched, theta, grad)(batched.batch())
    expected, slopes = reference(problem, theta[:1], problem.batch())
    torch.testing.assert_close(losses[:1], expected)
    torch.testing.assert_close(grad[:1], slopes)
    assert losses[1].isnan()


def test_an_activation_at_the_very_end():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Tanh())
    data = torch.arange(8.0).view(4, 2) / 8, torch.zeros(4, 1)
    plain = Problem.from_module(net, nn.MSELoss(), data)
    batched = Problem(
        plain.model, lambda out, y: (out - y).square().mean((-2, -1)), plain.data, plain.params0,
        batched=True,
    )  # fmt: skip
    theta = rows_of(plain, 2)
    grad = torch.zeros_like(theta)
    losses, slopes = reference(plain, theta, plain.batch())
    torch.testing.assert_close(bind(batched, theta, grad)(batched.batch()), losses)
    torch.testing.assert_close(grad, slopes)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_backward_of_every_activation(kind: type[nn.Module]):
    module = kind()
    before = torch.linspace(-3, 3, 24, dtype=torch.float64)
    slope = torch.linspace(1, 2, 24, dtype=torch.float64)
    known = backward_of(module)
    if known is None:
        assert kind is nn.Identity
    else:
        expected = _by_autograd(module)(slope, before, module(before))
        assert torch.equal(known(slope, before, module(before)), expected)


@pytest.mark.parametrize("kind", [nn.ReLU, nn.SiLU, nn.ELU, nn.LeakyReLU])
@pytest.mark.parametrize("made", [nn.Sequential, lambda *layers: Chained(*layers)])
def test_an_activation_that_works_in_place_has_the_same_slopes(kind, made):
    def bound(inplace: bool):
        torch.manual_seed(0)
        net = made(nn.Linear(2, 5), kind(inplace=inplace), nn.Linear(5, 1)).double()
        data = torch.linspace(-2, 2, 12, dtype=torch.float64).view(6, 2), torch.zeros(6, 1).double()
        plain = Problem.from_module(net, nn.MSELoss(), data)
        assert plain.model.stack is not None
        stacked = replace(
            plain, criterion=lambda out, y: (out - y).square().mean((-2, -1)), batched=True
        )
        theta = rows_of(stacked, 2)
        grad = torch.zeros_like(theta)
        bind(stacked, theta, grad)(stacked.batch())
        return grad, reference(plain, theta, plain.batch())[1]

    found, expected = bound(True)
    torch.testing.assert_close(found, bound(False)[0])
    torch.testing.assert_close(found, expected)


class Chained(nn.Module):
    """Layers that are called one after the other, in a module of one's own."""

    def __init__(self, *layers):
        super().__init__()
        self.first, self.activation, self.last = layers

    def forward(self, inputs):
        return self.last(self.activation(self.first(inputs)))


def test_an_activation_that_is_not_known_goes_through_autograd():
    known = backward_of(nn.Hardtanh())
    assert known is not None
    before = torch.tensor([-2.0, 0.5, 2.0])
    assert known(torch.ones(3), before, before).tolist() == [0.0, 1.0, 0.0]


class Branching(nn.Module):
    """A module that vmap cannot follow."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.5, -0.2]))

    def forward(self, inputs):
        values = inputs @ self.weight
        return values * 2 if values.sum() > 0 else values


@pytest.mark.parametrize("net", [Branching(), nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))])
def test_any_module_is_stacked_or_taken_row_by_row(net: nn.Module):
    # In double precision: a normalisation of nearly equal sums loses digits of single ones.
    inputs = torch.arange(8.0, dtype=torch.float64).view(4, 2)
    problem = Problem.from_module(
        net.double(), lambda out, y: (out.sum(-1) - y).square().mean(), (inputs, inputs[:, 0])
    )
    theta = rows_of(problem, 3)
    grad = torch.zeros_like(theta)
    evaluate = bind(problem, theta, grad)
    for _ in range(2):
        losses, slopes = reference(problem, theta, problem.batch())
        torch.testing.assert_close(evaluate(problem.batch()), losses)
        torch.testing.assert_close(grad, slopes)


def test_an_error_inside_a_batched_problem_is_told():
    problem = build(Experiment())

    def broken(outputs, targets):
        raise RuntimeError("broken")

    bad = Problem(problem.model, broken, problem.data, problem.params0, batched=True)
    theta = rows_of(problem, 2)
    with pytest.raises(RuntimeError, match="broken"):
        bind_autograd(bad, theta, torch.zeros_like(theta))(problem.batch())

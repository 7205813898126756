import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lossviz.plane import Plane, random_plane
from lossviz.problem.problem import Problem
from lossviz.surface import PlaneLosses, ScanCancelledError, evaluate, slice_loss
from lossviz.surface import losses as losses_module

X = torch.linspace(-1, 0.5, 3)
Y = torch.linspace(-0.7, 1, 5)


class Own(nn.Module):
    """A module that is not recognised as a stack, around one that would be."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.net(inputs.flatten(1))


class Branching(nn.Module):
    """A module that vmap cannot take: its forward looks at a value."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(2, 1)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        out = self.net(inputs)
        return out if out.sum().item() > 0 else 2 * out


def mlp(activation: type[nn.Module] = nn.Tanh, outputs: int = 1) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(2, 8), activation(), nn.Linear(8, 5), activation(), nn.Linear(5, outputs)
    )


def data(outputs: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(20, 2, generator=generator)
    if outputs > 1:
        return inputs, torch.randint(outputs, (20,), generator=generator)
    return inputs, (inputs.prod(dim=1, keepdim=True) > 0).float()


def assert_equal_in_float32(found: torch.Tensor, expected: torch.Tensor) -> None:
    # A mean of about 20 losses of size 1 after three layers: some ten roundings of 6e-8 each.
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)


def naive(prob: Problem, module: nn.Module, plane: Plane) -> torch.Tensor:
    """The loss in float64, one cell after the other, on a module that is really moved."""
    moved = copy.deepcopy(module).double().eval()
    inputs, targets = prob.batch()
    targets = targets.double() if targets.is_floating_point() else targets
    loss = torch.zeros(len(Y), len(X), dtype=torch.float64)
    for j, y in enumerate(Y.double()):
        for i, x in enumerate(X.double()):
            theta = plane.origin + x * plane.axes[0] + y * plane.axes[1]
            with torch.no_grad():
                for name, value in prob.space.unflatten(theta).items():
                    moved.get_parameter(name).copy_(value)
                loss[j, i] = prob.criterion(moved(inputs.double()), targets)
    return loss


def stack(*sizes: int, between: list[nn.Module | None], bias: bool = True) -> nn.Sequential:
    """Linear layers of these sizes, each followed by the module (or nothing) between."""
    torch.manual_seed(0)
    modules: list[nn.Module] = []
    for a, b, activation in zip(sizes, sizes[1:], between, strict=False):
        modules.append(nn.Linear(a, b, bias=bias))
        modules += [] if activation is None else [activation]
    return nn.Sequential(*modules)


CASES = {
    "tanh": (mlp(nn.Tanh), nn.BCEWithLogitsLoss(), 1),
    "relu": (mlp(nn.ReLU), nn.MSELoss(), 1),
    "sigmoid": (mlp(nn.Sigmoid), F.binary_cross_entropy_with_logits, 1),
    "gelu": (mlp(nn.GELU), nn.MSELoss(), 1),
    "classes": (mlp(nn.Tanh, 3), nn.CrossEntropyLoss(), 3),
    "linear": (nn.Linear(2, 1), nn.MSELoss(), 1),
    "no bias": (stack(2, 4, 1, between=[nn.Tanh(), None], bias=False), nn.L1Loss(), 1),
    "two linear": (stack(2, 4, 1, between=[None, None]), nn.MSELoss(), 1),
    "tanh last": (stack(2, 4, 1, between=[nn.Tanh(), nn.Tanh()]), nn.MSELoss(), 1),
    "tanh only": (stack(2, 1, between=[nn.Tanh()]), nn.MSELoss(), 1),
    "in place": (stack(2, 4, 1, between=[nn.ELU(inplace=True), None]), nn.MSELoss(), 1),
    "equal widths": (
        stack(2, 6, 6, 6, 1, between=[nn.Tanh(), nn.ReLU(), nn.Tanh(), None]),
        nn.MSELoss(),
        1,
    ),
}


@pytest.mark.parametrize("as_sigmoid", [False, True])
@pytest.mark.parametrize("chunk", [None, 4])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", ["layers", "batched"])
def test_every_way_equals_a_naive_loop(case, way, chunk, as_sigmoid, monkeypatch):
    monkeypatch.setattr(losses_module, "sigmoid_is_faster", lambda: as_sigmoid)
    net, criterion, outputs = CASES[case]
    module = Own(net) if way == "batched" else net
    prob = Problem.from_module(module, criterion, data(outputs))
    plane = random_plane(prob, prob.params0, one_dimensional="scale")
    assert PlaneLosses(prob, plane).way == way
    surface = evaluate(prob, plane, X, Y, chunk=chunk)
    assert surface.loss.shape == (5, 3)
    assert surface.loss.dtype == torch.float32
    expected = naive(prob, module, plane)
    assert_equal_in_float32(surface.loss, expected)


@pytest.mark.parametrize("way", ["layers", "batched"])
def test_in_float64_nothing_is_rounded_to_float32(way):
    net = mlp().double()
    module = Own(net) if way == "batched" else net
    inputs, targets = data()
    prob = Problem.from_module(module, nn.MSELoss(), (inputs.double(), targets.double()))
    plane = random_plane(prob, prob.params0)
    surface = evaluate(prob, plane, X.double(), Y.double())
    assert surface.loss.dtype == torch.float64
    torch.testing.assert_close(surface.loss, naive(prob, module, plane), rtol=1e-12, atol=0)


def test_a_criterion_that_keeps_leading_dimensions_is_called_once_for_all():
    calls = []

    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        calls.append(outputs.shape)
        return (outputs - targets).square().mean(dim=(-2, -1))

    net = mlp()
    plain = Problem.from_module(net, nn.MSELoss(), data())
    prob = Problem(plain.model, criterion, plain.data, plain.params0, batched=True)
    plane = random_plane(prob, prob.params0)
    torch.testing.assert_close(evaluate(prob, plane, X, Y).loss, evaluate(plain, plane, X, Y).loss)
    assert calls == [(15, 20, 1)]


def test_a_batched_criterion_on_a_module_of_ones_own():
    plain = Problem.from_module(Own(mlp()), nn.MSELoss(), data())
    prob = Problem(
        plain.model,
        lambda outputs, targets: (outputs - targets).square().mean(dim=(-2, -1)),
        plain.data,
        plain.params0,
        batched=True,
    )
    plane = random_plane(prob, prob.params0)
    torch.testing.assert_close(evaluate(prob, plane, X, Y).loss, evaluate(plain, plane, X, Y).loss)


def test_what_vmap_cannot_take_is_evaluated_one_by_one():
    module = Branching()
    prob = Problem.from_module(module, nn.MSELoss(), data())
    plane = random_plane(prob, prob.params0)
    losses = PlaneLosses(prob, plane)
    surface = evaluate(prob, plane, X, Y)
    assert_equal_in_float32(surface.loss, naive(prob, module, plane))
    losses(torch.zeros(2, 2))
    assert losses.way == "one by one"


def test_a_criterion_that_vmap_cannot_take_is_called_one_by_one():
    def criterion(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss = (outputs - targets).square().mean()
        return loss if loss.item() > 1 else 2 * loss

    net = mlp()
    prob = Problem.from_module(net, criterion, data())
    plane = random_plane(prob, prob.params0)
    surface = evaluate(prob, plane, X, Y)
    assert_equal_in_float32(surface.loss, naive(prob, net, plane))


@pytest.mark.parametrize("wrap", [Own, lambda net: net])
def test_a_loss_that_fails_fails_with_its_own_error(wrap):
    def broken(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("the criterion is broken")

    prob = Problem.from_module(wrap(mlp()), broken, data())
    with pytest.raises(RuntimeError, match="the criterion is broken"):
        evaluate(prob, random_plane(prob, prob.params0), X, Y)


@pytest.mark.parametrize("wrap", [Own, lambda net: net])
def test_the_centre_is_the_models_own_loss(wrap):
    module = wrap(mlp(nn.ReLU))
    inputs, targets = data()
    prob = Problem.from_module(module, nn.MSELoss(), (inputs, targets))
    centre = evaluate(prob, random_plane(prob, prob.params0), [-1, 0, 1], [0]).loss[0, 1]
    own = nn.MSELoss()(module(inputs), targets).detach()
    torch.testing.assert_close(centre, own, rtol=1e-6, atol=0)


def test_rows_are_y_and_columns_are_x():
    # The loss is w^2 + 10 b^2 around (0, 0): any mix-up of the axes shows.
    prob = Problem.from_module(
        nn.Linear(1, 1),
        lambda outputs, targets: (
            (outputs[1] - outputs[0]).square().sum() + 10 * outputs[0].square().sum()
        ),
        (torch.tensor([[0.0], [1.0]]), torch.zeros(2, 1)),
    )
    plane = Plane(torch.zeros(2), torch.eye(2), prob.space)
    x, y = torch.arange(5.0), torch.arange(3.0)
    surface = evaluate(prob, plane, x, y)
    torch.testing.assert_close(surface.loss, x**2 + 10 * y[:, None] ** 2)
    assert surface.x.shape == (5,)
    assert surface.y.shape == (3,)


def test_a_larger_model_is_evaluated_in_smaller_chunks():
    net = nn.Sequential(
        nn.Linear(2, 600), nn.Tanh(), nn.Linear(600, 600), nn.ReLU(), nn.Linear(600, 1)
    )
    prob = Problem.from_module(net, nn.MSELoss(), data())
    plane = random_plane(prob, prob.params0)
    losses = PlaneLosses(prob, plane)
    assert losses._layers.chunk == 1
    surface = evaluate(prob, plane, X, Y)
    torch.testing.assert_close(surface.loss.double(), naive(prob, net, plane), rtol=1e-4, atol=1e-5)


def test_cells_that_are_not_finite_stay_as_they_are():
    prob = Problem.from_module(
        nn.Linear(1, 1, bias=True),
        lambda outputs, targets: outputs.sum().log(),
        (torch.ones(1, 1), torch.ones(1, 1)),
    )
    plane = Plane(torch.zeros(2), torch.eye(2), prob.space)
    loss = evaluate(prob, plane, [-1, 0, 1], [0]).loss[0]
    assert math.isnan(loss[0])
    assert loss[1] == -math.inf
    assert loss[2] == 0


def test_slice_loss_is_the_models_loss_at_the_projected_points():
    prob = Problem.from_module(mlp(), nn.MSELoss(), data())
    plane = random_plane(prob, prob.params0)
    coords = torch.tensor([[0.1, -0.3], [math.nan, 0.0], [0.7, math.inf], [-1.0, 2.0]])
    found = slice_loss(prob, plane, coords)
    expected = [prob.loss(plane.at(*coords[i].tolist())).item() for i in (0, 3)]
    assert found[[0, 3]].tolist() == pytest.approx(expected, rel=1e-5)
    assert found[[1, 2]].isnan().all()
    assert slice_loss(prob, plane, torch.zeros(0, 2)).shape == (0,)
    with pytest.raises(ValueError, match=r"shape \(3,\), expected \(T, 2\)"):
        slice_loss(prob, plane, torch.zeros(3))


# --- nothing is moved ----------------------------------------------------------------------------


def test_a_scan_leaves_the_module_and_the_random_state_alone():
    module = nn.Sequential(
        nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(), nn.Linear(6, 1)
    )
    module.train()
    module[0].weight.requires_grad_(False)
    module(torch.randn(7, 2)).sum().backward()
    before = copy.deepcopy(module.state_dict())
    flags = [(p.requires_grad, p.grad is None) for p in module.parameters()]
    grads = [None if p.grad is None else p.grad.clone() for p in module.parameters()]
    state = torch.random.get_rng_state()
    threads, enabled = torch.get_num_threads(), torch.is_grad_enabled()

    prob = Problem.from_module(module, nn.MSELoss(), data())
    plane = random_plane(prob, prob.params0)
    surface = evaluate(prob, plane, X, Y)
    again = evaluate(prob, plane, X, Y)

    assert torch.equal(surface.loss, again.loss)
    assert module.training
    assert module[3].training
    assert flags == [(p.requires_grad, p.grad is None) for p in module.parameters()]
    for p, grad in zip(module.parameters(), grads, strict=True):
        assert grad is None or torch.equal(p.grad, grad)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]), name
    for name, value in prob.model.module.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert torch.equal(state, torch.random.get_rng_state())
    assert (threads, enabled) == (torch.get_num_threads(), torch.is_grad_enabled())
    torch.testing.assert_close(
        surface.loss.double(), naive(prob, module, plane), rtol=1e-5, atol=1e-6
    )


# --- hooks and errors ----------------------------------------------------------------------------


def test_progress_is_told_and_a_scan_can_be_cancelled():
    prob = Problem.from_module(Own(mlp()), nn.MSELoss(), data())
    plane = random_plane(prob, prob.params0)
    told: list[tuple[int, int]] = []
    evaluate(prob, plane, X, Y, chunk=6, on_progress=lambda done, of: told.append((done, of)))
    assert told == [(6, 15), (12, 15), (15, 15)]

    def enough() -> bool:
        return len(told) == 1

    told.clear()
    with pytest.raises(ScanCancelledError, match="after 6 of 15"):
        evaluate(
            prob,
            plane,
            X,
            Y,
            chunk=6,
            on_progress=lambda done, of: told.append((done, of)),
            cancelled=enough,
        )


def test_the_test_split_is_used_when_asked_for():
    plain = Problem.from_module(mlp(), nn.MSELoss(), data())
    records = copy.copy(plain.data)
    object.__setattr__(records, "test_inputs", plain.data.inputs[:5])
    object.__setattr__(records, "test_targets", plain.data.targets[:5])
    prob = Problem(plain.model, plain.criterion, records, plain.params0)
    plane = random_plane(prob, prob.params0)
    surface = evaluate(prob, plane, [0], [0], split="test")
    torch.testing.assert_close(
        surface.loss[0, 0], prob.loss(prob.params0, prob.batch("test")), rtol=1e-5, atol=0
    )
    assert surface.split == "test"
    with pytest.raises(ValueError, match="no test samples"):
        evaluate(plain, plane, [0], [0], split="test")


@pytest.mark.parametrize("side", [[], [[1.0]], [math.nan]])
def test_sides_that_are_no_row_of_numbers_are_refused(side):
    prob = Problem.from_module(mlp(), nn.MSELoss(), data())
    with pytest.raises(ValueError, match="y must be a row of finite numbers"):
        evaluate(prob, random_plane(prob, prob.params0), [0, 1], side)


def test_a_plane_of_another_model_is_refused():
    prob = Problem.from_module(mlp(), nn.MSELoss(), data())
    other = Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), data())
    with pytest.raises(ValueError, match=r"it has weight, bias; the problem has 0\.weight"):
        evaluate(prob, random_plane(other, other.params0), X, Y)
    with pytest.raises(ValueError, match="chunk is 0"):
        evaluate(other, random_plane(other, other.params0), X, Y, chunk=0)

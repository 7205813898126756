"""A function of two variables is a problem like any other: planes, surfaces, races, metrics."""

import math

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz.problem import Deviation, GaussianNoise, function_problem, point_problem
from lossviz.problem.noise import SumOfNoises
from lossviz.registry import SettingError, UnknownNameError
from lossviz.run import Method, race_on
from lossviz.run.metrics import metrics_of


def slope(x, y):
    """A function that confuses nobody about which is x and which is y."""
    return 3 * x + 10 * y**2


@pytest.fixture
def prob():
    return point_problem(slope, (1.0, 2.0))


def test_the_parameters_are_the_point(prob):
    assert prob.theta0.tolist() == [1, 2]
    assert prob.theta0.dtype == torch.float64
    assert prob.entry_names == ("x", "y")
    assert prob.loss(prob.params0).item() == 43


@pytest.mark.parametrize("lead", [(), (4,), (2, 3)])
def test_many_points_at_once(prob, lead):
    theta = torch.randn(*lead, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    theta.requires_grad_()
    inputs, targets = prob.batch()
    losses = prob.criterion(prob.model.stacked(theta, inputs), targets)
    assert torch.equal(losses, slope(theta[..., 0], theta[..., 1]))
    (gradient,) = torch.autograd.grad(losses.sum(), theta)
    expected = torch.stack([torch.full(lead, 3.0).double(), 20 * theta[..., 1]], -1)
    assert torch.equal(gradient, expected)


def test_the_surface_of_the_exact_plane(prob):
    plane = lv.exact_plane(prob)
    assert plane.titles == ("x", "y")
    x, y = torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])
    surface = lv.evaluate(prob, plane, x, y)
    assert surface.loss.dtype == torch.float64
    assert surface.loss.tolist() == [[slope(a, b) for a in x.tolist()] for b in y.tolist()]


def test_a_surface_is_the_same_in_portions(prob):
    x, y = torch.linspace(-1, 1, 71).double(), torch.linspace(-2, 2, 53).double()
    assert x.numel() * y.numel() > prob.model.most_points
    surface = lv.evaluate(prob, lv.exact_plane(prob), x, y)
    assert torch.equal(surface.loss, slope(x[None], y[:, None]))


def test_a_race_is_a_plain_torch_loop():
    prob = function_problem("rosenbrock")
    runs = race_on(prob, [Method("sgd", {"lr": 1e-3}), Method("adam", {"lr": 0.05})], 50)
    for run, kind, lr in zip(runs, (torch.optim.SGD, torch.optim.Adam), (1e-3, 0.05), strict=True):
        point = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
        optimizer = kind([point], lr=lr)
        for step in range(50):
            assert torch.equal(run.weights[step], point.detach())
            optimizer.zero_grad()
            value = (1 - point[0]) ** 2 + 100 * (point[1] - point[0] ** 2) ** 2
            assert run.loss[step].item() == value.item()
            value.backward()
            optimizer.step()
        assert torch.equal(run.weights[-1], point.detach())


def test_metrics_have_a_loss_and_no_score(prob):
    found = metrics_of(prob, torch.tensor([[0.0, 1.0], [2.0, 0.0]], dtype=torch.float64))
    assert set(found) == {"train_loss", "test_loss"}
    assert found["train_loss"].tolist() == [10, 6]
    assert np.isnan(found["test_loss"]).all()


def test_precision_can_be_single():
    prob = point_problem(slope, (0.1, 0.2), dtype=torch.float32, box=(0.0, 1.0, 0.0, 1.0))
    assert prob.theta0.dtype == prob.loss(prob.params0).dtype == torch.float32
    assert prob.box[0].dtype == torch.float32


def test_a_start_keeps_all_its_digits():
    assert point_problem(slope, (1 / 3, 1e-6)).theta0.tolist() == [1 / 3, 1e-6]


def test_what_the_gradient_has_beside_the_slope():
    rule = lambda step: (1.0, 0.0)  # noqa: E731
    kinds = {
        type(point_problem(slope, (0.0, 0.0), **options).noise)
        for options in ({"noise": 1.0}, {"deviation": rule}, {"noise": 1.0, "deviation": rule})
    }
    assert kinds == {GaussianNoise, Deviation, SumOfNoises}
    assert point_problem(slope, (0.0, 0.0)).noise is None
    assert function_problem("saddle", sigma=2.0, batch=16).noise == GaussianNoise(2.0, 16)
    own = GaussianNoise(3.0)
    assert point_problem(slope, (0.0, 0.0), noise=own).noise is own


def test_a_function_of_the_catalogue():
    turned = function_problem("ravine", {"rotation": 90.0})
    assert turned.theta0.tolist() == pytest.approx([-1, 10])
    assert turned.loss(turned.params0).item() == pytest.approx(100)
    assert function_problem("ravine", start=(3.0, 4.0)).theta0.tolist() == [3, 4]
    assert function_problem("online").box[1].tolist() == [1, 10]


WRONG = {
    "nan": ({"start": (math.nan, 0.0)}, "two finite numbers"),
    "three": ({"start": (1.0, 2.0, 3.0)}, "two finite numbers"),
    "box": ({"start": (0.0, 0.0), "box": (1.0, -1.0, -1.0, 1.0)}, "x0 < x1"),
    "outside": ({"start": (2.0, 0.0), "box": (-1.0, 1.0, -1.0, 1.0)}, "x must be from -1 to 1"),
    "noise": ({"start": (0.0, 0.0), "noise": -1.0}, "noise is -1"),
    "no noise": ({"start": (0.0, 0.0), "noise": math.nan}, "noise is nan"),
}


@pytest.mark.parametrize(("options", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_used(options, words):
    with pytest.raises(SettingError, match=words):
        point_problem(slope, **options)


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="Did you mean 'rosenbrock'"):
        function_problem("rosenbrok")
    with pytest.raises(UnknownNameError, match="parameter of rosenbrock"):
        function_problem("rosenbrock", {"c": 1.0})

"""Penalties on the weights: their values, slopes and curvature, and where they count."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossviz as lv
from lossviz.curvature import HessianProducts, hessians
from lossviz.problem.penalty import Penalty
from lossviz.problem.space import ParamSpace

SPACE = ParamSpace(
    ("first.weight", "first.bias", "scale", "last.weight"), ((2, 3), (2,), (), (1, 2))
)
WEIGHTS = [*range(6), 9, 10]


def slow(theta: torch.Tensor, l1: float, l2: float) -> float:
    return sum(l1 * abs(float(theta[i])) + l2 / 2 * float(theta[i]) ** 2 for i in WEIGHTS)


@given(st.lists(st.floats(-5, 5), min_size=11, max_size=11), st.floats(0, 2), st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_it_is_the_sum_over_the_weights_alone(numbers, l1, l2):
    theta = torch.tensor(numbers, dtype=torch.float64)
    penalty = Penalty(SPACE, l1, l2)
    assert penalty.value(theta).item() == pytest.approx(slow(theta, l1, l2), abs=1e-12)
    assert penalty.at(SPACE.unflatten(theta)).item() == pytest.approx(
        slow(theta, l1, l2), abs=1e-12
    )
    leaf = theta.clone().requires_grad_()
    value = penalty.value(leaf) + 0 * leaf.sum()  # with both factors zero it has no slope
    (slope,) = torch.autograd.grad(value, leaf)
    torch.testing.assert_close(penalty.slope(theta), slope)


def test_many_points_are_as_one_by_one():
    theta = torch.randn(5, 11, dtype=torch.float64)
    penalty = Penalty(SPACE, 0.3, 0.7)
    torch.testing.assert_close(penalty.value(theta), torch.stack([penalty.value(t) for t in theta]))
    torch.testing.assert_close(penalty.slope(theta), torch.stack([penalty.slope(t) for t in theta]))


def test_infinite_weights_are_infinitely_dear_and_biases_are_free():
    theta = torch.zeros(11)
    theta[7] = torch.inf
    assert Penalty(SPACE, 1.0, 1.0).value(theta) == 0
    theta[0] = torch.inf
    assert Penalty(SPACE, 0.0, 1.0).value(theta) == torch.inf


def test_without_any_weight_there_is_nothing():
    space = ParamSpace(("x", "y"), ((), ()))
    point = {"x": torch.tensor(3.0), "y": torch.tensor(4.0)}
    assert Penalty(space, 1.0, 1.0).at(point) == 0
    assert Penalty(space, 1.0, 1.0).value(torch.tensor([3.0, 4.0])) == 0


@pytest.mark.parametrize("factor", [-0.1, float("nan"), float("inf")])
def test_factors_are_checked(factor):
    with pytest.raises(lv.SettingError, match=r"l2 is .*, but must be a number, 0 or more"):
        Penalty(SPACE, 0.0, factor)


def test_it_can_be_sent_to_a_worker():
    penalty = pickle.loads(pickle.dumps(Penalty(SPACE, 0.3, 0.7)))
    assert penalty.value(torch.ones(11)) == Penalty(SPACE, 0.3, 0.7).value(torch.ones(11))


NETWORKS = [
    {"model_params": {"width": 4, "depth": 1}},
    {"dataset": "waves", "loss": "mse", "model": "rnn", "model_params": {"width": 3}},
]


@pytest.mark.parametrize("settings_of", NETWORKS)
def test_surface_loss_and_curvature_have_it_and_metrics_have_not(settings_of):
    plain = lv.Experiment(**settings_of, dtype="float64", steps=2)
    held = lv.Experiment(**settings_of, dtype="float64", steps=2, l1=0.02, l2=0.3)
    without, with_it = lv.build(plain), lv.build(held)
    penalty = with_it.penalty
    theta = with_it.theta0
    wanted = without.loss(without.params0) + penalty.value(theta)
    torch.testing.assert_close(with_it.loss(with_it.params0), wanted)
    torch.testing.assert_close(with_it.stacked_loss(theta[None])[0], wanted)

    plane = lv.random_plane(with_it, with_it.params0)
    surface = lv.evaluate(with_it, plane, [-1.0, 0.0, 0.5], [0.0, 2.0])
    bare = lv.evaluate(without, plane, [-1.0, 0.0, 0.5], [0.0, 2.0])
    first, second = plane.axes.to(theta)
    added = [
        [penalty.value(theta + x * first + y * second) for x in (-1.0, 0.0, 0.5)]
        for y in (0.0, 2.0)
    ]
    torch.testing.assert_close(surface.loss - bare.loss, torch.tensor(added, dtype=torch.float64))

    run = lv.train(held)
    again = without.loss(run.params(-1))
    assert run.metrics["train_loss"][-1] == pytest.approx(again.item(), rel=1e-12)
    assert run.loss[-1] > run.metrics["train_loss"][-1]


@pytest.mark.parametrize("chunk", [None, 30])
def test_products_with_the_hessian_have_its_curvature(chunk):
    exp = {"model_params": {"width": 3, "depth": 1}, "dtype": "float64"}
    bare, held = lv.build(lv.Experiment(**exp)), lv.build(lv.Experiment(**exp, l1=0.1, l2=0.3))
    vectors = torch.randn(2, bare.space.size, dtype=torch.float64)
    wanted = HessianProducts(bare)(vectors) + held.penalty.curved(vectors)
    products = HessianProducts(held, chunk=chunk)
    torch.testing.assert_close(products(vectors), wanted)
    torch.testing.assert_close(hessians(held, held.theta0[None])[0] @ vectors[0], wanted[0])
    slope = HessianProducts(bare).gradient() + held.penalty.slope(held.theta0)
    torch.testing.assert_close(products.gradient(), slope)


# --- wrong labels ------------------------------------------------------------------------------


def test_wrong_labels_are_among_the_training_samples_alone_and_as_many_as_said():
    clean = lv.build(lv.Experiment(dataset="blobs")).data
    noisy = lv.build(lv.Experiment(dataset="blobs", label_noise=0.25)).data
    assert torch.equal(clean.test_targets, noisy.test_targets)
    wrong = (clean.targets != noisy.targets).double().mean().item()
    assert wrong == pytest.approx(0.25, abs=1 / len(clean.targets))
    assert set(noisy.targets.tolist()) <= set(clean.targets.tolist())


def test_noise_on_values_has_the_spread_that_is_said():
    settings = {"dataset": "sine", "loss": "mse", "scaling": "none"}
    settings["dataset_params"] = {"samples": 1000}
    clean = lv.build(lv.Experiment(**settings)).data
    noisy = lv.build(lv.Experiment(**settings, label_noise=0.4)).data
    assert torch.equal(clean.test_targets, noisy.test_targets)
    added = (noisy.targets - clean.targets).double().numpy()
    assert np.std(added) / np.std(clean.targets.double().numpy()) == pytest.approx(0.4, rel=0.1)


def test_wrong_labels_belong_to_the_seed_of_the_data():
    def targets(seed: int) -> torch.Tensor:
        return lv.build(lv.Experiment(label_noise=0.3, data_seed=seed)).data.targets

    assert torch.equal(targets(1), targets(1))
    assert not torch.equal(targets(1), targets(2))

"""Early stopping, scores, weights and polynomials, each against the slow and obvious."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

import lossviz as lv
from lossviz.checkup import (
    early_stop,
    polynomial_fit,
    scores_of,
    stopping,
    vanished_share,
    weight_history,
    weight_names,
)
from lossviz.problem.build import build
from lossviz.registry import datasets

# --- early stopping ----------------------------------------------------------------------------


def waited(steps: list[int], losses: list[float], patience: int) -> tuple[int, int | None]:
    """As one would do it while training."""
    best, lowest = steps[0], losses[0]
    for step, loss in zip(steps, losses, strict=True):
        if loss < lowest:
            best, lowest = step, loss
        elif step - best >= patience:
            return best, step
    return best, None


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.integers(1, 12), st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_it_stops_where_a_loop_would(losses, patience, stride):
    steps = [stride * k for k in range(len(losses))]
    found = stopping(steps, losses, patience)
    assert (found.best, found.stop) == waited(steps, losses, patience)
    assert found.loss == losses[steps.index(found.best)]


def test_losses_that_are_no_numbers_are_no_improvement():
    found = stopping(range(5), [np.nan, 2.0, np.nan, np.inf, 3.0], 3)
    assert (found.best, found.stop) == (1, 4)


def test_without_test_samples_there_is_nothing_to_stop_by():
    run = lv.train(lv.Experiment(test_share=0.0, steps=3))
    with pytest.raises(lv.SettingError, match="keep a share of the samples"):
        early_stop(run)
    with pytest.raises(lv.SettingError, match="1 step or more"):
        stopping([0], [1.0], 0)


def test_the_run_is_whole_and_its_best_weights_are_there():
    exp = lv.Experiment(
        dataset_params={"samples": 60, "noise": 0.35}, test_share=0.5, optimizer="adam",
        params={"lr": 0.05}, steps=150,
    )  # fmt: skip
    run = lv.train(exp)
    found = early_stop(run, patience=20)
    assert found.stop is not None
    assert len(run.loss) == 151
    x, y = lv.build(exp).batch("test")
    problem = lv.build(exp)
    again = problem.loss(run.params(found.best), (x, y)).item()
    assert again == pytest.approx(found.loss, rel=1e-5)


# --- scores ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", ["rare", "iris", "diabetes"])
def test_scores_are_those_of_scikit_learn(dataset):
    loss = "mse" if dataset == "diabetes" else "cross_entropy"
    exp = lv.Experiment(dataset=dataset, loss=loss, steps=40, optimizer="adam")
    run, problem = lv.train(exp), lv.build(exp)
    found = scores_of(problem, run.weights[-1])
    x, y = problem.batch("test")
    with torch.no_grad():
        outputs = problem.model.forward(run.params(-1), x)
    if dataset == "diabetes":
        assert found["R²"] == pytest.approx(metrics.r2_score(y, outputs), rel=1e-6)
        wanted = metrics.mean_absolute_error(y, outputs)
        assert found["mean absolute error"] == pytest.approx(wanted, rel=1e-6)
        return
    said = outputs.argmax(1)
    average = "binary" if dataset == "rare" else "macro"
    assert found["accuracy"] == metrics.accuracy_score(y, said)
    assert found["balanced accuracy"] == metrics.balanced_accuracy_score(y, said)
    for name, of in (
        ("precision", metrics.precision_score),
        ("recall", metrics.recall_score),
        ("F1", metrics.f1_score),
    ):
        assert found[name] == of(y, said, average=average, zero_division=0)


def test_three_classes_of_which_two_are_tested_are_still_three():
    exp = lv.Experiment(dataset="iris", seed=8)
    labels = datasets["iris"].make(np.random.default_rng(0), **exp.dataset_params).targets
    every = np.arange(len(labels))
    problem = build(exp, (every, every))
    said = problem.outputs(problem.theta0[None], problem.batch("test")[0])[0].argmax(1).numpy()
    # Neither said nor wanted is the third class here, so that the numbers alone do not tell.
    two = np.flatnonzero((labels < 2) & (said < 2))
    assert set(said[two]) == set(labels[two]) == {0, 1}
    found = scores_of(build(exp, (every, two)), problem.theta0)
    for name, of in (("F1", metrics.f1_score), ("precision", metrics.precision_score)):
        assert found[name] == pytest.approx(of(labels[two], said[two], average="macro"))
        assert found[name] != pytest.approx(of(labels[two], said[two]))


def test_scores_say_what_is_missing():
    exp = lv.Experiment(test_share=0.0, steps=1)
    problem = lv.build(exp)
    with pytest.raises(lv.SettingError, match="no samples in the split 'test'"):
        scores_of(problem, problem.theta0)
    broken = scores_of(problem, problem.theta0 * torch.nan, "train")
    assert all(np.isnan(value) for value in broken.values())


# --- weights -----------------------------------------------------------------------------------


def test_histograms_count_every_weight_at_every_frame():
    exp = lv.Experiment(model_params={"width": 5, "depth": 2}, steps=10)
    run = lv.train(exp)
    assert weight_names(run.space) == ("0.weight", "2.weight", "4.weight")
    found = weight_history(run.space, run.weights, "2.weight", bins=7)
    assert found.matrix.shape == (11, 5, 5)
    assert (found.counts.sum(1) == 25).all()
    frame = run.params(4)["2.weight"].double().numpy()
    np.testing.assert_array_equal(found.matrix[4], frame)
    np.testing.assert_array_equal(found.counts[4], np.histogram(frame, bins=found.edges)[0])


def test_the_share_near_zero_is_over_all_weights_and_no_biases():
    run = lv.train(lv.Experiment(model_params={"width": 5, "depth": 1}, steps=2))
    theta = torch.ones(1, run.space.size)
    parts = run.space.unflatten(theta)
    parts["0.weight"][0, :2] = 0.0009
    parts["0.bias"][:] = 0.0
    assert vanished_share(run.space, theta).tolist() == [4 / 20]


def test_unknown_weights_are_told():
    run = lv.train(lv.Experiment(steps=1))
    with pytest.raises(lv.SettingError, match=r"there are 0\.weight"):
        weight_history(run.space, run.weights, "0.bias")
    with pytest.raises(lv.SettingError, match="at least 1"):
        weight_history(run.space, run.weights, "0.weight", bins=0)


# --- polynomials -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("degree", "train", "test"),
    [(1, 0.300, 0.202), (3, 0.031, 0.021), (9, 0.0047, 0.035), (14, 0.0, 1.06)],
)
def test_a_sine_through_fifteen_points(degree, train, test):
    fit = polynomial_fit(degree)
    assert fit.train == pytest.approx(train, abs=5e-4 if train > 0.01 else 5e-5)
    assert fit.test == pytest.approx(test, rel=5e-3, abs=5e-4)


@pytest.mark.parametrize("ridge", [0.0, 0.01])
@pytest.mark.parametrize("degree", [0, 3, 7])
def test_it_is_the_minimum_that_is_said(degree, ridge):
    fit = polynomial_fit(degree, points=20, noise=0.3, seed=2, ridge=ridge)
    rng = np.random.default_rng(2)
    x = np.linspace(0, 1, 20)
    y = np.sin(2 * np.pi * x) + 0.3 * rng.standard_normal(20)
    basis = np.cos(np.outer(np.arccos(np.clip(2 * x - 1, -1, 1)), np.arange(degree + 1)))
    held = np.diag([0.0] + [20 * ridge] * degree)
    wanted = np.linalg.solve(basis.T @ basis + held, basis.T @ y)
    grid = np.cos(np.outer(np.arccos(np.clip(2 * fit.grid - 1, -1, 1)), np.arange(degree + 1)))
    np.testing.assert_allclose(fit.fitted, grid @ wanted, atol=1e-9)
    assert fit.train == pytest.approx(np.mean((basis @ wanted - y) ** 2))


@pytest.mark.parametrize(
    "wrong", [{"degree": -1}, {"points": 1}, {"points": 101}, {"noise": -1.0}, {"ridge": -1.0}]
)
def test_numbers_out_of_range_are_told(wrong):
    with pytest.raises(lv.SettingError, match="2 to 100 points"):
        polynomial_fit(**{"degree": 3, **wrong})

"""Surfaces and predictions of images, sequences and characters."""

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz.problem import build
from lossviz.surface import Confusion, Parity, PlaneLosses, predictions
from lossviz.surface.losses import FEWEST
from lossviz.surface.portions import PROBED, look_at

EXPERIMENTS = {
    "cnn": {"dataset": "digits", "dataset_params": {"samples": 100}},
    "rnn": {"dataset": "parity", "dataset_params": {"samples": 40}},
    "gru": {"dataset": "adding", "dataset_params": {"samples": 40}, "loss": "mse"},
    "lstm": {"dataset": "waves", "dataset_params": {"samples": 40}, "loss": "mse"},
    "transformer": {"dataset": "characters", "dataset_params": {"samples": 100, "context": 8}},
}


def experiment(name, **more):
    return lv.Experiment(model=name, **{**EXPERIMENTS[name], **more})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("chunk", [None, 1, 4])
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_surface_equals_a_loop_over_points(name, chunk):
    prob = build(experiment(name, dtype="float64"))
    plane = lv.random_plane(prob, prob.params0)
    x, y = [-1.0, 0.0, 0.5], [0.25, 1.0]
    surface = lv.evaluate(prob, plane, x, y, chunk=chunk)
    expected = torch.tensor([[prob.loss(plane.at(a, b)).item() for a in x] for b in y])
    torch.testing.assert_close(surface.loss, expected.double(), rtol=1e-6, atol=1e-7)
    assert surface.loss.isfinite().all()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_small_ones_are_batched_in_one_call(name):
    prob = build(experiment(name))
    losses = PlaneLosses(prob, lv.random_plane(prob, prob.params0), chunk=3)
    coords = torch.tensor([[0.0, 0.0], [0.5, 1.0], [-1.0, 0.25]])
    found = losses(coords)
    # It would have become "one by one" had vmap not been able to follow.
    assert losses.way == "batched"
    expected = [prob.loss(losses_point(prob, losses, c)).item() for c in coords]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)


def losses_point(prob, losses, coords):
    mix = losses.vectors[0] + coords.to(losses.vectors) @ losses.vectors[1:]
    return prob.space.unflatten(mix)


def test_where_a_forward_pass_is_long_points_are_evaluated_one_by_one():
    long = build(lv.Experiment(model="cnn", dataset="digits"))
    plane = lv.random_plane(long, long.params0)
    losses = PlaneLosses(long, plane)
    assert losses.way == "one by one"
    assert losses.portion < FEWEST
    assert PlaneLosses(long, plane, chunk=2).way == "batched"
    small = build(experiment("lstm"))
    assert PlaneLosses(small, lv.random_plane(small, small.params0)).way == "batched"


@pytest.mark.parametrize("normalize", ["filter", "layer"])
def test_the_way_from_runs_to_pictures(normalize):
    runs = lv.race([experiment("cnn", steps=3), experiment("cnn", steps=3, optimizer="adam")])
    prob = build(runs[0].experiment)
    for plane in (
        lv.pca_plane(runs),
        lv.random_plane(prob, runs[0].params(-1), normalize=normalize),
    ):
        coords, _ = plane.project(runs[0].weights)
        x, y = lv.grid(lv.window(plane, [coords]), 3)
        assert lv.evaluate(prob, plane, x, y).loss.isfinite().all()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_predictions_are_counts_or_values(name):
    run = lv.train(experiment(name, steps=2))
    prob = build(run.experiment)
    seen = predictions(prob, run, [0, 2])
    if prob.data.shape.task == "regression":
        assert isinstance(seen, Parity)
        assert np.isfinite(seen.values.numpy()).all()
    else:
        assert isinstance(seen, Confusion)
        assert seen.counts.sum((1, 2)).tolist() == [len(prob.data.test_inputs)] * 2
    assert lv.figures.predictions(seen, prob) is not None


def test_no_cell_of_a_normalised_network_is_left_out():
    prob = build(experiment("cnn", model_params={"batch_norm": True, "depth": 6, "skip": False}))
    plane = lv.random_plane(prob, prob.params0)
    side = torch.linspace(-1, 1, 5)
    for statistics in ("frozen", "batch", "recomputed"):
        assert lv.evaluate(prob, plane, side, side, statistics=statistics).loss.isfinite().all()


def test_few_samples_say_how_many_points_share_a_call():
    prob = build(experiment("cnn", model_params={"batch_norm": True}))
    recomputed = prob.with_statistics("recomputed")
    seen = []
    for one in (prob, recomputed):
        one.model.batch.module.register_forward_pre_hook(lambda _, args: seen.append(len(args[0])))
    batched, again = (look_at(one, one.batch(), one.theta0).points for one in (prob, recomputed))
    assert seen == [PROBED, PROBED]
    assert batched == again

"""Every claim of the trainings worth seeing, and the verdicts, checked on real runs."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz.checkup import (
    PRESETS,
    Checkup,
    Exam,
    early_stop,
    examine,
    pair_of,
    polynomial_fit,
    spreads,
    verdict_of,
)
from lossviz.run import Run
from lossviz.settings import with_choice
from lossviz.ui.checkup import polynomials
from lossviz.ui.checkup.scene import scene_of
from lossviz.ui.checkup.shown import Shown
from lossviz.ui.stage.message import scene_message

PRESET = {preset.name: preset.settings for preset in PRESETS}


@pytest.fixture(scope="module")
def exams() -> dict[str, tuple[Exam, ...]]:
    """All trainings of the presets, each once."""
    known: dict[lv.Experiment, Exam] = {}
    for checkup in PRESET.values():
        for exp in checkup.experiments():
            known.setdefault(exp, examine(exp))
    return {
        name: tuple(known[exp] for exp in checkup.experiments()) for name, checkup in PRESET.items()
    }


def last(exam: Exam, name: str) -> float:
    return float(exam.run.metrics[name][-1])


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_link_opens_it(preset):
    assert Checkup.from_url(preset.settings.to_url()) == preset.settings


@pytest.mark.parametrize("name", PRESET)
def test_it_is_drawn(name, exams):
    if PRESET[name].show == "degree":
        scene = polynomials.scene_of(PRESET[name], "light")
    else:
        scene = scene_of(Shown(PRESET[name], exams[name]), "light")
    assert len(scene.contenders) >= len(PRESET[name].names())
    assert scene_message(scene)


def test_units_that_start_alike_stay_alike(exams):
    zero, constant, xavier = exams["xor"]
    torch.testing.assert_close(zero.run.loss, torch.full((2001,), math.log(2)).double())
    assert last(constant, "train_loss") == pytest.approx(0.485, abs=5e-4)
    assert (constant.spreads.alike[:, 0] == 8).all()
    assert 0.0005 < last(xavier, "train_loss") < 0.003
    assert not xavier.spreads.alike[:, 0].any()


def test_ten_layers(exams):
    large, small, xavier, gained = (exam.spreads for exam in exams["deep"])
    assert large.activations[0, 9] == pytest.approx(0.95, abs=0.01)
    assert large.gradients[0, 0] > 500 * large.gradients[0, 9]
    ratios = small.gradients[0, 1:10] / small.gradients[0, :9]
    assert ((ratios > 5) & (ratios < 20)).all(), "a factor of ten a layer"
    assert small.activations[0, 9] < 1e-10
    assert np.ptp(exams["deep"][1].run.metrics["train_loss"]) < 1e-5
    for even in (xavier.activations[0, :10], xavier.gradients[0, :10]):
        assert even.max() < 3 * even.min()
    assert gained.activations[0, 9] >= gained.activations[0, 0]


def test_a_recurrent_network_forgets(exams):
    default, _, orthogonal = (exam.spreads.gradients for exam in exams["forgetting"])
    kept = default[0, 0] / default[0, -1]
    assert kept < 1e-3
    assert orthogonal[0, 0] > 0.1 * orthogonal[0, -1]
    gru = lv.build(replace(PRESET["forgetting"].base, model="gru", model_params={}))
    gated = spreads(gru, gru.theta0).gradients[0]
    assert gated[0] / gated[-1] > 10 * kept
    assert default[-1, 0] > 0.1 * default[-1, -1], "training mends it"


def test_learnt_by_heart(exams):
    (exam,) = exams["over-fit"]
    assert exam.run.space.size == pytest.approx(1200, abs=30)
    assert last(exam, "train_loss") < 0.01
    lowest = early_stop(exam.run, 30)
    assert lowest.best < 10
    assert last(exam, "test_loss") > 2 * lowest.loss
    assert exam.verdict.kind == "over-fit"


def test_held_by_a_penalty(exams):
    free, held = exams["held"]
    assert last(held, "train_loss") > last(free, "train_loss")
    assert last(held, "test_loss") < 0.4 * last(free, "test_loss")
    assert last(held, "test_accuracy") > last(free, "test_accuracy")
    assert held.verdict.kind == "good"


def test_wrong_labels(exams):
    free, held = exams["wrong-labels"]
    honest = exams["over-fit"][0]
    assert last(free, "train_accuracy") == 1
    assert last(free, "test_accuracy") < last(honest, "test_accuracy")
    assert last(held, "train_accuracy") == pytest.approx(0.8, abs=0.05)
    assert last(held, "test_accuracy") > last(free, "test_accuracy")


def test_l1_switches_weights_off(exams):
    (exam,) = exams["switched-off"]
    names = [n for n in exam.run.space.names if n.endswith("weight")]
    weights = torch.cat([exam.run.params(-1)[name].flatten() for name in names])
    assert exam.vanished[-1] > 0.98
    assert 5 <= int((weights.abs() >= 1e-3).sum()) <= 15
    assert exams["held"][1].vanished[-1] < 0.2


def test_polynomials():
    """The numbers themselves are known from tests/checkup/test_parts.py."""
    checkup = PRESET["polynomials"]
    found = [polynomial_fit(d, checkup.points, checkup.spread) for d in (1, 3, 9, 14)]
    claim = next(preset.claim for preset in PRESETS if preset.name == "polynomials")
    for fit in found:
        assert f"{fit.test:.3f}".removesuffix("0") in claim or f"{fit.test:.2f}" in claim, (
            fit.degree
        )
        assert f"{fit.train:.2g}" in claim or fit.train < 1e-12, fit.degree


@pytest.mark.parametrize(
    ("name", "seeds", "lowest", "highest", "mean"),
    [("nothing-to-learn", 50, 0.45, 0.64, 0.54), ("something-to-learn", 20, 0.84, 0.97, 0.90)],
)
def test_the_code_example_over_many_seeds(name, seeds, lowest, highest, mean):
    base = PRESET[name].base
    right = [
        lv.train(replace(base, seed=seed, data_seed=seed)).metrics["train_accuracy"][-1]
        for seed in range(seeds)
    ]
    assert lowest <= min(right)
    assert max(right) <= highest
    assert np.mean(right) == pytest.approx(mean, abs=0.015)


def test_the_code_example_is_what_the_printed_code_would_train():
    base = PRESET["nothing-to-learn"].base
    problem = lv.build(base)
    x, y = problem.batch()
    assert y.tolist() == [1] * 50 + [0] * 50
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1), torch.nn.Sigmoid()
    )
    optimizer = torch.optim.Adam(module.parameters(), lr=0.001)
    with pytest.raises(RuntimeError):
        torch.nn.BCELoss()(module(x), y[:, None])  # as printed: labels are whole numbers
    losses = []
    for _ in range(101):
        optimizer.zero_grad()
        loss = torch.nn.BCELoss()(module(x), y[:, None].float())
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(lv.train(base).loss, losses, rtol=1e-5)


# --- verdicts ----------------------------------------------------------------------------------


def judged(**settings) -> tuple[lv.Experiment, object]:
    exp = lv.Experiment(**settings)
    return exp, verdict_of(lv.train(exp))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("diverging", {"dataset": "line", "loss": "mse", "params": {"lr": 20.0}}),
        ("stuck", {"init": "zero", "bias_init": "zero"}),
        ("under-fit", {"model": "linear", "params": {"lr": 1.0}}),
        ("unfinished", {"params": {"lr": 0.5}, "steps": 60, "dataset": "circles"}),
        ("good", {"optimizer": "adam", "params": {"lr": 0.05}, "l2": 0.01}),
        ("unsteady", {"optimizer": "adam", "params": {"lr": 1.0}, "steps": 40, "batch_size": 8,
                      "seed": 1}),
    ],
)  # fmt: skip
def test_verdicts(kind, settings):
    exp, found = judged(**settings)
    assert found.kind == kind, found
    assert found.sentence
    for cure in found.cures:
        changed, problems = with_choice(exp, **cure.changes)
        assert changed != exp, cure
        assert not problems


def test_where_a_class_is_rare_accuracy_does_not_decide():
    settings = {"dataset": "rare", "optimizer": "adam", "params": {"lr": 0.02}}
    exp, found = judged(**settings)
    numbers = found.numbers
    # As good as can be, and by accuracy hardly better than always saying no.
    assert numbers["train score"] - numbers["guessing"] < 0.02
    assert found.kind == "under-fit"
    x, y = lv.build(exp).batch()
    said = lv.build(exp).outputs(lv.train(exp).weights[-1:], x)[0].argmax(1)
    recalls = [float((said[y == c] == c).double().mean()) for c in (0, 1)]
    assert numbers["balanced train score"] == pytest.approx(np.mean(recalls))
    assert f"{100 * np.mean(recalls):.1f} %" in found.sentence
    # The first cure finds most of the rare ones.
    assert found.cures[0].title == "Weigh the classes"
    changed, problems = with_choice(exp, **found.cures[0].changes)
    assert not problems
    after = verdict_of(lv.train(changed))
    assert after.numbers["balanced train score"] > numbers["balanced train score"] + 0.15
    assert after.numbers["train score"] < numbers["train score"], "at the price of false alarms"
    assert "Weigh the classes" not in [cure.title for cure in after.cures]
    # One that never finds any is stuck.
    _, found = judged(**settings, init="zero", bias_init="zero", steps=600)
    assert found.kind == "stuck"
    assert "never says a rare class" in found.sentence


@pytest.mark.parametrize("name", ["diverging", "stuck", "under-fit", "over-fit"])
def test_the_first_cure_helps(name, exams):
    starts = {
        "diverging": {"dataset": "line", "loss": "mse", "model": "linear", "params": {"lr": 1.5}},
        "stuck": {"init": "zero", "bias_init": "zero", "params": {"lr": 0.5}},
        "under-fit": {"model_params": {"width": 1, "depth": 1}, "params": {"lr": 0.5}},
    }
    if name == "over-fit":
        run: Run = exams["over-fit"][0].run
    else:
        run = lv.train(lv.Experiment(**starts[name]))
    found = verdict_of(run)
    assert found.kind == name
    exp, _ = with_choice(run.experiment, **found.cures[0].changes)
    after = lv.train(exp)
    if name == "diverging":
        assert after.status.kind == "finished"
    else:
        assert after.metrics["test_loss"][-1] < run.metrics["test_loss"][-1]


def test_a_run_without_a_score_gets_no_verdict():
    run = lv.train(lv.Experiment(steps=50))
    run.__dict__["metrics"] = {name: run.metrics[name] for name in ("train_loss", "test_loss")}
    assert verdict_of(run).kind in ("unknown", "unfinished")


# --- pairs -------------------------------------------------------------------------------------


def test_each_path_lies_on_the_surface_that_its_optimizer_lowers(exams):
    free, held = (exam.run for exam in exams["held"])
    pair = pair_of((free, held))
    problem = lv.build(held.experiment)
    without, with_it = pair.surfaces
    j, i = 7, 31
    theta = problem.space.flatten(pair.plane.at(float(with_it.x[i]), float(with_it.y[j])))
    gap = float(with_it.loss[j, i] - without.loss[j, i])
    assert gap == pytest.approx(problem.penalty.value(theta).item(), rel=1e-3)
    way = pair.ways[1]
    assert way.loss[-1] == pytest.approx(float(held.loss[-1]))
    assert way.coords.shape == (401, 2)

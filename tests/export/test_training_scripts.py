"""Scripts of networks come to the numbers of `lossviz.race`, for every entry of every catalogue."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz import registry
from lossviz.comparison import Contender
from lossviz.export import missing_in, script_of
from lossviz.registry import LossEntry
from lossviz.settings import with_choice
from tests.export.scripts import at_random, check_experiment, executed, same, trained

#: Other sums in another order: in double precision a few steps leave that much of the rounding.
TIGHT = 1e-10


def fitting(**settings: Any) -> dict[str, Any]:
    """The settings with a loss that suits the data, and few steps in double precision."""
    shape = registry.datasets[settings.get("dataset", "moons")]
    task = shape.shape(shape.complete(settings.get("dataset_params", {}))).task
    usual = {"steps": 7, "dtype": "float64"}
    if "loss" not in settings:
        usual["loss"] = "cross_entropy" if task == "classification" else "mse"
    elif scalings := registry.losses[settings["loss"]].scalings:
        usual["scaling"] = scalings[0]
    return {**usual, **settings}


def with_code(catalogue):
    return [pytest.param(entry, id=entry.name) for entry in catalogue if entry.code is not None]


@pytest.mark.parametrize("scaling", ["standard", "unit", "robust", "none"])
@pytest.mark.parametrize("entry", with_code(registry.datasets))
def test_every_data_set(entry, scaling):
    for params in ({}, at_random(entry.params, seed=1)):
        settings = fitting(dataset=entry.name, dataset_params=params, scaling=scaling)
        if entry.name == "characters":
            settings["model"] = "transformer"
        # Unscaled features make a rate of 0.1 diverge, which is a result too, but a short one.
        settings |= {"params": {"lr": 1e-3}, "data_seed": 3, "test_share": 0.2, "batch_size": 32}
        check_experiment(TIGHT, **settings)


@pytest.mark.parametrize("entry", with_code(registry.models))
def test_every_model(entry):
    for params in ({}, at_random(entry.params, seed=2)):
        for loss, dataset in (
            ("bce_with_logits", "moons"), ("mse", "line"), ("mse", "adding"),
            ("cross_entropy", "digits"), ("cross_entropy", "characters"),
        ):  # fmt: skip
            given = {"model": entry.name, "model_params": params, "dataset": dataset, "loss": loss}
            _, repairs = with_choice(lv.Experiment(), **given)
            settings = fitting(**given, steps=3, seed=5)
            if not repairs and not missing_in(lv.Experiment(**settings)):
                check_experiment(TIGHT, **settings)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("skip", [True, False])
def test_batch_normalisation_is_measured_as_one_would_use_it(skip, dropout):
    model = {"batch_norm": True, "skip": skip, "depth": 2, "width": 4, "dropout": dropout}
    data = {"samples": 120}
    check_experiment(
        TIGHT, **fitting(dataset="digits", dataset_params=data, model="cnn", model_params=model)
    )


@pytest.mark.parametrize("activation", registry.models["mlp"].param("activation").choices)
def test_every_activation(activation):
    check_experiment(TIGHT, **fitting(model_params={"activation": activation, "depth": 3}))


def losses_and_data() -> list[tuple[LossEntry, str]]:
    """Every loss that has code, with each of three data sets that is of its task."""
    tasks = {
        name: registry.datasets[name].shape({"classes": 3}).task
        for name in ("moons", "blobs", "sine")
    }
    return [
        (entry, name)
        for entry in registry.losses if entry.code is not None
        for name, task in tasks.items() if task in entry.tasks
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "dataset"), losses_and_data(), ids=lambda value: getattr(value, "name", value)
)
def test_every_loss(entry, dataset):
    for params in ({}, at_random(entry.params, seed=3)):
        check_experiment(TIGHT, **fitting(dataset=dataset, loss=entry.name, loss_params=params))


@pytest.mark.parametrize("entry", with_code(registry.initialisers))
def test_every_initialiser(entry):
    for params in ({}, at_random(entry.params, seed=4)):
        check_experiment(TIGHT, **fitting(init=entry.name, init_params=params, seed=9))
        if entry.for_bias:
            check_experiment(TIGHT, **fitting(bias_init=entry.name, bias_init_params=params))


@pytest.mark.parametrize("seed", [0, 5, 6])
@pytest.mark.parametrize("entry", with_code(registry.optimizers))
def test_every_optimizer(entry, seed):
    params = at_random(entry.params, seed) if seed else {}
    if entry.name == "sgd" and seed:
        params["dampening"] = 0.0  # as Nesterov's look ahead wants it
    if "step_max" in params:
        params["step_max"] = 50.0
    # A line search decides by comparisons, so that rounding grows within a step.
    steps, tolerance = (2, 1e-5) if entry.closure else (7, TIGHT)
    model = "mlp"
    if entry.name == "soap":
        # It makes its bases in single precision, and in a matrix of low rank by rounding alone.
        model, tolerance = "linear", 1e-5
    check_experiment(
        tolerance, **fitting(optimizer=entry.name, params=params, steps=steps, model=model)
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon"])
@pytest.mark.parametrize("warmup", [0, 3, 100])
@pytest.mark.parametrize("entry", with_code(registry.schedules))
def test_every_schedule(entry, warmup, optimizer):
    options = {**at_random(entry.params, seed=7), "warmup": warmup}
    check_experiment(
        TIGHT,
        **fitting(
            optimizer=optimizer,
            params={"momentum": 0.9} if optimizer == "sgd" else {},
            schedule=entry.name,
            schedule_params=options,
            steps=12,
        ),
    )


@pytest.mark.parametrize("batch_size", [0, 16, 140, 10_000])
def test_batches_come_in_the_same_order(batch_size):
    check_experiment(TIGHT, **fitting(batch_size=batch_size, steps=25, seed=4))


def test_single_precision_agrees_to_its_own_digits():
    check_experiment(1e-5, **fitting(dtype="float32", steps=20))


def test_without_test_samples_there_is_nothing_about_them():
    exp = lv.Experiment(**fitting(test_share=0.0))
    script = script_of(exp)
    assert "train_test_split" not in script
    check_experiment(TIGHT, **fitting(test_share=0.0))


def test_a_divergence_is_told_and_its_last_good_weights_are_measured():
    settings = fitting(dataset="line", scaling="none", params={"lr": 20.0}, steps=60)
    exp = lv.Experiment(**settings, model="linear")
    (row,) = executed(script_of(exp))["results"].values()
    assert row[-1].startswith("diverged at step ")
    # It has grown by some eight orders of magnitude; so has the rounding.
    same([row], trained([exp]), 1e-6)


def test_a_comparison_has_all_its_contenders():
    contenders = (
        Contender("sgd", {"lr": 0.5}, schedule="cosine", schedule_params={"warmup": 5}),
        Contender("muon"),
        Contender("adam", {"lr": 0.02}),
        Contender("lbfgs", {"line_search": "none", "max_iter": 2}),
    )
    comparison = lv.Comparison(lv.Experiment(**fitting(batch_size=30)), contenders)
    names = executed(script_of(comparison))
    assert list(names["results"]) == ["A SGD", "B Muon", "C Adam", "D L-BFGS"]
    wanted = trained(list(comparison.experiments()))
    rows = zip(names["results"].values(), wanted, strict=True)
    for row, (got, expected) in enumerate(rows):
        # Muon rounds to bfloat16, where a last digit can become a third one.
        same([got], [expected], 1e-2 if row == 1 else TIGHT)


def test_the_table_shows_the_results():
    exp = lv.Experiment(**fitting())
    names = executed(script_of(exp))
    head, row = names["printed"].splitlines()
    assert head.split("  ")[0] == "contender"
    assert row.split()[2] == f"{names['results']['A SGD'][0]:.9g}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_start_of_ones_own(dtype):
    problem = lv.build(lv.Experiment(dtype=dtype))
    start = problem.theta0 + 0.1
    comparison = lv.Comparison(lv.Experiment(**fitting(dtype=dtype)), start=(0.5, 0.5))
    names = executed(script_of(comparison, start))
    begin = torch.nn.utils.parameters_to_vector(names["make_model"]().parameters())
    assert torch.equal(begin, start)
    wanted = trained(list(comparison.experiments()), start)
    same(list(names["results"].values()), wanted, TIGHT if dtype == "float64" else 1e-4)


def test_a_start_on_a_plane_needs_its_weights():
    with pytest.raises(lv.SettingError, match="starts at a point of a plane"):
        script_of(lv.Comparison(start=(0.5, 0.5)))
    with pytest.raises(lv.SettingError, match="at most 20000"):
        script_of(lv.Comparison(start=(0.5, 0.5)), torch.zeros(20_001))


def test_a_script_runs_by_itself_and_without_the_library(tmp_path):
    exp = lv.Experiment(dataset="digits", model_params={"depth": 1}, batch_size=64, steps=20)
    script = script_of(exp)
    assert "import lossviz" not in script
    file = tmp_path / "script.py"
    file.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(file)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    printed = [float(word) for word in done.stdout.splitlines()[1].split()[2:6]]
    np.testing.assert_allclose(printed, trained([exp])[0][:4], rtol=1e-4)


# --- what has no code --------------------------------------------------------------------------


@pytest.fixture
def bare(monkeypatch):
    """A loss that says nothing of its code."""
    entry = registry.LossEntry(
        name="bare_loss", title="Bare", about="No code.",
        make=lambda classes: registry.losses["mse"].make(classes),
        tasks=frozenset({"classification", "regression"}), outputs=lambda shape: 1,
    )  # fmt: skip
    monkeypatch.setitem(registry.losses._entries, entry.name, entry)
    return entry


def test_what_has_no_code_is_said_where_it_is_missing(bare):
    exp = lv.Experiment(dataset="line", loss=bare.name, steps=3)
    assert missing_in(exp) == ("the loss 'Bare'",)
    script = script_of(exp)
    assert "Not complete: lossviz has no plain code for the loss 'Bare'." in script
    with pytest.raises(NotImplementedError, match="no plain code of the loss 'bare_loss'"):
        executed(script)


def test_code_may_be_given_for_some_parameters_only(monkeypatch):
    entry = registry.OptimizerEntry(
        name="half", title="Half", about="Code for some.",
        make=registry.optimizers["sgd"].make, params=registry.optimizers["sgd"].params,
        code=lambda params, shapes: None,
    )  # fmt: skip
    monkeypatch.setitem(registry.optimizers._entries, entry.name, entry)
    exp = lv.Experiment(optimizer="half", schedule="cosine", steps=3)
    assert missing_in(exp) == ("the optimizer 'Half'",)
    with pytest.raises(NotImplementedError, match="optimizer 'half'"):
        executed(script_of(exp))


@pytest.mark.parametrize(
    "settings",
    [
        {"l1": 0.01},
        {"l2": 0.1, "batch_size": 32},
        {"l1": 0.01, "l2": 0.1, "optimizer": "adamw", "params": {"weight_decay": 0.1}},
        {"model_params": {"dropout": 0.4}},
        {"input_noise": 0.3, "batch_size": 50, "seed": 7},
        {"input_noise": 0.2, "model_params": {"dropout": 0.2}, "l2": 0.05, "test_share": 0.0},
        {"label_noise": 0.3, "data_seed": 4},
        {"label_noise": 0.3, "dataset": "blobs", "scaling": "none"},
        {"label_noise": 0.3, "dataset": "sine", "input_noise": 0.1},
        {"optimizer": "lbfgs", "params": {"line_search": "none"}, "steps": 2, "l2": 0.1,
         "model_params": {"dropout": 0.1}},
        {"dataset": "digits", "model": "cnn", "steps": 2, "batch_size": 64,
         "model_params": {"dropout": 0.5, "depth": 1}, "l1": 1e-3, "input_noise": 0.1},
    ],
)  # fmt: skip
def test_regularisation(settings):
    check_experiment(TIGHT, **fitting(**settings))


def test_without_regularisation_a_script_does_not_speak_of_it():
    script = script_of(lv.Experiment())
    assert not any(word in script for word in ("penalty", "manual_seed(1", ".train()", "wrong"))

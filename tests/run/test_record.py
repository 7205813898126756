"""Runs: their steps, their files, their metrics and their words."""

import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import lossviz as lv
from lossviz import Experiment, Problem, Run, SettingError
from lossviz.run import Method, Status, race_on
from lossviz.run import metrics as metrics_module
from lossviz.run.metrics import metrics_of
from lossviz.run.store import MOST_FILE_BYTES


@pytest.fixture(scope="module")
def run() -> Run:
    return lv.train(Experiment(optimizer="adam", steps=12))


def own() -> Run:
    data = torch.ones(4, 2), torch.zeros(4, 1)
    return race_on(Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), data), [Method("sgd")], 3)[0]


def test_the_weights_of_a_step_are_named(run: Run):
    params = run.params(4)
    assert tuple(params) == run.space.names
    assert torch.equal(run.space.flatten(params), run.weights[4])
    with pytest.raises(SettingError, match=r"nearest recorded step is 12 \(of 13, from 0 to 12\)"):
        run.params(40)


def test_a_run_is_plain_data(run: Run):
    again = pickle.loads(pickle.dumps(run))
    assert again.problem is None
    assert torch.equal(again.weights, run.weights)
    assert np.array_equal(again.metrics["test_loss"], run.metrics["test_loss"])
    with pytest.raises(SettingError, match=r"dataclasses\.replace"):
        pickle.loads(pickle.dumps(own())).metrics


# --- metrics -------------------------------------------------------------------------------------


def test_metrics_equal_one_by_one(run: Run, monkeypatch):
    problem = lv.build(run.experiment)
    for split in ("train", "test"):
        inputs, targets = problem.batch(split)
        for frame, theta in enumerate(run.weights):
            params = run.space.unflatten(theta)
            with torch.no_grad():
                outputs = problem.model.forward(params, inputs)
            assert run.metrics[f"{split}_loss"][frame] == pytest.approx(
                problem.criterion(outputs, targets).item(), rel=1e-5
            )
            right = (outputs.argmax(-1) == targets).double().mean().item()
            assert run.metrics[f"{split}_accuracy"][frame] == right
    monkeypatch.setattr(metrics_module, "MOST_VALUES", 1)
    alone = metrics_of(problem, run.weights)
    assert all(np.array_equal(alone[name], run.metrics[name]) for name in alone)


def test_the_training_loss_of_full_batches_is_the_runs_loss(run: Run):
    assert np.array_equal(run.metrics["train_loss"], run.loss.double().numpy())


def test_r2_of_a_regression():
    run = own()
    targets = torch.zeros(4, 1)
    assert np.isnan(run.metrics["train_r2"]).all()  # all targets are equal
    assert np.isnan(run.metrics["test_loss"]).all()  # there are no test samples
    data = torch.arange(8.0).view(4, 2), torch.arange(4.0).view(4, 1)
    problem = Problem.from_module(nn.Linear(2, 1), nn.MSELoss(), data)
    run = race_on(problem, [Method("sgd", {"lr": 0.001})], 3)[0]
    for frame, theta in enumerate(run.weights):
        outputs = problem.model.forward(run.space.unflatten(theta), data[0])
        rest, spread = (outputs - data[1]).square().sum(), (data[1] - 1.5).square().sum()
        assert run.metrics["train_r2"][frame] == pytest.approx(1 - (rest / spread).item(), rel=1e-5)
    assert targets.shape == (4, 1)


def test_a_model_of_single_numbers_has_metrics():
    class Slope(nn.Module):
        def __init__(self):
            super().__init__()
            self.slope = nn.Parameter(torch.tensor(2.0))

        def forward(self, inputs):
            return self.slope * inputs

    data = torch.ones(4, 1), torch.zeros(4, 1)
    run = race_on(Problem.from_module(Slope(), nn.MSELoss(), data), [Method("sgd")], 3)[0]
    assert np.array_equal(run.metrics["train_loss"], run.weights[:, 0].square().double().numpy())


def test_a_classification_without_probabilities_has_no_score():
    data = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 0, 1])
    problem = Problem.from_module(nn.Linear(2, 2), nn.CrossEntropyLoss(), data)
    assert set(race_on(problem, [Method("sgd")], 2)[0].metrics) == {"train_loss", "test_loss"}


def test_no_test_share_gives_nan():
    run = lv.train(Experiment(test_share=0.0, steps=2))
    assert np.isnan(run.metrics["test_accuracy"]).all()


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words", "sentence"),
    [
        (Status("finished", 3), "finished after 3 steps", "All 3 steps"),
        (Status("running", 3), "running at step 3", "so far"),
        (Status("cancelled", 3), "cancelled at step 3", "stopped after 3"),
        (Status("diverged", 3, 1e30), "diverged at step 3", r"exploded to 1\.0e\+30"),
        (Status("diverged", 3, math.inf), "diverged at step 3", "infinite"),
        (Status("diverged", 3), "diverged at step 3", "up to step 2"),
        (Status("diverged", 0), "diverged at step 0", "starting weights"),
    ],
)
def test_a_status_in_words(status: Status, words: str, sentence: str):
    import re

    assert str(status) == words
    assert re.search(sentence, status.sentence)


# --- files ---------------------------------------------------------------------------------------


def test_a_run_comes_back_from_a_file(run: Run, tmp_path):
    path = tmp_path / "run.safetensors"
    run.save(path)
    again = Run.load(path)
    assert again.experiment == run.experiment
    assert again.method == run.method
    assert again.space == run.space
    assert again.status.kind == "finished"
    assert torch.equal(again.weights, run.weights)
    assert torch.equal(again.loss, run.loss)
    assert np.array_equal(again.recorded, run.recorded)
    assert np.array_equal(again.metrics["test_loss"], run.metrics["test_loss"])


def test_a_file_keeps_the_schedule(tmp_path):
    exp = Experiment(steps=3, schedule="step", schedule_params={"every": 2})
    lv.train(exp).save(tmp_path / "run")
    again = Run.load(tmp_path / "run")
    assert again.experiment == exp
    assert again.method == Method("sgd", schedule="step", schedule_params={"every": 2})


def test_runs_that_diverged_or_have_no_experiment_come_back_too(tmp_path):
    wild = lv.train(Experiment(loss="mse", params={"lr": 100.0, "momentum": 1.0}))
    assert wild.status.kind == "diverged"
    for number, run in enumerate((wild, own())):
        run.save(tmp_path / str(number))
        again = Run.load(tmp_path / str(number))
        assert str(again.status) == str(run.status)
        assert again.experiment == run.experiment
        assert torch.equal(again.weights, run.weights)
    infinite = replace(wild, status=Status("diverged", wild.status.step, math.inf))
    infinite.save(tmp_path / "inf")
    assert Run.load(tmp_path / "inf").status.loss == math.inf
    deep = replace(wild, status=Status("diverged", wild.status.step, math.inf, before=-1e9))
    deep.save(tmp_path / "deep")
    assert Run.load(tmp_path / "deep").status.sentence == deep.status.sentence


def damaged(run: Run, path, about=None, tensors=None, **metadata):
    """The run's file with changes."""
    run.save(path)
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        header = dict(file.metadata())
        held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    text = json.loads(header["run"])
    text.update(about or {})
    held.update(tensors or {})
    header["run"] = json.dumps(text)
    save_file(
        {k: v for k, v in held.items() if v is not None}, path, metadata={**header, **metadata}
    )
    return path


FLAWS = [
    ({"experiment": {"dataset": "nowhere"}}, {}, "nowhere"),
    ({"experiment": {"steps": 10**9}}, {}, "steps"),
    ({"experiment": {"surprise": 1}}, {}, "surprise"),
    ({"experiment": 5}, {}, "mapping"),
    ({"method": {"optimizer": "sgd"}}, {}, "different optimizers"),
    ({"method": {"optimizer": "adam", "schedule": "cosine"}}, {}, "different optimizers or"),
    ({"status": {"kind": "great", "step": 1, "loss": "nan"}}, {}, "great"),
    ({"status": {"kind": "finished", "step": -1, "loss": "nan"}}, {}, "-1"),
    ({"status": {"kind": "finished", "step": 1, "loss": 10**400}}, {}, "too large"),
    ({"status": {}}, {}, "kind"),
    ({"names": ["a"]}, {}, "belong together"),
    ({"shapes": [[2**50]]}, {}, "whole number"),
    ({}, {"weights": torch.zeros(13, 3)}, "shape"),
    ({}, {"weights": torch.zeros(2, 3, dtype=torch.int32)}, "int32"),
    ({}, {"recorded": torch.zeros(13)}, "no recorded"),
    ({}, {"recorded": torch.zeros(13, dtype=torch.int64)}, "do not run from 0"),
    ({}, {"loss": None}, "it holds"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "tensors", "message"), FLAWS)
def test_a_damaged_file_is_told(run: Run, tmp_path, about, tensors, message: str):
    path = damaged(run, tmp_path / "run", about, tensors)
    with pytest.raises(SettingError, match=message):
        Run.load(path)


def test_weights_in_a_file_are_finite(run: Run, tmp_path):
    path = damaged(run, tmp_path / "run", tensors={"weights": run.weights * torch.inf})
    with pytest.raises(SettingError, match="finite"):
        Run.load(path)


def test_another_format_is_told(run: Run, tmp_path):
    with pytest.raises(SettingError, match="format is 'other'"):
        Run.load(damaged(run, tmp_path / "run", format="other"))


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 200, pickle.dumps({"a": 1})])
def test_anything_else_is_no_run(tmp_path, content: bytes):
    path = tmp_path / "run"
    path.write_bytes(content)
    with pytest.raises(SettingError, match="no run that can be read"):
        Run.load(path)
    with pytest.raises(FileNotFoundError):
        Run.load(tmp_path / "missing")


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    path = tmp_path / "run"
    with path.open("wb") as file:
        file.truncate(MOST_FILE_BYTES + 1)
    with pytest.raises(SettingError, match="MiB"):
        Run.load(path)

"""Learning curves, complexity curves and folds: single runs, gathered."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.model_selection import KFold, StratifiedKFold

import lossviz as lv
from lossviz.checkup import cross_validate, folds_of, learning_curve, width_curve
from lossviz.checkup.curves import (
    on_fold,
    outcome_on,
    rows_of,
    sample_counts,
    widths,
    with_samples,
    with_width,
)
from lossviz.problem.build import build

SMALL = lv.Experiment(steps=15, params={"lr": 0.5}, dataset_params={"samples": 60})


def test_an_outcome_is_what_training_gives():
    run = lv.train(SMALL)
    found = outcome_on(SMALL)
    for name in ("train_loss", "test_loss"):
        assert getattr(found, name) == pytest.approx(run.metrics[name][-1])
    assert found.test_score == run.metrics["test_accuracy"][-1]
    assert found.best_test_loss == pytest.approx(run.metrics["test_loss"].min())
    assert found.samples == 42


def test_fewer_samples_are_some_of_the_training_samples_and_the_test_samples_stay():
    found = with_samples(SMALL, 10, seed=3)
    assert found.samples == 10
    train, test = rows_of(SMALL)
    chosen = np.random.default_rng(3).permutation(train)[:10]
    assert set(chosen) <= set(train)
    problem = build(replace(SMALL, seed=3), (chosen, test))
    assert len(problem.data.test_inputs) == 18
    # The scaling is that of the ten samples.
    torch.testing.assert_close(problem.data.inputs.mean(0), torch.zeros(2), atol=1e-6, rtol=0)


def test_a_learning_curve_is_its_runs():
    curve = learning_curve(SMALL, (8, 42), seeds=(0, 5))
    assert curve.outcomes[0][1] == with_samples(SMALL, 8, 5)
    wanted = np.mean([with_samples(SMALL, 42, seed).test_loss for seed in (0, 5)])
    assert curve.mean("test_loss")[1] == pytest.approx(wanted)
    assert curve.spread("test_loss")[1] >= 0


def test_a_complexity_curve_is_its_runs():
    curve = width_curve(SMALL, (1, 16), seeds=(2,))
    assert curve.outcomes[1][0] == with_width(SMALL, 16, 2)
    assert curve.mean("train_loss")[1] < curve.mean("train_loss")[0]
    with pytest.raises(lv.SettingError, match="has no width"):
        width_curve(replace(SMALL, model="linear", model_params={}))
    assert widths(replace(SMALL, model="linear", model_params={})) == ()


def test_sizes_rise_to_all_there_is():
    counts = sample_counts(SMALL)
    assert counts[-1] == 42
    assert list(counts) == sorted(set(counts))
    assert widths(SMALL)[0] == 1


@pytest.mark.parametrize("dataset", ["moons", "sine"])
def test_folds_are_those_of_scikit_learn(dataset):
    loss = "mse" if dataset == "sine" else "cross_entropy"
    exp = lv.Experiment(dataset=dataset, loss=loss, data_seed=4, steps=5)
    parts = folds_of(exp, 4)
    tested = np.sort(np.concatenate([test for _, test in parts]))
    np.testing.assert_array_equal(tested, np.arange(len(tested)))
    table = lv.registry.datasets[dataset].make(np.random.default_rng(4), **exp.dataset_params)
    kind = KFold if dataset == "sine" else StratifiedKFold
    wanted = kind(4, shuffle=True, random_state=4).split(table.inputs, table.targets)
    for (train, test), (train_, test_) in zip(parts, wanted, strict=True):
        np.testing.assert_array_equal(train, train_)
        np.testing.assert_array_equal(test, test_)


def test_cross_validation_is_one_run_for_each_fold():
    outcomes = cross_validate(SMALL, 3)
    assert [o.samples for o in outcomes] == [40, 40, 40]
    assert outcomes[1] == on_fold(SMALL, 1, 3)
    with pytest.raises(lv.SettingError, match="no more than there are samples"):
        cross_validate(replace(SMALL, dataset_params={"samples": 10}), 6)

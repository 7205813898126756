"""`build`: the same numbers for the same experiment, honest splits and scalings, plain torch."""

import threading

import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from torch import nn

import lossviz.run.optimizers  # noqa: F401 - the default experiment names an optimizer
from lossviz import registry
from lossviz.problem import build
from lossviz.problem.build import build_data, build_module, seeded, split
from lossviz.registry import SettingError, datasets
from lossviz.run import train
from lossviz.settings import Experiment, with_choice

#: What takes a data set that the usual model refuses.
OWN_MODEL = {"characters": "transformer"}
PAIRS = [
    (dataset.name, loss.name)
    for dataset in registry.datasets
    for loss in registry.losses
    if dataset.shape(dataset.defaults()).task in loss.tasks
]


@pytest.mark.parametrize(("dataset", "loss"), PAIRS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_pair_gives_a_problem(dataset, loss, dtype):
    model = OWN_MODEL.get(dataset, "mlp")
    scaling = (registry.losses[loss].scalings or ("standard",))[0]
    problem = build(
        Experiment(dataset=dataset, loss=loss, model=model, dtype=dtype, scaling=scaling)
    )
    wanted = getattr(torch, dtype)
    assert problem.data.inputs.dtype == problem.data.test_inputs.dtype == wanted
    assert all(p.dtype == wanted and not p.requires_grad for p in problem.params0.values())
    value = problem.loss(problem.params0)
    assert value.shape == ()
    assert value.dtype == wanted
    stacked = problem.stacked_loss(torch.stack([problem.theta0, problem.theta0]))
    torch.testing.assert_close(stacked, value.expand(2))
    outputs = problem.outputs(problem.theta0[None], problem.data.test_inputs)
    if problem.data.shape.task == "classification":
        assert problem.data.targets.dtype == torch.int64
        found = problem.probabilities(outputs)
        assert found.shape == (1, len(problem.data.test_inputs), problem.data.shape.classes)
    else:
        assert problem.data.targets.shape == (len(problem.data.inputs), 1)
        assert problem.probabilities is None


def test_targets_that_a_loss_cannot_learn_are_told():
    with pytest.raises(SettingError, match=r"'poisson_nll' goes with the scaling unit or none"):
        Experiment(dataset="sine", loss="poisson_nll")
    with pytest.raises(SettingError, match=r"for counts, which are at least 0, but a target is -"):
        build(Experiment(dataset="sine", loss="poisson_nll", scaling="none"))
    exp, said = with_choice(Experiment(dataset="sine", loss="mse"), loss="poisson_nll")
    assert exp.scaling == "unit"
    assert len(said) == 1
    assert "Using 'unit'" in said[0]


@pytest.mark.parametrize("loss", ["poisson_nll", "gaussian_nll", "mse"])
def test_predicted_values_and_their_score_are_in_units_of_the_target(loss):
    exp = Experiment(dataset="line", loss=loss, scaling="unit", steps=400, optimizer="adam",
                     params={"lr": 0.02})  # fmt: skip
    run = train(exp)
    problem = build(exp)
    inputs, targets = problem.batch("train")
    values = problem.predicted(problem.outputs(run.weights[-1:], inputs))[0]
    assert values.shape == targets.shape
    rest, spread = (values - targets).square().sum(), (targets - targets.mean()).square().sum()
    assert run.metrics["train_r2"][-1] == pytest.approx(float(1 - rest / spread), abs=1e-5)
    assert run.metrics["train_r2"][-1] > 0.8


def test_the_same_experiment_gives_the_same_numbers_and_leaves_the_random_state():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again = build(Experiment()), build(Experiment())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.theta0, again.theta0)
    assert torch.equal(first.data.inputs, again.data.inputs)
    assert not torch.equal(first.theta0, build(Experiment(seed=1)).theta0)
    assert not torch.equal(first.data.inputs, build(Experiment(data_seed=1)).data.inputs)
    assert torch.equal(first.theta0, build(Experiment(data_seed=1)).theta0)


def test_threads_do_not_disturb_each_other():
    expected = [build(Experiment(seed=seed)).theta0 for seed in range(4)]
    found: dict[int, list[bool]] = {seed: [] for seed in range(4)}

    def work(seed):
        for _ in range(10):
            found[seed].append(torch.equal(build(Experiment(seed=seed)).theta0, expected[seed]))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(all(same) and len(same) == 10 for same in found.values())


def test_plain_torch_starts_at_the_same_numbers():
    exp = Experiment(seed=3, model_params={"width": 8})
    with seeded(11):  # so that this test leaves the global generator alone
        torch.manual_seed(3)
        plain = nn.Sequential(
            nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 2)
        )
    built = build(exp).params0
    assert all(torch.equal(built[name], p) for name, p in plain.named_parameters())


def test_plain_torch_with_an_initialiser_starts_at_the_same_numbers():
    exp = Experiment(
        seed=3,
        model_params={"depth": 1},
        init="xavier_normal",
        bias_init="gaussian",
        dtype="float64",
    )
    with seeded(11):
        torch.manual_seed(3)
        plain = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        for layer in plain:
            if isinstance(layer, nn.Linear):
                nn.init.xavier_normal_(layer.weight)
                nn.init.normal_(layer.bias, std=0.1)
        plain = plain.double()
    built = build(exp).params0
    assert all(torch.equal(built[name], p) for name, p in plain.named_parameters())


def test_double_precision_starts_at_the_same_point():
    single, double = build(Experiment()), build(Experiment(dtype="float64"))
    assert torch.equal(single.theta0.double(), double.theta0)
    torch.testing.assert_close(single.data.inputs.double(), double.data.inputs)


def test_a_callers_default_dtype_changes_nothing():
    expected = build(Experiment()).theta0
    torch.set_default_dtype(torch.float64)
    try:
        found = build(Experiment()).theta0
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(found, expected)


def test_seeded_restores_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="on purpose"), seeded(1):
        raise RuntimeError("on purpose")
    assert torch.equal(torch.get_rng_state(), before)
    with seeded(1):  # the lock is free again
        pass


# --- split ---------------------------------------------------------------------------------------


def test_the_split_is_scikit_learns_and_leaves_nothing_out():
    y = np.repeat([0, 1, 2], [50, 30, 20])
    train, test = split(y, 0.3, 7, 3)
    expected = train_test_split(np.arange(100), test_size=0.3, random_state=7, stratify=y)
    assert [train.tolist(), test.tolist()] == [part.tolist() for part in expected]
    assert sorted([*train, *test]) == list(range(100))
    assert np.bincount(y[test]).tolist() == [15, 9, 6]


def test_no_test_share_keeps_every_row_in_order():
    problem = build(Experiment(dataset="outliers", loss="mse", test_share=0, scaling="none"))
    assert problem.data.inputs[:, 0].tolist() == pytest.approx(np.linspace(0, 1, 11))
    assert problem.data.test_inputs.shape == (0, 1)
    assert problem.data.test_targets.shape == (0, 1)
    assert problem.batch("test")[0] is problem.data.test_inputs


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dataset": "xor", "dataset_params": {"samples": 4}, "test_share": 0.1}, "2 classes"),
        ({"dataset": "digits", "dataset_params": {"samples": 100}, "test_share": 0.05}, "10 class"),
        (
            {
                "dataset": "line",
                "loss": "mse",
                "dataset_params": {"samples": 3},
                "test_share": 0.9,
            },
            "leave one on both sides",
        ),
    ],
)
def test_a_split_that_leaves_nothing_is_told(settings, words):
    with pytest.raises(SettingError, match=words):
        build(Experiment(**settings))


# --- scaling -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scaling", "twin"),
    [("standard", StandardScaler), ("unit", MinMaxScaler), ("robust", RobustScaler)],
)
def test_scaling_is_fitted_on_the_training_part_alone(scaling, twin):
    exp = Experiment(dataset="wine", scaling=scaling, dtype="float64")
    table = datasets["wine"].make(np.random.default_rng(0), **exp.dataset_params)
    train, test = split(table.targets, 0.3, 0, 3)
    fitted = twin().fit(table.inputs[train])
    data = build_data(exp)
    np.testing.assert_allclose(data.inputs, fitted.transform(table.inputs[train]), atol=1e-12)
    np.testing.assert_allclose(data.test_inputs, fitted.transform(table.inputs[test]), atol=1e-12)


def test_targets_of_a_regression_are_scaled_alike():
    for scaling, low, high in (("standard", None, None), ("unit", 0.0, 1.0), ("none", 25, 346)):
        targets = build_data(
            Experiment(dataset="diabetes", loss="mse", scaling=scaling, test_share=0)
        ).targets
        if low is None:
            assert targets.mean().item() == pytest.approx(0, abs=1e-6)
            assert targets.std(correction=0).item() == pytest.approx(1, abs=1e-6)
        else:
            assert (targets.min().item(), targets.max().item()) == (low, high)


# --- choices that clash ---------------------------------------------------------------------------


def unchecked(**changes):
    """An experiment whose choices clash, which its constructor would refuse."""
    exp = Experiment()
    for name, value in changes.items():
        object.__setattr__(exp, name, value)
    return exp


def test_a_model_that_does_not_fit_is_told():
    with pytest.raises(SettingError, match="'two_parameter' does not fit: it has one output"):
        build_module(unchecked(model="two_parameter", model_params={}))


# --- what initialisation decides ------------------------------------------------------------------


def trained(steps=2000, **settings):
    problem = build(
        Experiment(
            dataset="xor",
            dataset_params={"samples": 4, "noise": 0.0},
            scaling="none",
            test_share=0,
            model_params={"depth": 1, "width": 8},
            loss="bce_with_logits",
            dtype="float64",
            **settings,
        )
    )
    theta = problem.theta0.clone().requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        problem.stacked_loss(theta[None]).sum().backward()
        optimizer.step()
    params = problem.space.unflatten(theta.detach())
    return problem, params, problem.loss(params).item()


def test_all_zero_never_moves():
    problem, params, loss = trained(init="zero", bias_init="zero", steps=200)
    assert loss == pytest.approx(np.log(2), abs=1e-12)
    assert not problem.space.flatten(params).any()


def test_all_alike_stay_alike():
    _, params, loss = trained(
        init="constant",
        init_params={"value": 0.5},
        bias_init="constant",
        bias_init_params={"value": 0.5},
    )
    assert loss == pytest.approx(0.485, abs=5e-4)
    torch.testing.assert_close(params["0.weight"], params["0.weight"][:1].expand(8, 2))
    assert (params["0.weight"] != 0.5).all()


def test_xavier_learns_the_exclusive_or():
    _, _, loss = trained(init="xavier_uniform", bias_init="zero")
    assert loss == pytest.approx(0.0014, rel=0.3)


# --- what the loss decides ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "slope", "intercept"),
    [("mse", 9.727, -1.318), ("huber", 2.667, 0.8), ("mae", 2.0, 1.0)],
)
def test_an_outlier_and_three_losses(loss, slope, intercept):
    """The stated fit is a minimum: no point around it does better."""
    problem = build(
        Experiment(
            dataset="outliers", model="two_parameter", loss=loss, scaling="none", test_share=0,
            dtype="float64",
        )
    )  # fmt: skip
    best = torch.tensor([slope, intercept], dtype=torch.float64)
    angle = torch.linspace(0, 2 * torch.pi, 33, dtype=torch.float64)
    around = best + 0.01 * torch.stack([angle.cos(), angle.sin()], 1)
    assert problem.stacked_loss(best[None]) < problem.stacked_loss(around).min()

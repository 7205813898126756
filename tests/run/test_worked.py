"""The formulas that are shown are the true ones: each line's numbers hold, and give the step."""

import math
import re

import numpy as np
import pytest

from lossviz.problem import point_problem
from lossviz.registry import optimizers
from lossviz.run import Method, race_on
from lossviz.run.stability import stability
from lossviz.run.worked import PLACEHOLDER, Worked, fill, number, worked
from tests.run.plain import rosenbrock, watch

STEPS = 40

#: Every branch of every optimizer.
CASES = {
    "sgd": [
        {"lr": 1e-3},
        {"lr": 1e-3, "weight_decay": 0.1},
        {"lr": 1e-3, "momentum": 0.9},
        {"lr": 1e-3, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.02},
        {"lr": 1e-3, "momentum": 0.8, "nesterov": True, "weight_decay": 0.02},
        {"lr": 1e-3, "momentum": 0.9, "dampening": 1.0},
    ],
    "asgd": [
        {"lr": 1e-3},
        {"lr": 1e-3, "lambd": 0.1, "alpha": 0.6, "t0": 5.0, "weight_decay": 0.1},
        {"lr": 1e-3, "lambd": 0.0, "t0": 3.0},
    ],
    "adam": [
        {},
        {"lr": 0.3, "beta1": 0.7, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.1, "beta2": 0.8, "amsgrad": True},
        {"beta1": 0.0, "beta2": 0.0},
    ],
    "adamw": [
        {"lr": 0.1},
        {"lr": 0.1, "weight_decay": 0.5, "beta2": 0.8, "amsgrad": True},
        {"lr": 0.1, "weight_decay": 0.0},
    ],
    "nadam": [
        {"lr": 0.1},
        {"lr": 0.1, "beta1": 0.8, "momentum_decay": 0.3, "weight_decay": 0.1},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "radam": [
        {"lr": 0.01},
        {"lr": 0.01, "beta2": 0.9, "weight_decay": 0.1},
        {"lr": 0.01, "beta2": 0.5, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "adamax": [{"lr": 0.1}, {"lr": 0.1, "beta2": 0.5, "eps": 0.1, "weight_decay": 0.1}],
    "adagrad": [
        {"lr": 0.5},
        {"lr": 0.5, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 2.0},
    ],
    "adadelta": [{}, {"lr": 3.0, "rho": 0.5, "eps": 1e-3, "weight_decay": 0.1}],
    "rmsprop": [
        {"lr": 0.01},
        {"lr": 0.01, "alpha": 0.8, "momentum": 0.7, "weight_decay": 0.1},
        {"lr": 0.01, "alpha": 0.8, "centered": True},
        {"lr": 0.01, "alpha": 0.8, "centered": True, "momentum": 0.5, "eps": 1e-3},
    ],
    "rprop": [{}, {"lr": 0.3, "eta_minus": 0.3, "eta_plus": 1.7, "step_max": 0.5}],
    "adafactor": [
        {},
        {"lr": 0.5, "beta2_decay": -0.5, "eps1": 0.1, "eps2": 0.3, "d": 1.5, "weight_decay": 0.1},
    ],
    "lbfgs": [
        {},
        {"max_iter": 1},
        {"max_iter": 3, "line_search": "none", "lr": 0.1},
        {"max_iter": 1, "line_search": "none", "lr": 0.01, "history_size": 1},
    ],
}
EVERY = [(name, params) for name, cases in CASES.items() for params in cases]


def rising_and_falling(steps: int) -> np.ndarray:
    """Factors on the learning rate as a schedule would write them."""
    return 0.2 + np.sin(np.arange(steps + 1) / 7) ** 2


def scheduled(name: str, params: dict, start=(-1.5, 2.0), steps: int = STEPS):
    lr = params.get("lr", optimizers[name].defaults()["lr"])
    problem = point_problem(rosenbrock, start)
    return watch(problem, name, params, steps, rates=lr * rising_and_falling(steps))


def compute(text: str, shown: Worked, frame: int, coordinate: int) -> float:
    """What an expression of a filled line amounts to, in full precision."""

    def put(match: re.Match[str]) -> str:
        column = shown.values[match[1]]
        return f"({float(column[frame] if column.ndim == 1 else column[frame, coordinate])!r})"

    text = re.sub(r"\|(\{\w+\})\|", r"abs(\1)", text)
    text = PLACEHOLDER.sub(put, text)
    for sign, code in (("−", "-"), ("·", "*"), ("²", "**2"), ("^", "**"), ("√", "sqrt")):
        text = text.replace(sign, code)
    known = {"sqrt": math.sqrt, "sign": np.sign, "min": min, "max": max, "abs": abs}
    return float(eval(text, {"__builtins__": {}}, known))


def test_every_optimizer_that_can_move_a_point_shows_its_step():
    able = {entry.name for entry in optimizers if not entry.refuses([(2,)])}
    assert able >= set(CASES)
    assert {e.name for e in optimizers if e.worked is not None} >= set(CASES)
    assert optimizers["muon"].worked is None


def hold(shown: Worked, frames: int, largest: float) -> int:
    """Check that every line's two sides are equal; gives how many lines have two."""
    held = 0
    for line in shown.lines:
        assert all(name in shown.values for name in PLACEHOLDER.findall(line.filled)), line
        left, _, right = line.filled.rpartition(" = ")
        if not right.startswith("{") or not left:
            continue
        held += 1
        # NAdam keeps its product in single precision.
        rel = 1e-6 if right in ("{product}",) else 1e-9
        tiny = 1e-14 * largest ** (2 if "²" in left else 1)
        for frame in range(frames):
            for coordinate in range(2):
                result = compute(right, shown, frame, coordinate)
                sums = compute(left, shown, frame, coordinate)
                assert sums == pytest.approx(result, rel=rel, abs=tiny), line
    return held


@pytest.mark.parametrize(("name", "params"), EVERY)
def test_each_line_holds_and_the_last_gives_the_next_point(name: str, params: dict):
    run = scheduled(name, params)
    shown = worked(run)
    assert len(run.weights) == STEPS + 1
    assert hold(shown, STEPS, run.gradient.abs().max().item()) >= 2
    # The new point is the recorded one, and nothing is said of a step after the last frame.
    last = shown.lines[-1] if name != "asgd" else shown.lines[-2]
    assert last.filled.endswith("= {new}")
    np.testing.assert_array_equal(shown.values["new"][:-1], run.weights[1:].numpy())
    assert np.isnan(shown.values["new"][-1]).all()
    assert np.isnan(shown.values["step"][-1]).all()
    assert np.isfinite(shown.values["step"][:-1]).all()


@pytest.mark.parametrize("name", list(CASES))
def test_with_noise_a_box_and_a_schedule(name: str):
    problem = point_problem(rosenbrock, (-1.1, 1.0), noise=5.0, box=(-1.2, 0.5, -0.2, 1.2))
    params = {**CASES[name][-1], "lr": 1e-3}
    method = Method(name, params, "cosine", {"warmup": 5})
    run = race_on(problem, [method], STEPS, watch=True)[0]
    shown = worked(run)
    assert "noise" in shown.lines[0].formula
    assert hold(shown, STEPS, run.gradient.abs().max().item()) >= 2
    np.testing.assert_array_equal(shown.values["new"][:-1], run.weights[1:].numpy())


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sgd", {"lr": 1e-3, "momentum": 0.9}),
        ("sgd", {"lr": 1e-3, "momentum": 0.9, "nesterov": True}),
        ("adam", {"lr": 0.1}),
        ("nadam", {"lr": 0.1}),
        ("radam", {"lr": 0.01}),
        ("rmsprop", {"lr": 0.01, "momentum": 0.5}),
    ],
)
def test_a_schedule_that_turns_the_momentum_too(name: str, params: dict):
    problem = point_problem(rosenbrock, (-1.1, 1.0))
    (run,) = race_on(problem, [Method(name, params, "one_cycle")], STEPS, watch=True)
    shown = worked(run)
    turned = shown.values["beta1" if "adam" in name else "momentum"]
    assert len(np.unique(turned)) > 10
    assert hold(shown, STEPS, run.gradient.abs().max().item()) >= 2
    found = stability(run)
    if name in ("adam", "radam"):
        np.testing.assert_allclose(found.limit, (2 + 2 * turned) / (1 - turned))


@pytest.mark.parametrize(("name", "params"), EVERY)
def test_the_step_is_the_difference_of_the_weights(name: str, params: dict):
    run = scheduled(name, params)
    shown = worked(run)
    start = shown.values.get("shrunk", shown.values["x"])[:-1]
    moved = run.weights[1:].numpy() - start
    scale = np.abs(run.weights.numpy()).max()
    np.testing.assert_allclose(shown.values["step"][:-1], moved, rtol=1e-9, atol=1e-14 * scale)


@pytest.mark.parametrize("name", list(CASES))
def test_columns_are_aligned_with_the_frames(name: str):
    run = scheduled(name, CASES[name][-1])
    shown = worked(run)
    for key, column in shown.values.items():
        assert column.shape in {(STEPS + 1,), (STEPS + 1, 2)}, key
        assert column.dtype == np.float64, key
    for key in (shown.momentum, shown.pull, shown.scale):
        assert not key or key in shown.values
    assert all("$" not in line.symbol + line.formula for line in shown.lines)


@pytest.mark.parametrize("name", list(CASES))
def test_a_run_of_no_steps_says_only_its_gradient(name: str):
    run = scheduled(name, CASES[name][-1], steps=0)
    shown = worked(run)
    assert shown.values["g"].shape == (1, 2)
    assert np.isnan(shown.values["step"]).all()
    assert shown.text(0)


def test_lbfgs_shows_direction_and_size_where_a_step_is_one_iteration():
    run = scheduled("lbfgs", {"max_iter": 1, "line_search": "none", "lr": 0.01})
    values = worked(run).values
    np.testing.assert_array_equal(values["iterations"][:-1], 1)
    np.testing.assert_allclose(values["earlier"][:-1], 0, atol=1e-12)
    np.testing.assert_allclose(
        values["size"][:-1, None] * values["d"][:-1], values["moved"][:-1], rtol=1e-9, atol=1e-14
    )


def test_lbfgs_stands_still_where_it_has_converged():
    run = scheduled("lbfgs", {}, start=(1.0, 1.0), steps=3)
    values = worked(run).values
    np.testing.assert_array_equal(values["iterations"][:-1], 0)
    np.testing.assert_array_equal(values["last"][:-1], 0)


def test_rprop_tells_growth_from_shrinking_by_coordinate():
    run = scheduled("rprop", {"lr": 0.3})
    values = worked(run).values
    factor = values["factor"][:-1]
    assert {0.5, 1.0, 1.2} == set(np.unique(factor))
    assert (factor[:, 0] != factor[:, 1]).any()
    assert (values["used"][:-1][factor == 0.5] == 0).all()


def test_adafactor_of_a_network_is_not_shown():
    run = scheduled("adafactor", {})
    run.space = type(run.space)(("w", "b"), ((2, 1), (2,)))
    assert worked(run) is None


def test_numbers_are_put_in_for_a_person():
    values = {"a": np.array([[-1.5, 0.25]]), "b": np.array([-1e-9])}
    assert fill("{a} + 2·{a}² = {b}", values, 0) == "(−1.5) + 2·(−1.5)² = −1e−9"
    assert fill("{a} + 2·{a}² = {b}", values, 0, 1) == "0.25 + 2·0.25² = −1e−9"
    assert fill("{b}", values, 0) == "−1e−9"
    assert [number(v) for v in (math.inf, -math.inf, 0.0, 1e7)] == ["∞", "−∞", "0", "1e7"]


def test_a_run_that_was_not_watched_is_refused():
    run = scheduled("sgd", {"lr": 1e-3})
    run.memory = None
    with pytest.raises(ValueError, match="watch=True"):
        worked(run)

"""The condition number and the ways down against closed forms and plain loops in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from lossviz.datalab import DataLab, Effect, Table, effect_of
from lossviz.datalab.builtin import built_in
from lossviz.datalab.case import Case, condition_of, flat_of
from lossviz.datalab.lab import CONSTANT
from lossviz.datalab.model import problem_for
from lossviz.datalab.pairs import NETWORK_ROWS, Pair, pairs_of
from lossviz.datalab.table import Column
from lossviz.registry import SettingError

LAB = DataLab(source="diabetes", first="bmi", second="bp", steps=60)


@pytest.fixture(scope="module")
def effect() -> Effect:
    return effect_of(LAB)


@pytest.fixture(scope="module")
def pairs() -> tuple[Pair, ...]:
    return pairs_of(LAB).states


def test_the_hessian_is_that_of_least_squares(effect: Effect, pairs: tuple[Pair, ...]):
    for case, pair in zip(effect.cases, pairs, strict=True):
        hessian = 2 / len(pair.inputs) * pair.inputs.T @ pair.inputs
        np.testing.assert_allclose(case.curvatures, np.linalg.eigvalsh(hessian), rtol=1e-9)
        assert case.condition == pytest.approx(np.linalg.cond(hessian), rel=1e-6)
        assert case.steepest == pytest.approx(case.curvatures[-1])


def test_after_standard_scaling_only_the_correlation_is_left(
    effect: Effect, pairs: tuple[Pair, ...]
):
    """Two columns of mean 0 and spread 1 give 2 [[1, r], [r, 1]]: condition (1 + r) / (1 - r)."""
    r = abs(np.corrcoef(pairs[2].inputs.T)[0, 1])
    assert effect.cases[2].condition == pytest.approx((1 + r) / (1 - r))
    assert effect.cases[0].condition > 20 * effect.cases[2].condition


def test_the_least_loss_is_scikit_learns(effect: Effect, pairs: tuple[Pair, ...]):
    for case, pair in zip(effect.cases, pairs, strict=True):
        fit = LinearRegression(fit_intercept=False).fit(pair.inputs, pair.targets)
        least = ((fit.predict(pair.inputs) - pair.targets) ** 2).mean()
        assert case.least == pytest.approx(least, rel=1e-9)
        assert case.first == pytest.approx((pair.targets**2).mean())  # from zero weights


@pytest.mark.parametrize("tune", ["curvature", "same"])
def test_the_ways_are_those_of_a_plain_loop_at_the_rate_that_is_told(
    tune: str, pairs: tuple[Pair, ...]
):
    lab = replace(LAB, tune=tune, lr=2e-5, momentum=0.8, steps=25)
    for case, pair in zip(effect_of(lab).cases, pairs, strict=True):
        for way, momentum in zip(case.ways, (0.0, 0.8), strict=True):
            expected = plain_loop(pair, way.rate, momentum, 25)
            np.testing.assert_allclose(way.points, expected, rtol=1e-7, atol=1e-12)
            stands = (2 + 2 * momentum) / case.steepest
            assert way.limit == pytest.approx(stands)
            assert way.rate == pytest.approx(lab.share * stands if tune == "curvature" else lab.lr)


def plain_loop(pair: Pair, rate: float, momentum: float, steps: int) -> np.ndarray:
    inputs, targets = pair.inputs, pair.targets
    weights, velocity = np.zeros(2), np.zeros(2)
    points = [weights]
    for _ in range(steps):
        slope = 2 / len(inputs) * inputs.T @ (inputs @ weights - targets)
        velocity = momentum * velocity + slope
        weights = weights - rate * velocity
        points.append(weights)
    return np.array(points)


def test_what_is_left_is_counted_from_the_start_to_the_lowest(
    effect: Effect, pairs: tuple[Pair, ...]
):
    for case, pair in zip(effect.cases, pairs, strict=True):
        for way in case.ways:
            rest = ((pair.inputs @ way.points[-1] - pair.targets) ** 2).mean()
            left = (rest - case.least) / (case.first - case.least)
            assert way.left[0] == pytest.approx(1)
            assert way.left[-1] == pytest.approx(left, abs=1e-9)
            np.testing.assert_allclose(way.left, way.slice_left, atol=1e-9)
            np.testing.assert_allclose(way.residual, 0, atol=1e-12)
            near = np.flatnonzero(way.left < LAB.within)
            assert way.reached == (way.steps[near[0]] if len(near) else -1)


def test_the_surface_is_the_loss_and_its_middle_the_lowest_point(
    effect: Effect, pairs: tuple[Pair, ...]
):
    for case, pair in zip(effect.cases, pairs, strict=True):
        for i, j in ((0, 0), (7, 40), (30, 30), (60, 11)):
            weights = np.array([case.x[i], case.y[j]])
            loss = ((pair.inputs @ weights - pair.targets) ** 2).mean()
            expected = (loss - case.least) / (case.first - case.least)
            assert case.left[j, i] == pytest.approx(expected, abs=1e-9)
        assert np.unravel_index(case.left.argmin(), case.left.shape) == (30, 30)
        # One ruler for both weights.
        assert np.ptp(case.x) == pytest.approx(np.ptp(case.y))


def test_steps_to_the_target_follow_the_condition_number(effect: Effect):
    """Plain descent at half the limit keeps 1 - 1/k of the flattest direction's distance."""
    raw, _, scaled = effect.cases
    assert scaled.ways[0].reached < 10
    assert raw.ways[0].reached == -1 or raw.ways[0].reached > 10 * scaled.ways[0].reached


def test_the_score_is_scikit_learns_on_the_rows_that_all_have(
    effect: Effect, pairs: tuple[Pair, ...]
):
    for case, pair in zip(effect.cases, pairs, strict=True):
        for way in case.ways:
            found = pair.test_inputs @ way.points[-1]
            assert way.score == pytest.approx(r2_score(pair.test_targets, found))
    assert effect.score == "R²"
    assert {len(pair.test_targets) for pair in pairs} == {effect.tested}


def test_a_class_is_one_against_the_others():
    lab = DataLab(source="wine", steps=5)
    found = effect_of(lab)
    raw, _, scaled = pairs_of(lab).states
    assert set(raw.targets) == set(scaled.targets) == {1.0, -1.0}
    assert (found.positive, found.score) == ("class_0", "accuracy")
    way = found.cases[2].ways[0]
    right = np.sign(scaled.test_inputs @ way.points[-1]) == scaled.test_targets
    assert way.score == pytest.approx(right.mean())


def test_with_a_constant_the_second_weight_is_the_intercept():
    lab = DataLab(source="line", steps=3, second=CONSTANT)
    found = effect_of(lab)
    assert found.inputs == ("x", CONSTANT)
    for case in found.cases:
        assert case.titles == ("weight of x", "intercept")
    # A standard column and a constant are at right angles: nothing is left to do.
    assert found.cases[2].condition == pytest.approx(1)
    _, cleaned, scaled = pairs_of(lab).states
    assert (cleaned.inputs[:, 1] == 1).all()
    assert (scaled.inputs[:, 1] == 1).all()


def test_no_cleaning_and_no_scaling_change_nothing():
    lab = replace(
        LAB, scaling="none", missing_share=0.0, outlier_share=0.0, outliers="mark", steps=4
    )
    raw, cleaned, scaled = effect_of(lab).cases
    assert raw.condition == pytest.approx(cleaned.condition) == pytest.approx(scaled.condition)
    np.testing.assert_allclose(raw.ways[1].points, scaled.ways[1].points, rtol=1e-9)


def test_a_rate_far_above_the_limit_diverges():
    found = effect_of(replace(LAB, tune="same", lr=0.01, steps=40))
    raw, _, scaled = found.cases
    assert [way.status.kind for way in raw.ways] == ["diverged"] * 2
    assert [way.status.kind for way in scaled.ways] == ["finished"] * 2
    # 0.01 is a hundred times the limit; fifty times are drawn, and so it is told.
    assert raw.ways[0].rate < 0.01
    assert raw.ways[0].rate == pytest.approx(50 * raw.ways[0].limit)


def test_a_network_has_no_condition_number_and_the_same_start_on_all_data():
    lab = replace(LAB, model="network", steps=30)
    found = effect_of(lab)
    pairs = pairs_of(lab).states
    starts = [problem_for(lab, pair, found.inputs).theta0 for pair in pairs]
    assert torch.equal(starts[0], starts[2])
    for case, pair in zip(found.cases, pairs, strict=True):
        assert np.isnan(case.condition)
        assert len(case.curvatures) == 25
        assert 0 < sum(case.explained) <= 1 + 1e-9
        assert case.first == pytest.approx(loss_by_hand(starts[0].numpy(), pair))
        assert min(way.left.min() for way in case.ways) == pytest.approx(0, abs=1e-12)


def loss_by_hand(theta: np.ndarray, pair: Pair) -> float:
    first, bias, second = theta[:12].reshape(6, 2), theta[12:18], theta[18:24]
    found = np.tanh(pair.inputs @ first.T + bias) @ second + theta[24]
    return float(((found - pair.targets) ** 2).mean())


def test_a_network_thins_many_rows_and_says_so():
    rng = np.random.default_rng(0)
    columns = tuple(Column(n, "number", rng.standard_normal(6000)) for n in ("x", "z", "y"))
    table = Table("big", columns, target="y")
    lab = DataLab(source="upload", model="network", steps=2)
    found = effect_of(lab, table)
    assert {case.rows for case in found.cases} == {NETWORK_ROWS}
    assert "500 of the training rows" in " ".join(found.notes)
    linear = effect_of(replace(lab, model="linear"), table)
    assert {case.rows for case in linear.cases} == {4200}
    assert not linear.notes


def test_equal_columns_make_a_flat_direction():
    x = np.linspace(1, 2, 20)
    columns = (Column("x", "number", x), Column("z", "number", 2 * x), Column("y", "number", x**2))
    raw, _, scaled = effect_of(
        DataLab(source="upload", steps=5, test_share=0.0), Table("twins", columns, target="y")
    ).cases
    assert np.isinf(raw.condition)
    assert np.isinf(scaled.condition)
    assert np.isnan(raw.ways[0].score)  # no test rows


def test_rows_with_gaps_are_no_hindrance_unless_all_have_some():
    nan = np.nan
    x, y = np.arange(10.0), np.arange(10.0) ** 2
    gaps = np.array([nan if k % 2 else 20.0 - k for k in range(10)])
    table = Table(
        "gaps",
        (Column("x", "number", x), Column("z", "number", gaps), Column("y", "number", y)),
        target="y",
    )
    lab = DataLab(source="upload", steps=2, test_share=0.1)
    for seed in range(4):  # whether or not the one test row has a gap
        found = effect_of(replace(lab, data_seed=seed), table)
        assert found.tested in (0, 1)
    twice = np.array([5.0 if k in (1, 2) else nan for k in range(10)]) + x
    table = replace(
        table,
        columns=(Column("x", "number", x), Column("z", "number", twice), Column("y", "number", y)),
    )
    assert effect_of(replace(lab, test_share=0.0), table).cases[0].rows == 2
    apart = np.where(np.isnan(twice), x, nan)
    table = replace(
        table,
        columns=(
            Column("x", "number", apart), Column("z", "number", twice), Column("y", "number", y),
        ),
    )  # fmt: skip
    with pytest.raises(SettingError, match="Fewer than two training rows have both inputs"):
        effect_of(replace(lab, test_share=0.0), table)


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_numbers_that_have_no_curvature_are_told(size: float):
    x = size * np.linspace(1, 2, 20)
    columns = (
        Column("x", "number", x),
        Column("z", "number", x[::-1] ** 1),
        Column("y", "number", x),
    )
    with pytest.raises(SettingError, match="too large or too small"):
        effect_of(
            DataLab(source="upload", scaling="none", outliers="mark"),
            Table("odd", columns, target="y"),
        )


def test_condition_numbers_and_flat_directions():
    assert condition_of(np.array([0.5, 2.0])) == 4
    assert np.isinf(condition_of(np.array([0.0, 2.0])))
    assert np.isinf(condition_of(np.array([-1e-18, 2.0])))
    assert flat_of(np.array([-1.0, -1e-5, 1e-4, 0.5, 2.0])) == (2, 1)


def test_every_case_has_its_name(effect: Effect):
    assert [case.name for case in effect.cases] == ["raw", "cleaned", "scaled"]
    assert all(isinstance(case, Case) for case in effect.cases)
    assert built_in("diabetes", {}, 0).target == effect.target

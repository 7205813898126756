"""From records to what the stage and the scoreboard show, in words and numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossviz import picture, registry
from lossviz.comparison import Comparison, Contender
from lossviz.run import Run
from lossviz.settings import Experiment
from lossviz.ui import scene
from lossviz.ui.predictions import panel
from lossviz.ui.show import for_runs, for_slice, key
from lossviz.ui.stage.message import Confusion, Fit, Regions
from lossviz.ui.words import duration


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return Comparison(base=Experiment(steps=30))


@pytest.fixture(scope="module")
def runs(comparison: Comparison) -> tuple[Run, ...]:
    return picture.race_of(comparison)


def test_curves_after_a_step_join_on_to_it(comparison: Comparison, runs: tuple[Run, ...]) -> None:
    whole, rest = scene.curves("A", runs[0]), scene.curves("A", runs[0], after=12)
    assert [c.name for c in whole] == ["train loss", "test loss"]
    assert [c.kind for c in whole] == ["solid", "faint"]
    for all_, new in zip(whole, rest, strict=True):
        assert new.joins == 12
        assert new.steps.tolist() == list(range(13, 31))
        assert np.array_equal(all_.values[13:], new.values)


def test_without_test_samples_there_is_one_curve_and_the_training_score() -> None:
    plain = Comparison(base=Experiment(steps=5, test_share=0.0))
    runs = picture.race_of(plain)
    assert [c.name for c in scene.curves("A", runs[0])] == ["train loss"]
    table, score = scene.rows(plain, runs)
    assert score == "train accuracy"
    assert table[0]["test loss"] == "–"
    assert table[0][score].endswith("%")


def test_steps_to_target_is_the_first_step_below_it(
    comparison: Comparison, runs: tuple[Run, ...]
) -> None:
    losses = np.asarray(runs[1].metrics["train_loss"])
    target = float(losses[10]) * 1.0001
    row = scene.rows(replace(comparison, target=target), runs)[0][1]
    assert int(row["steps to target"]) == int(np.flatnonzero(losses < target)[0])
    row = scene.rows(replace(comparison, target=1e-6), runs)[0][1]
    assert row["steps to target"] == "not reached"


def test_between_two_records_the_step_to_the_target_is_not_known(runs: tuple[Run, ...]) -> None:
    losses = np.asarray(runs[1].metrics["train_loss"])
    thin = replace(runs[1], weights=runs[1].weights[::3], recorded=runs[1].recorded[::3])
    target = float(losses[12]) * 1.0001
    first = int(np.flatnonzero(losses[::3] < target)[0])
    assert first > 0
    assert scene.steps_to(target, thin) == f"≤ {3 * first}"
    assert scene.steps_to(float(losses[0]) * 1.0001, thin) == "0"


def test_regression_is_scored_by_r_squared() -> None:
    sine = Comparison(base=Experiment(dataset="sine", loss="mse", steps=5))
    table, score = scene.rows(sine, picture.race_of(sine))
    assert score == "test R²"
    assert "%" not in table[0][score]


def test_the_detail_names_what_differs_from_the_default() -> None:
    entry = registry.optimizers["sgd"]
    contender = Contender("sgd", {"lr": 0.25, "momentum": 0.9, "nesterov": True})
    said = scene.detail(entry, contender.params)
    assert said.startswith("lr 0.25")
    assert "momentum 0.9" in said
    assert "nesterov" in said.lower()
    assert "dampening" not in said


def test_what_a_slice_leaves_out_is_said(comparison: Comparison, runs: tuple[Run, ...]) -> None:
    said = scene.about_slice(comparison, picture.slice_of(comparison, runs), runs)
    assert "variance" in said
    assert "random walk" in said
    assert "distance from the slice" in said
    assert "nan" not in said
    random = replace(comparison, plane="random")
    said = scene.about_slice(random, picture.slice_of(random, runs), runs)
    assert said.startswith("Two random directions, in which each unit's weights")
    bare = replace(random, normalize="none")
    said = scene.about_slice(bare, picture.slice_of(bare, runs), runs)
    assert "without regard" in said
    curved = replace(comparison, plane="hessian")
    cut = picture.slice_of(curved, runs)
    said = scene.about_slice(curved, cut, runs)
    limit = 2 / cut.plane.info["eigenvalues"][0]
    assert f"learning rate of 2 / {2 / limit:.3g} = {limit:.3g}." in said
    assert "distance from the slice" in said
    exact = Comparison(base=Experiment(model="two_parameter", loss="mse", steps=3)).fitting()
    pair = picture.race_of(exact)
    assert "nothing is left out" in scene.about_slice(exact, picture.slice_of(exact, pair), pair)


def test_a_revision_tells_pictures_apart(comparison: Comparison) -> None:
    same = scene.revision(Comparison(base=Experiment(steps=30)), "")
    assert scene.revision(comparison, "") == same
    assert scene.revision(comparison, "live 10") != same
    assert scene.revision(replace(comparison, log=True), "") != same


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-0.0, "0"),
        (0.123456, "0.1235"),
        (-0.5, "−0.5"),
        (5.946e-5, "5.946e−5"),
        (12345.6, "12346"),
        (3.868e15, "3.868e+15"),
        (2e6, "2e+6"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_numbers_of_a_table(value: float, shown: str) -> None:
    assert scene.number(value) == shown
    assert scene.percent(float("nan")) == "–"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.01, "1 s"), (59.2, "1 min"), (60, "1 min"), (61, "2 min"), (3600, "1 h 0 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


# --- caches ------------------------------------------------------------------------------------


def test_a_change_of_view_computes_nothing(comparison: Comparison) -> None:
    first, second = comparison.contenders
    views = (
        {"log": True},
        {"three_d": True},
        {"chosen": 1},
        {"target": 0.5},
        {"color_range": (0.0, 1.0)},
        {"grid": "41"},
    )
    for view in views:
        assert key(for_slice(replace(comparison, **view))) == key(for_slice(comparison)), view
        assert key(for_runs(replace(comparison, **view))) == key(for_runs(comparison)), view
    hidden = replace(comparison, contenders=(replace(first, visible=False), second))
    # Another window of the same plane.
    assert key(for_slice(hidden)) != key(for_slice(comparison))
    assert key(for_runs(hidden)) == key(for_runs(comparison))


def test_a_contender_that_travels_far_is_named(comparison: Comparison) -> None:
    three = replace(comparison, contenders=(Contender("sgd"), Contender("adam"), Contender("sgd")))
    said = scene._far_traveller(three, [1.0, 40.0, 3.0])
    assert "B travels 20 times as far" in said
    assert "more than 1,000 times" in scene._far_traveller(three, [1.0, 4e9, 3.0])
    assert scene._far_traveller(three, [1.0, 4.0, 3.0]) == ""
    alone = replace(three, contenders=tuple(replace(c, visible=False) for c in three.contenders))
    assert scene._far_traveller(alone, [1.0, 40.0, 3.0]) == ""


def test_another_plane_is_drawn_of_the_same_runs(comparison: Comparison) -> None:
    for view in ({"plane": "random"}, {"normalize": "layer"}, {"plane_seed": 4}, {"split": "test"}):
        other = replace(comparison, **view)
        assert key(for_runs(other)) == key(for_runs(comparison)), view
        assert key(for_slice(other)) != key(for_slice(comparison)), view


def test_what_changes_the_runs_changes_their_key(comparison: Comparison) -> None:
    for other in (
        replace(comparison, base=replace(comparison.base, seed=1)),
        replace(comparison, contenders=comparison.contenders[:1]),
        replace(comparison, start=(0.0, 1.0)),
    ):
        assert key(for_runs(other)) != key(for_runs(comparison))
    here = replace(comparison, start=(0.0, 1.0))
    # The same numbers on another plane are another point.
    assert key(for_runs(replace(here, plane="random"))) != key(for_runs(here))


# --- predictions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "loss", "kind"),
    [("moons", "cross_entropy", Regions), ("blobs", "cross_entropy", Regions),
     ("sine", "mse", Fit), ("iris", "cross_entropy", Confusion)],
)  # fmt: skip
def test_each_kind_of_data_has_its_panel(dataset: str, loss: str, kind: type) -> None:
    one = Comparison(base=Experiment(dataset=dataset, loss=loss, steps=4))
    (run, _) = picture.race_of(one)
    data = picture.shared_problem(one).data
    seen = panel("A", picture.predictions_of(one, run), data)
    assert isinstance(seen, kind)
    assert seen.steps.tolist() == [0, 1, 2, 3, 4]
    assert len(seen.values) == 5
    if isinstance(seen, Confusion):
        assert seen.values.sum(axis=(1, 2)).tolist() == [len(data.test_inputs)] * 5
    else:
        assert len(seen.points.x) == len(data.inputs) + len(data.test_inputs)
        assert seen.points.test.sum() == len(data.test_inputs)
    if isinstance(seen, Regions):
        x0, x1, y0, y1 = seen.extent
        assert x0 < seen.points.x.min() <= seen.points.x.max() < x1
        assert y0 < seen.points.y.min() <= seen.points.y.max() < y1


def test_the_sharpness_has_a_tab_with_the_limits_that_are_known(
    comparison: Comparison, runs: tuple[Run, ...]
) -> None:
    (loss,) = scene.panels(comparison, runs, ())
    assert loss.target == comparison.target
    assert loss.title == "loss (thin: test)"
    untested = replace(comparison, base=replace(comparison.base, test_share=0.0))
    assert scene.panels(untested, runs, ())[0].title == "loss"
    along = [picture.sharpness_of(comparison, run) for run in runs]
    _, sharp = scene.panels(comparison, runs, along)
    drawn = {(curve.contender, curve.name): curve for curve in sharp.curves}
    # Adam has no limit on the plain curvature.
    assert set(drawn) == {("A", "sharpness"), ("A", "limit"), ("B", "sharpness")}
    assert drawn["A", "limit"].values == pytest.approx(2 / 0.5)
    assert drawn["A", "limit"].kind == "faint"
    assert drawn["B", "sharpness"].steps[-1] == 30


def test_the_sharpness_is_no_part_of_what_is_trained(comparison: Comparison) -> None:
    assert key(for_runs(replace(comparison, sharpness=True))) == key(for_runs(comparison))

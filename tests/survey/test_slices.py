"""Slices, ways and curvatures of a survey, beside slow and obvious references."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz.comparison import Contender
from lossviz.connect import advance_curve, curve_of
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.settings import Experiment
from lossviz.survey import PLANES, Survey, View, along, lines, section, slices, spot
from lossviz.survey.cost import point_seconds, surface_seconds
from lossviz.survey.ground import Ground, buffers_for, layers_of, normalises, problem_of, recipe_of

SURVEY = Survey(
    base=Experiment(steps=30, dtype="float64", model_params={"width": 6}),
    other="mlp",
    other_params={"width": 6, "depth": 3},
    views=(View("pca"), View("random", {"seed": 3, "reach": 0.5})),
    section="line",
    grid="25",
)


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return slices.runs_of(SURVEY)


def loss_at(experiment: Experiment, theta: torch.Tensor, split: str) -> tuple[float, float]:
    """Loss and accuracy of one network, by a plain forward pass."""
    problem = lv.build(experiment)
    inputs, targets = problem.batch(split)
    outputs = problem.model.forward(problem.space.unflatten(theta), inputs)
    right = (outputs.argmax(-1) == targets).double().mean()
    return float(torch.nn.functional.cross_entropy(outputs, targets)), float(right)


# --- runs and planes -----------------------------------------------------------------------------


def test_each_run_is_the_one_that_is_trained_alone(runs: dict[str, Run]):
    assert list(runs) == ["A", "B", "A₂", "B₂", "A′"]
    for entrant in SURVEY.entrants():
        alone = lv.train(entrant.experiment)
        torch.testing.assert_close(runs[entrant.name].weights, alone.weights, rtol=0, atol=0)


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("plane", PLANES.names())
def test_every_plane_can_be_laid_through_both_networks(
    plane: str, second: bool, runs: dict[str, Run]
):
    params = {"a": "A", "b": "B", "c": "start"} if plane == "through" else {}
    params |= {"of": "B"} if plane == "adam" else {}
    cut = slices.slice_of(SURVEY, View(plane, params), second, runs)
    names = ["A₂", "B₂"] if second else ["A", "B", "A′"]
    assert list(cut.tracks) == names
    for name in names:
        coords, residual = cut.plane.project(runs[name].weights)
        np.testing.assert_allclose(cut.tracks[name].coords, coords)
        np.testing.assert_allclose(cut.tracks[name].residual, residual)
        np.testing.assert_array_equal(cut.tracks[name].steps, runs[name].recorded)


def test_random_planes_go_through_their_contenders_end_as_far_as_they_reach(runs):
    cut = slices.slice_of(SURVEY, SURVEY.views[1], True, runs)
    assert cut.window == ((-0.5, 0.5), (-0.5, 0.5))
    assert torch.equal(cut.plane.origin, runs["A₂"].weights[-1])
    again = slices.slice_of(SURVEY, View("random", {"seed": 4}), True, runs)
    assert not torch.equal(cut.plane.axes, again.plane.axes)


def test_the_window_is_that_of_the_visible_runs(runs: dict[str, Run]):
    seen = slices.slice_of(replace(SURVEY, hidden=(1, 4)), View("pca"), False, runs)
    every = slices.slice_of(SURVEY, View("pca"), False, runs)
    assert torch.equal(seen.plane.axes, every.plane.axes)
    path = seen.tracks["A"].coords
    (x0, x1), (y0, y1) = seen.window
    assert x0 < path[:, 0].min() < path[:, 0].max() < x1
    assert y0 < path[:, 1].min() < path[:, 1].max() < y1
    assert x1 - x0 < every.window[0][1] - every.window[0][0]


def test_a_plane_through_points_on_a_line_is_refused_in_words(runs: dict[str, Run]):
    ground = Ground(problem_of(SURVEY.base), {"A": runs["A"], "B": runs["A"]})
    with pytest.raises(SettingError, match="A and B and their start lie on a line"):
        View("through").entry.make(ground, a="A", b="B", c="start")
    with pytest.raises(SettingError, match="no contender 'C'"):
        ground.run("C")


def test_adams_axes_want_an_adam(runs: dict[str, Run]):
    with pytest.raises(SettingError):
        slices.slice_of(SURVEY, View("adam", {"of": "A"}), False, runs)


# --- heights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["train_loss", "test_loss", "train_accuracy", "test_accuracy"])
@pytest.mark.parametrize("second", [False, True])
def test_surface_and_paths_are_what_a_plain_loop_gives(layer: str, second: bool, runs):
    survey = replace(SURVEY, layer=layer)
    cut = slices.slice_of(survey, View("random"), second, runs)
    surface = slices.surface_of(survey, cut, runs).surface(slices.layer_of(survey))
    assert surface.loss.shape == (25, 25)
    split, what = layer.split("_")
    model = survey.model(second)

    def height(theta: torch.Tensor) -> float:
        return loss_at(model, theta, split)[what == "accuracy"]

    for j, i in ((0, 0), (3, 20), (24, 7), (12, 12)):
        theta = cut.plane.space.flatten(cut.plane.at(float(surface.x[i]), float(surface.y[j])))
        assert float(surface.loss[j, i]) == pytest.approx(height(theta), abs=1e-9)
    name = "A₂" if second else "A"
    track, weights = cut.tracks[name], runs[name].weights
    for frame in (0, 17, 30):
        assert track.loss[frame] == pytest.approx(height(weights[frame]), abs=1e-6)
        theta = cut.plane.space.flatten(cut.plane.at(*map(float, track.coords[frame])))
        assert track.slice_loss[frame] == pytest.approx(height(theta), abs=1e-9)


def test_what_batch_normalisation_uses_is_a_choice_of_the_surface_alone():
    base = Experiment(
        dataset="digits", dataset_params={"samples": 100}, model="cnn",
        model_params={"depth": 1, "width": 3, "batch_norm": True}, steps=6, dtype="float64",
    )  # fmt: skip
    survey = Survey(base=base, contenders=(Contender(),), views=(View("random"),), grid="25")
    assert normalises(base)
    assert not normalises(SURVEY.base)
    runs = slices.runs_of(survey)
    found = {}
    for statistics in ("batch", "recomputed", "frozen"):
        other = replace(survey, statistics=statistics)
        cut = slices.slice_of(other, other.views[0], False, runs)
        problem = slices.drawn_problem(other, False, runs)
        corner = cut.plane.at(0.8, -0.6)
        point = slices.heights(problem, cut.plane, np.array([[0.8, -0.6]]), "train loss")
        assert point[0] == pytest.approx(float(problem.loss(corner)), abs=1e-9)
        found[statistics] = float(point[0])
        # The path's own height is of the same function: they are equal where it is in the plane.
        track, weights = cut.tracks["A"], runs["A"].weights
        for frame in (0, 3, 6):
            params = problem.space.unflatten(weights[frame])
            assert track.loss[frame] == pytest.approx(float(problem.loss(params)), abs=1e-9)
        assert track.residual[-1] == pytest.approx(0, abs=1e-9)
        assert track.loss[-1] == pytest.approx(track.slice_loss[-1], abs=1e-9)
        scored = replace(other, layer="test_accuracy")
        track = slices.slice_of(scored, other.views[0], False, runs).tracks["A"]
        assert track.loss[-1] == pytest.approx(track.slice_loss[-1], abs=1e-9)
    assert len({round(value, 6) for value in found.values()}) == 3


def test_a_penalty_is_in_the_heights_of_paths_as_it_is_in_the_surface():
    survey = replace(SURVEY, base=replace(SURVEY.base, l2=0.1, steps=4), other="", section="none")
    runs = slices.runs_of(survey)
    problem = problem_of(survey.base)
    for layer in ("train_loss", "test_loss", "train_accuracy"):
        cut = slices.slice_of(replace(survey, layer=layer), View("random"), False, runs)
        track = cut.tracks["A"]
        assert track.loss[-1] == pytest.approx(track.slice_loss[-1], abs=1e-6)
        if layer == "train_loss":
            params = problem.space.unflatten(runs["A"].weights[2])
            assert track.loss[2] == pytest.approx(float(problem.loss(params)), abs=1e-6)


def test_random_slices_are_those_of_the_view(runs: dict[str, Run]):
    survey = replace(SURVEY, other="", slices=3)
    found = slices.spread_of(survey, runs["A"])
    assert found.seeds == (0, 1, 2)
    assert float(found.radius[-1]) == 0.5
    own, _ = loss_at(survey.base, runs["A"].weights[-1], "train")
    np.testing.assert_allclose(found.heights[:, 0], own, atol=1e-9)


@pytest.mark.parametrize("plane", ["pca", "random"])
def test_lines_are_the_loss_beside_the_end_along_both_axes(plane: str, runs: dict[str, Run]):
    cut = slices.slice_of(SURVEY, View(plane), False, runs)
    found = lines.lines_of(SURVEY, cut, runs["A"])
    end = runs["A"].weights[-1]
    (place,), _ = cut.plane.project(end[None])
    assert found.titles == cut.plane.titles
    for split, pair in (("train", found.train), ("test", found.test)):
        for one, axis, (low, high), x in zip(pair, cut.plane.axes, cut.window, place, strict=True):
            assert float(one.t[0] + x) == pytest.approx(low)
            assert float(one.t[-1] + x) == pytest.approx(high)
            for k in (0, 37, 100):
                wanted, _ = loss_at(SURVEY.base, end + one.t[k] * axis, split)
                assert float(one.loss[k]) == pytest.approx(wanted, abs=1e-9)


def test_a_line_goes_through_the_end_also_where_that_is_not_drawn(runs: dict[str, Run]):
    cut = slices.slice_of(SURVEY, View("random"), False, runs)
    aside = replace(cut, window=((3.0, 5.0), (-1.0, 1.0)))
    across, up = lines.lines_of(SURVEY, aside, runs["A"]).train
    assert across.t[[0, 50, -1]].tolist() == pytest.approx([-1, 0, 1], abs=1e-12)
    assert up.t[[0, -1]].tolist() == pytest.approx([-1, 1], abs=1e-6)


def test_no_line_leads_through_an_end_that_is_not_finite(runs: dict[str, Run]):
    cut = slices.slice_of(SURVEY, View("pca"), False, runs)
    wild = replace(runs["A"], weights=runs["A"].weights * torch.nan)
    with pytest.raises(ValueError, match="not finite numbers"):
        lines.lines_of(SURVEY, cut, wild)


# --- between two networks ------------------------------------------------------------------------


def test_the_straight_way_and_what_an_order_changes(runs: dict[str, Run]):
    found = section.straight_of(replace(SURVEY, aligned=True), runs)
    assert found.names == ("A", "A′")
    a, b = runs["A"].weights[-1], runs["A′"].weights[-1]
    middle = int((found.plain.t - 0.5).abs().argmin())
    t = float(found.plain.t[middle])
    wanted, _ = loss_at(SURVEY.base, (1 - t) * a + t * b, "train")
    assert float(found.plain.loss[middle]) == pytest.approx(wanted, abs=1e-9)
    assert found.aligned is not None
    assert found.aligned.distance < found.plain.distance
    # The same function in another order.
    assert loss_at(SURVEY.base, found.b, "test") == pytest.approx(loss_at(SURVEY.base, b, "test"))
    other = section.straight_of(replace(SURVEY, ends="contenders"), runs)
    assert other.names == ("A", "B")
    assert other.aligned is None
    assert torch.equal(other.b, runs["B"].weights[-1])


def test_the_curve_begins_straight_and_its_plane_holds_it(runs: dict[str, Run]):
    survey = replace(SURVEY, section="curve", bend_steps=20)
    straight = section.straight_of(survey, runs)
    state = section.bend_of(survey, straight)
    assert recipe_of(survey.base) == state.recipe
    assert section.curve_so_far(survey, state, []) is None
    state, piece = advance_curve(state, 20)
    curve = section.curve_so_far(survey, state, [piece])
    assert curve is not None
    torch.testing.assert_close(
        curve.profile, curve_of(state, [piece], runs["A"].space).profile, rtol=0, atol=0
    )
    bend = section.bend_seen(curve)
    assert bend.residual[-1].max() < 1e-6
    points = np.asarray(bend.plane.info["points"])
    np.testing.assert_allclose(bend.coords[-1][[0, -1]], points[:2], atol=1e-6)
    (x0, x1), (y0, y1) = bend.window
    assert ((x0 < points[:, 0]) & (points[:, 0] < x1)).all()
    assert ((y0 < points[:, 1]) & (points[:, 1] < y1)).all()
    x, y = slices.grid_of(survey, bend.window)
    assert (len(x), len(y)) == (25, 25)


@pytest.mark.parametrize("statistics", ["batch", "recomputed", "frozen"])
def test_the_ways_have_the_statistics_of_the_surfaces(statistics: str):
    base = Experiment(
        dataset="digits", dataset_params={"samples": 100}, model="cnn",
        model_params={"depth": 1, "width": 3, "batch_norm": True}, steps=4, dtype="float64",
    )  # fmt: skip
    survey = Survey(
        base=base, contenders=(Contender("adam"),), section="curve", statistics=statistics,
        bend_steps=20,
    )  # fmt: skip
    runs = slices.runs_of(survey)
    straight = section.straight_of(survey, runs)
    problem = slices.drawn_problem(survey, False, runs)
    end = problem.space.unflatten(runs["A"].weights[-1])
    assert straight.plain.ends[0] == pytest.approx(float(problem.loss(end)), abs=1e-9)
    buffers = buffers_for(base, statistics, runs["A"])
    _, piece = advance_curve(section.bend_of(survey, straight, buffers), 1)
    middle = problem.space.unflatten((straight.a + straight.b) / 2)
    assert float(piece.profile[0][20]) == pytest.approx(float(problem.loss(middle)), abs=1e-9)
    assert float(piece.profile[0][0]) == pytest.approx(straight.plain.ends[0], abs=1e-9)


# --- curvature -----------------------------------------------------------------------------------


def dense_hessian(experiment: Experiment, theta: torch.Tensor) -> np.ndarray:
    problem = lv.build(experiment)
    return torch.autograd.functional.hessian(
        lambda row: problem.loss(problem.space.unflatten(row)), theta
    ).numpy()


def test_the_end_of_a_path_is_what_the_whole_hessian_says(runs: dict[str, Run]):
    theta = runs["A"].weights[-1]
    values = np.linalg.eigvalsh(dense_hessian(SURVEY.base, theta))
    spectrum = spot.spectrum_at(SURVEY.base, theta)
    np.testing.assert_allclose(spectrum.highest, values[::-1][: spot.TOP], rtol=1e-6)
    np.testing.assert_allclose(spectrum.lowest, values[: spot.BOTTOM], rtol=1e-5, atol=1e-9)
    area = np.trapezoid(spectrum.density.density, spectrum.density.grid)
    assert area == pytest.approx(1, abs=0.02)
    measures = spot.measures_at(SURVEY.base, theta)
    assert measures.largest == pytest.approx(values[-1], rel=1e-6)
    assert measures.trace[0] == pytest.approx(values.sum(), abs=4 * measures.trace[1] + 1e-9)
    assert measures.worst > 0
    assert measures.filtered > 0


@pytest.mark.parametrize(("percent", "frame"), [(0, 0), (50, 15), (99, 30), (100, 30)])
def test_a_share_of_a_path_is_the_nearest_frame(percent: int, frame: int, runs: dict[str, Run]):
    assert spot.frame_at(runs["A"], percent) == frame


def test_sharpness_stands_beside_each_optimizers_own_limit(runs: dict[str, Run]):
    sgd, adam = (along.sharpness_of(e.experiment, runs[e.name]) for e in SURVEY.entrants()[:2])
    assert sgd.scaled is None
    assert sgd.why == ""
    np.testing.assert_allclose(sgd.plain.limit, 2 / 0.2)
    last = np.linalg.eigvalsh(dense_hessian(SURVEY.base, runs["A"].weights[-1]))[-1]
    assert sgd.plain.sharpness[-1] == pytest.approx(last, rel=1e-3)
    assert np.isnan(adam.plain.limit).all()
    assert adam.scaled is not None
    np.testing.assert_allclose(adam.scaled.limit, (2 + 2 * 0.9) / (1 - 0.9) / 0.02)


def test_where_adams_scales_are_not_known_it_is_said(runs: dict[str, Run]):
    run = replace(runs["B"], recorded=np.arange(len(runs["B"].recorded)) * 2)
    found = along.sharpness_of(SURVEY.entrants()[1].experiment, run)
    assert found.scaled is None
    assert "every step" in found.why


# --- about how much it is ------------------------------------------------------------------------


def test_larger_models_and_grids_take_longer():
    small, large = SURVEY.base, replace(SURVEY.base, model_params={"width": 200, "depth": 4})
    assert 0 < point_seconds(small) < point_seconds(large)
    assert surface_seconds(small, "train", 20) == pytest.approx(400 * point_seconds(small))
    deep = Experiment(dataset="digits", model="cnn", model_params={"depth": 12})
    assert point_seconds(deep) > point_seconds(replace(deep, model_params={"depth": 2}))


def test_the_layers_add_up():
    rows = layers_of(SURVEY.base)
    assert sum(row.parameters for row in rows) == problem_of(SURVEY.base).space.size
    assert layers_of(replace(SURVEY.base, steps=5)) is rows

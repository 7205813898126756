"""Every survey worth seeing does what it claims."""

import numpy as np
import pytest

from lossviz import evaluate, random_walk_shares
from lossviz.connect import advance_curve
from lossviz.settings import Preset
from lossviz.survey import Survey, View, along, section, slices
from lossviz.survey.presets import PRESETS, alike


def preset(name: str) -> Preset:
    return next(one for one in PRESETS if one.name == name)


def survey_of(name: str, **more: str) -> Survey:
    """A preset's survey, as its link opens it."""
    return Survey.from_url({**preset(name).settings.to_url(), **more})


@pytest.mark.parametrize("one", PRESETS, ids=lambda p: p.name)
def test_a_preset_has_a_link_of_its_own(one: Preset):
    assert Survey.from_url(one.settings.to_url()) == one.settings
    assert [other.name for other in PRESETS if alike(other.settings, one.settings)] == [one.name]
    assert one.claim.endswith(".")


def test_the_edge_of_stability():
    """Cohen et al. 2021: the sharpness ends at 2 / learning rate."""
    survey = survey_of("edge")
    runs = slices.runs_of(survey)
    largest = []
    for entrant in survey.entrants():
        found = along.sharpness_of(entrant.experiment, runs[entrant.name]).plain
        limit = 2 / entrant.experiment.params["lr"]
        np.testing.assert_allclose(found.limit, limit)
        assert found.sharpness[0] < 0.8 * limit
        np.testing.assert_allclose(found.sharpness[-20:], limit, rtol=0.08)
        largest.append(found.sharpness[-1])
    assert largest == sorted(largest, reverse=True)


def hollows(heights: np.ndarray) -> int:
    """How many inner cells are lower than all eight around them."""
    inner = heights[1:-1, 1:-1]
    ny, nx = heights.shape
    around = [
        heights[1 + dy : ny - 1 + dy, 1 + dx : nx - 1 + dx]
        for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)
    ]  # fmt: skip
    return int(np.all([inner < other for other in around], axis=0).sum())


def test_shortcuts_make_one_wide_basin():
    """Li et al. 2018, on networks that train in seconds."""
    survey = survey_of("shortcuts", grid="25")
    runs = slices.runs_of(survey)
    found = {}
    for second in (False, True):
        cut = slices.slice_of(survey, survey.views[0], second, runs)
        found[second] = slices.surface_of(survey, cut, runs)["train loss"].double().numpy()
    assert hollows(found[False]) == 1
    assert hollows(found[True]) >= 2
    basins = [(found[second] < 1).mean() for second in (False, True)]
    assert basins[0] > 1.1 * basins[1]


def test_two_minima_with_a_hill_between_and_a_way_around_it():
    """Garipov et al. 2018."""
    survey = survey_of("two-minima")
    straight = section.straight_of(survey, slices.runs_of(survey))
    assert straight.plain.barrier == pytest.approx(0.87, abs=0.01)
    assert max(straight.plain.ends) < 0.01
    state, piece = advance_curve(section.bend_of(survey, straight), survey.bend_steps)
    curve = section.curve_so_far(survey, state, [piece])
    assert curve is not None
    assert curve.bends.shape[1] == 1
    assert curve.barrier[0] == pytest.approx(0.87, abs=0.01)
    assert curve.barrier[-1] < 0.01
    assert curve.highest[-1] < 0.01


def test_most_of_the_hill_is_an_order_of_units():
    """Entezari et al. 2022; Ainsworth et al. 2023."""
    survey = survey_of("order")
    straight = section.straight_of(survey, slices.runs_of(survey))
    assert straight.aligned is not None
    assert straight.plain.barrier == pytest.approx(0.87, abs=0.01)
    assert straight.aligned.barrier == pytest.approx(0.08, abs=0.01)
    np.testing.assert_allclose(straight.aligned.ends, straight.plain.ends, rtol=1e-3)


def test_running_statistics_fit_at_the_middle_alone():
    runs = slices.runs_of(survey_of("statistics"))
    highest, middle = {}, {}
    for statistics in ("frozen", "recomputed"):
        survey = survey_of("statistics", statistics=statistics)
        cut = slices.slice_of(survey, survey.views[0], False, runs)
        # Every fifth point of each axis of the picture.
        x, y = (side[::5] for side in slices.grid_of(survey, cut.window))
        heights = evaluate(slices.drawn_problem(survey, False, runs), cut.plane, x, y).loss
        assert heights.isfinite().all()
        highest[statistics], middle[statistics] = float(heights.max()), float(heights[4, 4])
    assert highest["frozen"] > 100
    assert highest["recomputed"] < 15
    assert max(middle.values()) < 0.1


def test_where_nothing_is_learnt_two_directions_still_explain_three_quarters():
    survey = survey_of("walk")
    runs = slices.runs_of(survey)
    loss = runs["A"].metrics["train_loss"]
    assert abs(loss[-1] / loss[0] - 1) < 0.05
    cut = slices.slice_of(survey, View("pca"), False, runs)
    explained = sum(cut.plane.info["explained"])
    walk = sum(random_walk_shares(len(runs["A"].recorded), runs["A"].space.size))
    assert explained == pytest.approx(0.75, abs=0.02)
    assert walk == pytest.approx(0.76, abs=0.01)


def test_random_slices_rise_alike_and_are_apart():
    survey = survey_of("seeds")
    assert len({view.params["seed"] for view in survey.views}) == 3
    found = slices.spread_of(survey, slices.runs_of(survey)["A"])
    assert len(found.seeds) == 8
    assert (found.heights.diff(dim=1) > 0).all()
    assert (found.spread[1:] > 0.25).all()
    assert (found.spread[1:] < 0.75).all()

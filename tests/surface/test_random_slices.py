"""Random slices equal single ones; their spread is that of their heights, seed by seed."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz.surface import ScanCancelledError
from lossviz.surface.random_slices import AROUND
from tests.connect.nets import classes, regression, stack


@pytest.fixture(scope="module")
def found() -> tuple[lv.Problem, lv.RandomSlices]:
    prob = classes(stack())
    slices = lv.random_slices(
        prob, prob.params0, (3, 7, 8, 9), points=5, reach=0.8, radii=4, one_dimensional="scale"
    )
    return prob, slices


def test_each_surface_is_that_of_its_seed(found):
    prob, slices = found
    for seed, surface in zip(slices.seeds, slices.surfaces, strict=True):
        plane = lv.random_plane(prob, prob.params0, seed, one_dimensional="scale")
        alone = lv.evaluate(prob, plane, surface.x, surface.y)
        torch.testing.assert_close(surface.loss, alone.loss)
        assert torch.equal(surface.plane.axes, plane.axes)
        assert surface.x.tolist() == pytest.approx([-0.8, -0.4, 0, 0.4, 0.8])


def test_heights_are_means_over_rings_of_true_losses(found):
    prob, slices = found
    np.testing.assert_allclose(slices.radius, [0, 0.8 / 3, 1.6 / 3, 0.8])
    for row, surface in zip(slices.heights, slices.surfaces, strict=True):
        for place, radius in enumerate(slices.radius.tolist()):
            around = [2 * math.pi * k / AROUND for k in range(AROUND)]
            at = [surface.plane.at(radius * math.cos(s), radius * math.sin(s)) for s in around]
            own = sum(float(prob.loss(params)) for params in at) / AROUND
            assert float(row[place]) == pytest.approx(own)


def test_the_spread_is_over_the_seeds(found):
    heights = found[1].heights.numpy()
    np.testing.assert_allclose(found[1].low, heights.min(0))
    np.testing.assert_allclose(found[1].median, np.median(heights, axis=0))
    np.testing.assert_allclose(found[1].high, heights.max(0))
    spread = found[1].spread
    assert spread[0].isnan()
    rise = np.median(heights, axis=0) - heights[0, 0]
    expected = (heights.max(0) - heights.min(0)) / np.where(rise > 0, rise, np.nan)
    np.testing.assert_allclose(spread, expected)


def test_in_a_round_bowl_all_slices_agree_and_in_a_ravine_they_do_not():
    def slices(stretch: float) -> lv.RandomSlices:
        # One row of weights, so that a direction of unit norm sees the loss alone.
        scale = torch.ones(40, dtype=torch.float64)
        scale[0] = stretch
        prob = lv.Problem.from_module(
            nn.Linear(40, 1, bias=False).double(),
            lambda outputs, targets: outputs.square().sum(),
            (torch.diag(scale), torch.zeros(40, 1)),
        )
        centre = {"weight": torch.ones(1, 40, dtype=torch.float64)}
        return lv.random_slices(prob, centre, range(6), points=2, radii=3)

    # Two axes of one slice are not quite orthogonal and the centre is no minimum: not quite equal.
    assert slices(1.0).spread[-1] < 0.5
    assert slices(60.0).spread[-1] > 2


def test_a_ring_with_a_cell_that_is_not_finite_is_infinitely_high():
    prob = lv.point_problem(lambda x, y: torch.log(0.5 - x**2 - y**2), (0.0, 0.0))
    options = {"normalize": "none", "one_dimensional": "scale", "points": 3, "radii": 3}
    slices = lv.random_slices(prob, torch.zeros(2), [0, 1], reach=9.0, **options)
    assert slices.heights[:, 0].tolist() == pytest.approx([math.log(0.5)] * 2)
    assert slices.heights[:, 1:].isinf().all()
    assert slices.spread.isnan().all()


def test_progress_covers_all_slices_and_errors_say_what_is_wrong():
    prob = regression(stack(outputs=1))
    told: list[tuple[int, int]] = []
    options = {"points": 2, "radii": 2, "one_dimensional": "scale"}
    lv.random_slices(
        prob, prob.params0, [0, 1], on_progress=lambda *now: told.append(now), **options
    )
    total = 2 * (4 + 2 * AROUND)
    assert told == [(total // 2, total), (total, total)]
    with pytest.raises(ScanCancelledError):
        lv.random_slices(prob, prob.params0, cancelled=lambda: True)
    for change in ({"seeds": []}, {"points": 1}, {"radii": 1}, {"reach": 0.0}, {"reach": math.inf}):
        with pytest.raises(ValueError, match="a reach above 0"):
            lv.random_slices(prob, prob.params0, **change)
    with pytest.raises(ValueError, match="one of filter"):
        lv.random_slices(prob, prob.params0, normalize="row")

"""Curves are the loss of one sample, and their slope is its derivative."""

import numpy as np
import pytest

from lossviz import registry
from lossviz.losslab import Pick, curve, curves
from lossviz.losslab.curves import can_be_drawn, places
from lossviz.testing import corners

DRAWN = [
    pytest.param(Pick(entry.name, params), over, id=f"{entry.name}-{over}-{params}")
    for entry in registry.losses
    for over in entry.over
    for params in corners(entry)
]


@pytest.mark.parametrize(("pick", "over"), DRAWN)
def test_the_slope_is_that_of_the_curve(pick, over):
    # Away from the corners of the usual losses.
    u = np.array([0.13, 0.37, 0.61, 0.91]) if over == "probability" else np.array([-1.7, 0.3, 2.2])
    step = 1e-6
    near = [curve(pick, over, u + side * step).loss for side in (1, -1)]
    found = curve(pick, over, u)
    assert np.isfinite(found.loss).all()
    np.testing.assert_allclose(found.slope, (near[0] - near[1]) / (2 * step), rtol=1e-4, atol=1e-7)


#: The slow, obvious references.
KNOWN = [
    ("mse", "residual", lambda r: r**2),
    ("mae", "residual", abs),
    ("huber", "residual", lambda r: r**2 / 2 if abs(r) <= 1 else abs(r) - 0.5),
    ("quantile", "residual", lambda r: 0.1 * r if r > 0 else -0.9 * r),
    ("log_cosh", "residual", lambda r: np.log(np.cosh(r))),
    ("poisson_nll", "residual", lambda r: (r + 3) - 3 * np.log(r + 3) if r > -3 else np.nan),
    ("hinge", "margin", lambda m: max(0, 1 - m)),
    ("cross_entropy", "margin", lambda m: np.log(1 + np.exp(-m))),
    ("focal", "probability", lambda p: -((1 - p) ** 2) * np.log(p)),
    ("cross_entropy", "probability", lambda p: -np.log(p)),
    ("bce_with_logits", "probability", lambda p: -np.log(p)),
    ("sigmoid_mse", "probability", lambda p: (1 - p) ** 2),
    ("soft_f1", "probability", lambda p: 1 - (2 * p + 1e-3) / (p + 1 + 1e-3)),
]


@pytest.mark.parametrize(("name", "over", "reference"), KNOWN)
def test_the_curve_is_the_formula(name, over, reference):
    u = places(over, 4.0, 41)
    expected = [reference(one) for one in u.tolist()]
    np.testing.assert_allclose(curve(Pick(name), over, u).loss, expected, rtol=1e-10, atol=1e-12)


def test_the_gaussian_is_drawn_for_about_unit_variance():
    found = curve(Pick("gaussian_nll", {"floor": 1e-6}), "residual", np.array([0.0, 2.0]))
    np.testing.assert_allclose(found.loss, [0, 2], atol=1e-5)


def test_places_reach_from_end_to_end_and_never_to_certainty():
    assert places("residual", 3.0, 5).tolist() == [-3, -1.5, 0, 1.5, 3]
    assert 0 < places("probability", 3.0)[0] < places("probability", 3.0)[-1] < 1


def test_the_margins_slope_tells_who_still_pulls():
    """Far on the wrong side cross-entropy and hinge pull with 1, a squared error with nothing."""
    found = curves((Pick("cross_entropy"), Pick("hinge"), Pick("sigmoid_mse")), "margin", 12.0)
    np.testing.assert_allclose([one.slope[0] for one in found], [-1, -1, 0], atol=1e-4)
    np.testing.assert_allclose([one.slope[-1] for one in found], 0, atol=1e-4)


def test_what_can_be_drawn_is_said_by_the_entry():
    assert can_be_drawn(registry.losses["hinge"], "margin")
    assert not can_be_drawn(registry.losses["hinge"], "probability")
    with pytest.raises(registry.SettingError, match="no function of the probability"):
        curve(Pick("hinge"), "probability", np.array([0.5]))

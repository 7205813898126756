"""What is worth seeing is claimed by a sentence, and each claim is true."""

import numpy as np
import pytest

from lossviz.losslab import LossLab, curves, decisions, descents, fits, surprise
from lossviz.losslab.presets import PRESETS

BY_NAME = {preset.name: preset for preset in PRESETS}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_preset_opens_by_its_link(name):
    preset = BY_NAME[name]
    assert LossLab.from_url(preset.settings.to_url()) == preset.settings
    assert preset.claim.endswith(".")


def test_names_and_settings_are_unique():
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert len({repr(preset.settings) for preset in PRESETS}) == len(PRESETS)


def says(name, *numbers):
    for number in numbers:
        assert number in BY_NAME[name].claim, number


def test_outlier():
    lab = BY_NAME["outlier"].settings
    says(
        "outlier",
        *(f"{fit.slope:.3f}".rstrip("0").rstrip(".") for fit in fits(lab.points, lab.fits)),
    )


@pytest.mark.parametrize("name", ["saturation", "saturation-3"])
def test_saturation(name):
    lab = BY_NAME[name].settings
    found = descents((lab.w, lab.b), lab.lr, lab.below, lab.steps)
    says(name, *(f" {one.reached}" for one in found))


def test_a_neuron_that_is_sure():
    lab = BY_NAME["saturation"].settings
    squared, entropy = descents((lab.w, lab.b), lab.lr, lab.below, 1)
    says("saturation", f"{entropy.chance[0]:.2f}")
    assert squared.slope[0] < 0.02 < entropy.slope[0]


def test_rare():
    lab = BY_NAME["rare"].settings
    found = {one.name: one.scores for one in decisions(lab.share, lab.weight, lab.gamma, lab.alpha)}
    says("rare", f"{found['Cross-entropy']['accuracy']:.0%}".replace("%", " %"))
    assert found["Cross-entropy"]["recall"] == pytest.approx(1 / 3, abs=0.02)
    says("rare", f"{found['Weighted']['recall']:.0%}".replace("%", " %"))
    says("rare", f"{found['Soft F1']['f1']:.3f}")
    assert found["Weighted"]["precision"] < 0.25, "many false alarms"
    assert found["Cross-entropy"]["recall"] < found["Soft F1"]["recall"]
    assert found["Soft F1"]["recall"] < found["Weighted"]["recall"], "it stops in between"
    assert found["Focal"] == pytest.approx(found["Cross-entropy"]), "the threshold stays"


def test_example():
    lab = BY_NAME["example"].settings
    says("example", f"{surprise(lab.p, lab.q).cross_entropy:.4f}")


def test_margins():
    lab = BY_NAME["margins"].settings
    entropy, hinge, squared = curves(lab.margin, "margin", lab.reach)
    beyond = entropy.u > 1
    assert (hinge.slope[beyond] == 0).all()
    assert (entropy.slope < 0).all()
    assert entropy.slope[0] == pytest.approx(-1, abs=0.01)
    assert hinge.slope[0] == -1
    assert abs(squared.slope[0]) < 0.02


def test_from_square_to_absolute():
    lab = BY_NAME["from-square-to-absolute"].settings
    square, absolute, *hubers = curves(lab.residual, "residual", lab.reach)
    for one in hubers:
        delta = one.pick.params["delta"]
        assert np.abs(one.slope).max() == pytest.approx(delta)
        inside = np.abs(one.u) <= delta
        np.testing.assert_allclose(one.loss[inside], square.loss[inside] / 2, atol=1e-12)
    small = hubers[0]
    gap = 0.25 * absolute.loss - small.loss
    assert gap.max() <= 0.25**2 / 2 + 1e-12

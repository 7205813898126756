"""The pictures of the page of losses: whatever the settings are, a browser can draw them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lossviz import registry
from lossviz.losslab import LossLab, Pick
from lossviz.losslab.lab import LISTS, SECTIONS, VALUES, WINDOW
from lossviz.losslab.pick import MOST_PICKS
from lossviz.ui.losslab.live import SECTIONS as DRAWN

X0, X1, Y0, Y1 = WINDOW


def drawn(lab: LossLab) -> dict:
    """What the sketch is sent: JSON, with axes that rise."""
    picture, _ = DRAWN[lab.section]
    data = json.loads(json.dumps(picture(lab, "light").as_plain(), allow_nan=False))
    assert len(data["panels"]) >= 2
    for panel in data["panels"]:
        for axis in (panel["x"], panel["y"]):
            assert axis["low"] < axis["high"], panel["id"]
    return dict(data)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_value_at_both_of_its_ends(section):
    drawn(LossLab(section=section))
    for name, param in VALUES.items():
        if param.kind in ("number", "whole"):
            for end in (param.low, param.high):
                drawn(replace(LossLab(section=section), **{name: param.check(end)}))


#: Settings in which something is infinite, flat or missing.
ODD = {
    "a belief that rules out what happens": LossLab(section="entropy", p=(0.5, 0.5), q=(1.0, 0.0)),
    "nothing left for the others": LossLab(section="entropy", p=(1.0, 0.0), q=(1.0, 0.0)),
    "points above each other": LossLab(section="outliers", points=((0.5, Y0), (0.5, Y1))),
    "a steep line": LossLab(section="outliers", points=((X1 - 1e-3, Y0), (X1, Y1))),
    "all points in one": LossLab(section="outliers", points=((X0, Y0), (X0, Y0))),
    "not reached": LossLab(section="saturation", w=6.0, b=6.0, steps=50),
    "from the right side": LossLab(section="saturation", w=-6.0, b=-6.0),
}


@pytest.mark.parametrize("lab", ODD.values(), ids=ODD)
def test_what_is_infinite_or_flat_is_drawn_too(lab):
    drawn(lab)


@pytest.mark.parametrize("over", ["residual", "margin", "probability"])
def test_every_loss_has_its_two_curves(over):
    fits, _ = LISTS[over]
    names = [entry.name for entry in registry.losses if fits(entry)]
    for first in range(0, len(names), MOST_PICKS):
        some = names[first : first + MOST_PICKS]
        loss, slope = drawn(LossLab(over=over, **{over: tuple(map(Pick, some))}))["panels"]
        for panel in (loss, slope):
            assert [line["label"] for line in panel["lines"]] == [Pick(n).title for n in some]
            for line in panel["lines"]:
                seen = np.array([v for v in line["y"] if v is not None])
                # Enough of each lies within the picture.
                inside = (seen >= panel["y"]["low"]) & (seen <= panel["y"]["high"])
                assert inside.mean() > 0.2, line["label"]


def test_the_surface_is_that_of_the_chosen_loss():
    usual = LossLab(section="outliers")
    before, after = (drawn(replace(usual, chosen=k))["panels"][1] for k in (0, 2))
    assert after["title"].endswith("Mean absolute error")
    assert after["heat"]["key"] != before["heat"]["key"]
    marks = [mark["x"] for mark in after["marks"]]
    assert marks == pytest.approx([9.727, 2.667, 2.0], abs=1e-3)

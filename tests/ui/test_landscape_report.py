"""What the landscape page says of its pictures, word by word."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lossviz.connect import Line
from lossviz.survey.section import Straight
from lossviz.ui.landscape.between import about_curve, about_line
from lossviz.ui.landscape.report import about_curvature, measure_rows, where


@pytest.mark.parametrize(
    ("first", "second", "pick", "said", "bound"),
    [
        (8.0, 3.0, "top", "steepest sides", True),
        (8.0, -3.0, "top and bottom", "down out of a saddle", True),
        # The smallest curvatures say nothing about the rate that is stable.
        (0.5, 0.2, "bottom", "curve least", False),
        (-1.0, -2.0, "top", "steepest sides", False),
    ],
)
def test_a_slice_along_eigenvectors_is_told_by_which_they_are(first, second, pick, said, bound):
    text = about_curvature(first, second, pick)
    assert said in text
    assert text.startswith(f"Curvatures {first:.3g} and {second:.3g}: ")
    assert ("stable up to a rate of 0.25" in text) == bound


def test_where_a_spectrum_is_measured():
    def spot(step: int) -> SimpleNamespace:
        return SimpleNamespace(entrant=SimpleNamespace(name="B"), step=step, last=300)

    assert where(spot(300)) == "where B ends (step 300)"
    assert where(spot(0)) == "where B starts"
    assert where(spot(150)) == "of B at step 150"


@pytest.mark.parametrize(("largest", "said"), [(4.0, "a rate of 0.5"), (-1.0, "no direction")])
def test_the_largest_eigenvalue_is_told_by_the_rate_it_stands(largest: float, said: str):
    found = SimpleNamespace(largest=largest, trace=(3.0, 0.1), worst=1.0, filtered=2.0, radius=0.05)
    rows = {name: words for name, _, words in measure_rows(found)}
    assert said in rows["largest eigenvalue"]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ([1.0, 4.0, 3.0], "rises by 2 (at t = 0.50)."),
        ([1.0, 1.0, 3.0], "rises by 0: no hill between them."),
        ([float("inf"), 1.0, 3.0], "no finite number, so there is no barrier to tell."),
    ],
)
def test_the_straight_way_in_words(loss: list[float], said: str):
    t, nothing = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64), torch.zeros(1)
    line = Line(t, torch.tensor(loss), None, None, None, 2.0)
    text = about_line(Straight(("A", "B"), nothing, nothing, line))
    assert text.startswith("From A to B, 2 apart: ")
    assert text.endswith(said)


@pytest.mark.parametrize(
    ("barrier", "said"),
    [
        ([2.0, 0.01], "fell from 2 to 0.01, its mean loss is 0.5. The two networks lie in one"),
        ([2.0, 1.0], "fell from 2 to 1, its mean loss is 0.5."),
        ([0.0, 0.3], "was 0 and is 0.3, its"),
    ],
)
def test_a_curve_in_words(barrier: list[float], said: str):
    curve = SimpleNamespace(barrier=np.array(barrier), steps=[0, 40], mean=[1.0, 0.5])
    text = about_curve(curve, whole=True)
    assert said in text
    assert ("one valley" in text) == (barrier[-1] < 0.05)

"""The charts of many runs: on none, on runs that came to nothing, on log axes."""

import math

import numpy as np
import pytest

from lossviz import figures
from lossviz.checkup import CurveOfRuns, Outcome


def outcome(loss, score=0.5):
    return Outcome(loss, 2 * loss, score, score / 2, 2 * loss, 10)


def curve(*losses):
    runs = tuple((outcome(loss), outcome(3 * loss)) for loss in losses)
    return CurveOfRuns(4.0 * 2 ** np.arange(len(losses)), "training samples", runs)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("losses", [(), (0.5,), (math.nan, math.nan), (0.0, 1.0), (1e-6, 0.1, 4.0)])
def test_whatever_runs_came_to_can_be_drawn(losses, log):
    found = figures.outcomes(curve(*losses), log, "light")
    assert found.to_json()
    known = [loss for loss in losses if math.isfinite(loss)]
    lines = [trace for trace in found.data if trace.mode == "lines+markers"]
    assert len(lines) == (3 if known else 0)
    if known:
        np.testing.assert_allclose(lines[0].y, [2 * loss for loss in known])


def test_a_log_axis_names_places_where_runs_were_made_and_powers_of_ten():
    found = figures.outcomes(curve(1e-4, 0.01, 1.0), True, "dark")
    assert list(found.layout.xaxis.ticktext) == ["4", "8", "16"]
    assert list(found.layout.yaxis.tickvals) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1.0])


def test_folds_tell_accuracy_in_percent():
    found = figures.folds([outcome(1.0, 0.9)], "accuracy", "light")
    assert found.layout.yaxis.tickformat == ".0%"
    assert "%{y:.1%}" in found.data[0].hovertemplate
    assert figures.folds([outcome(1.0, 0.9)], "R²", "light").layout.yaxis.title.text == "R²"

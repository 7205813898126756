from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from lossviz.figures.brush import FLAT, Brush
from lossviz.figures.landscape import SCENE
from lossviz.figures.theme import MARKS


def contender(mark, diverged_at=None):
    return SimpleNamespace(mark=mark, legend="B", diverged_at=diverged_at)


@pytest.mark.parametrize(("style", "kind"), [(FLAT, go.Scatter), (SCENE, go.Scatter3d)])
def test_one_entry_in_the_legend_for_all_traces_of_a_contender(style, kind):
    brush = Brush(style, contender(1), "light")
    points = np.arange(4.0 * len(style.axes)).reshape(4, -1)
    key = brush.key()
    others = [
        brush.halo(points),
        brush.way(points),
        brush.start(points[:1], "start"),
        brush.end(points[-1:], "end"),
    ]
    assert key.showlegend is None
    assert not any(trace.showlegend for trace in others)
    for trace in [key, *others]:
        assert isinstance(trace, kind)
        assert (trace.name, trace.legendgroup) == ("B", "1")
    assert others[1].y.tolist() == points[:, 1].tolist()


@pytest.mark.parametrize("style", [FLAT, SCENE])
def test_heads_and_lines_stay_apart_and_an_x_is_for_divergence_alone(style):
    brushes = [Brush(style, contender(i), "dark") for i in range(len(MARKS))]
    looks = {(b.color, b.symbol, b.line["dash"]) for b in brushes}
    assert len(looks) == len(MARKS)
    assert "x" not in {b.symbol for b in brushes}
    assert Brush(style, contender(3, diverged_at=7), "dark").symbol == "x"

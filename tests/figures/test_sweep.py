import math

import numpy as np
import pytest

from lossviz import figures
from lossviz.figures.sweep import draw, floor_of, linear_range, sweep_info
from lossviz.figures.theme import MARKS, PALETTE
from lossviz.run import Method
from lossviz.run.sweep import Sweep

RATES = np.array([0.001, 0.01, 0.1, 1.0])


def found(final, rates=RATES) -> Sweep:
    """A sweep with these final losses: (L,), or (L, S) with several seeds."""
    final = np.asarray(final, dtype=float)
    return Sweep(Method("sgd"), rates, final.reshape(len(rates), -1))


NOISY = found([[4, 1, 3, 2, 5], [1, 1, 2, 3, 9], [1, 1, 1, math.inf, math.inf], [math.inf] * 5])


def heads(figure) -> list:
    return [t for t in figure.data if t.mode == "markers" and t.yaxis != "y2"]


def curves(figure) -> list:
    return [t for t in figure.data if t.mode == "lines+markers" and not t.showlegend
            and t.showlegend is not None]  # fmt: skip


def crosses(figure) -> list:
    return [t for t in figure.data if t.yaxis == "y2"]


def bands(figure) -> list:
    return [t for t in figure.data if t.fill == "toself"]


# --- the summary ---------------------------------------------------------------------------------


def test_a_sweep_in_numbers():
    info = sweep_info(found([4.0, 2.0, 3.0, math.inf]), "A SGD", minimum=1.0, mark=2)
    assert info.middle[:3].tolist() == info.low[:3].tolist() == info.high[:3].tolist() == [3, 1, 2]
    assert math.isnan(info.middle[3])
    assert info.diverged.tolist() == [False, False, False, True]
    assert (info.best, info.mark) == (1, 2)
    assert info.diverged_at is None
    assert info.legend == "A SGD, best at 0.01"


def test_medians_and_quartiles_over_the_seeds():
    info = sweep_info(NOISY, "A")
    assert info.middle[:3].tolist() == [3, 2, 1]
    assert info.low[:3].tolist() == [2, 1, 1]
    assert info.high[:2].tolist() == [4, 3]
    # Two of five diverged: the median run did not, the upper quartile did.
    assert math.isnan(info.high[2])
    assert info.diverged.tolist() == [False, False, False, True]
    assert info.best == 2


@pytest.mark.parametrize("seeds", [1, 2, 3, 4, 7, 32])
def test_the_median_lies_between_the_quartiles_and_is_that_of_the_best_rate(seeds: int):
    rng = np.random.default_rng(seeds)
    one = found(rng.exponential(size=(4, seeds)))
    info = sweep_info(one, "A")
    assert (info.low <= info.middle).all()
    assert (info.middle <= info.high).all()
    assert info.middle.tolist() == np.median(one.final, axis=1).tolist()
    assert info.rates[info.best] == one.best


def test_every_rate_diverged():
    info = sweep_info(found([math.inf] * 4), "A SGD")
    assert info.best is None
    assert info.diverged.all()
    assert info.legend == "A SGD (every rate diverged)"
    # Half of two seeds: no median is a number, so that no rate is the best.
    assert sweep_info(found([[1.0, math.inf]] * 4), "A").best is None


@pytest.mark.parametrize(
    ("finals", "floor"),
    [
        ([[3.0, 1.0, 2.0, 4.0]], 0.5),
        ([[3.0, 0.0, 2.0, 4.0]], 0.2),
        ([[3.0, -1e-12, 2.0, 4.0], [0.1] * 4], 0.01),
        ([[3.0, -1.0, 2.0, 4.0]], None),
        ([[0.0] * 4], None),
        ([[-1.0] * 4], None),
        ([[math.inf] * 4], None),
        ([], None),
    ],
)
def test_the_lower_edge_of_a_logarithmic_axis(finals, floor):
    infos = [sweep_info(found(final), "A") for final in finals]
    assert floor_of(infos) == (None if floor is None else pytest.approx(floor))


def test_one_rate_that_nearly_diverged_does_not_flatten_a_linear_axis():
    info = sweep_info(found([-1.0, 0.0, 1.0, 1e15]), "A")
    low, high = linear_range([info])
    assert -1.5 < low < -1
    assert 1 < high < 10
    assert linear_range([sweep_info(found([-2.0] * 4), "A")]) == pytest.approx([-2.2, -1.8])
    assert linear_range([sweep_info(found([0.0] * 4), "A")]) == [-0.5, 0.5]
    assert linear_range([]) == [0.0, 1.0]


# --- the drawing ---------------------------------------------------------------------------------

CASES = {
    "empty": [],
    "plain": [found([4.0, 2.0, 3.0, 5.0]), found([1.0, 2.0, 3.0, math.inf])],
    "all diverged": [found([math.inf] * 4), found([math.inf] * 4)],
    "one all diverged": [found([math.inf] * 4), found([1.0, 2.0, 3.0, 4.0])],
    "zero": [found([0.0] * 4)],
    "some zero": [found([1.0, 0.0, 1e-300, 1e15])],
    "negative": [found([-1.0, -2.0, 3.0, 1e15])],
    "noisy": [NOISY],
    "noise around zero": [found([[-1e-13, 1.0, 2.0]] * 4)],
    "one rate": [found([3.0], np.array([0.1]))],
    "twelve": [found([1.0, 2.0, math.inf, math.inf])] * 12,
}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("case", CASES)
def test_every_sweep_is_drawn(case: str, mode: str):
    sweeps = CASES[case]
    names = [f"contender {k}" for k in range(len(sweeps))]
    figure = figures.sweep(sweeps, names, mode=mode)
    figure.to_json()
    assert figure.layout.paper_bgcolor == PALETTE[mode].background
    keys = [t for t in figure.data if t.showlegend is None]
    assert [t.name.split(",")[0].split(" (")[0] for t in keys] == names
    assert [t.line.color for t in keys] == [MARKS[k].color(mode) for k in range(len(sweeps))]
    some = [one for one in sweeps if np.isfinite(one.median).any()]
    assert len(heads(figure)) == len(some)
    assert len(crosses(figure)) == sum(not np.isfinite(one.median).all() for one in sweeps)
    if figure.layout.yaxis.type == "log":
        shown = [t for t in figure.data if t.yaxis != "y2" and t.y[0] is not None]
        heights = np.concatenate([np.asarray(t.y, dtype=float) for t in shown])
        assert (heights[np.isfinite(heights)] > 0).all()
    notes = [a.text for a in figure.layout.annotations]
    assert bool(notes) == (not some)


def test_what_is_said_where_there_is_nothing_to_draw():
    assert figures.sweep([], []).layout.annotations[0].text == "There is no sweep to draw."
    (note,) = figures.sweep([found([math.inf] * 4)], ["A"]).layout.annotations
    assert note.text == "Every learning rate of every contender diverged."


def test_a_curve_with_its_head_and_its_crosses():
    figure = figures.sweep(
        [found([4.0, 2.0, math.inf, math.inf]), found([3.0, 3.0, 1.0, 5.0])],
        ["A", "B"],
        minimum=1.0,
    )
    assert figure.layout.yaxis.title.text == "f minus its minimum after the last step"
    first, second = curves(figure)
    assert first.x.tolist() == RATES.tolist()
    assert first.y[:2].tolist() == [3.0, 1.0]
    assert np.isnan(first.y[2:]).all()
    # B's 0 stands at the lower edge, and is told as 0.
    assert second.y.tolist() == [2.0, 2.0, 0.1, 4.0]
    assert second.customdata.tolist() == [2.0, 2.0, 0.0, 4.0]
    assert [(h.x[0], h.y[0]) for h in heads(figure)] == [(0.01, 1.0), (0.1, 0.1)]
    assert [h.customdata[0] for h in heads(figure)] == [1.0, 0.0]
    (cross,) = crosses(figure)
    assert cross.x.tolist() == [0.1, 1.0]
    assert (np.asarray(cross.y) < 1).all()


def test_heads_are_those_of_the_contenders():
    figure = figures.sweep([found([1.0, 2.0, 3.0, 4.0])] * len(MARKS), [str(k) for k in range(12)])
    looks = {(h.marker.color, h.marker.symbol) for h in heads(figure)}
    assert len(looks) == len(MARKS)
    keys = [t for t in figure.data if t.showlegend is None]
    assert [k.marker.symbol for k in keys] == [h.marker.symbol for h in heads(figure)]


def test_who_diverged_with_every_rate_has_an_x_in_the_legend():
    figure = figures.sweep([found([math.inf] * 4), found([1.0] * 4)], ["A", "B"])
    keys = [t for t in figure.data if t.showlegend is None]
    assert [k.marker.symbol == "x" for k in keys] == [True, False]
    assert keys[0].name == "A (every rate diverged)"


def test_a_band_holds_the_quartiles_and_stops_where_runs_diverged():
    final = [[1.0, 2.0, 3.0], [math.inf] * 3, [2.0, 3.0, 4.0], [1.0, 5.0, 9.0]]
    first, second = bands(figures.sweep([found(final)], ["A"]))
    assert sorted(first.x) == [0.001, 0.001]
    assert second.x.tolist() == [0.1, 1.0, 1.0, 0.1]
    assert second.y.tolist() == [4.0, 9.0, 1.0, 2.0]
    assert bands(figures.sweep([found([1.0, 2.0, 3.0, 4.0])], ["A"])) == []
    # On a logarithmic axis the part below 0 is cut off at its edge.
    (band,) = bands(figures.sweep([found([[-1e-12, 1.0, 2.0]] * 4)], ["A"]))
    assert min(band.y) == 0.5


def test_the_same_record_gives_the_same_figure():
    infos = [sweep_info(NOISY, "A")]
    assert draw(infos, "f", "dark") == draw(infos, "f", "dark")


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(ValueError, match="2 sweeps and 1 names"):
        figures.sweep([NOISY, NOISY], ["A"])
    with pytest.raises(ValueError, match="no mode 'grey'"):
        figures.sweep([NOISY], ["A"], mode="grey")

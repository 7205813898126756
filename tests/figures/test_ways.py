"""Lines between networks, spectra, and random slices compared: numbers first, then drawing."""

import math

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz import figures
from lossviz.connect import Line
from lossviz.curvature import SpectralDensity
from lossviz.figures.way import draw, way_info
from lossviz.surface import RandomSlices, Slice1d

T = torch.tensor([-0.5, 0.0, 0.5, 1.0, 1.5], dtype=torch.float64)


def line(loss: list[float], test: list[float] | None = None) -> Line:
    tested = None if test is None else torch.tensor(test)
    return Line(T, torch.tensor(loss), tested, None, None, 3.0)


def drawn(figure, name: str) -> list:
    return [trace for trace in figure.data if trace.name == name]


# --- slices along single directions --------------------------------------------------------------


def test_each_direction_is_drawn_with_its_test_loss_beside_it():
    def one(loss: list[float], split: str) -> Slice1d:
        return Slice1d(T, torch.tensor(loss), torch.ones(2), "", split)

    train, test = one([3.0, 1.0, math.inf, 1.0, 2.0], "train"), one([4.0] * 5, "test")
    figure = figures.slices({"x": (train, test), "y": (train,)}, log=True)
    assert [(t.name, t.showlegend) for t in figure.data] == [
        ("x", True), ("x", False), ("y", True),
    ]  # fmt: skip
    np.testing.assert_array_equal(figure.data[0].y, [3, 1, np.nan, 1, 2])
    assert figure.data[1].opacity < figure.data[0].opacity
    assert figure.layout.yaxis.type == "log"
    assert "no line" in figures.slices({}).layout.annotations[0].text
    with pytest.raises(ValueError, match="light"):
        figures.slices({}, mode="blue")


# --- lines -------------------------------------------------------------------------------------


def test_a_barrier_stands_on_the_chord_between_the_ends():
    info = way_info(line([9.0, 1.0, 5.0, 3.0, 9.0]), "straight")
    assert info.barrier == 3.0
    assert info.top == (0.5, 5.0, 2.0)
    assert info.legend == "straight (barrier 3)"
    assert info.test is None


def test_losses_that_are_not_finite_leave_gaps():
    info = way_info(line([math.inf, 1.0, math.nan, 3.0, 9.0], [1.0, math.inf, 2.0, 2.0, 2.0]), "a")
    assert np.isnan(info.loss[[0, 2]]).all()
    assert math.isinf(info.barrier)
    assert np.isnan(info.test[1])
    assert figures.way({"a": line([math.nan] * 5)}).data[0].y is not None


def test_each_line_is_drawn_with_its_barrier_and_its_test_loss():
    lines = {"straight": line([9.0, 1.0, 5.0, 3.0, 9.0], [9.0, 2.0, 6.0, 4.0, 9.0]),
             "aligned": line([9.0, 1.0, 2.0, 3.0, 9.0])}  # fmt: skip
    figure = figures.way(lines, log=True, mode="dark")
    assert figure.layout.yaxis.type == "log"
    names = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert names == ["straight (barrier 3)", "aligned (barrier 0)"]
    # Line, test loss and bar of the first; only the line of the second, which has no barrier.
    assert len(figure.data) == 4
    bar = figure.data[2]
    assert list(bar.y) == [2.0, 5.0]
    assert list(bar.x) == [0.5, 0.5]
    assert len(drawn(figure, "straight (barrier 3)")) == 1


def test_no_line_is_a_sentence():
    figure = draw([], log=False, mode="light")
    assert "no line" in figure.layout.annotations[0].text


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_real_line_is_drawn(mode):
    exp = lv.Experiment(steps=5, test_share=0.0)
    problem = lv.build(exp)
    found = lv.line(problem, problem.theta0, lv.train(exp).weights[-1], points=5)
    assert len(figures.way({"way": found}, mode=mode).data) >= 1


# --- spectra -----------------------------------------------------------------------------------


def spectrum(density: list[float]) -> SpectralDensity:
    grid = np.linspace(-1, 3, len(density))
    values = np.array([[0.0, 2.0]])
    return SpectralDensity(grid, np.array(density), values, np.array([[0.5, 0.5]]), 0.1, 7, 4)


def test_a_density_is_drawn_down_to_its_floor_and_told_as_it_is():
    figure = figures.density(spectrum([0.0, 2.0, 1e-12, 1.0]), [2.9, -0.9])
    curve, ticks = figure.data
    assert curve.customdata.tolist() == [0.0, 2.0, 1e-12, 1.0]
    assert min(curve.y) == pytest.approx(2e-5)
    assert max(curve.y) == 2.0
    assert list(ticks.x) == [2.9, -0.9]
    low, high = figure.layout.yaxis.range
    assert 10**low == pytest.approx(2e-5)
    assert 10**high > 2.0


def test_a_density_of_nothing_can_be_drawn():
    assert len(figures.density(spectrum([0.0, 0.0]), mode="dark").data) == 1


# --- random slices -----------------------------------------------------------------------------


def slices(heights: list[list[float]]) -> RandomSlices:
    radius = torch.linspace(0, 1, len(heights[0]), dtype=torch.float64)
    return RandomSlices(tuple(range(len(heights))), (), radius, torch.tensor(heights))


def test_the_band_spans_all_slices_and_the_median_is_strong():
    figure = figures.spread(slices([[1.0, 2.0, 3.0], [1.0, 4.0, 5.0], [1.0, 3.0, 9.0]]))
    band, *each, median = figure.data
    assert list(band.x) == [0, 0.5, 1, 1, 0.5, 0]
    assert list(band.y) == [1, 4, 9, 3, 2, 1]
    assert [list(one.y) for one in each] == [[1, 2, 3], [1, 4, 5], [1, 3, 9]]
    assert list(median.y) == [1, 3, 5]
    assert median.line.width > each[0].line.width


def test_where_a_slice_is_not_finite_there_is_no_band():
    figure = figures.spread(slices([[1.0, 2.0, math.inf], [1.0, 4.0, 5.0]]), log=True)
    band = figure.data[0]
    assert list(band.x) == [0, 0.5, 0.5, 0]
    assert figure.layout.yaxis.type == "log"
    assert math.isnan(figure.data[1].y[-1])


@pytest.mark.parametrize(
    "make",
    [
        lambda mode: figures.way({}, mode=mode),
        lambda mode: figures.density(spectrum([1.0, 1.0]), mode=mode),
        lambda mode: figures.spread(slices([[1.0, 2.0]]), mode=mode),
    ],
)
def test_an_unknown_mode_is_refused(make):
    with pytest.raises(ValueError, match="no mode 'sepia'"):
        make("sepia")

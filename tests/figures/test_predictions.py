import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from lossviz import figures
from lossviz.figures.predictions import accuracy, certainty, finer, frame_at, margin
from lossviz.problem.data import Data
from lossviz.registry import Shape
from lossviz.surface.predictions import Confusion, Fit, Parity, Regions

MODES = pytest.mark.parametrize("mode", ["light", "dark"])


def regions(k, nx=5, ny=3):
    x, y = torch.linspace(-1, 1, nx), torch.linspace(0, 2, ny)
    chances = torch.rand(2, ny, nx, k, generator=torch.Generator().manual_seed(0))
    return Regions(np.array([0, 10]), x, y, chances / chances.sum(-1, keepdim=True))


def classes(k, inputs=2):
    return Data(
        torch.rand(9, inputs), torch.arange(9) % k, torch.rand(6, inputs), torch.arange(6) % k,
        Shape("classification", inputs, k), ("height", "width"), tuple("abcdefgh"[:k]),
    )  # fmt: skip


@pytest.mark.parametrize("k", [2, 3, 5])
@MODES
def test_regions(k, mode):
    figure = figures.predictions(regions(k), classes(k), mode=mode)
    assert figure.layout.title.text == "Decision regions at step 10"
    assert figure.layout.xaxis.title.text == "height"
    names = [t.name for t in figure.data if isinstance(t, go.Scatter)]
    assert names == [*"abcdefgh"[:k], *(f"{c} (test)" for c in "abcdefgh"[:k])]
    edges = sum(isinstance(t, go.Contour) for t in figure.data)
    assert 1 <= edges <= (1 if k == 2 else k)


def test_regions_without_data():
    figure = figures.predictions(regions(2))
    assert "class 0" in figure.data[0].hovertemplate
    assert not any(isinstance(t, go.Scatter) for t in figure.data)


def test_regions_with_holes():
    seen = regions(3)
    seen.probabilities[1, 0, :2] = float("nan")
    figure = figures.predictions(seen)
    assert "2 of 15 cells" in figure.layout.title.subtitle.text
    assert figure.data[-1].fillpattern.shape == "/"
    seen.probabilities[:] = float("nan")
    figures.predictions(seen, classes(3)).to_json()


def test_the_step_is_the_nearest_one():
    assert frame_at([0, 10, 20], 14) == 1
    assert frame_at([0, 10, 20], 99) == 2
    assert figures.predictions(regions(2), step=3).layout.title.text.endswith("step 0")
    with pytest.raises(ValueError, match="no frames"):
        frame_at([], None)


def test_certainty():
    winner, sure = certainty(np.array([[[1.0, 0, 0], [1 / 3] * 3, [np.nan, 1, 0]]]))
    assert winner.tolist() == [[0, 0, -1]]
    assert sure[0, :2] == pytest.approx([1, 0])
    assert np.isnan(sure[0, 2])


def test_margin():
    assert margin(np.array([[[0.2, 0.5, 0.3]]]), 1) == pytest.approx(0.2)
    assert margin(np.array([[[0.2, 0.5, 0.3]]]), 0) == pytest.approx(-0.3)


def test_finer_keeps_the_grid_points():
    x, y = np.linspace(0, 1, 5), np.linspace(0, 1, 3)
    values = np.random.default_rng(0).random((3, 5, 2))
    values[1, 1] = np.nan
    fine_x, fine_y, fine = finer(x, y, values)
    assert fine.shape == (7, 13, 2)
    assert fine_x[::3] == pytest.approx(x)
    assert fine_y[::3] == pytest.approx(y)
    assert fine[::3, ::3] == pytest.approx(values, nan_ok=True)


@MODES
def test_fit(mode):
    x = torch.linspace(-1, 1, 8)
    seen = Fit(np.array([3]), x, torch.stack([x**2]))
    data = Data(
        x[:, None], x[:, None], x[:2, None], x[:2, None], Shape("regression", 1, 0),
        ("dose",), (), "response",
    )  # fmt: skip
    figure = figures.predictions(seen, data, mode=mode)
    assert [t.name for t in figure.data] == ["training samples", "test samples", "model"]
    assert figure.layout.xaxis.title.text == "dose"
    assert figure.layout.yaxis.title.text == "response"
    assert figure.layout.yaxis.range == pytest.approx((-1.3, 1.3))
    assert [t.name for t in figures.predictions(seen).data] == ["model"]


@pytest.mark.parametrize("values", [[np.nan, np.nan], [np.inf, 1.0], [2.0, 2.0]])
def test_fits_that_failed(values):
    seen = Fit(np.array([0]), torch.tensor([0.0, 1.0]), torch.tensor([values]))
    figure = figures.predictions(seen)
    assert ("gap" in str(figure.layout.title.subtitle.text)) is not np.isfinite(values).all()
    assert np.isfinite(figure.layout.yaxis.range).all()


@MODES
@pytest.mark.parametrize("lost", [False, True])
def test_parity(mode, lost):
    actual = torch.linspace(-1, 1, 6)
    values = torch.stack([0 * actual, torch.where(actual > 0.9, torch.nan, actual)])
    seen = Parity(np.array([0, 9]), actual, values, torch.arange(6) > 3)
    figure = figures.predictions(seen, step=9 if lost else 0, mode=mode)
    line, train, test = figure.data
    assert (len(train.x), len(test.x)) == (4, 2)
    assert list(line.x) == list(line.y) == list(figure.layout.xaxis.range)
    assert ("1 predictions are not finite" in str(figure.layout.title.subtitle.text)) is lost


@MODES
def test_confusion(mode):
    counts = torch.tensor([[[3, 1], [0, 4]]])
    seen = Confusion(np.array([7]), counts, "test")
    figure = figures.predictions(seen, classes(2, 4), mode=mode)
    (matrix,) = figure.data
    assert np.asarray(matrix.text).tolist() == [[3, 1], [0, 4]]
    assert np.asarray(matrix.z) == pytest.approx(np.array([[0.75, 0.25], [0, 1]]))
    assert list(matrix.x) == ["a", "b"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert "88\xa0% of 8 test samples" in figure.layout.title.subtitle.text


def test_confusion_of_nothing():
    seen = Confusion(np.array([7]), torch.zeros(1, 3, 3, dtype=torch.int64), "train")
    figure = figures.predictions(seen)
    assert not figure.data
    assert "not finite" in figure.layout.annotations[0].text.replace("<br>", " ")
    assert accuracy(np.zeros((2, 2))) is None


def test_a_class_without_samples():
    seen = Confusion(np.array([7]), torch.tensor([[[3, 1], [0, 0]]]), "train")
    (matrix,) = figures.predictions(seen).data
    assert np.isfinite(matrix.z).all()


def test_what_is_no_prediction():
    with pytest.raises(ValueError, match="got NoneType"):
        figures.predictions(None)
    with pytest.raises(ValueError, match="no mode"):
        figures.predictions(regions(2), mode="grey")

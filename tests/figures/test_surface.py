import dataclasses
import json

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from lossviz import figures
from lossviz.figures.drape import draped
from lossviz.figures.slice import summarise
from lossviz.run.status import Status

VIEWS = pytest.mark.parametrize("view", ["2d", "3d"])
MODES = pytest.mark.parametrize("mode", ["light", "dark"])


def traces(figure, kind):
    return [trace for trace in figure.data if isinstance(trace, kind)]


def legend(figure):
    return [trace.name for trace in figure.data if trace.showlegend is not False and trace.name]


# --- the summary -------------------------------------------------------------------------------


def test_titles_and_numbers(make_surface):
    summary = summarise(make_surface())
    assert summary.title == "Training loss on a slice of weight space"
    assert (summary.x_title, summary.y_title) == ("across (1 = one)", "up")
    assert summary.loss.shape == (3, 5)
    assert (summary.scale.low, summary.scale.high) == (0, 3)
    assert summary.caption == ()
    assert summarise(make_surface(split="test")).title.startswith("Test loss")


def test_the_caption_tells_what_is_left_out(make_surface, make_run):
    summary = summarise(make_surface(), [make_run([[0, 0, 0.25], [0, 1, 0], [0, 50, 99]])])
    text = " ".join(summary.caption)
    assert "shows 20\xa0% of the paths' variance" in text
    # The last point, 99 off the plane, is not in the picture.
    assert "up to 0.25 away from it, on paths that span 1." in text


def test_the_caption_of_principal_components(make_surface, make_run, plane):
    pca = dataclasses.replace(plane, kind="pca", info={"explained": (0.8, 0.1)})
    run = make_run(np.zeros((500, 3)))
    text = " ".join(summarise(make_surface(plane=pca), [run]).caption)
    assert "explains 80\xa0% + 10\xa0% of the paths' variance (a random walk" in text
    text = " ".join(summarise(make_surface(plane=pca), [run] * 3).caption)
    assert "(3 random walks of this length" in text
    text = " ".join(summarise(make_surface(plane=pca), [(np.zeros((2, 2)), "mine")]).caption)
    assert "random walk" not in text


def test_nothing_is_left_out_of_two_parameters(make_surface, make_run, plane):
    exact = dataclasses.replace(plane, kind="exact")
    summary = summarise(make_surface(plane=exact), [make_run([[0, 0, 0]])])
    assert summary.caption == ("The model has two parameters: nothing is left out.",)
    assert summary.title == "Training loss over both parameters"


def test_the_caption_counts_cells(make_surface):
    surf = make_surface()
    surf.loss[0, :2] = torch.tensor([float("inf"), float("nan")])
    text = " ".join(summarise(surf, colors=(0.5, 2.0)).caption)
    assert "No finite loss in 2 of 15 cells (1 infinite, 1 not a number)." in text
    assert "above 2" in text
    assert "below 0.5" in text
    text = " ".join(summarise(surf, log=True).caption)
    assert "1 cell at or below 0 (no logarithm)" in text


def test_the_start_of_a_path_is_within_the_colours(make_surface):
    surf = make_surface(lambda x, y: 0.01 * x**2 + torch.where(y > 1.9, 1.0, 0.0), nx=81, ny=61)
    alone = summarise(surf).scale
    assert alone.above
    started = summarise(surf, [(np.array([[0.0, 1.9], [0.0, 0.0]]), "mine")]).scale
    assert started.high >= alone.high


def test_a_grid_that_does_not_fit(make_surface):
    surf = dataclasses.replace(make_surface(), loss=torch.zeros(5, 3))
    with pytest.raises(ValueError, match=r"\(3, 5\); got \(5, 3\)"):
        figures.surface(surf)


def test_a_grid_without_cells(make_surface):
    with pytest.raises(ValueError, match="without cells"):
        figures.surface(make_surface(nx=0, ny=3))


# --- the drawing -------------------------------------------------------------------------------


@VIEWS
@MODES
@pytest.mark.parametrize("log", [False, True])
def test_true_losses_on_hovering(make_surface, make_run, view, mode, log):
    surf = make_surface()
    figure = figures.surface(surf, [make_run([[0, 0, 0], [0.5, 1, 1]])], view, log, mode=mode)
    (drawn,) = traces(figure, go.Contour if view == "2d" else go.Surface)
    assert np.array_equal(drawn.customdata, surf.loss.numpy())
    assert "customdata" in drawn.hovertemplate
    assert (drawn.colorbar.title.text == "training loss (log)") is log
    assert np.asarray(drawn.z).shape == (3, 5)
    assert figure.layout.title.subtitle.text
    json.loads(figure.to_json())


def test_the_default_is_a_light_map(make_surface):
    surf = make_surface()
    assert figures.surface(surf) == figures.surface(surf, [], "2d", False, None, "light")


def test_the_given_range_of_colours(make_surface):
    figure = figures.surface(make_surface(), color_range=(1.0, 2.0))
    (drawn,) = traces(figure, go.Contour)
    assert (drawn.zmin, drawn.zmax) == (1, 2)
    assert drawn.colorbar.ticktext[0].startswith("≤")
    assert drawn.colorbar.ticktext[-1].startswith("≥")


@VIEWS
def test_every_contender_has_a_line_a_head_and_a_halo(make_surface, make_run, view):
    runs = [make_run([[0, 0, 0], [0.5, 1, 0]], optimizer=name) for name in ("sgd", "adam")]
    figure = figures.surface(make_surface(), runs, view)
    scatter = traces(figure, go.Scatter if view == "2d" else go.Scatter3d)
    lines = [trace.line for trace in scatter if trace.mode == "lines"]
    assert sum(line.color == "#FFFFFF" for line in lines) == 2
    assert len({line.dash for line in lines if line.color != "#FFFFFF"}) == 2
    assert legend(figure) == ["SGD, lr 0.1", "Adam, lr 0.1"]
    keys = [trace for trace in scatter if trace.mode == "lines+markers"]
    assert len({trace.marker.symbol for trace in keys}) == 2


@VIEWS
def test_twelve_contenders_can_be_drawn(make_surface, view):
    paths = [(np.array([[0.0, 0.0], [0.1 * i - 0.5, 1.0]]), f"run {i}") for i in range(14)]
    figure = figures.surface(make_surface(), paths, view)
    assert len(legend(figure)) == 14


@VIEWS
def test_a_diverged_run_ends_in_an_x(make_surface, make_run, view):
    run = make_run([[0, 0, 0], [0, 1, 0], [0, 1e30, 0]], status=Status("diverged", 3))
    figure = figures.surface(make_surface(), run, view)
    assert legend(figure) == ["SGD, lr 0.1 (diverged at step 3)"]
    head = figure.data[-1]
    assert (head.x[0], head.y[0]) == (0, 1)
    assert head.marker.symbol == "x" if view == "2d" else head.text[0] == "×"
    assert "leaves the picture after step 1, diverged at step 3" in head.hovertemplate


@VIEWS
def test_cells_without_a_finite_loss_are_masked_visibly(make_surface, view):
    surf = make_surface()
    surf.loss[1, 1:3] = float("nan")
    surf.loss[2, 4] = float("inf")
    figure = figures.surface(surf, view=view)
    assert legend(figure) == ["no finite loss (3 cells)"]
    drawn = figure.data[0]
    assert np.isnan(np.asarray(drawn.z)).sum() == 3
    assert not drawn.connectgaps
    if view == "2d":
        # Two rectangles: neighbours in a row are one.
        assert list(figure.data[1].x).count(None) == 2
        assert list(figure.data[1].x[:2]) == [-0.75, 0.25]


@VIEWS
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nothing_finite(make_surface, make_run, view, value):
    figure = figures.surface(make_surface(lambda x, y: value), make_run([[0, 0, 0]]), view)
    assert "finite loss" in figure.layout.annotations[0].text.replace("<br>", " ")


@VIEWS
@pytest.mark.parametrize(
    "f",
    [lambda x, y: 0.0, lambda x, y: 5.0, lambda x, y: -x, lambda x, y: 1e300 * x,
     lambda x, y: 1e-300 * (x + 2)],
)  # fmt: skip
@pytest.mark.parametrize("log", [False, True])
def test_constant_negative_huge_and_tiny_losses(make_surface, make_run, view, f, log):
    figure = figures.surface(make_surface(f), make_run([[0, 0, 0], [0.1, 1, 0]]), view, log)
    figure.to_json()


@VIEWS
@pytest.mark.parametrize("sides", [(1, 1), (1, 4), (4, 1), (2, 2)])
def test_the_smallest_grids(make_surface, view, sides):
    nx, ny = sides
    figures.surface(make_surface(nx=nx, ny=ny), [(np.zeros((2, 2)), "a")], view).to_json()


@VIEWS
@pytest.mark.parametrize("coords", [np.zeros((0, 2)), np.full((3, 2), np.nan), [[9.0, 9.0]]])
def test_paths_that_are_not_in_the_picture(make_surface, view, coords):
    figure = figures.surface(make_surface(), [(np.array(coords), "away")], view)
    assert legend(figure)[0].startswith("away")


@pytest.mark.parametrize(
    ("view", "words"), [("2d", "step 1, the last"), ("3d", "no finite loss after step 0")]
)
def test_the_head_of_a_path_into_masked_cells(make_surface, make_run, view, words):
    surf = make_surface()
    surf.loss[2] = float("nan")
    figure = figures.surface(surf, make_run([[0, 0, 0], [0, 2, 0]]), view)
    assert words in figure.data[-1].hovertemplate


def test_unknown_view_and_mode(make_surface):
    with pytest.raises(ValueError, match="'4d'; take '2d' or '3d'"):
        figures.surface(make_surface(), view="4d")
    with pytest.raises(ValueError, match="'sepia'; take 'light' or 'dark'"):
        figures.surface(make_surface(), mode="sepia")


# --- a path on the landscape ---------------------------------------------------------------------


def test_a_long_step_lies_on_the_cells():
    side = np.linspace(0, 4, 5)
    way = draped(np.array([[0.0, 0.0], [4.0, 2.0], [4.0, 4.0]]), side, side)
    assert way.tolist() == [[0, 0], [1, 0.5], [2, 1], [3, 1.5], [4, 2], [4, 3], [4, 4]]


def test_a_step_through_the_picture_is_cut_at_both_rims():
    side = np.linspace(0, 4, 5)
    way = draped(np.array([[-4.0, 2.0], [8.0, 2.0], [8.0, 90.0]]), side, side)
    assert way[:5, 0].tolist() == pytest.approx([0, 1, 2, 3, 4])
    assert np.isnan(way[5]).all()
    assert len(way) == 6


@pytest.mark.parametrize("far", [np.nan, np.inf, -1e308])
def test_a_step_to_nowhere(far):
    side = np.linspace(0, 4, 5)
    way = draped(np.array([[1.0, 1.0], [far, far], [1e308, 1.0]]), side, side)
    assert np.isfinite(way[~np.isnan(way)]).all()

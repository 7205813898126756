import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lossviz.figures.paths import interpolate, paths_on, shown_variance, true_loss
from lossviz.registry import SettingError
from lossviz.run.status import Status


def test_a_run_is_projected(make_surface, make_run):
    run = make_run([[0, 0, 3], [0.5, 1, 4]], loss=[7, 8])
    (path,) = paths_on(make_surface(), run)
    assert path.coords.tolist() == [[0, 0], [0.5, 1]]
    assert path.residual.tolist() == [3, 4]
    assert path.loss.tolist() == [7, 8]
    assert path.slice_loss == pytest.approx([0, 1.25])
    assert path.label == path.legend == "SGD, lr 0.1"
    assert path.extent == 1
    assert path.head == 1


def test_a_tuple_of_coordinates(make_surface):
    coords = torch.tensor([[0.0, 0.0], [0.5, 1.0]])
    (path,) = paths_on(make_surface(), (coords, "mine"))
    assert path.legend == "mine"
    assert path.steps.tolist() == [0, 1]
    assert np.isnan(path.loss).all()
    assert np.isnan(path.residual).all()


def test_equal_labels_are_numbered_and_marks_differ(make_surface, make_run):
    runs = [make_run([[0, 0, 0]]), make_run([[0, 0, 0]])]
    paths = paths_on(make_surface(), runs)
    assert [p.label for p in paths] == ["SGD, lr 0.1 (1)", "SGD, lr 0.1 (2)"]
    assert [p.mark for p in paths] == [0, 1]


def test_an_unknown_optimizer_is_a_numbered_run(make_surface, make_run):
    (path,) = paths_on(make_surface(), [make_run([[0, 0, 0]], optimizer="of my own")])
    assert path.label == "run 1"


def test_a_diverged_run_says_so(make_surface, make_run):
    run = make_run([[0, 0, 0], [0, 1, 0], [0, 90, 0], [0, -9e5, 0]], status=Status("diverged", 4))
    (path,) = paths_on(make_surface(), run)
    assert path.legend == "SGD, lr 0.1 (diverged at step 4)"
    assert path.leaves
    assert path.head == 1
    assert path.drawn == slice(0, 3)
    assert np.isnan(path.slice_loss[2:]).all()


def test_a_path_that_leaves_says_so(make_surface):
    (path,) = paths_on(make_surface(), (np.array([[0.0, 0.0], [5.0, 0.0]]), "mine"))
    assert path.legend == "mine (leaves the picture)"


def test_paths_without_a_visible_point(make_surface):
    for coords in (np.zeros((0, 2)), np.full((2, 2), np.nan), np.full((2, 2), 1e9)):
        (path,) = paths_on(make_surface(), (coords, "mine"))
        assert path.head is None
        assert path.drawn == slice(0, 0)
        assert path.extent == 0


def test_long_paths_are_thinned_with_both_ends(make_surface):
    coords = np.column_stack([np.linspace(-1, 1, 9999), np.zeros(9999)])
    (path,) = paths_on(make_surface(), (coords, "mine"))
    assert len(path.coords) == len(path.steps) == 2001
    assert path.steps[[0, -1]].tolist() == [0, 9998]


def test_no_label(make_surface):
    (path,) = paths_on(make_surface(), [(np.zeros((1, 2)), "")])
    assert path.label == "run 1"


@pytest.mark.parametrize("item", [3, "sgd", (np.zeros((1, 2)), 3)])
def test_what_is_no_path(make_surface, item):
    with pytest.raises(ValueError, match="A path is a run"):
        paths_on(make_surface(), [item])


def test_coordinates_of_another_shape(make_surface):
    with pytest.raises(ValueError, match=r"\(4, 3\), expected \(T, 2\)"):
        paths_on(make_surface(), [(np.zeros((4, 3)), "mine")])


def test_a_run_of_another_model(make_surface, make_run):
    run = make_run([[0, 0, 0]])
    run.weights = torch.zeros(1, 7)
    with pytest.raises(ValueError, match=r"7 parameters.*has 3"):
        paths_on(make_surface(), run)


def test_interpolation_agrees_with_a_bilinear_function():
    x, y = np.linspace(-1, 1, 5), np.linspace(0, 2, 3)
    values = 1 + 2 * x + 3 * y[:, None] + 4 * x * y[:, None]
    coords = np.random.default_rng(0).uniform((-1, 0), (1, 2), (50, 2))
    expected = 1 + 2 * coords[:, 0] + 3 * coords[:, 1] + 4 * coords.prod(axis=1)
    assert interpolate(x, y, values, coords) == pytest.approx(expected)
    assert interpolate(x[::-1], y, values[:, ::-1], coords) == pytest.approx(expected)


def test_interpolation_outside_and_beside_holes():
    side = np.array([0.0, 1.0, 2.0])
    values = np.array([[1.0, 2.0, np.nan], [1.0, 2.0, np.inf], [1.0, 2.0, 3.0]])
    coords = np.array([[1.0, 0.5], [1.5, 0.5], [2.0, 2.0], [3.0, 0.0], [np.nan, 0.0]])
    found = interpolate(side, side, values, coords)
    assert found[[0, 2]].tolist() == [2, 3]
    assert np.isnan(found[[1, 3, 4]]).all()


def test_shown_variance(make_surface, make_run, plane):
    surf = make_surface()
    assert shown_variance(surf, [make_run([[0, 0, 0], [1, 2, 0]])]) == pytest.approx(1)
    assert shown_variance(surf, [make_run([[0, 0, 0], [3, 0, 4]])]) == pytest.approx(9 / 25)
    # Apart from each other along the third axis, which the plane does not show.
    apart = [make_run([[0, 0, -1], [2, 0, -1]]), make_run([[0, 0, 1], [2, 0, 1]])]
    assert shown_variance(surf, apart) == pytest.approx(0.5)


def test_shown_variance_of_a_plane_that_is_not_orthonormal(make_surface, make_run, plane):
    skew = dataclasses.replace(plane, axes=torch.tensor([[2.0, 0, 0], [1.0, 0.5, 0]]))
    surf = make_surface(plane=skew)
    assert shown_variance(surf, [make_run([[0, 0, 0], [3, 0, 4]])]) == pytest.approx(9 / 25)


@pytest.mark.parametrize("weights", [[[1, 1, 1]], [[np.nan, 0, 0], [1, 1, 1]], []])
def test_no_variance_to_show(make_surface, make_run, weights):
    assert shown_variance(make_surface(), [make_run(weights)]) is None
    assert shown_variance(make_surface(), []) is None


class Stored(SimpleNamespace):
    @property
    def metrics(self):
        raise SettingError("the problem is not stored")


def test_the_loss_of_a_run_without_its_problem():
    run = Stored(recorded=np.array([0, 2]), loss=torch.tensor([3.0, 2.0, 1.0]))
    assert true_loss(run, "train").tolist() == [3, 1]
    assert np.isnan(true_loss(run, "test")).all()

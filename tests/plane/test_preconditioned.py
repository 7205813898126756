"""Planes of highest and lowest curvature, plain and as Adam measures it, against dense Hessians."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lossviz as lv
from lossviz import Method, Problem, SettingError
from lossviz.curvature import adam_scale
from lossviz.run import Run, race_on
from tests.curvature.networks import reference
from tests.plane.test_hessian_plane import curvatures, network


@pytest.fixture(scope="module")
def walked() -> tuple[Problem, Run, np.ndarray]:
    """A run of Adam with its scales, and the dense Hessian at step 20."""
    prob = network()
    run = race_on(prob, [Method("adam", {"lr": 0.02})], 30)[0]
    return prob, run, reference(prob, run.weights[20]).numpy()


def scaled_eigh(hessian: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    root = np.sqrt(scale)
    return np.linalg.eigh(root[:, None] * hessian * root)


@pytest.mark.parametrize(
    ("pick", "places"), [("top", (-1, -2)), ("bottom", (0, 1)), ("top and bottom", (-1, 0))]
)
def test_picks_are_the_outermost_of_the_dense_hessian(walked, pick, places):
    prob, run, hessian = walked
    values, vectors = np.linalg.eigh(hessian)
    plane = lv.hessian_plane(prob, run.weights[20], pick=pick)
    np.testing.assert_allclose(plane.info["eigenvalues"], values[list(places)], rtol=1e-6)
    for axis, place in zip(plane.axes, places, strict=True):
        assert abs(float(axis @ torch.from_numpy(vectors[:, place]))) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(plane.axes @ plane.axes.T, torch.eye(2).double(), rtol=0, atol=1e-13)
    found = curvatures(prob, plane)
    torch.testing.assert_close(
        found, torch.tensor([*plane.info["eigenvalues"], 0.0]).double(), rtol=1e-4, atol=1e-4
    )
    if pick != "top":
        assert "lowest direction" in " ".join(plane.titles)
        assert min(plane.info["eigenvalues"]) < 0  # no minimum yet, so there is a way down


@pytest.mark.parametrize("pick", ["top", "bottom", "top and bottom"])
def test_adams_axes_curve_with_the_preconditioned_eigenvalues(walked, pick):
    prob, run, hessian = walked
    scale = adam_scale(prob, run)[20].numpy()
    values, vectors = scaled_eigh(hessian, scale)
    places = {"top": (-1, -2), "bottom": (0, 1), "top and bottom": (-1, 0)}[pick]
    plane = lv.preconditioned_plane(prob, run, 20, pick=pick)
    np.testing.assert_allclose(plane.info["eigenvalues"], values[list(places)], rtol=1e-6)
    # Orthonormal where a step is measured in Adam's own scales.
    own = plane.axes / torch.from_numpy(np.sqrt(scale))
    torch.testing.assert_close(own @ own.T, torch.eye(2).double(), rtol=0, atol=1e-12)
    for axis, place in zip(own, places, strict=True):
        assert abs(float(axis @ torch.from_numpy(vectors[:, place]))) == pytest.approx(1, abs=1e-6)
    # One unit of the picture curves with the preconditioned eigenvalue.
    axes = plane.axes.numpy()
    np.testing.assert_allclose(
        axes @ hessian @ axes.T, np.diag(plane.info["eigenvalues"]), rtol=1e-6, atol=1e-6
    )
    assert torch.equal(plane.origin, run.weights[20].double())
    assert (plane.kind, plane.info["step"]) == ("preconditioned", 20)
    np.testing.assert_allclose(plane.info["lengths"], np.linalg.norm(axes, axis=1))
    assert f"to Adam (own units; curvature {plane.info['eigenvalues'][0]:.4g})" in plane.titles[0]


def test_the_slice_curves_as_its_titles_say(walked):
    prob, run, _ = walked
    plane = lv.preconditioned_plane(prob, run, 20)
    size = max(plane.info["lengths"])
    found = curvatures(prob, plane, h=1e-3 / size)
    expected = torch.tensor([*plane.info["eigenvalues"], 0.0]).double()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected[0]))


def test_it_is_not_the_plain_plane_and_the_last_step_is_the_usual_one(walked):
    prob, run, _ = walked
    plain, own = lv.hessian_plane(prob, run.weights[-1]), lv.preconditioned_plane(prob, run)
    cosine = torch.nn.functional.cosine_similarity(plain.axes[0], own.axes[0], dim=0)
    assert abs(float(cosine)) < 0.999
    assert torch.equal(own.origin, run.weights[-1].double())


def test_a_watched_run_of_another_optimizer_will_do():
    bowl = lv.point_problem(lambda x, y: x**2 + 50 * y**2, (2.0, 1.0))
    adam, rms, sgd = race_on(
        bowl, [Method("adam"), Method("rmsprop"), Method("sgd")], 12, watch=True
    )
    for run in (adam, rms, sgd):
        plane = lv.preconditioned_plane(bowl, run, 5)
        axes = plane.axes.numpy()
        curved = axes @ np.diag([2.0, 100.0]) @ axes.T
        np.testing.assert_allclose(curved, np.diag(plane.info["eigenvalues"]), atol=1e-9)
    # Plain descent scales nothing.
    torch.testing.assert_close(
        lv.preconditioned_plane(bowl, sgd, 5).axes, lv.hessian_plane(bowl, sgd.weights[5]).axes
    )


def test_where_all_eigenvalues_are_equal_there_are_two_axes_all_the_same():
    bowl = lv.point_problem(lambda x, y: x**2 + y**2, (1.0, 2.0))
    plane = lv.hessian_plane(bowl, bowl.params0, pick="top and bottom")
    torch.testing.assert_close(plane.axes @ plane.axes.T, torch.eye(2).double(), rtol=0, atol=1e-14)

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.arange(40.0, dtype=torch.float64))

        def forward(self, inputs: Tensor) -> Tensor:
            return self.w.square().sum() * inputs

    ones = torch.ones(1, 1, dtype=torch.float64)
    flat = Problem.from_module(Flat(), lambda outputs, targets: outputs.mean(), (ones, ones))
    plane = lv.hessian_plane(flat, flat.params0, pick="top and bottom")
    assert plane.info["eigenvalues"] == pytest.approx((2.0, 2.0))
    torch.testing.assert_close(plane.axes @ plane.axes.T, torch.eye(2).double(), rtol=0, atol=1e-14)


def test_errors_say_what_is_wrong(walked):
    prob, run, _ = walked
    with pytest.raises(ValueError, match="one of top, bottom, top and bottom"):
        lv.hessian_plane(prob, prob.params0, pick="middle")
    with pytest.raises(ValueError, match="above 0"):
        lv.hessian_plane(prob, prob.params0, scale=torch.zeros(len(prob.theta0)))
    with pytest.raises(SettingError, match="nearest recorded step is 30"):
        lv.preconditioned_plane(prob, run, 99)
    plain = race_on(prob, [Method("sgd")], 3)[0]
    with pytest.raises(SettingError, match="the optimizer is 'sgd'"):
        lv.preconditioned_plane(prob, plain)

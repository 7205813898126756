"""The plane from start to end has both exactly, and across the line what is left."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz.problem.space import ParamSpace


def run(path: torch.Tensor) -> SimpleNamespace:
    space = ParamSpace(("theta",), ((path.shape[1],),))
    return SimpleNamespace(weights=path, space=space)


def bowed(frames: int = 40, size: int = 9, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randn(frames, size, generator=generator, dtype=torch.float64)
    return steps.cumsum(0)


@pytest.mark.parametrize("count", [1, 3])
def test_it_equals_numpys_svd_of_what_is_left(count: int):
    paths = [bowed(30 + 7 * k, seed=k) for k in range(count)]
    plane = lv.start_end_plane([run(path) for path in paths])
    coords, residual = plane.project(paths[0][[0, -1]])
    way = paths[0][-1] - paths[0][0]
    np.testing.assert_allclose(coords, [[0, 0], [float(way.norm()), 0]], atol=1e-9)
    np.testing.assert_allclose(residual, 0, atol=1e-9)
    torch.testing.assert_close(plane.axes @ plane.axes.T, torch.eye(2).double(), rtol=0, atol=1e-12)
    unit = (way / way.norm()).numpy()
    rows = [(path - paths[0][0]).numpy() for path in paths]
    across = [row - np.outer(row @ unit, unit) for row in rows]
    weights = np.concatenate([np.full(len(row), 1 / (len(row) * count)) for row in rows])
    left = np.concatenate(across)
    left = (left - weights @ left) * np.sqrt(weights)[:, None]
    _, scales, turned = np.linalg.svd(left, full_matrices=False)
    assert abs(float(plane.axes[1] @ torch.from_numpy(turned[0]))) == pytest.approx(1)
    everything = np.concatenate(rows)
    total = weights @ ((everything - weights @ everything) ** 2).sum(1)
    assert plane.info["explained"][1] == pytest.approx(scales[0] ** 2 / total)
    assert plane.info["distance"] == pytest.approx(float(way.norm()))
    # Most of the first path is above the line.
    assert plane.project(paths[0])[0][:, 1].sum() > 0


def test_a_real_run_lies_as_near_as_its_first_component_lets_it():
    exp = lv.Experiment(steps=40, dtype="float64")
    walked = lv.train(exp)
    plane, best = lv.start_end_plane(walked), lv.pca_plane(walked)
    own, pca = (float(p.project(walked.weights)[1].square().mean()) for p in (plane, best))
    assert pca <= own
    assert sum(plane.info["explained"]) <= sum(best.info["explained"]) + 1e-9
    assert plane.titles == (
        "distance from start to end", "distance across, where the paths move most",
    )  # fmt: skip


def test_what_does_not_move_is_filled():
    still = torch.ones(5, 6, dtype=torch.float64)
    plane = lv.start_end_plane(run(still), seed=3)
    assert plane.info["filled"] == 2
    assert plane.info["explained"] == (0.0, 0.0)
    assert torch.equal(plane.axes, lv.start_end_plane(run(still), seed=3).axes)
    line = torch.linspace(0, 1, 5, dtype=torch.float64)[:, None] * torch.arange(1.0, 7)
    plane = lv.start_end_plane(run(line))
    assert plane.info["filled"] == 1
    assert plane.info["explained"][0] == pytest.approx(1)
    assert "nothing moves" in plane.titles[1]
    circle = torch.stack([torch.tensor([0.0, 0]), torch.tensor([1.0, 1]), torch.tensor([0.0, 0])])
    plane = lv.start_end_plane(run(circle))
    assert plane.info["filled"] == 1  # it came back to where it was
    assert "nothing moves" in plane.titles[0]
    assert plane.project(circle)[1].max() < 1e-6


def test_a_runaway_counts_only_while_it_is_near():
    calm = bowed(20)
    wild = torch.cat([calm[:5], calm[5:10] * 1e9, torch.full((1, 9), torch.inf)])
    plane = lv.start_end_plane([run(calm), run(wild)])
    assert plane.axes.isfinite().all()
    assert plane.project(calm)[0].abs().max() < 100


def test_errors_say_what_is_wrong():
    with pytest.raises(ValueError, match="needs one run or more"):
        lv.start_end_plane([])
    with pytest.raises(ValueError, match="two parameters or more"):
        lv.start_end_plane(run(torch.ones(3, 1)))
    with pytest.raises(ValueError, match="different parameters"):
        lv.start_end_plane([run(bowed()), run(bowed(size=5))])
    with pytest.raises(ValueError, match="No recorded frame is finite"):
        lv.start_end_plane(run(torch.full((2, 3), torch.nan)))

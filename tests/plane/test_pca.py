from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from lossviz.plane import pca_plane
from lossviz.plane.reach import frames_that_count
from lossviz.problem.space import ParamSpace


@dataclass
class Path:
    weights: Tensor
    name: str = "w"

    @property
    def space(self) -> ParamSpace:
        return ParamSpace((self.name,), ((self.weights.shape[1],),))


def walk(frames: int, size: int, seed: int = 0) -> Path:
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randn(frames, size, generator=generator, dtype=torch.float64)
    return Path(steps.cumsum(dim=0))


def reference(paths: list[Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, first two directions and shares, by numpy's SVD of the weighted points."""
    points = np.concatenate([p.weights.double().numpy() for p in paths])
    share = np.concatenate([np.full(len(p.weights), 1 / len(p.weights)) for p in paths])
    share /= share.sum()
    mean = share @ points
    _, s, vt = np.linalg.svd(np.sqrt(share)[:, None] * (points - mean), full_matrices=False)
    return mean, vt[:2], (s**2 / (s**2).sum())[:2]


@pytest.mark.parametrize(
    ("lengths", "size", "dense"),
    [
        ([20, 20], 7, 1200),  # more frames than parameters
        ([5, 9], 40, 1200),  # fewer
        ([30, 41], 50, 10),  # both sides too long for all eigenvectors, more frames
        ([30, 11], 60, 10),  # the same with more parameters
    ],
)
def test_pca_equals_numpys_svd(lengths, size, dense, monkeypatch):
    monkeypatch.setattr("lossviz.plane.pca.DENSE", dense)
    monkeypatch.setattr("lossviz.plane.pca.COLUMNS", 16)
    paths = [walk(n, size, seed) for seed, n in enumerate(lengths)]
    plane = pca_plane(paths)
    mean, directions, shares = reference(paths)
    np.testing.assert_allclose(plane.origin, mean, atol=1e-12)
    overlap = plane.axes.numpy() @ directions.T
    np.testing.assert_allclose(np.abs(overlap), np.eye(2), atol=1e-7)
    np.testing.assert_allclose(plane.info["explained"], shares, atol=1e-9)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-12)
    assert plane.info["filled"] == 0
    assert plane.info["frames"] == sum(lengths)


def test_scales_are_standard_deviations_of_the_coordinates():
    path = walk(30, 6)
    plane = pca_plane(path)
    coords, _ = plane.project(path.weights)
    torch.testing.assert_close(coords.mean(dim=0), torch.zeros(2, dtype=torch.float64))
    np.testing.assert_allclose(coords.std(dim=0, correction=0), plane.info["scales"])


def test_the_first_run_starts_at_the_left_and_at_the_top():
    for seed in range(6):
        path = walk(40, 5, seed)
        (x, y), *_ = pca_plane([path, walk(9, 5)]).project(path.weights)[0].tolist()
        assert x <= 0 <= y


def test_every_run_weighs_the_same():
    short, long = walk(10, 6, 1), walk(10, 6, 2)
    repeated = Path(long.weights.repeat_interleave(3, dim=0))
    a, b = pca_plane([short, long]), pca_plane([short, repeated])
    torch.testing.assert_close(a.origin, b.origin)
    torch.testing.assert_close(a.axes, b.axes)


def test_a_rotation_of_the_space_rotates_the_plane():
    path = walk(25, 6)
    turn, _ = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64))
    turned = Path(path.weights @ turn)
    here = pca_plane(path).project(path.weights)
    there = pca_plane(turned).project(turned.weights)
    for a, b in zip(here, there, strict=True):
        torch.testing.assert_close(a, b)


def test_the_same_runs_give_the_same_plane_and_no_random_state_is_used():
    path = Path(torch.zeros(4, 5))
    state = torch.random.get_rng_state()
    first, second = pca_plane(path), pca_plane(path)
    assert torch.equal(first.axes, second.axes)
    assert torch.equal(state, torch.random.get_rng_state())
    assert not torch.equal(first.axes, pca_plane(path, seed=1).axes)


@pytest.mark.parametrize(
    ("weights", "filled"),
    [
        (torch.full((4, 5), 0.1), 2),  # nothing moves
        (torch.ones(1, 5), 2),  # one frame
        (torch.arange(2.0)[:, None] * torch.ones(5), 1),  # two frames
        (torch.arange(9.0)[:, None] * torch.tensor([1.0, 2, 0, 0, 0]), 1),  # one direction
    ],
)
def test_what_does_not_move_is_filled_with_orthonormal_directions(weights, filled):
    plane = pca_plane(Path(weights))
    assert plane.info["filled"] == filled
    torch.testing.assert_close(plane.axes @ plane.axes.T, torch.eye(2, dtype=torch.float64))
    assert plane.info["explained"] == pytest.approx((1.0, 0.0) if filled == 1 else (0.0, 0.0))
    assert "random direction" in plane.titles[1]
    assert plane.project(weights)[1].max() < 1e-6


def test_nothing_moves_in_a_large_space(monkeypatch):
    monkeypatch.setattr("lossviz.plane.pca.DENSE", 3)
    assert pca_plane(Path(torch.ones(6, 8))).info["filled"] == 2


def test_frames_that_are_not_finite_are_left_out():
    good = walk(12, 5)
    weights = torch.cat([good.weights, torch.full((3, 5), torch.nan, dtype=torch.float64)])
    plane = pca_plane([Path(weights), walk(12, 5, 3)])
    assert plane.info["left_out"] >= 3
    assert plane.axes.isfinite().all()


def test_a_run_that_flies_away_does_not_turn_the_plane_of_the_others():
    calm = walk(40, 6)
    wild = calm.weights[0] + torch.ones(6, dtype=torch.float64) * (
        10.0 ** torch.arange(0.0, 40)[:, None] - 1
    )
    plane = pca_plane([calm, Path(wild)])
    assert plane.info["left_out"] > 30
    reach = (calm.weights - calm.weights[0]).norm(dim=1).max()
    assert max(plane.info["scales"]) < reach


def test_a_run_that_flies_away_alone_is_followed_for_a_while():
    weights = torch.tensor([[1.0, 1.0, 0.0]]) * 10.0 ** torch.arange(0.0, 38)[:, None]
    plane = pca_plane(Path(weights))
    assert plane.info["frames"] == 2
    torch.testing.assert_close(
        plane.axes[0].abs(), torch.tensor([0.5**0.5, 0.5**0.5, 0], dtype=torch.float64)
    )


def test_which_frames_count():
    calm = torch.tensor([[0.0], [3.0]])
    wild = torch.tensor([[0.0], [-2.0], [4.0], [1e9], [torch.nan]])
    masks = frames_that_count([calm, wild, torch.zeros(0, 1)], [1.0, 1.0, 1.0])
    assert [m.tolist() for m in masks] == [
        [True, True],
        [True, True, False, False, False],
        [],
    ]
    assert frames_that_count([wild], [1.0])[0].tolist() == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "needs one run or more"),
        ([Path(torch.zeros(3, 4)), Path(torch.zeros(3, 4), name="v")], "different parameters"),
        ([Path(torch.full((3, 4), torch.nan))], "No recorded frame is finite"),
        ([Path(torch.zeros(3, 1))], "two parameters or more; this model has 1"),
    ],
)
def test_what_has_no_plane_is_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        pca_plane(runs)

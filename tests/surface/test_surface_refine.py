import itertools
import time

import pytest
import torch
from torch import nn

from lossviz.plane import random_plane
from lossviz.problem.problem import Problem
from lossviz.surface import ScanCancelledError, estimate, evaluate, levels, refine
from lossviz.surface.losses import PlaneLosses


@pytest.fixture
def prob() -> Problem:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    return Problem.from_module(net, nn.MSELoss(), (torch.randn(9, 2), torch.randn(9, 1)))


@pytest.mark.parametrize(("nx", "ny"), [(101, 101), (61, 21), (5, 90), (2, 3), (1, 1), (50, 47)])
def test_levels_are_nested_span_the_window_and_end_with_all(nx: int, ny: int):
    steps = levels(nx, ny)
    for side, n in enumerate((nx, ny)):
        chosen = [set(level[side].tolist()) for level in steps]
        assert chosen[-1] == set(range(n))
        for small, large in itertools.pairwise(chosen):
            assert small <= large
        assert all({0, n - 1} <= c for c in chosen)
        assert len(chosen[0]) <= 32
    assert steps[0][0].tolist() == sorted(steps[0][0].tolist())


def test_refined_surfaces_equal_evaluated_ones(prob: Problem):
    plane = random_plane(prob, prob.params0)
    x, y = torch.linspace(-1, 1, 13), torch.linspace(0, 2, 6)
    surfaces = list(refine(prob, plane, x, y, coarse=3))
    assert [tuple(s.loss.shape) for s in surfaces] == [(4, 4), (6, 7), (6, 13)]
    for surface in surfaces:
        again = evaluate(prob, plane, surface.x, surface.y)
        torch.testing.assert_close(surface.loss, again.loss)
    torch.testing.assert_close(surfaces[-1].x, x.double())


def test_no_point_is_evaluated_twice(prob: Problem, monkeypatch):
    counted = []
    call = PlaneLosses.__call__

    def count(self, coords, *args, **kwargs):
        counted.append(len(coords))
        return call(self, coords, *args, **kwargs)

    monkeypatch.setattr(PlaneLosses, "__call__", count)
    plane = random_plane(prob, prob.params0)
    list(refine(prob, plane, torch.linspace(0, 1, 41), torch.linspace(0, 1, 33), coarse=6))
    assert len(counted) > 2
    assert sum(counted) == 41 * 33


def test_refinement_can_be_cancelled(prob: Problem):
    plane = random_plane(prob, prob.params0)
    stop = False
    surfaces = refine(prob, plane, torch.linspace(0, 1, 41), [0.0, 1.0], cancelled=lambda: stop)
    next(surfaces)
    stop = True
    with pytest.raises(ScanCancelledError):
        next(surfaces)


def test_estimates(prob: Problem):
    plane = random_plane(prob, prob.params0)
    assert estimate(prob, plane, 0) == 0
    assert 0 < estimate(prob, plane, 2601) < 10
    with pytest.raises(ValueError, match="-1, but must be 0 or more"):
        estimate(prob, plane, -1)
    with pytest.raises(ValueError, match="coarsest side is 1"):
        levels(5, 5, coarse=1)


def test_a_slow_model_is_probed_with_one_point():
    calls = []

    def slow(outputs, targets):
        calls.append(1)
        time.sleep(0.06)
        return outputs.mean()

    prob = Problem.from_module(nn.Linear(2, 1), slow, (torch.ones(1, 2), torch.ones(1, 1)))
    seconds = estimate(prob, random_plane(prob, prob.params0), 1000)
    assert seconds > 50
    assert len(calls) == 1

"""Every race worth seeing does what it claims: known results, and what its sentence says."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lossviz.course import Course
from lossviz.course.heat import fans_of, heat_of, race_of
from lossviz.course.presets import PRESETS, Preset
from lossviz.curvature import eigenvalues_along
from lossviz.run import Run
from lossviz.run.many import race_many
from lossviz.run.state import problem_of


def preset(name: str) -> Preset:
    return next(p for p in PRESETS if p.name == name)


def runs_of(name: str) -> tuple[Run, ...]:
    return race_of(preset(name).course)


def sharpness(name: str, run: Run) -> float:
    problem = problem_of(preset(name).course.ground)
    return float(eigenvalues_along(problem, run.weights[-1:])[0, -1])


@pytest.mark.parametrize("one", PRESETS, ids=lambda p: p.name)
def test_a_preset_has_a_link_of_its_own(one: Preset):
    assert Course.from_url(one.course.to_url()) == one.course
    assert sum(other.course == one.course for other in PRESETS) == 1
    assert one.claim.endswith(".")


@pytest.mark.parametrize(
    ("name", "steps"),
    [("ravine", [461, 69, 162, 98, 305, 152]), ("turned-ravine", [461, 69, None, None, 637, 177])],
)
def test_steps_down_a_ravine(name: str, steps: list[int | None]):
    reached = heat_of(preset(name).course).reached
    for found, expected in zip(reached, steps, strict=True):
        assert expected is None or found == expected


def test_divergence_at_two_over_the_curvature():
    below, at, above, slow, fast = (
        run.weights[:, 1].abs() for run in runs_of("two-over-curvature")
    )
    assert [round(float(path[100]), 3) for path in (below, above)] == [0.366, 2.705]
    assert float(at[100]) == 1.0
    longer = race_of(replace(preset("two-over-curvature").course, steps=2000))
    slow, fast = (run.weights[:, 1].abs() for run in longer[3:])
    assert slow[-50:].max() < slow[:50].max() < fast[-50:].max()


def test_momentum_overshoots():
    much, none, enough = (run.weights[:, 0] for run in runs_of("overshoot"))
    assert int(much.argmin()) == 9
    assert float(much.min()) == pytest.approx(-0.6037, abs=5e-5)
    assert float(none.min()) > 0
    assert float(enough.min()) > -1e-9

    def settled(path: torch.Tensor) -> int:
        return int((path.abs() >= 0.01).nonzero().max()) + 1

    assert [settled(path) for path in (much, none, enough)] == [81, 44, 17]


def test_leaving_a_saddle():
    left = [int((run.weights[:, 1].abs() > 0.5).int().argmax()) for run in runs_of("saddle")]
    assert left == [139, 50, 6, 1]


def test_staying_on_the_ridge_of_a_saddle():
    for run in runs_of("saddle-exact"):
        assert (run.weights[:, 1] == 0).all()
        assert run.weights[-1].norm() < 0.1


@pytest.mark.parametrize(("name", "variance"), [("noise-1", 0.05263), ("noise-16", 0.00329)])
def test_the_variance_of_a_noisy_descent(name: str, variance: float):
    course = preset(name).course
    many, burn = 400, 100
    starts = torch.zeros(many, 2, dtype=torch.float64)
    problem = problem_of(course.ground)
    found = race_many(problem, course.methods(), starts, 400, list(range(many)))
    path = found.weights[0, burn:]
    measured = float(path.square().mean())
    # The path's autocorrelation is (1 - lr)^k, so that of its squares (1 - lr)^2k: of the samples
    # about (1 - .81) / (1 + .81) count, times two coordinates; a variance has the spread
    # sqrt(2 / n).
    counted = path.numel() * (1 - 0.81) / (1 + 0.81)
    assert measured == pytest.approx(variance, rel=4 * math.sqrt(2 / counted))
    assert variance == pytest.approx(0.1 / (course.batch * (2 - 0.1)), rel=2e-3)


def test_warm_up():
    plain, short, long, adam = runs_of("warm-up")
    assert str(plain.status) == "diverged at step 6"
    assert str(short.status).startswith("diverged")
    assert [round(float(w), 3) for w in long.weights[-1]] == [5.004, 0.2]
    assert sharpness("warm-up", long) == pytest.approx(25.08, abs=0.005)
    assert sharpness("warm-up", long) > 2 / 0.2
    first = (adam.weights[1] - adam.weights[0]).abs()
    moved = first[adam.gradient[0] != 0]
    assert moved.numpy() == pytest.approx(0.2, rel=1e-6)


def test_the_catapult():
    fast, slow = runs_of("catapult")
    assert sharpness("catapult", fast) == pytest.approx(3.67, abs=0.005)
    assert sharpness("catapult", fast) < 2 / 0.15 < sharpness("catapult", slow)


def test_weight_decay():
    adamw, much, little = (run.weights[:, 0] for run in runs_of("decay"))
    assert float(adamw[1000]) == pytest.approx(0.999**1000, rel=1e-9)
    assert round(float(adamw[1000]), 4) == 0.3677
    assert float(much[100]) == pytest.approx(0.2244, abs=6e-5)
    # The same but for eps, which counts for a little more beside the smaller decay.
    assert float(little[100]) == pytest.approx(float(much[100]), abs=2e-5)


def test_many_starts_find_four_minima():
    course = preset("basins").course
    for fan in fans_of(course):
        assert set(range(4)) <= set(fan.reached.tolist())


def test_small_steps_end_in_the_nearest_minimum_of_many():
    small = runs_of("local-minima")[0]
    assert np.linalg.norm(small.weights[-1].numpy() - [3, 3]) < 0.1

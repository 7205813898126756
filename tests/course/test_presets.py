"""Every race worth seeing does what it claims: known results, and what its sentence says."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lossviz.comparison import Contender
from lossviz.course import Course
from lossviz.course.heat import Heat, distance, fans_of, heat_of, race_of
from lossviz.course.presets import PRESETS
from lossviz.curvature import eigenvalues_along
from lossviz.run import Run
from lossviz.run.many import race_many
from lossviz.run.state import problem_of
from lossviz.settings import Preset


def preset(name: str) -> Preset:
    return next(p for p in PRESETS if p.name == name)


def course_of(name: str) -> Course:
    """A preset's course, as its link opens it."""
    return Course.from_url(preset(name).settings.to_url())


def runs_of(name: str) -> tuple[Run, ...]:
    return race_of(course_of(name))


def sharpness(name: str, run: Run) -> float:
    problem = problem_of(course_of(name).ground)
    return float(eigenvalues_along(problem, run.weights[-1:])[0, -1])


@pytest.mark.parametrize("one", PRESETS, ids=lambda p: p.name)
def test_a_preset_has_a_link_of_its_own(one: Preset):
    assert Course.from_url(one.settings.to_url()) == one.settings
    assert sum(other.settings == one.settings for other in PRESETS) == 1
    assert one.claim.endswith(".")


@pytest.mark.parametrize(
    ("name", "steps"),
    [("ravine", [461, 69, 162, 98, 305, 152]), ("turned-ravine", [461, 69, 162, 98, 637, 177])],
)
def test_steps_down_a_ravine(name: str, steps: list[int]):
    course = course_of(name)
    assert course.target == 1e-6
    assert list(heat_of(course).reached) == steps


def test_the_rates_of_the_ravine_are_those_of_the_textbook():
    """No rate and no momentum make the worse of the two curvatures shrink faster."""
    descent, heavy = course_of("ravine").contenders[:2]

    def slowest(lr: float, momentum: float) -> float:
        """The largest eigenvalue, in size, of a step on curvatures 1 and 100."""
        steps = [
            np.array([[1 + momentum - lr * curvature, -momentum], [1, 0]])
            for curvature in (1.0, 100.0)
        ]
        return max(float(abs(np.linalg.eigvals(step)).max()) for step in steps)

    lr = float(descent.params["lr"])
    assert slowest(lr, 0.0) == pytest.approx(99 / 101)
    assert all(slowest(factor * lr, 0.0) > 99 / 101 for factor in (0.97, 0.999, 1.001, 1.03))
    lr, momentum = float(heavy.params["lr"]), float(heavy.params["momentum"])
    # At the best pair two eigenvalues meet, so that they are known to half the digits only.
    assert slowest(lr, momentum) == pytest.approx(9 / 11, abs=1e-6)
    for other in (0.98, 0.995, 1.005, 1.02):
        assert slowest(other * lr, momentum) > 9 / 11 + 1e-6
        assert slowest(lr, other * momentum) > 9 / 11 + 1e-6


def test_no_learning_rate_lets_adam_beat_tuned_momentum_in_the_ravine():
    course = course_of("ravine")
    rates = np.logspace(-2, 1, 36).reshape(3, 12)
    reached = []
    for some in rates:
        contenders = tuple(Contender("adam", {"lr": float(rate)}) for rate in some)
        reached += heat_of(replace(course, contenders=contenders)).reached
    assert min(steps for steps in reached if steps >= 0) > 69


def test_divergence_at_two_over_the_curvature():
    below, at, above, slow, fast = (
        run.weights[:, 1].abs() for run in runs_of("two-over-curvature")
    )
    assert [round(float(path[100]), 3) for path in (below, above)] == [0.366, 2.705]
    assert float(at[100]) == 1.0
    longer = race_of(replace(course_of("two-over-curvature"), steps=2000))
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


def test_a_step_of_adam_and_rmsprop_does_not_shrink_with_the_gradient():
    descent, momentum, adam, rmsprop = (abs(run.weights[1] - run.weights[0])[1].item()
                                        for run in runs_of("saddle"))  # fmt: skip
    assert max(descent, momentum) < 1.1e-7
    assert min(adam, rmsprop) > 0.09


def test_staying_on_the_ridge_of_a_saddle():
    for run in runs_of("saddle-exact"):
        assert (run.weights[:, 1] == 0).all()
        assert run.weights[-1].norm() < 0.1


@pytest.mark.parametrize(("name", "variance"), [("noise-1", 0.05263), ("noise-16", 0.00329)])
def test_the_variance_of_a_noisy_descent(name: str, variance: float):
    course = course_of(name)
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
    assert adam.gradient[0].tolist() == [0.0, -5.0]
    assert first.tolist() == pytest.approx([0.0, 0.2], rel=1e-8)


@pytest.mark.parametrize("start", [(5.0, 0.0), (0.3, 0.02), (-70.0, 30.0)])
@pytest.mark.parametrize("lr", [0.001, 0.2])
def test_the_first_step_of_adam_is_the_rate_whatever_the_size_of_the_gradient(
    start: tuple[float, float], lr: float
):
    adam = (Contender("adam", {"lr": lr}),)
    (run,) = race_of(replace(course_of("warm-up"), start=start, contenders=adam, steps=1))
    gradient = run.gradient[0]
    moving = gradient != 0
    step = (run.weights[1] - run.weights[0])[moving]
    # eps is 1e-8 beside a gradient of at least 0.01.
    np.testing.assert_allclose(step, -lr * gradient[moving].sign(), rtol=2e-6)
    mean, square = (run.memory[name][1][moving] for name in ("exp_avg", "exp_avg_sq"))
    # Without the corrections it would be (1 - 0.9) / sqrt(1 - 0.999) as long.
    np.testing.assert_allclose((mean / square.sqrt()).abs(), 3.162, atol=5e-4)


def test_the_catapult():
    fast, slow = runs_of("catapult")
    assert sharpness("catapult", fast) == pytest.approx(3.67, abs=0.005)
    assert sharpness("catapult", fast) < 2 / 0.15 < sharpness("catapult", slow)
    begun = eigenvalues_along(problem_of(course_of("catapult").ground), fast.weights[:1])
    assert begun[0, -1] > 2 / 0.15
    # Thrown out: the value grows before it falls.
    assert fast.loss.max() > 2 * fast.loss[0]
    assert slow.loss.max() == slow.loss[0]


def test_weight_decay():
    adamw, much, little = (run.weights[:, 0] for run in runs_of("decay"))
    assert float(adamw[1000]) == pytest.approx(0.999**1000, rel=1e-9)
    assert round(float(adamw[1000]), 4) == 0.3677
    assert float(much[100]) == pytest.approx(0.2244, abs=6e-5)
    # The same but for eps, which counts for a little more beside the smaller decay.
    np.testing.assert_allclose(little, much, atol=1e-5)


def test_where_adam_fails_it_is_the_published_iteration():
    """Adam by plain numbers, to the bits that another order of rounding leaves."""
    course = course_of("adam-fails")
    steps = 3000
    runs = race_of(replace(course, steps=steps))
    for run, amsgrad in zip(runs, (False, True), strict=True):
        assert run.method.params["amsgrad"] is amsgrad
        np.testing.assert_allclose(run.weights[:, 0], game(steps, amsgrad), rtol=0, atol=1e-9)


def game(steps: int, amsgrad: bool) -> list[float]:
    """Where Adam is after 0, 1, 2, ... steps of .5 / sqrt t; beta2 is .99, eps 1e-8."""
    x, mean, square, greatest = 0.0, 0.0, 0.0, 0.0
    places = [x]
    for t in range(1, steps + 1):
        gradient = 1010.0 if t % 101 == 1 else -10.0
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        greatest = max(greatest, square)
        size = math.sqrt((greatest if amsgrad else square) / (1 - 0.99**t)) + 1e-8
        x -= 0.5 / math.sqrt(t) * mean / (1 - 0.9**t) / size
        x = min(1.0, max(-1.0, x))
        places.append(x)
    return places


def test_adam_climbs_to_the_worst_end_and_amsgrad_does_not():
    course = course_of("adam-fails")
    start = torch.tensor([course.begin()], dtype=torch.float64)
    # The same numbers as a watched race has, for less time.
    many = race_many(problem_of(course.ground), course.methods(), start, course.steps)
    adam, amsgrad = many.weights[:, :, 0, 0]
    assert adam[5] == amsgrad[5] == -1
    assert adam[-4000:].min() > 0.97
    assert adam.max() == 1
    assert amsgrad[-1] < -0.9
    assert amsgrad[5:].max() < -0.7


def test_many_starts_find_four_minima():
    course = course_of("basins")
    values = [
        problem_of(course.ground).stacked_loss(torch.tensor([point], dtype=torch.float64)).item()
        for point in course.entry.minimisers(course.params)
    ]
    assert values == pytest.approx([0.0] * 4, abs=1e-12)
    reached = [fan.reached.tolist() for fan in fans_of(course)]
    for found in reached:
        assert set(range(4)) <= set(found)
    # From one and the same start: with and without momentum.
    assert sum(a != b for a, b in zip(*reached[:2], strict=True)) >= 3


def test_momentum_leaves_local_minima_in_which_others_are_caught():
    course = course_of("local-minima")
    heat: Heat = heat_of(course)
    descent, some, more, adam = heat.traces
    ends = [trace.value[-1] for trace in heat.traces]
    assert ends == pytest.approx([24.87, 4.975, 0.995, 24.87], abs=5e-3)
    # All at rest, each in a local minimum; that of descent and Adam is the nearest one.
    assert all(trace.slope[-1] < 0.05 for trace in heat.traces)
    near = [(3.98 + dx, 2.985 + dy) for dx in (-0.995, 0.0, 0.995) for dy in (-0.995, 0.0, 0.995)]
    assert min(near, key=lambda point: math.dist(point, course.begin())) == (3.98, 2.985)
    for trace in (descent, adam):
        assert math.dist(trace.points[-1], (3.98, 2.985)) < 0.01
    # Not all the way: the global minimum is further on.
    origin = distance(np.array([some.points[-1], more.points[-1]]), [(0.0, 0.0)])
    assert (origin > 0.9).all()

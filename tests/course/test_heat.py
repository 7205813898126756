"""All that is drawn of a race equals what loops that anybody would write give."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from lossviz.comparison import Contender
from lossviz.course import Course, crowd_of, heat_of
from lossviz.course.heat import (
    BAND,
    FAN_FRAMES,
    MOST_FRAMES,
    account_of,
    account_of_run,
    at_best,
    band_of,
    bands_of,
    distance,
    fans_of,
    race_of,
    surface_of,
    sweep_of,
    trace_of,
    value_and_gradient,
)
from lossviz.run.frames import spread
from lossviz.run.state import problem_of

Function = Callable[[Tensor, Tensor], Tensor]

#: Written out again, so that nothing of the catalogue is taken for granted.
FUNCTIONS: dict[str, Function] = {
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "rastrigin": lambda x, y: (
        20 + x**2 - 10 * torch.cos(2 * math.pi * x) + y**2 - 10 * torch.cos(2 * math.pi * y)
    ),
}

#: What `torch.optim` makes of each contender.
OPTIMIZERS: dict[str, tuple[Contender, Callable[[Tensor], torch.optim.Optimizer]]] = {
    "sgd": (Contender("sgd", {"lr": 1e-3}), lambda p: torch.optim.SGD([p], lr=1e-3)),
    "momentum": (
        Contender("sgd", {"lr": 1e-4, "momentum": 0.9}),
        lambda p: torch.optim.SGD([p], lr=1e-4, momentum=0.9),
    ),
    "adam": (Contender("adam", {"lr": 0.1}), lambda p: torch.optim.Adam([p], lr=0.1)),
    "rmsprop": (Contender("rmsprop", {"lr": 0.01}), lambda p: torch.optim.RMSprop([p], lr=0.01)),
    "adagrad": (Contender("adagrad", {"lr": 0.5}), lambda p: torch.optim.Adagrad([p], lr=0.5)),
    "rprop": (Contender("rprop", {"lr": 0.01}), lambda p: torch.optim.Rprop([p], lr=0.01)),
}


class Way:
    """One contender's way, from a plain loop in float64.

    Args:
        f: The function.
        make: Gives the optimizer of the point.
        start: The first point.
        steps: How many are taken.
        seed, scale: Of normal noise on the gradient.
    """

    def __init__(self, f: Function, make, start, steps: int, seed: int = 0, scale: float = 0.0):
        point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = make(point)
        generator = torch.Generator().manual_seed(seed)
        points, values, slopes = [], [], []
        for step in range(steps + 1):
            optimizer.zero_grad()
            value = f(point[0], point[1])
            value.backward()
            points.append(point.detach().numpy().copy())
            values.append(value.item())
            slopes.append(math.hypot(*point.grad.tolist()))
            if step < steps:
                point.grad += scale * torch.randn(2, generator=generator, dtype=torch.float64)
                optimizer.step()
        self.points, self.values, self.slopes = np.array(points), np.array(values), np.array(slopes)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    # Sums may be taken in another order when contenders are evaluated together.
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def one(function: str, contender: Contender, **more) -> Course:
    return Course(function=function, contenders=(contender,), **more)


# --- traces --------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
def test_traces_equal_plain_loops(function: str):
    steps = 60
    course = Course(
        function=function, contenders=tuple(c for c, _ in OPTIMIZERS.values()), steps=steps
    )
    heat = heat_of(course)
    assert len(heat.traces) == len(heat.statuses) == len(heat.arrows) == len(OPTIMIZERS)
    minimisers = course.entry.minimisers(course.params)
    for (contender, make), trace in zip(OPTIMIZERS.values(), heat.traces, strict=True):
        way = Way(FUNCTIONS[function], make, course.begin(), steps)
        assert trace.steps.tolist() == list(range(steps + 1))
        close(trace.points, way.points)
        close(trace.value, way.values)
        close(trace.slope, way.slopes)
        close(
            trace.distance,
            np.array([min(math.dist(p, m) for m in minimisers) for p in way.points]),
        )
        moved = [math.dist(*pair) for pair in zip(way.points, way.points[1:], strict=False)]
        close(trace.moved[:-1], np.array(moved))
        assert math.isnan(trace.moved[-1])
        assert (trace.rate == contender.params["lr"]).all()


def test_traces_of_noisy_races_tell_of_the_function_without_its_noise():
    contender, make = OPTIMIZERS["adam"]
    course = one("booth", contender, steps=50, sigma=3.0, batch=4, seed=7)
    trace = heat_of(course).traces[0]
    way = Way(FUNCTIONS["booth"], make, course.begin(), 50, seed=7, scale=3 / math.sqrt(4))
    close(trace.points, way.points)
    close(trace.value, way.values)
    close(trace.slope, way.slopes)


def test_rates_are_those_of_the_schedule():
    contender = Contender("sgd", {"lr": 1e-3}, schedule="constant", schedule_params={"warmup": 10})
    trace = heat_of(one("booth", contender, steps=30)).traces[0]
    assert trace.rate == pytest.approx([1e-3 * min(1.0, (t + 1) / 10) for t in range(31)])


def test_arrows_are_aligned_and_the_step_leads_to_the_next_point():
    contender, _ = OPTIMIZERS["momentum"]
    heat = heat_of(one("himmelblau", contender, steps=40))
    trace, arrows = heat.traces[0], heat.arrows[0]
    assert set(arrows.vectors) == {"gradient", "momentum", "step"}
    step = arrows.vectors["step"]
    close(trace.points[:-1] + step[:-1], trace.points[1:])
    close(arrows.vectors["momentum"][:-1], step[:-1])
    assert (arrows.rates == 1e-4).all()
    close(np.linalg.norm(arrows.vectors["gradient"], axis=1), 1e-4 * trace.slope)


def test_some_of_the_contenders_race_as_among_all():
    course = Course(contenders=tuple(c for c, _ in OPTIMIZERS.values()), steps=25)
    every = race_of(course)
    (alone,) = race_of(course, slice(2, 3))
    assert alone.method == every[2].method
    close(alone.weights.numpy(), every[2].weights.numpy())


# --- thinning ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, MOST_FRAMES, MOST_FRAMES + 1, 2 * MOST_FRAMES, 20_001])
def test_drawn_frames_are_few_even_and_hold_both_ends(count: int):
    frames = spread(count, MOST_FRAMES)
    assert frames[0] == 0
    assert frames[-1] == count - 1
    assert len(frames) == min(count, MOST_FRAMES)
    gaps = np.diff(frames)
    assert (gaps >= 1).all()
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


def test_a_long_race_is_thinned_alike_in_all_its_parts():
    contender, make = OPTIMIZERS["adam"]
    steps = 2500
    course = one("rosenbrock", contender, steps=steps, target=1e-3)
    (run,) = race_of(course)
    heat, account = heat_of(course, [run]), account_of_run(course, run)
    trace, frames = heat.traces[0], spread(steps + 1, MOST_FRAMES)
    way = Way(FUNCTIONS["rosenbrock"], make, course.begin(), steps)
    assert trace.steps.tolist() == frames.tolist() == account.steps.tolist()
    np.testing.assert_allclose(trace.points, way.points[frames], rtol=1e-6)
    np.testing.assert_allclose(trace.value, way.values[frames], rtol=1e-5, atol=1e-20)
    # A step is as long as it is, however far apart the drawn ones are.
    lengths = np.linalg.norm(np.diff(way.points, axis=0), axis=1)
    np.testing.assert_allclose(trace.moved[:-1], lengths[frames[:-1]], rtol=1e-4, atol=1e-12)
    assert len(heat.arrows[0].rates) == len(account.why.pick) == MOST_FRAMES
    for values in (*heat.arrows[0].vectors.values(), *account.why.values.values()):
        assert len(values) == MOST_FRAMES
    # The tolerance is looked for among all steps.
    assert heat.reached[0] == int((way.values < 1e-3).argmax()) > 0


# --- the tolerance, and the distance -------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "minimum"), [("booth", 0.0), ("styblinski_tang", -78.33233140754282)]
)
def test_reached_is_counted_from_the_minimum(function: str, minimum: float):
    course = Course(function=function, steps=200, target=0.5, contenders=(OPTIMIZERS["adam"][0],))
    (run,) = race_of(course)
    expected = next((t for t, v in enumerate(run.loss.tolist()) if v - minimum < 0.5), -1)
    assert heat_of(course, [run]).reached == (expected,)
    assert heat_of(replace(course, steps=1)).reached == (-1,)


def test_without_a_known_minimum_the_value_itself_is_reached():
    course = one(
        "formula", Contender("sgd", {"lr": 0.1}), params={"text": "x^2/2 + y^2/2"},
        start=(1.0, 0.0), steps=50, target=0.01,
    )  # fmt: skip
    assert course.minimum is None
    # x shrinks by 0.9 a step, so that f = 0.81^t / 2.
    assert heat_of(course).reached == (math.ceil(math.log(0.02) / math.log(0.81)),)
    assert np.isnan(heat_of(course).traces[0].distance).all()


def test_the_distance_is_to_the_nearest_minimiser():
    points = np.array([[[0.0, 0.0], [3.0, 4.0]], [[10.0, 0.0], [math.nan, 0.0]]])
    found = distance(points, [(0.0, 0.0), (10.0, 1.0)])
    assert found[0].tolist() == [0.0, 5.0]
    assert found[1, 0] == 1.0
    assert math.isnan(found[1, 1])
    assert distance(points, []).shape == (2, 2)
    assert np.isnan(distance(points, [])).all()


def test_values_and_gradients_come_without_noise_and_leave_the_points_alone():
    problem = problem_of(Course(function="booth", sigma=100.0).ground)
    points = torch.tensor([[1.0, 3.0], [0.0, 0.0], [2.0, -1.0]], dtype=torch.float64)
    value, gradient = value_and_gradient(problem, points)
    assert not points.requires_grad
    assert not value.requires_grad
    x, y = points.T
    close(value.numpy(), FUNCTIONS["booth"](x, y).numpy())
    p, q = x + 2 * y - 7, 2 * x + y - 5
    close(gradient.numpy(), torch.stack([2 * p + 4 * q, 4 * p + 2 * q], 1).numpy())


# --- divergence ----------------------------------------------------------------------------------


def test_a_diverged_run_is_drawn_as_far_as_it_has_numbers():
    course = Course(
        function="booth",
        contenders=(Contender("sgd", {"lr": 1.0}), Contender("sgd", {"lr": 0.01})),
        steps=100,
    )
    heat = heat_of(course)
    bad, good = heat.traces
    assert heat.statuses[0].kind == "diverged"
    assert bad.steps.tolist() == list(range(heat.statuses[0].step))
    for values in (bad.points, bad.value, bad.slope, bad.distance, bad.rate):
        assert len(values) == len(bad.steps)
        assert np.isfinite(values).all()
    way = Way(
        FUNCTIONS["booth"], lambda p: torch.optim.SGD([p], lr=1.0), course.begin(),
        len(bad.steps) - 1,
    )  # fmt: skip
    np.testing.assert_allclose(bad.points, way.points, rtol=1e-9)
    assert heat.reached[0] == -1
    assert good.steps[-1] == 100
    account = account_of(course, 0)
    assert account.steps.tolist() == bad.steps.tolist()


# --- further starts and seeds --------------------------------------------------------------------


def test_without_further_starts_and_seeds_there_is_no_crowd():
    for course in (Course(), Course(seeds=5), Course(sigma=1.0)):
        crowd = crowd_of(course)
        assert crowd.fans == ()
        assert crowd.bands is None


def test_fans_equal_plain_loops():
    contenders = (OPTIMIZERS["sgd"], OPTIMIZERS["adam"])
    course = Course(
        function="himmelblau", contenders=tuple(c for c, _ in contenders), steps=80,
        fan="ring", fan_count=5, more=((-2.0, 2.5),),
    )  # fmt: skip
    fans = crowd_of(course).fans
    assert len(fans) == 2
    starts = course.others()
    assert starts[0] == (-2.0, 2.5)
    assert len(starts) == 6
    for fan, (_, make) in zip(fans, contenders, strict=True):
        assert fan.points.shape == (6, 81, 2)
        for start, points in zip(starts, fan.points, strict=True):
            close(points, Way(FUNCTIONS["himmelblau"], make, start, 80).points)


def test_further_starts_feel_the_noise_of_the_first():
    contender, make = OPTIMIZERS["sgd"]
    course = one("booth", contender, steps=30, sigma=2.0, seed=3, more=((1.0, 1.0),))
    way = Way(FUNCTIONS["booth"], make, (1.0, 1.0), 30, seed=3, scale=2.0)
    close(fans_of(course)[0].points[0], way.points)


def test_a_fan_tells_which_minimum_each_start_reached():
    course = one(
        "himmelblau", Contender("sgd", {"lr": 0.01}), steps=300,
        more=((3.1, 2.1), (-2.9, 3.0), (-3.7, -3.2), (3.5, -1.9), (300.0, 300.0)),
    )  # fmt: skip
    (fan,) = fans_of(course)
    minimisers = course.entry.minimisers(course.params)
    expected = [(3, 2), (-3, 3), (-4, -3), (4, -2)]
    found = [tuple(round(side) for side in minimisers[k]) for k in fan.reached[:4]]
    assert found == expected
    # From far out it diverges: its points are no numbers, and it reached nothing.
    assert fan.reached[4] == -1
    assert np.isnan(fan.points[4, -1]).all()
    assert np.isfinite(fan.points[4, 0]).all()


def test_one_step_does_not_reach_a_minimum():
    course = one("himmelblau", Contender("sgd", {"lr": 1e-5}), steps=1, fan="grid", fan_count=9)
    assert (fans_of(course)[0].reached == -1).all()


def test_a_fan_is_thinned_more_than_a_path():
    course = one("booth", OPTIMIZERS["sgd"][0], steps=1000, more=((0.0, 0.0),))
    (fan,) = fans_of(course)
    frames = spread(1001, FAN_FRAMES)
    assert fan.steps.tolist() == frames.tolist()
    assert len(frames) == FAN_FRAMES
    way = Way(FUNCTIONS["booth"], OPTIMIZERS["sgd"][1], (0.0, 0.0), 1000)
    close(fan.points[0], way.points[frames])


def test_bands_are_quantiles_of_plain_loops():
    names, seeds, steps = ("sgd", "adam"), 11, 40
    course = Course(
        function="booth", contenders=tuple(OPTIMIZERS[name][0] for name in names), steps=steps,
        sigma=5.0, batch=4, seed=2, seeds=seeds,
    )  # fmt: skip
    frames, bands = bands_of(course)
    assert frames.tolist() == list(range(steps + 1))
    for name, (low, high) in zip(names, bands, strict=True):
        values = np.array([
            Way(FUNCTIONS["booth"], OPTIMIZERS[name][1], course.begin(), steps, 2 + k, 2.5).values
            for k in range(seeds)
        ])  # fmt: skip
        # Of eleven sorted numbers, 0 to 10, a tenth and nine tenths are the second and the tenth.
        ordered = np.sort(values, axis=0)
        assert BAND == (0.1, 0.9)
        close(low, ordered[1])
        close(high, ordered[9])


def test_a_band_counts_what_diverged_as_infinite():
    values = np.array([[1.0, 2.0, 3.0], [math.nan, 5.0, 4.0], [math.nan, math.inf, math.nan]])
    low, high = band_of(values)
    assert low.tolist() == [1.0, 4.0, math.inf]
    assert high.tolist() == [3.0, math.inf, math.inf]


def test_bands_of_long_races_are_thinned_as_their_curves_are():
    course = one("booth", OPTIMIZERS["sgd"][0], steps=1500, sigma=1.0, seeds=3)
    frames, bands = bands_of(course)
    assert frames.tolist() == heat_of(course).traces[0].steps.tolist()
    assert frames.tolist() == spread(1501, MOST_FRAMES).tolist()
    assert bands[0].shape == (2, MOST_FRAMES)
    assert (bands[0][0] <= bands[0][1]).all()


# --- the account ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_account_is_aligned_with_the_trace(name: str):
    course = one("rosenbrock", OPTIMIZERS[name][0], steps=30)
    trace, account = heat_of(course).traces[0], account_of(course, 0)
    assert account.steps.tolist() == trace.steps.tolist()
    assert account.why.pick.shape == (31,)
    assert account.why.pick.max() < len(account.why.sentences)
    assert account.worked is not None
    values = account.worked.values
    close(values["x"], trace.points)
    close(values["new"][:-1], trace.points[1:])
    assert np.isnan(values["new"][-1]).all()
    close(np.linalg.norm(values["g"], axis=1), trace.slope)


def test_an_account_is_that_of_the_contender_asked_for():
    course = Course(contenders=tuple(c for c, _ in OPTIMIZERS.values()), steps=20)
    heat = heat_of(course)
    for index, trace in enumerate(heat.traces):
        account = account_of(course, index)
        assert account.worked is not None
        close(account.worked.values["x"], trace.points)


def test_an_optimizer_that_shows_no_step_still_has_its_reasons():
    account = account_of(one("booth", Contender("shampoo"), steps=10), 0)
    assert account.worked is None
    assert account.why.sentences


# --- the surface, and the fair comparison --------------------------------------------------------


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_surface_is_the_function_on_the_window(function: str):
    course = Course(function=function, frame=(-1.0, 2.0, -0.5, 0.5), grid="61")
    surface = surface_of(course)
    x, y = (torch.as_tensor(np.asarray(side)) for side in (surface.x, surface.y))
    assert (x[0].item(), x[-1].item(), y[0].item(), y[-1].item()) == course.frame
    expected = FUNCTIONS[function](x[None, :], y[:, None])
    np.testing.assert_allclose(np.asarray(surface.loss), expected, rtol=1e-12, atol=1e-12)


def test_a_sweep_is_a_race_for_each_rate_and_the_best_one_is_taken():
    course = Course(
        function="booth", steps=30, rates=5, lowest=-4.0, highest=0.0,
        contenders=(Contender("sgd", {"lr": 0.5, "momentum": 0.5}), Contender("adam")),
    )  # fmt: skip
    sweeps = sweep_of(course)
    makers = (
        lambda lr: lambda p: torch.optim.SGD([p], lr=lr, momentum=0.5),
        lambda lr: lambda p: torch.optim.Adam([p], lr=lr),
    )
    for found, make in zip(sweeps, makers, strict=True):
        assert found.rates == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1.0])
        assert found.final.shape == (5, 1)
        ends = []
        for rate, final in zip(found.rates, found.final[:, 0], strict=True):
            end = Way(FUNCTIONS["booth"], make(float(rate)), course.begin(), 30).values[-1]
            ends.append(end if end < 1e16 else math.inf)
            assert final == pytest.approx(ends[-1], rel=1e-9)
        assert found.best == found.rates[int(np.argmin(ends))]
    best = at_best(course, sweeps)
    assert [c.params["lr"] for c in best.contenders] == [s.best for s in sweeps]
    assert best.contenders[0].params["momentum"] == 0.5
    ends = [trace.value[-1] for trace in heat_of(best).traces]
    assert ends == pytest.approx([float(s.final.min()) for s in sweeps])


def test_a_sweep_takes_every_seed_of_the_noise():
    course = one("booth", Contender("sgd"), steps=10, rates=5, sigma=1.0, seeds=4, seed=9)
    (found,) = sweep_of(course)
    assert found.final.shape == (5, 4)
    rate = float(found.rates[1])
    for k in range(4):
        way = Way(
            FUNCTIONS["booth"], lambda p: torch.optim.SGD([p], lr=rate), course.begin(), 10,
            seed=9 + k, scale=1.0,
        )  # fmt: skip
        assert found.final[1, k] == pytest.approx(way.values[-1], rel=1e-9)
    assert sweep_of(replace(course, sigma=0.0))[0].final.shape == (5, 1)


def test_a_trace_of_an_unwatched_run_has_no_rates():
    from lossviz.run import race_on

    course = one("booth", OPTIMIZERS["sgd"][0], steps=5)
    (run,) = race_on(problem_of(course.ground), course.methods(), 5)
    assert np.isnan(trace_of(course, run).rate).all()

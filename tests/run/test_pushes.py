"""Noise on the gradients, and boxes: the same for all, in chunks as in one go."""

import pickle

import pytest
import torch

from lossviz.problem import function_problem, point_problem
from lossviz.run import Method, advance, race_on, start_on
from lossviz.run.record import runs_of

STEPS = 25
METHODS = [
    Method("sgd", {"lr": 1e-3, "momentum": 0.9}),
    Method("adam", {"lr": 0.1}),
    Method("lbfgs", {"lr": 0.1, "max_iter": 4}),
    Method("adafactor"),
]
BOX = (-1.5, 0.8, -0.5, 1.5)


def noisy(box=None):
    rosenbrock = lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2  # noqa: E731
    return point_problem(rosenbrock, (-1.0, 1.0), noise=0.5, box=box, deviation=steady)


def steady(step: int) -> tuple[float, float]:
    return (0.1 * step, -1.0)


def draws(seed: int, count: int) -> torch.Tensor:
    """The noise of the steps as anybody would draw it."""
    generator = torch.Generator().manual_seed(seed)
    normal = [torch.randn(2, generator=generator, dtype=torch.float64) for _ in range(count)]
    return torch.stack(normal) * 0.5 + torch.tensor(
        [steady(step) for step in range(count)], dtype=torch.float64
    )


def slopes(problem, weights: torch.Tensor) -> torch.Tensor:
    leaf = weights.clone().requires_grad_()
    return torch.autograd.grad(problem.stacked_loss(leaf).sum(), leaf)[0]


@pytest.mark.parametrize("seed", [0, 7])
def test_every_contender_gets_the_same_noise_and_the_loss_none(seed: int):
    problem = noisy()
    for run in race_on(problem, METHODS, STEPS, seed=seed, watch=True):
        wanted = slopes(problem, run.weights) + draws(seed, STEPS + 1)
        torch.testing.assert_close(run.gradient, wanted, rtol=1e-12, atol=1e-9)
        torch.testing.assert_close(run.loss, problem.stacked_loss(run.weights))


def test_a_noisy_run_equals_a_plain_loop_to_the_bit():
    problem = noisy(BOX)
    runs = race_on(problem, METHODS[:3], STEPS, seed=3)
    for run, make in zip(
        runs,
        (
            lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
            lambda p: torch.optim.Adam(p, lr=0.1),
            lambda p: torch.optim.LBFGS(p, lr=0.1, max_iter=4, line_search_fn="strong_wolfe"),
        ),
        strict=True,
    ):
        point = torch.nn.Parameter(problem.theta0.clone())
        optimizer = make([point])
        low, high = problem.box
        for step, noise in enumerate(draws(3, STEPS)):
            assert torch.equal(run.weights[step], point.detach())

            def closure(noise=noise, point=point, optimizer=optimizer):
                optimizer.zero_grad()
                loss = problem.loss({"point": point})
                loss.backward()
                point.grad += noise
                return loss

            optimizer.step(closure)
            with torch.no_grad():
                point.clamp_(low, high)
        assert torch.equal(run.weights[STEPS], point.detach())


@pytest.mark.parametrize("size", [1, 4])
def test_chunks_equal_one_go_to_the_bit(size: int):
    problem = noisy(BOX)
    runs = race_on(problem, METHODS, STEPS, seed=5, watch=True)
    state, pieces = start_on(problem, METHODS, steps=STEPS, seed=5, watch=True), []
    while not state.done:
        state, chunk = advance(pickle.loads(pickle.dumps(state)), size, problem)
        pieces.append(chunk.pieces)
    again = runs_of(state, pieces, [None] * len(METHODS), problem)
    for run, other in zip(runs, again, strict=True):
        assert torch.equal(run.weights, other.weights)
        assert torch.equal(run.gradient, other.gradient)
        assert torch.equal(run.loss, other.loss)


def test_together_equals_one_by_one_also_when_somebody_falls_out():
    wild = Method("sgd", {"lr": 9.0})
    methods = [*METHODS, wild]
    runs = race_on(noisy(), methods, STEPS)
    assert runs[-1].status.kind == "diverged"
    for run, method in zip(runs, methods, strict=True):
        assert torch.equal(run.weights, race_on(noisy(), [method], STEPS)[0].weights)


def test_weights_stay_in_their_box():
    problem = noisy(BOX)
    fast = Method("sgd", {"lr": 0.05})
    runs = race_on(problem, [*METHODS, fast], STEPS)
    for run in runs:
        x, y = run.weights.T
        assert x.min() >= BOX[0]
        assert x.max() <= BOX[1]
        assert y.min() >= BOX[2]
        assert y.max() <= BOX[3]
    on_the_edge = (runs[-1].weights == problem.box[1]) | (runs[-1].weights == problem.box[0])
    assert on_the_edge.any()
    # Without the box it runs away.
    assert race_on(noisy(), [fast], STEPS)[0].status.kind == "diverged"


def test_noise_is_in_the_precision_of_the_problem():
    bowl = point_problem(lambda x, y: x**2 + y**2, (1.0, 2.0), dtype=torch.float32, noise=1.0)
    (run,) = race_on(bowl, [Method("sgd", {"lr": 0.1})], 3, watch=True)
    assert run.weights.dtype == run.gradient.dtype == torch.float32


def test_noise_that_follows_the_steps_knows_their_number():
    """Of the catalogue: a gradient that is large in every 101st step."""
    problem = function_problem("online")
    (run,) = race_on(problem, [Method("sgd", {"lr": 1e-5})], 210, watch=True)
    x = run.gradient[:, 0]
    large = (x > 500).nonzero().flatten()
    assert large.diff().tolist() == [101] * (len(large) - 1)
    assert len(large) >= 2

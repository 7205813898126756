"""Curvature: the largest eigenvalue beside a dense Hessian and plain power iteration.

    python -m benchmarks.curvature

Every contender answers the same question, the largest eigenvalue at one point, and its error
against float64 stands beside its time. Power iteration is written as PyHessian does it (a kept
graph of the gradient, at most 100 products, until the value changes by less than a thousandth),
once more until it changes by less than a millionth. Then: one product by each way of having it, a
whole path with its frames side by side and one after the other, and the cost against parameters and
samples.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.growth import slope
from benchmarks.memory import growth
from benchmarks.timing import Times, interleaved, table
from lossviz.curvature import HessianProducts, along, sharpness_along, top_eigenpairs
from lossviz.problem.problem import Problem
from lossviz.run import Method, race_on

POWER = "power iteration, as PyHessian"


def mean_square(outputs: Tensor, targets: Tensor) -> Tensor:
    # Written out: torch's forward mode does not know the second slopes of nn.MSELoss.
    return (outputs - targets).square().mean()


def problem(width: int, samples: int, features: int = 10, steps: int = 100) -> Problem:
    """A network that has learned a little, so that its spectrum is a trained one's."""
    torch.manual_seed(0)
    inputs = torch.randn(samples, features)
    net = nn.Sequential(
        nn.Linear(features, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(),
        nn.Linear(width, 1),
    )  # fmt: skip
    targets = inputs[:, :1].sin() + inputs[:, 1:2] ** 2
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        mean_square(net(inputs), targets).backward()
        optimizer.step()
    return Problem.from_module(net, mean_square, (inputs, targets))


def loss_at(prob: Problem) -> Callable[[Tensor], Tensor]:
    return lambda theta: prob.loss(prob.space.unflatten(theta))


def dense(prob: Problem) -> Callable[[], float]:
    """All entries of the Hessian, then all its eigenvalues."""
    theta = prob.theta0

    def answer() -> float:
        slopes = torch.func.grad(loss_at(prob))
        return float(torch.linalg.eigvalsh(torch.func.jacrev(slopes)(theta))[-1])

    return answer


def power(prob: Problem, tol: float, most: int) -> Callable[[], float]:
    def answer() -> float:
        leaf = prob.theta0.clone().requires_grad_()
        (slope,) = torch.autograd.grad(loss_at(prob)(leaf), leaf, create_graph=True)
        vector = torch.randn(len(leaf), generator=torch.Generator().manual_seed(0))
        vector, value = vector / vector.norm(), None
        for _ in range(most):
            (image,) = torch.autograd.grad(slope, leaf, vector, retain_graph=True)
            new = float(image @ vector)
            vector = image / image.norm()
            if value is not None and abs(new - value) < tol * (abs(value) + 1e-6):
                return new
            value = new
        assert value is not None
        return value

    return answer


def classes(width: int, samples: int, steps: int = 100) -> Problem:
    """Ten classes, whose largest eigenvalues lie close together."""
    torch.manual_seed(0)
    inputs, targets = torch.randn(samples, 10), torch.randint(0, 10, (samples,))
    net = nn.Sequential(
        nn.Linear(10, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 10)
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(net(inputs), targets).backward()
        optimizer.step()
    return Problem.from_module(net, nn.CrossEntropyLoss(), (inputs, targets))


def largest(title: str, prob: Problem, repeats: int, with_dense: bool) -> None:
    def ours(tol: float) -> Callable[[], float]:
        return lambda: float(top_eigenpairs(prob, k=1, tol=tol).values[0])

    contenders = {
        "lossviz, residual 1e-4": ours(1e-4),
        "lossviz, residual 1e-2": ours(1e-2),
        POWER: power(prob, 1e-3, 100),
        "power iteration to a millionth": power(prob, 1e-6, 3000),
    }
    if with_dense:
        contenders["dense Hessian"] = dense(prob)
    true = float(top_eigenpairs(prob, k=1, dtype=torch.float64, tol=1e-10).values[0])
    times = interleaved(contenders, repeats, clock=time.thread_time)
    print(table(f"Largest eigenvalue, {title}, {size(prob)}:", times, against=POWER, unit="ms"))
    for name, answer in contenders.items():
        print(f"  {name:32} relative error {abs(answer() / true - 1):.1e}")
    print()


def size(prob: Problem) -> str:
    return f"{prob.space.size} parameters, {len(prob.batch()[0])} samples"


def one_product(width: int, samples: int, repeats: int) -> None:
    prob = problem(width, samples)
    theta, loss = prob.theta0, loss_at(prob)
    row, rows = torch.randn_like(theta), torch.randn(8, len(theta))
    kept = HessianProducts(prob)

    def forward() -> Tensor:
        return torch.func.jvp(torch.func.grad(loss), (theta,), (row,))[1]

    contenders: dict[str, Callable[[], object]] = {
        "kept graph": lambda: kept(row),
        "kept graph, 8 vectors at once, each": lambda: kept(rows),
        "double backward": lambda: HessianProducts(prob)(row),
        "double backward in 4 chunks": lambda: HessianProducts(prob, chunk=-(-samples // 4))(row),
        "forward over backward": forward,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's forward mode warns of itself
        times = interleaved(contenders, repeats, clock=time.thread_time)
    each = "kept graph, 8 vectors at once, each"
    times[each] = Times(tuple(s / 8 for s in times[each].seconds))
    print(table(f"One product, {size(prob)}:", times, against="forward over backward"))
    print()


def path(repeats: int) -> None:
    prob = small()
    run = race_on(prob, [Method("sgd", {"lr": 0.1})], 120)[0]

    def following(lanes: int) -> Callable[[], object]:
        def follow() -> object:
            before, along.LANES = along.LANES, lanes
            try:
                return sharpness_along(prob, run)
            finally:
                along.LANES = before

        return follow

    def cold() -> object:
        return [top_eigenpairs(prob, row, k=1, tol=1e-3).values[0] for row in run.weights]

    contenders = {f"{lanes} frames side by side": following(lanes) for lanes in (1, 8, along.LANES)}
    scans = {**contenders, "each frame by itself": cold}
    times = interleaved(scans, repeats, clock=time.thread_time)
    print(
        table(
            f"Sharpness along 121 frames, {size(prob)}, per frame:",
            times, against="each frame by itself", each=121,
        )
    )  # fmt: skip
    found = sharpness_along(prob, run)
    worst = np.abs(found.sharpness / np.array(cold()) - 1).max()
    print(
        f"  Largest relative difference {worst:.1e}; {found.products / 121:.1f} products a frame.\n"
    )


def small() -> Problem:
    """The network of the edge of stability: 1-20-20-1 on 20 points of sin 3x."""
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
    net = nn.Sequential(
        nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1)
    ).double()
    return Problem.from_module(net, nn.MSELoss(), (x, torch.sin(3 * x)))


def costs(repeats: int) -> None:
    print("Cost of the largest eigenvalue, time of 1 thread, and its memory above what was there:")
    print(f"  {'parameters':>10} {'samples':>8} {'products':>9} {'ms a product':>13} {'MiB':>7}")
    widths, counts = (16, 64, 256), (500, 5000, 50000)
    wider = [cost(width, counts[0], repeats) for width in widths]
    more = [wider[1], *(cost(widths[1], count, repeats) for count in counts[1:])]
    sizes = [size for size, _ in wider]
    print(
        f"  log-log slopes of a product: {slope(sizes, [each for _, each in wider]):.2f} in the "
        f"parameters, {slope(counts, [each for _, each in more]):.2f} in the samples\n"
    )


def cost(width: int, samples: int, repeats: int) -> tuple[int, float]:
    """Prints a line; gives the parameters and the seconds of a product."""
    prob = problem(width, samples, steps=20)
    used = growth(lambda: top_eigenpairs(prob, k=1)) / 1024
    times = interleaved({"": lambda: top_eigenpairs(prob, k=1)}, repeats, clock=time.thread_time)
    count = top_eigenpairs(prob, k=1).products
    each = times[""].median / count
    print(
        f"  {prob.space.size:10} {samples:8} {count:9} {1e3 * each:13.2f} {used:7.1f}", flush=True
    )
    return prob.space.size, each


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args(arguments).repeats
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, 1 thread\n")
    largest("a regression", problem(16, 500), repeats, with_dense=True)
    largest("ten classes", classes(16, 500), repeats, with_dense=True)
    largest("ten classes", classes(64, 500), repeats, with_dense=False)
    one_product(16, 200, repeats)
    one_product(64, 500, repeats)
    path(max(1, repeats // 3))
    costs(max(1, repeats // 3))
    torch.set_num_threads(threads)


if __name__ == "__main__":
    main(sys.argv[1:])

"""How near the estimates of long work come to what it takes, on one core.

The page decides by them what is computed at once and what gets a progress bar; within a factor of
three or so is near enough.

python -m benchmarks.estimates
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import thread_time

import torch

import lossviz as lv
from lossviz.engine import estimate
from lossviz.run.race import race
from lossviz.settings import Experiment
from lossviz.survey.cost import surface_seconds
from lossviz.survey.ground import problem_of

REPEATS = 5
#: Points a side of a surface.
POINTS = 21

RACES = {
    "SGD, 300 steps": [Experiment(steps=300)],
    "four, two of them by tensors": [
        Experiment(steps=300, optimizer=name) for name in ("sgd", "adam", "muon", "adafactor")
    ],
    "L-BFGS, 20 steps": [Experiment(steps=20, optimizer="lbfgs")],
    "3 x 64 units, float64": [
        Experiment(steps=100, dtype="float64", model_params={"width": 64, "depth": 3})
    ],
    "CNN on digits, 10 steps": [Experiment(steps=10, dataset="digits", model="cnn")],
}

SURFACES = {
    "MLP on two moons": Experiment(),
    "MLP on digits": Experiment(dataset="digits"),
    "CNN on digits": Experiment(dataset="digits", model="cnn", model_params={"depth": 2}),
}


def taken(work: Callable[[], object]) -> float:
    """Seconds of one core, the median."""
    work()
    found = []
    for _ in range(REPEATS):
        began = thread_time()
        work()
        found.append(thread_time() - began)
    return statistics.median(found)


def surface_of(exp: Experiment) -> Callable[[], object]:
    """The work of a surface."""
    problem = problem_of(exp)
    plane = lv.random_plane(problem, problem.params0)
    side = torch.linspace(-1, 1, POINTS)
    return lambda: lv.evaluate(problem, plane, side, side)


def main() -> None:
    """Print estimate, time and their ratio."""
    torch.set_num_threads(1)
    print(f"{'':34}{'estimate':>10}{'taken':>10}{'ratio':>8}")
    rows = [(f"race: {name}", estimate(exps), taken(lambda e=exps: race(e)))
            for name, exps in RACES.items()]  # fmt: skip
    rows += [(f"surface: {name}", surface_seconds(exp, "train", POINTS), taken(surface_of(exp)))
             for name, exp in SURFACES.items()]  # fmt: skip
    for name, guess, seconds in rows:
        print(f"{name:40}{guess:8.3f} s{seconds:8.3f} s{guess / seconds:8.2f}")


if __name__ == "__main__":
    main()

"""The game that Adam loses, at its published length: 2 000 000 steps, computed by `race_on`.

    python -m benchmarks reddi

First the cost of a step, interleaved on one thread: plain loops that a person would write (leaf,
`backward`, `step`, `clamp_`), `torch.optim`'s two steps alone at gradients that are there already,
which is the least that a race of real optimizers can cost, and `race_on`, which keeps each loss
and the recorded points besides. Then the whole game, and where the two contenders end.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from time import perf_counter, process_time

import torch

import lossviz as lv
from benchmarks.timing import interleaved, table
from lossviz.problem.functions.online import MEAN, deviation
from lossviz.registry import optimizers
from lossviz.run import Method, Run

STEPS = 2_000_000
EACH = 20_000
#: Reddi, Kale and Kumar 2018: Adam's mean position and AMSGrad's last one, to three digits.
EXPECTED = (0.994, -0.998)
NEAR = 0.0015
#: Seconds of one core for the whole game.
GOAL = 150.0

ADAM = Method("adam", {"lr": 0.5, "beta2": 0.99}, "inverse_sqrt")
AMSGRAD = Method("adam", {"lr": 0.5, "beta2": 0.99, "amsgrad": True}, "inverse_sqrt")
BOTH = (ADAM, AMSGRAD)


def game(steps: int) -> list[Run]:
    """Both contenders from (0, 0)."""
    return lv.race_on(lv.function_problem("online", start=(0.0, 0.0)), BOTH, steps)


def optimizer_of(method: Method, point: torch.Tensor) -> torch.optim.Optimizer:
    """The very optimizer that a race makes."""
    return optimizers[method.optimizer].make([torch.nn.Parameter(point)], **method.params)


def plain_loops(steps: int) -> None:
    """What a person writes, for one after the other."""
    for method in BOTH:
        optimizer = optimizer_of(method, torch.zeros(2, dtype=torch.float64))
        (group,) = optimizer.param_groups
        (point,) = group["params"]
        for step in range(steps):
            group["lr"] = 0.5 / (step + 1) ** 0.5
            optimizer.zero_grad()
            slope = MEAN + deviation(step)[0]
            (slope * point[0] + point[1] ** 2 / 2).backward()
            optimizer.step()
            with torch.no_grad():
                point[0].clamp_(-1, 1)


def steps_alone(steps: int) -> None:
    """Nothing but the two optimizers' steps."""
    both = [optimizer_of(method, torch.zeros(2, dtype=torch.float64)) for method in BOTH]
    for optimizer in both:
        for point in optimizer.param_groups[0]["params"]:
            point.grad = torch.tensor([-10.0, 0.0], dtype=torch.float64)
    for _ in range(steps):
        for optimizer in both:
            optimizer.step()


def report(runs: Sequence[Run]) -> tuple[float, float]:
    """Print where both went; gives Adam's mean position and AMSGrad's last one."""
    found = []
    for name, run in zip(("Adam", "AMSGrad"), runs, strict=True):
        x = run.weights[:, 0]
        mean, end = x.mean().item(), x[-1].item()
        print(f"  {name:8} mean {mean:+.4f}, end {end:+.4f} ({len(x)} of {len(run.loss)} points)")
        found.append((mean, end))
    return found[0][0], found[1][1]


def as_expected(found: tuple[float, float]) -> bool:
    """Print these beside the paper's, at its number of steps; gives whether they are near."""
    right = [abs(one - wanted) < NEAR for one, wanted in zip(found, EXPECTED, strict=True)]
    for what, wanted, near in zip(("Adam's mean", "AMSGrad's end"), EXPECTED, right, strict=True):
        print(f"  {what}, {wanted:+.3f}: {'as expected' if near else 'NOT AS EXPECTED'}")
    return all(right)


def main(arguments: Sequence[str] = ()) -> int:
    """Print both parts; a number of steps may be given."""
    steps = int(arguments[0]) if arguments else STEPS
    torch.set_num_threads(1)
    times = interleaved(
        {
            "two plain loops": lambda: plain_loops(EACH),
            "torch.optim's steps alone": lambda: steps_alone(EACH),
            "lossviz race_on": lambda: game(EACH),
        },
        repeats=3,
    )
    print(table("Adam and AMSGrad, a step of both", times, "two plain loops", each=EACH))
    began, worked = perf_counter(), process_time()
    runs = game(steps)
    took, computed = perf_counter() - began, process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{steps:,} steps of both: {computed:.0f} s of one core ({took:.0f} s by the clock), "
        f"{computed / steps * 1e6:.1f} us a step, at most {peak:.0f} MiB"
    )
    found = report(runs)
    if steps != STEPS:
        return 0
    print(f"  goal {GOAL:g} s: {'met' if computed <= GOAL else 'NOT MET'}")
    return int(not as_expected(found) or computed > GOAL)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

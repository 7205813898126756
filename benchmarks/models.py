"""Surfaces of convolutional, recurrent and attention networks beside a plain loop and a library.

    python -m benchmarks models

The loop is what one would write by hand: one `torch.func.functional_call` for each point; with
statistics that are recomputed, `torch.optim.swa_utils.update_bn` at each point. loss-landscapes has
no choice of statistics; it stands beside the models without batch normalisation and beside frozen
ones. Small networks gain from batching points; where a forward pass is long, points are evaluated
one by one, and the surface takes as long as the loop. "16 points a call" is what `torch.func.vmap`
takes there. Times are those of the one thread that works.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import loss_landscapes
import torch
from loss_landscapes import metrics
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim.swa_utils import update_bn

import lossviz as lv
from benchmarks.timing import interleaved, table
from lossviz.plane import Plane
from lossviz.problem.build import build_module
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem
from lossviz.surface import PlaneLosses, evaluate

SIDE = 5
LOOP, PEER = "functional_call loop", "loss-landscapes"
#: How much longer than the loop a surface may take.
MOST = 1.05

TRANSFORMER = lv.Experiment(model="transformer", dataset="characters")
WIDE_TRANSFORMER = lv.Experiment(
    model="transformer",
    model_params={"width": 32, "depth": 2},
    dataset="characters",
    dataset_params={"samples": 800, "context": 32},
)

Case = tuple[str, lv.Experiment, Statistics | None]


def cnn(skip: bool, batch_norm: bool = False, samples: int = 600) -> lv.Experiment:
    return lv.Experiment(
        model="cnn",
        model_params={"skip": skip, "batch_norm": batch_norm},
        dataset="digits",
        dataset_params={"samples": samples},
    )


def cases() -> list[Case]:
    """Every model, and with batch normalisation every choice of statistics."""
    found: list[Case] = []
    statistics: tuple[Statistics, ...] = ("frozen", "batch", "recomputed")
    for skip in (True, False):
        words = "with shortcuts" if skip else "without shortcuts"
        found.append((f"CNN {words}, 420 digits", cnn(skip), None))
        found += [
            (f"CNN {words}, batch normalisation ({which}), 420 digits", cnn(skip, True), which)
            for which in statistics
        ]
    found.append(("CNN with shortcuts, 70 digits", cnn(True, samples=100), None))
    found += [
        (f"CNN with shortcuts, batch normalisation ({which}), 70 digits", small, which)
        for small in [cnn(True, True, samples=100)]
        for which in statistics
    ]
    found.append(("Transformer, 280 windows of 16", TRANSFORMER, None))
    found.append(("Transformer, 560 windows of 32, width 32", WIDE_TRANSFORMER, None))
    lstm = lv.Experiment(model="lstm", dataset="waves", loss="mse")
    found.append(("LSTM, 140 windows of 16", lstm, None))
    return found


def loop(
    exp: lv.Experiment, prob: Problem, plane: Plane, which: Statistics | None
) -> Callable[[], Tensor]:
    """One point after the other, by hand; nothing but the points themselves is timed."""
    module = build_module(exp).train(which == "batch")
    inputs, targets = prob.batch()
    axis = torch.linspace(-1, 1, SIDE)

    def height(x: float, y: float) -> Tensor:
        params = plane.at(x, y)
        if which != "recomputed":
            return prob.criterion(functional_call(module, params, (inputs,)), targets)
        module.load_state_dict(params, strict=False)
        update_bn([inputs], module)
        return prob.criterion(module.eval()(inputs), targets)

    def scan() -> Tensor:
        with torch.no_grad():
            return torch.tensor([[height(float(x), float(y)) for x in axis] for y in axis])

    return scan


def contenders(
    exp: lv.Experiment, which: Statistics | None
) -> dict[str, Callable[[], Tensor | object]]:
    """The same surface by a loop, as it is evaluated, in calls of 16 points, and by a library."""
    prob = lv.build(exp)
    if which is not None:
        prob = prob.with_statistics(which)
    plane = lv.random_plane(prob, prob.params0)
    axis = torch.linspace(-1, 1, SIDE)
    ours = f"lossviz ({PlaneLosses(prob, plane).way})"
    found: dict[str, Callable[[], Tensor | object]] = {
        LOOP: loop(exp, prob, plane, which),
        ours: lambda: evaluate(prob, plane, axis, axis).loss,
        "16 points a call": lambda: evaluate(prob, plane, axis, axis, chunk=16).loss,
    }
    for scan in found.values():
        torch.testing.assert_close(scan(), found[LOOP](), rtol=1e-4, atol=1e-5)
    if which in (None, "frozen"):
        found[PEER] = peer(build_module(exp).eval(), prob)
    return found


def peer(net: nn.Module, prob: Problem) -> Callable[[], object]:
    metric = metrics.Loss(prob.criterion, *prob.batch())
    # Its normalisation by filters divides by zero where a layer of batch normalisation is.
    scaled = None if any("norm" in name for name in prob.params0) else "filter"
    return lambda: loss_landscapes.random_plane(
        net, metric, distance=1, steps=SIDE, normalization=scaled, deepcopy_model=True
    )


def main(arguments: Sequence[str] = ()) -> None:
    """Print the times for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    slow, gains = [], []
    for name, exp, which in cases():
        times = interleaved(contenders(exp, which), chosen.repeats, clock=time.thread_time)
        size = lv.build(exp).space.size
        title = f"{name} ({size} parameters), {SIDE} x {SIDE}, 1 thread, per grid point:"
        print(table(title, times, against=LOOP, each=SIDE**2) + "\n", flush=True)
        ours = next(t for label, t in times.items() if label.startswith("lossviz"))
        ratio = ours.minimum / times[LOOP].minimum
        gains.append((times[LOOP].minimum / times["16 points a call"].minimum, 1 / ratio, name))
        if ratio > MOST:
            slow.append(f"{name} ({ratio:.2f})")
    print("Times as fast as the loop (minima):")
    print(f"  {'16 points a call':>16} {'as evaluated':>13}")
    for batched, own, name in gains:
        print(f"  {batched:16.2f} {own:13.2f}  {name}")
    print(f"Slower than {MOST} times the loop (minima): {', '.join(slow) or 'none'}.")


if __name__ == "__main__":
    main(sys.argv[1:])

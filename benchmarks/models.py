"""Surfaces of convolutional, recurrent and attention networks against a loop over points.

The loop is what one would write by hand: one `torch.func.functional_call` for each point. Small
networks gain from batching points; where a forward pass is long, points are evaluated one by one,
and the surface takes as long as the loop. "Batched" is what `torch.func.vmap` would take there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call

import lossviz as lv
from benchmarks.timing import interleaved, table
from lossviz.problem.build import build_module
from lossviz.surface import PlaneLosses, evaluate

SIDE = 5
LOOP = "functional_call loop"
#: How much longer than the loop a surface may take.
MOST = 1.05

EXPERIMENTS = {
    "CNN, 420 digits": lv.Experiment(model="cnn", dataset="digits"),
    "CNN, 70 digits": lv.Experiment(model="cnn", dataset="digits", dataset_params={"samples": 100}),
    "CNN with batch normalisation, 420 digits": lv.Experiment(
        model="cnn", dataset="digits", model_params={"batch_norm": True}
    ),
    "Transformer, 280 windows of 16": lv.Experiment(model="transformer", dataset="characters"),
    "Transformer, 560 windows of 32, width 32": lv.Experiment(
        model="transformer",
        model_params={"width": 32, "depth": 2},
        dataset="characters",
        dataset_params={"samples": 800, "context": 32},
    ),
    "LSTM, 140 windows of 16": lv.Experiment(model="lstm", dataset="waves", loss="mse"),
}


def contenders(exp: lv.Experiment) -> dict[str, Callable[[], Tensor]]:
    """The same surface by a loop, as it is evaluated, and in calls of 16 points."""
    prob = lv.build(exp)
    plane = lv.random_plane(prob, prob.params0)
    axis = torch.linspace(-1, 1, SIDE)
    # Batch normalisation is in training mode, as the problem's own.
    module = build_module(exp).train()
    inputs, targets = prob.batch()

    def loop() -> Tensor:
        with torch.no_grad():
            rows = [
                [
                    prob.criterion(
                        functional_call(module, plane.at(float(x), float(y)), (inputs,)), targets
                    )
                    for x in axis
                ]
                for y in axis
            ]
        return torch.tensor(rows)

    found: dict[str, Callable[[], Tensor]] = {
        LOOP: loop,
        f"lossviz ({PlaneLosses(prob, plane).way})": lambda: evaluate(prob, plane, axis, axis).loss,
        "batched, 16 points a call": lambda: evaluate(prob, plane, axis, axis, chunk=16).loss,
    }
    for scan in found.values():
        torch.testing.assert_close(scan(), loop(), rtol=1e-4, atol=1e-5)
    return found


def main(arguments: Sequence[str] = ()) -> None:
    """Print the times for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    slow = []
    for name, exp in EXPERIMENTS.items():
        scans = contenders(exp)
        times = interleaved(scans, chosen.repeats)
        size = lv.build(exp).space.size
        title = f"{name} ({size} parameters), {SIDE} x {SIDE}, 1 thread, per grid point:"
        print(table(title, times, against=LOOP, each=SIDE**2) + "\n", flush=True)
        ours = next(t for label, t in times.items() if label.startswith("lossviz"))
        if ours.minimum > MOST * times[LOOP].minimum:
            slow.append(name)
    print(f"Slower than {MOST} times the loop (minima): {', '.join(slow) or 'none'}.")


if __name__ == "__main__":
    main(sys.argv[1:])

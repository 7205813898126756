"""Loss and accuracy from one look beside several scans; lines, curves, alignment beside loops."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

import lossviz as lv
from benchmarks.timing import interleaved, table
from lossviz.run.metrics import metrics_of
from lossviz.surface.surface import crossings


def layers(exp: lv.Experiment) -> None:
    """A grid of both losses and both accuracies, against scans that do not share outputs."""
    prob = lv.build(exp)
    plane = lv.random_plane(prob, prob.params0)
    side = torch.linspace(-1, 1, 7 if exp.model == "cnn" else 31, dtype=torch.float64)
    points = len(side) ** 2

    def losses() -> None:
        for split in ("train", "test"):
            lv.evaluate(prob, plane, side, side, split=split)

    def apart() -> None:
        losses()
        for split in ("train", "test"):
            lv.evaluate_layers(prob, plane, side, side, layers=[f"{split} accuracy"])

    def rows() -> None:
        at = crossings(side, side)
        metrics_of(prob, plane.points(at[:, 0], at[:, 1]))

    ways = {
        "both losses alone": losses,
        "losses and accuracies, one look": lambda: lv.evaluate_layers(prob, plane, side, side),
        "losses and accuracies, four scans": apart,
        "metrics of all points as rows": rows,
    }
    times = interleaved(ways, repeats=3, clock=time.thread_time)
    print(table(f"{exp.model} on {exp.dataset}, a point", times, "both losses alone", points))


def between(exp: lv.Experiment) -> None:
    """What lies between two trained networks, against a loop over single networks."""
    prob = lv.build(exp)
    a, b = (lv.train(replace(exp, seed=seed)).weights[-1] for seed in (0, 1))

    def loop() -> None:
        with torch.no_grad():
            for t in torch.linspace(-0.25, 1.25, 151):
                params = prob.space.unflatten((1 - t) * a + t * b)
                for split in ("train", "test"):
                    prob.loss(params, prob.batch(split))

    steps = 5 if exp.model == "cnn" else 200
    ways = {
        "a loop over 151 points": loop,
        "line of 151 points": lambda: lv.line(prob, a, b),
        f"low-loss curve of {steps} steps": lambda: lv.low_loss_curve(prob, a, b, steps=steps),
    }
    if exp.model == "mlp":
        ways["align"] = lambda: lv.align(prob, a, b)
    times = interleaved(ways, repeats=3, clock=time.thread_time)
    print(table(f"{exp.model} on {exp.dataset}", times, "a loop over 151 points", unit="ms"))


def main() -> None:
    """An MLP and a convolutional network, on one thread."""
    torch.set_num_threads(1)
    small = lv.Experiment(optimizer="adam", params={"lr": 0.02}, steps=200)
    digits = lv.Experiment(
        dataset="digits", model="cnn", optimizer="adam", params={"lr": 0.01}, steps=30,
        batch_size=64,
    )  # fmt: skip
    for exp in (small, digits):
        layers(exp)
        between(exp)


if __name__ == "__main__":
    main()

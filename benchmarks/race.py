"""Training together against plain loops: eight optimizers, 500 full-batch steps, one thread.

    python -m benchmarks.race

Plain loops are what a person writes: a module, `zero_grad`, `backward`, `step`, `loss.item()`.
They record nothing; `race` and `train` record every step's weights. Repeats are interleaved, so
that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

import torch
from torch import nn

import lossviz as lv
from benchmarks.memory import counted, growth
from lossviz.problem.build import build_module
from lossviz.registry import optimizers
from lossviz.run.state import problem_of

Work = Callable[[], object]

RIVALS = ("eight plain loops", "eight plain loops, recording", "lossviz race of eight")
CONTENDERS = (
    ("sgd", {"lr": 0.1}),
    ("sgd", {"lr": 0.1, "momentum": 0.9}),
    ("adam", {}),
    ("adamw", {}),
    ("rmsprop", {}),
    ("adagrad", {}),
    ("nadam", {}),
    ("adamax", {}),
)
MIXED = (*CONTENDERS[:5], ("muon", {}), ("adafactor", {}), ("lbfgs", {"max_iter": 4}))


def experiment(optimizer: str, params: dict[str, object], steps: int) -> lv.Experiment:
    return lv.Experiment(
        dataset="moons",
        dataset_params={"samples": 200},
        test_share=0.0,
        model="mlp",
        model_params={"width": 16, "depth": 2},
        optimizer=optimizer,
        params=params,
        steps=steps,
    )


def plain_loop(exp: lv.Experiment, record: bool = False) -> object:
    """Train with nothing but torch."""
    data = problem_of(exp).data  # built once, for all rivals
    net = build_module(exp)
    criterion = nn.CrossEntropyLoss()
    entry = optimizers[exp.optimizer]
    optimizer = entry.make(net.parameters(), **exp.params)
    optimizer.param_groups[0]["foreach"] = None  # torch's own choice
    values, path = [], []

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = criterion(net(data.inputs), data.targets)
        loss.backward()
        return loss

    for _ in range(exp.steps):
        if record:
            path.append(nn.utils.parameters_to_vector(net.parameters()).detach())
        if entry.closure:
            values.append(optimizer.step(closure).item())
        else:
            values.append(closure().item())
            optimizer.step()
    return values, path


def compare(rivals: dict[str, Work], repeats: int) -> dict[str, list[float]]:
    """Seconds of each rival, taken in turns."""
    for work in rivals.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(repeats):
        names = list(rivals)
        for name in names if turn % 2 == 0 else names[::-1]:
            began = perf_counter()
            rivals[name]()
            seconds[name].append(perf_counter() - began)
    return seconds


def kept(work: Work) -> int:
    """Bytes of tensors that the result holds on to."""
    result = work()
    if isinstance(result, list):
        return sum(r.weights.untyped_storage().nbytes() + r.loss.nbytes for r in result)
    return 0


def report(title: str, seconds: dict[str, list[float]], base: str, goal: float) -> float:
    print(f"\n{title}")
    paired = {
        name: statistics.median(a / b for a, b in zip(times, seconds[base], strict=True))
        for name, times in seconds.items()
    }
    for name, times in seconds.items():
        middle, least = statistics.median(times), min(times)
        print(
            f"  {name:34s} median {middle * 1e3:8.1f} ms   least {least * 1e3:8.1f} ms   "
            f"ratio {paired[name]:5.3f} (of least {least / min(seconds[base]):5.3f})"
        )
    worst = max(ratio for name, ratio in paired.items() if "lossviz" in name)
    print(f"  goal {goal:g}: {'met' if worst <= goal else 'NOT MET'}")
    return worst


def memory(steps: int) -> None:
    """What each way adds to the resident memory of a process of its own, at its peak."""
    if not counted():
        print("  Peak memory is measured on Linux only.")
        return
    print("  peak of the resident memory, above what was resident before:")
    for name in RIVALS:
        command = [sys.executable, "-m", "benchmarks.race", "--steps", str(steps), "--peak", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"    {name:34s} {int(done.stdout.split()[-1]) / 1024:6.1f} MiB")


def peak(name: str, steps: int) -> None:
    rivals(3)[name]()  # what is imported once is not the race's
    print(growth(rivals(steps)[name]))


def rivals(steps: int) -> dict[str, Work]:
    """Eight plain loops, the same recording, and the race of the same eight."""
    exps = [experiment(name, params, steps) for name, params in CONTENDERS]
    ways: tuple[Work, ...] = (
        lambda: [plain_loop(exp) for exp in exps],
        lambda: [plain_loop(exp, True) for exp in exps],
        lambda: lv.race(exps),
    )
    return dict(zip(RIVALS, ways, strict=True))


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peak", choices=RIVALS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if given.peak:
        peak(given.peak, given.steps)
        return 0

    exps = [experiment(name, params, given.steps) for name, params in CONTENDERS]
    mixed = [experiment(name, params, given.steps) for name, params in MIXED]
    width = lv.build(exps[0]).space.size
    print(f"2-16-16-2 MLP (P = {width}), 200 points, {given.steps} full-batch steps, float32")

    eight = rivals(given.steps)
    plain, _, ours = RIVALS
    worst = [report("race", compare(eight, given.repeats), plain, 0.45) - 0.45]
    memory(given.steps)
    print(f"  kept by lossviz: {kept(eight[ours]) / 2**20:.2f} MiB of tensors")

    for exp in (exps[0], exps[2]):
        single: dict[str, Work] = {
            "plain loop": lambda exp=exp: plain_loop(exp),
            "lossviz train": lambda exp=exp: lv.train(exp),
        }
        title = f"train, {exp.optimizer}"
        worst.append(report(title, compare(single, given.repeats), "plain loop", 1.1) - 1.1)

    eight = {plain: lambda: [plain_loop(exp) for exp in mixed], ours: lambda: lv.race(mixed)}
    report("race with Muon, Adafactor and L-BFGS", compare(eight, 3), plain, 1.0)
    return int(max(worst) > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

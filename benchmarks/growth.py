"""How a surface's cost grows with its points and with the model, and what memory it takes.

    python -m benchmarks growth

Slopes are those of a straight line through the logarithms: 1 is "twice as much costs twice as
much". Memory is what torch allocates at most at once, as its profiler sees it, on top of the
problem, beside what `lossviz.evaluate` promises; beyond it, it must not grow with the grid.
(What the libraries below torch allocate for themselves is in neither; `python -m benchmarks
surface` prints the resident memory of whole processes.)
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

import lossviz as lv
from benchmarks.timing import interleaved
from lossviz.surface import PlaneLosses, evaluate
from lossviz.surface.layered import LayeredMixtures
from lossviz.surface.portions import CHUNK, INTERMEDIATE, OUTPUTS, PARAMETERS

MIB = 2**20
#: Sides of the grids whose memory is compared, and bytes that each point takes by itself.
SMALL, LARGE = 11, 41
A_POINT = 80
#: Slopes above this are no longer "in proportion".
STEEPEST = 1.1


def mlp(width: int = 16, samples: int = 200) -> lv.Experiment:
    return lv.Experiment(
        dataset_params={"samples": samples},
        model_params={"depth": 2, "width": width, "activation": "tanh"},
        loss="bce_with_logits",
    )


def cnn(width: int = 8, samples: int = 100) -> lv.Experiment:
    return lv.Experiment(
        model="cnn",
        model_params={"width": width},
        dataset="digits",
        dataset_params={"samples": samples},
    )


def transformer(width: int = 16) -> lv.Experiment:
    return lv.Experiment(
        model="transformer",
        model_params={"width": width},
        dataset="characters",
        dataset_params={"samples": 200},
    )


def scan(exp: lv.Experiment, side: int, chunk: int | None = None) -> Callable[[], Tensor]:
    prob = lv.build(exp)
    plane = lv.random_plane(prob, prob.params0)
    axis = torch.linspace(-1, 1, side)
    return lambda: evaluate(prob, plane, axis, axis, chunk=chunk).loss


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """That of the straight line nearest to the logarithms."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


# --- time ----------------------------------------------------------------------------------------


def over_points(name: str, exp: lv.Experiment, sides: Sequence[int], repeats: int) -> float:
    times = interleaved(
        {str(side): scan(exp, side) for side in sides}, repeats, clock=time.thread_time
    )
    counts = [side * side for side in sides]
    seconds = [times[str(side)].median for side in sides]
    print(f"{name} ({describe(exp)}):\n  {'points':>8} {'ms':>10} {'us a point':>11}")
    for count, each in zip(counts, seconds, strict=True):
        print(f"  {count:8} {1e3 * each:10.2f} {1e6 * each / count:11.2f}")
    found = slope(counts, seconds)
    print(f"  log-log slope {found:.2f}\n", flush=True)
    return found


def over_parameters(
    name: str, experiments: Sequence[lv.Experiment], side: int, repeats: int
) -> float:
    scans = {str(place): scan(exp, side) for place, exp in enumerate(experiments)}
    times = interleaved(scans, repeats, clock=time.thread_time)
    sizes = [lv.build(exp).space.size for exp in experiments]
    each = [times[key].median / side**2 for key in scans]
    print(f"{name}, {side} x {side}:\n  {'parameters':>10} {'us a point':>11}  way")
    for exp, size, seconds in zip(experiments, sizes, each, strict=True):
        print(f"  {size:10} {1e6 * seconds:11.2f}  {way(exp)}")
    found = slope(sizes, each)
    print(f"  log-log slope {found:.2f}\n", flush=True)
    return found


def way(exp: lv.Experiment) -> str:
    prob = lv.build(exp)
    return PlaneLosses(prob, lv.random_plane(prob, prob.params0)).way


def describe(exp: lv.Experiment) -> str:
    prob = lv.build(exp)
    return f"{prob.space.size} parameters, {len(prob.data.inputs)} samples, {way(exp)}"


# --- memory --------------------------------------------------------------------------------------


def peak(call: Callable[[], object]) -> int:
    """The most bytes that torch holds at once for a call, beyond what was there before it."""
    call()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        call()
    events = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = np.cumsum([e.nbytes() for e in sorted(events, key=lambda e: e.start_ns())])
    return int(max(held, default=0))


def promised(exp: lv.Experiment) -> tuple[float, str]:
    """What `evaluate` promises for a model, in bytes, and how it comes to that."""
    prob = lv.build(exp)
    plane = lv.random_plane(prob, prob.params0)
    losses = PlaneLosses(prob, plane)
    points = A_POINT * LARGE**2
    if losses._layers is not None:
        found = layered(losses._layers, losses.vectors)
        return found + criterion(prob, losses) + points, "layer by layer"
    # Of several points at once: as much as for one of them, each.
    once = peak(scan(exp, 1, chunk=1))
    count = min(CHUNK, losses.portion, max(1, PARAMETERS // prob.space.size))
    return count * once + points, f"{count} passes of {once / MIB:.2f} MiB"


def criterion(prob: lv.Problem, losses: PlaneLosses) -> int:
    """What the criterion needs for the outputs of one portion."""
    layers = losses._layers
    assert layers is not None
    outputs = torch.zeros(losses.portion, layers.units[-1], layers.samples).mT
    return peak(lambda: prob.criterion(outputs, losses.batch[1]))


def layered(layers: LayeredMixtures, vectors: Tensor) -> float:
    """R (H N + P) + K (2 (W + 1) N + M) entries, for each width W, and 2^17 outputs."""
    mixed, size = vectors.shape
    samples, chunk = layers.samples, layers.chunk
    once = mixed * (layers.units[0] * samples + size)
    widths = set(layers.units[:-1])
    largest = max(matrix.shape[1] for matrix in layers.rest)
    each = sum(2 * (width + 1) * samples for width in widths) + largest
    return 4.0 * (once + chunk * each + OUTPUTS)


def memory() -> list[str]:
    print("The most that torch holds at once, in MiB, beside what is promised:")
    sides = [f"{side} x {side}" for side in (SMALL, LARGE)]
    print(f"  {sides[0]:>8} {sides[1]:>8} {'promised':>9}")
    over = []
    cases = {
        "network 2-16-16-1": mlp(),
        "network 2-64-64-1": mlp(64),
        "network 2-64-64-1, 2000 samples": mlp(64, 2000),
        "CNN, 70 digits": cnn(),
        "CNN of width 4, 70 digits": cnn(4),
        "CNN, 420 digits": cnn(8, 600),
        "Transformer": transformer(),
    }
    for name, exp in cases.items():
        small, large = peak(scan(exp, SMALL)), peak(scan(exp, LARGE))
        bound, how = promised(exp)
        numbers = f"{small / MIB:8.2f} {large / MIB:8.2f} {bound / MIB:9.2f}"
        print(f"  {numbers}  {name} ({how})", flush=True)
        if large > bound:
            over.append(f"{name} ({large / bound:.2f})")
    most = f"{CHUNK} passes at once, {INTERMEDIATE} entries of an intermediate"
    print(f"(No more than {most}, {PARAMETERS} of the parameters.)")
    return over


def main(arguments: Sequence[str] = ()) -> None:
    """Print how time and memory grow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args(arguments).repeats
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    print("Time of one thread against the number of grid points:\n")
    steep = {
        "points, network": over_points("2-16-16-1 tanh", mlp(), (11, 21, 41, 81, 161), repeats),
        "points, CNN in batches": over_points("CNN", cnn(), (5, 9, 17, 33), repeats),
        "points, CNN one by one": over_points("CNN", cnn(8, 600), (3, 5, 9, 17), repeats),
    }
    print("Time of one thread against the number of parameters:\n")
    steep |= {
        "parameters, network": over_parameters(
            "Networks 2-w-w-1, 140 samples", [mlp(w) for w in (8, 16, 32, 64, 128)], 31, repeats
        ),
        "parameters, CNN": over_parameters(
            "CNNs, 70 digits", [cnn(w) for w in (4, 8, 16, 32)], 5, repeats
        ),
        "parameters, Transformer": over_parameters(
            "Transformers, 140 windows of 16", [transformer(w) for w in (8, 16, 32)], 5, repeats
        ),
    }
    over = memory()
    slopes = [f"{name} ({found:.2f})" for name, found in steep.items() if found > STEEPEST]
    print(f"Steeper than {STEEPEST}: {', '.join(slopes) or 'none'}.")
    print(f"More memory than promised: {', '.join(over) or 'none'}.")
    torch.set_num_threads(threads)


if __name__ == "__main__":
    main(sys.argv[1:])

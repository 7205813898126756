"""Loss surfaces: time, exactness and memory beside loss-landscapes and a plain loop.

    python -m benchmarks.surface

The case: a trained 2-16-16-1 tanh network on 200 points, full batch, float32, 51 x 51 points. The
same case is timed on one thread and on torch's default number of threads: with the network as it is
(layer by layer), inside a module of one's own (recognised, so layer by layer too), inside one that
is not recognised (`torch.func.vmap`), and as the catalogue's problem.
Values are checked against a naive loop in float64 over the same two directions. A larger network
follows, where every library spends its time in the same matrix products and the ratio shrinks.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import loss_landscapes
import torch
from loss_landscapes import metrics
from torch import Tensor, nn
from torch.func import functional_call

import lossviz as lv
from benchmarks.memory import counted, growth
from benchmarks.timing import Times, interleaved, table
from lossviz.plane import Plane, random_plane
from lossviz.problem.problem import Problem
from lossviz.surface import PlaneLosses, evaluate
from lossviz.surface.tanh import sigmoid_is_faster

SIDE = 51
PEER, LOOP = "loss-landscapes", "functional_call loop"
#: So many times as fast as both the small network is to be.
LEAST = 4.0


class Wrapped(nn.Module):
    """A module of one's own around the network, with a forward that is followed."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, inputs: Tensor) -> Tensor:
        return self.net(inputs)


class Flattening(Wrapped):
    """The same with a step that only the general path knows (and that costs nothing)."""

    def forward(self, inputs: Tensor) -> Tensor:
        return self.net(inputs.flatten(1))


def network(width: int) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
    )


def trained(width: int, samples: int) -> tuple[nn.Sequential, Tensor, Tensor]:
    net = network(width)
    inputs = torch.randn(samples, 2)
    targets = (inputs.prod(dim=1, keepdim=True) > 0).float()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        nn.BCEWithLogitsLoss()(net(inputs), targets).backward()
        optimizer.step()
    return net, inputs, targets


def peer(net: nn.Module, inputs: Tensor, targets: Tensor, side: int) -> Callable[[], object]:
    metric = metrics.Loss(nn.BCEWithLogitsLoss(), inputs, targets)
    return lambda: loss_landscapes.random_plane(
        net, metric, distance=1, steps=side, normalization="filter", deepcopy_model=True
    )


def ours(module: nn.Module, inputs: Tensor, targets: Tensor, side: int) -> Callable[[], Tensor]:
    """From the module to the surface: nothing is prepared outside of what is timed."""
    axis = torch.linspace(-1, 1, side)

    def scan() -> Tensor:
        prob = Problem.from_module(module, nn.BCEWithLogitsLoss(), (inputs, targets))
        return evaluate(prob, random_plane(prob, prob.params0), axis, axis).loss

    return scan


def built_in(side: int) -> Callable[[], Tensor]:
    prob = lv.build(
        lv.Experiment(
            dataset="moons",
            dataset_params={"samples": 200},
            test_share=0.0,
            model="mlp",
            model_params={"depth": 2, "width": 16, "activation": "tanh"},
            loss="bce_with_logits",
        )
    )
    if len(prob.data.inputs) != 200 or prob.space.size != 337:
        raise SystemExit("The catalogue's network is no longer the one of this comparison.")
    axis = torch.linspace(-1, 1, side)
    return lambda: evaluate(prob, random_plane(prob, prob.params0), axis, axis).loss


def loop(net: nn.Module, inputs: Tensor, targets: Tensor, side: int) -> Callable[[], Tensor]:
    """What one would write by hand: one `functional_call` for each point."""
    prob = Problem.from_module(net, nn.BCEWithLogitsLoss(), (inputs, targets))
    plane = random_plane(prob, prob.params0)
    axis = torch.linspace(-1, 1, side)

    def scan() -> Tensor:
        with torch.no_grad():
            return torch.tensor(
                [
                    [
                        nn.BCEWithLogitsLoss()(
                            functional_call(net, plane.at(float(x), float(y)), (inputs,)), targets
                        )
                        for x in axis
                    ]
                    for y in axis
                ]
            )

    return scan


def naive64(plane: Plane, net: nn.Module, inputs: Tensor, targets: Tensor, side: int) -> Tensor:
    """The same surface point by point in float64."""
    axis = torch.linspace(-1, 1, side, dtype=torch.float64)
    losses = torch.zeros(side, side, dtype=torch.float64)
    with torch.no_grad():
        for j, y in enumerate(axis):
            for i, x in enumerate(axis):
                theta = plane.origin + x * plane.axes[0] + y * plane.axes[1]
                outputs = functional_call(net, plane.space.unflatten(theta), (inputs.double(),))
                losses[j, i] = nn.BCEWithLogitsLoss()(outputs, targets.double())
    return losses


def exactness(net: nn.Module, inputs: Tensor, targets: Tensor, side: int) -> None:
    axis = torch.linspace(-1, 1, side, dtype=torch.float64)
    print("Largest difference from a loop in float64 over the same directions:")
    for name, module in {"layer by layer": net, "vmap": Flattening(net)}.items():
        prob = Problem.from_module(module, nn.BCEWithLogitsLoss(), (inputs, targets))
        plane = random_plane(prob, prob.params0)
        found = evaluate(prob, plane, axis, axis).loss.double()
        worst = (found - naive64(plane, module, inputs, targets, side)).abs().max().item()
        print(f"  {name:16} {worst:.1e}   (way taken: {PlaneLosses(prob, plane).way})")
        if worst > 1e-5:
            raise SystemExit(f"{name} is off by {worst:.1e}, more than 1e-5.")


def compare(width: int, samples: int, side: int, repeats: int, with_loop: bool) -> None:
    net, inputs, targets = trained(width, samples)
    contenders: dict[str, Callable[[], object]] = {
        PEER: peer(net, inputs, targets, side),
        "lossviz, layer by layer": ours(net, inputs, targets, side),
        "lossviz, own module": ours(Wrapped(net), inputs, targets, side),
        "lossviz, vmap": ours(Flattening(net), inputs, targets, side),
    }
    if width == 16:
        contenders["lossviz, its own network"] = built_in(side)
    if with_loop:
        contenders[LOOP] = loop(net, inputs, targets, side)
    swapped = sigmoid_is_faster()
    threads = torch.get_num_threads()
    # What a busy machine does beside one thread is not that thread's time.
    clock = time.thread_time if threads == 1 else time.perf_counter
    times = interleaved(contenders, repeats, clock=clock)
    size = sum(p.numel() for p in net.parameters())
    title = (
        f"2-{width}-{width}-1 tanh ({size} parameters), {samples} points, {side} x {side}, "
        f"{f'{threads} threads' if threads > 1 else 'time of 1 thread'}, {repeats} repeats, "
        "per grid point:"
    )
    print(table(title, times, against=PEER, each=side * side))
    print(f"  Under vmap, tanh is computed {'through the sigmoid' * swapped or 'as it is'}.")
    if with_loop:
        verdict(times)
    print()


def verdict(times: dict[str, Times]) -> None:
    """Who is not so many times as fast as the library and the loop (medians)."""
    others = {PEER: times[PEER].median, LOOP: times[LOOP].median}
    slow = [
        f"{name} ({theirs / own.median:.1f} times {other})"
        for name, own in times.items() if name.startswith("lossviz")
        for other, theirs in others.items() if theirs < LEAST * own.median
    ]  # fmt: skip
    print(
        f"  Less than {LEAST:g} times as fast as {PEER} or the loop: {', '.join(slow) or 'none'}."
    )


MEMORY = (PEER, "lossviz, layer by layer", "lossviz, vmap")


def memory() -> None:
    """What a scan adds to the resident memory of a process, at its peak."""
    if not counted():
        print("Peak memory is measured on Linux only.")
        return
    print("Peak of the resident memory during a scan, above what was resident before it:")
    for name in MEMORY:
        command = [sys.executable, "-m", "benchmarks.surface", "--peak", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(f"  {name:24} {int(done.stdout.split()[-1]) / 1024:6.1f} MiB")


def peak(name: str) -> None:
    torch.set_num_threads(1)
    net, inputs, targets = trained(16, 200)

    def scan(side: int) -> object:
        if name == PEER:
            return peer(net, inputs, targets, side)()
        module = Flattening(net) if name == "lossviz, vmap" else net
        return ours(module, inputs, targets, side)()

    scan(2)  # what is imported once is not the scan's
    print(growth(lambda: scan(SIDE)))


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--peak", choices=MEMORY, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.peak:
        peak(chosen.peak)
        return
    default = torch.get_num_threads()
    print(f"torch {torch.__version__}\n")
    torch.set_num_threads(1)
    exactness(*trained(16, 200), SIDE)
    print()
    compare(16, 200, SIDE, chosen.repeats, with_loop=True)
    torch.set_num_threads(default)
    compare(16, 200, SIDE, chosen.repeats, with_loop=False)
    torch.set_num_threads(1)
    compare(256, 2000, 5, chosen.repeats, with_loop=False)
    memory()


if __name__ == "__main__":
    main(sys.argv[1:])

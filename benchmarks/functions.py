"""A race on a function: twelve contenders, 1 000 steps, computed, sent and painted.

    python -m benchmarks.functions

First the arithmetic alone, beside twelve plain loops that a person would write (leaf, `backward`,
`step`, a list of points), interleaved on one thread. Then the whole way in a real Chromium: from a
key on a learning rate to the repainted picture, each rate a new one.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import torch
from playwright.sync_api import Page

from benchmarks.browser import WATCH, browser, wait_for_picture
from benchmarks.classroom import quantile
from benchmarks.server import serve
from benchmarks.timing import interleaved, table
from lossviz.comparison import Contender, write_race
from lossviz.course import Course
from lossviz.course.heat import heat_of, race_of
from lossviz.registry import functions, optimizers
from lossviz.settings import Options

STEPS = 1000
CHANGES = 20
#: Seconds, the median of the whole way.
GOAL = 1.0
TWELVE = (
    ("sgd", {"lr": 0.001}),
    ("sgd", {"lr": 0.001, "momentum": 0.9}),
    ("sgd", {"lr": 0.001, "momentum": 0.9, "nesterov": True}),
    ("adam", {"lr": 0.05}),
    ("adamw", {"lr": 0.05}),
    ("nadam", {"lr": 0.05}),
    ("radam", {"lr": 0.05}),
    ("adamax", {"lr": 0.05}),
    ("adagrad", {"lr": 0.5}),
    ("adadelta", {"lr": 1.0}),
    ("rmsprop", {"lr": 0.01}),
    ("rprop", {"lr": 0.01}),
)


def course() -> Course:
    """Twelve contenders on Rosenbrock's function."""
    contenders = tuple(Contender(name, Options(params)) for name, params in TWELVE)
    return Course(function="rosenbrock", contenders=contenders, steps=STEPS)


def plain_loops(wanted: Course) -> list[list[torch.Tensor]]:
    """What a person writes: one loop for each optimizer, which keeps the points."""
    entry = functions[wanted.function]
    f = entry.make(**wanted.params)
    paths = []
    for contender in wanted.contenders:
        point = torch.tensor(wanted.begin(), dtype=torch.float64, requires_grad=True)
        optimizer = optimizers[contender.optimizer].make([point], **contender.params)
        path = [point.detach().clone()]
        for _ in range(wanted.steps):
            optimizer.zero_grad()
            f(point[0], point[1]).backward()
            optimizer.step()
            path.append(point.detach().clone())
        paths.append(path)
    return paths


def dial(page: Page) -> list[float]:
    """Seconds from a key on D's learning rate to the repainted picture."""
    page.get_by_role("slider", name="Learning rate").nth(3).focus()
    page.evaluate(WATCH)
    for change in range(CHANGES):
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(f"() => repaints.length > {change}")
        page.wait_for_timeout(500)
    times: list[float] = page.evaluate("() => repaints")
    return [milliseconds / 1000 for milliseconds in times]


def main(arguments: Sequence[str] = ()) -> int:
    """Print both."""
    torch.set_num_threads(1)
    wanted = course()
    times = interleaved(
        {
            "twelve plain loops": lambda: plain_loops(wanted),
            "lossviz race, watched": lambda: race_of(wanted),
            "lossviz, all that is drawn": lambda: heat_of(wanted),
        },
        repeats=7,
    )
    print(table(f"12 contenders x {STEPS} steps, float64", times, "twelve plain loops", unit="ms"))
    with serve() as server, browser() as context:
        page = context.pages[0]
        page.goto(f"{server.url}/race?v=1&steps={STEPS}&race={write_race(wanted.contenders)}")
        wait_for_picture(page)
        page.wait_for_timeout(3000)
        changes = dial(page)
        page.evaluate("() => { window.lossvizStage.seek(0); window.lossvizStage.play(); }")
        page.wait_for_timeout(2500)
        fps = page.evaluate("() => window.lossvizStage.fps")
    median = statistics.median(changes)
    print(
        f"\nslider to repainted picture, 12 x {STEPS} steps: median {median:.3f} s, "
        f"p95 {quantile(changes, 0.95):.3f} s, min {min(changes):.3f} (n {CHANGES}); "
        f"goal {GOAL:g}: {'met' if median <= GOAL else 'NOT MET'}"
    )
    print(f"playing 12 contenders: {fps:.1f} frames/s")
    return int(median > GOAL)


if __name__ == "__main__":
    raise SystemExit(main())

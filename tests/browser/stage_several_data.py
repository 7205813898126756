"""Made-up scenes with several surfaces, lines that move and tabs at the side: closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from lossviz.figures.theme import Mode
from lossviz.ui.stage import message as m
from tests.browser import stage_data as data

STEPS = 200
#: The strand and the profile have a row for so many steps.
EVERY = 10
RANGE = (0.05, 12.0)


def plane(number: int, view: Literal["2d", "3d"] = "2d", *, shared: bool = True) -> m.Surface:
    """The bowl, seen a little from elsewhere for each number."""
    flat = data.surface(view, shift=0.35 * number)
    return replace(
        flat,
        range=RANGE if shared else None,
        title=f"Seed {number}",
        clickable=number == 0,
        uirevision=f"seed {number}",
        marks=np.array([[-1.6, -1.1], [0.6, -0.4], [1.9, 1.0]]),
        mark_labels=("A", "θ", "B"),
    )


def paths(number: int, count: int) -> tuple[m.Path, ...]:
    """The spirals of the bowl; none for the last of two or three in a view of odd number."""
    some = count - number % 2 if count in {2, 3} else count
    return tuple(
        replace(data.path(i, count, STEPS, (-1.8, 1.2)), residual=np.full(STEPS + 1, 0.5 + number))
        for i in range(some)
    )


def view(number: int, count: int, *, shared: bool = True, pending: bool = False) -> m.View:
    """The view of that number, from 1."""
    surface = plane(number, shared=shared)
    return m.View(
        f"seed-{number}",
        f"Seed {number}",
        replace(surface, z=None) if pending else surface,
        paths(number, count),
        note=f"Random directions of seed {number}.",
    )


def bend(t: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A quadratic curve from A to B whose bend goes from the chord's middle to beyond it."""
    a, b = np.array([-1.6, -1.1]), np.array([1.9, 1.0])
    middle = (a + b) / 2
    theta = middle + share[:, None] * np.array([0.9, -1.3])
    x, y = (
        (1 - t) ** 2 * a[k] + 2 * t * (1 - t) * theta[:, k : k + 1] + t**2 * b[k] for k in range(2)
    )
    return x, y


def strands(where: str = "") -> tuple[m.Strand, ...]:
    """The straight line, and the curve that bends while time goes on."""
    t = np.linspace(0, 1, 41)
    steps = np.arange(0, STEPS + 1, EVERY)
    x, y = bend(t, steps / STEPS)
    straight = m.Strand("straight line", steps[:1], x[:1], y[:1], view=where, dashed=True)
    return straight, m.Strand("low-loss curve", steps, x, y, view=where, mark=2)


def profile() -> m.Profile:
    """The bowl's loss along the strands, and how far its middle is below the chord."""
    t = np.linspace(0, 1, 41)
    steps = np.arange(0, STEPS + 1, EVERY)
    along = data.loss_at(*bend(t, steps / STEPS))
    chord = along[:, :1] + t * (along[:, -1:] - along[:, :1])
    half = np.full(len(steps), 0.5)
    return m.Profile(
        t,
        steps,
        (
            m.ProfileLine("straight line", along[0], dashed=True),
            m.ProfileLine("low-loss curve", along, mark=2),
        ),
        (m.Bracket("below the chord", half, along[:, 20], chord[:, 20]),),
        x_title="t",
        y_title="loss",
    )


def histogram(contender: str = "A") -> m.Histogram:
    """Weights that spread while time goes on."""
    steps = np.arange(0, STEPS + 1, EVERY)
    edges = np.linspace(-2, 2, 41)
    middle = (edges[1:] + edges[:-1]) / 2
    width = 0.15 + 0.5 * steps[:, None] / STEPS
    counts = np.round(900 * np.exp(-0.5 * (middle / width) ** 2) / width / 6).astype(np.int32)
    return m.Histogram(edges, steps, counts, x_title="weight", contender=contender)


def matrix(contender: str = "A") -> m.Matrix:
    """A row of waves that grows; one cell that is not finite at the end."""
    steps = np.arange(0, STEPS + 1, EVERY)
    row, column = np.mgrid[:6, :14]
    wave = np.sin(0.9 * column + row) * (row + 1) / 6
    values = wave * (steps / STEPS)[:, None, None]
    values[-1, 0, 0] = np.nan
    return m.Matrix(steps, values, "input", "unit", contender=contender)


def spread() -> m.Profile:
    """The spread of activations in five layers, on a log axis, its range that of each step."""
    steps = np.arange(0, STEPS + 1, EVERY)
    depth = np.arange(5)
    values = np.exp(-depth * (1.2 - steps[:, None] / STEPS))
    return m.Profile(
        depth.astype(float),
        steps,
        (
            m.ProfileLine("activations", values, contender="A"),
            m.ProfileLine("gradients", values[:, ::-1] / 10, mark=1, dashed=True),
        ),
        y_title="standard deviation",
        x_labels=("input", "layer 1", "layer 2", "layer 3", "output"),
        log=True,
        pinned=False,
    )


def ledger() -> m.Ledger:
    """One sentence with a number."""
    steps = np.arange(0, STEPS + 1, EVERY)
    line = m.LedgerLine("how far", templates=("now at {share} of the way",))
    return m.Ledger("Why", "A", steps, (line,), {"share": steps / STEPS})


def side(contender: str = "A") -> tuple[m.Tab, ...]:
    """One tab of every kind."""
    return (
        m.Tab("along", profile()),
        m.Tab("weights", histogram(contender)),
        m.Tab("matrix", matrix(contender)),
        m.Tab("spread", spread()),
        m.Tab("predictions", data.predictions("regions", STEPS)),
        m.Tab("why", ledger()),
        m.Tab("nothing", "This model has no picture of that."),
    )


def scene(
    mode: Mode = "light",
    *,
    views: int = 1,
    count: int = 2,
    three_d: bool = False,
    shared: bool = True,
    pending: bool = False,
    choice: str = "A",
) -> m.Scene:
    """A main surface, and so many views beside it."""
    whole = data.scene(mode, count=count, steps=STEPS)
    return replace(
        whole,
        surface=plane(0, "3d" if three_d else "2d", shared=shared),
        paths=paths(0, count),
        views=tuple(
            view(i, count, shared=shared, pending=pending and i == 1) for i in range(1, views + 1)
        ),
        strands=(*strands(), *(strands("seed-1") if views else ())),
        predictions=None,
        side=side(choice),
    )


def bare() -> m.Scene:
    """Nobody races: the strands and the profile alone, on their own time line."""
    whole = scene(views=0)
    return replace(whole, contenders=(), paths=(), losses=None, side=whole.side[:1], choices=())

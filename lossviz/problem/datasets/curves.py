"""Two classes along curves in the plane: moons, circles and spirals."""

from __future__ import annotations

import numpy as np

from lossviz.problem.code import drawn_by
from lossviz.problem.data import Table
from lossviz.problem.datasets.common import (
    PLANE,
    TWO_CLASSES,
    labels,
    noise,
    samples,
    two_classes_in_the_plane,
)
from lossviz.registry import DatasetEntry, Param, datasets


def make_moons(rng: np.random.Generator, samples: int, noise: float) -> Table:
    """Two interleaved half circles of radius 1, evenly spaced along them."""
    y = labels(samples, 2)
    upper, lower = (np.linspace(0, np.pi, int((y == c).sum())) for c in (0, 1))
    points = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], 1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], 1),
        ]
    )
    return _table(rng, points, y, noise)


def make_circles(rng: np.random.Generator, samples: int, noise: float, factor: float) -> Table:
    """A circle of radius 1, and one of radius ``factor`` inside it."""
    y = labels(samples, 2)
    rings = []
    for c, radius in ((0, 1.0), (1, factor)):
        angle = np.linspace(0, 2 * np.pi, int((y == c).sum()), endpoint=False)
        rings.append(radius * np.stack([np.cos(angle), np.sin(angle)], 1))
    return _table(rng, np.concatenate(rings), y, noise)


def make_spirals(rng: np.random.Generator, samples: int, noise: float, turns: float) -> Table:
    """Two arms of a spiral of outer radius 1, half a turn apart, denser in the middle."""
    y = labels(samples, 2)
    arms = []
    for c in (0, 1):
        along = np.linspace(0.1, 1, int((y == c).sum()))
        angle = 2 * np.pi * turns * along + np.pi * c
        arms.append(along[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1))
    return _table(rng, np.concatenate(arms), y, noise)


def _table(rng: np.random.Generator, points: np.ndarray, y: np.ndarray, noise: float) -> Table:
    return Table(points + noise * rng.standard_normal(points.shape), y, PLANE, TWO_CLASSES, "class")


datasets.add(
    DatasetEntry(
        name="moons",
        title="Two moons",
        about="Two interleaved half circles: a bend is needed, and a small network finds it.",
        make=make_moons,
        code=drawn_by(make_moons),
        formula=r"(\cos t, \sin t) \;\text{and}\; (1 - \cos t, \tfrac12 - \sin t),\quad "
        r"0 \le t \le \pi",
        params=(samples(), noise(0.2, 1.0)),
        shape=two_classes_in_the_plane,
    )
)
datasets.add(
    DatasetEntry(
        name="circles",
        title="Two circles",
        about="One class around the other: no straight line does better than guessing.",
        make=make_circles,
        code=drawn_by(make_circles),
        formula=r"r(\cos t, \sin t),\quad r \in \{1, \text{factor}\}",
        params=(
            samples(),
            noise(0.1, 1.0),
            Param("factor", 0.5, 0.05, 0.95, help="The radius of the inner circle."),
        ),
        shape=two_classes_in_the_plane,
    )
)
datasets.add(
    DatasetEntry(
        name="spirals",
        title="Two spirals",
        about="Two arms wound around each other: hard for a small network, and slow to learn.",
        make=make_spirals,
        code=drawn_by(make_spirals),
        formula=r"s(\cos(2\pi T s + \pi c), \sin(2\pi T s + \pi c)),\quad 0.1 \le s \le 1",
        cite="After the two-spirals task of Lang and Witbrock, Learning to Tell Two Spirals Apart "
        "(1988)",
        params=(
            samples(),
            noise(0.02, 0.5),
            Param("turns", 1.5, 0.25, 3.0, help="How often each arm winds around the middle."),
        ),
        shape=two_classes_in_the_plane,
    )
)

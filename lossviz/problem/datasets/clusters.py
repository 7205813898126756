"""Classes as clouds of points: blobs, the exclusive or, and a rare class."""

from __future__ import annotations

import numpy as np

from lossviz.problem.code import drawn_by
from lossviz.problem.data import Table
from lossviz.problem.datasets.common import (
    PLANE,
    labels,
    noise,
    samples,
    two_classes_in_the_plane,
)
from lossviz.registry import DatasetEntry, Param, Shape, datasets


def make_blobs(rng: np.random.Generator, samples: int, classes: int, noise: float) -> Table:
    """Round clouds with centres evenly on the unit circle."""
    y = labels(samples, classes)
    angle = 2 * np.pi * y / classes
    points = np.stack([np.cos(angle), np.sin(angle)], 1)
    points += noise * rng.standard_normal(points.shape)
    return Table(points, y, PLANE, tuple(f"class {c}" for c in range(classes)), "class")


def make_xor(rng: np.random.Generator, samples: int, noise: float) -> Table:
    """Clouds at the corners of the unit square; 4 samples without noise are the truth table."""
    corner = np.arange(samples) % 4
    points = np.stack([corner // 2, corner % 2], 1).astype(float)
    y = (corner // 2) ^ (corner % 2)
    points += noise * rng.standard_normal(points.shape)
    return Table(points, y, PLANE, ("same", "different"), "exclusive or")


def make_rare(rng: np.random.Generator, samples: int, share: float) -> Table:
    """Normal numbers around -1, and a few around +1."""
    positives = max(2, round(samples * share))
    y = (np.arange(samples) >= samples - positives).astype(np.int64)
    points = rng.standard_normal((samples, 1)) + (2 * y - 1)[:, None]
    return Table(points, y, ("x",), ("common", "rare"), "class")


datasets.add(
    DatasetEntry(
        name="blobs",
        title="Blobs",
        about="Round clouds, one for each class: straight lines are enough.",
        make=make_blobs,
        code=drawn_by(make_blobs),
        formula=r"x \sim N\left((\cos\tfrac{2\pi c}{C}, \sin\tfrac{2\pi c}{C}), \sigma^2 I\right)",
        params=(
            samples(),
            Param("classes", 3, 2, 8, help="The number of clouds."),
            noise(0.3, 1.0),
        ),
        shape=lambda params: Shape("classification", 2, int(params["classes"])),
    )
)
datasets.add(
    DatasetEntry(
        name="xor",
        title="Exclusive or",
        about="The four corners of a square, opposite ones alike: the classic that no straight "
        "line can solve.",
        make=make_xor,
        code=drawn_by(make_xor),
        formula=r"y = x_1 \oplus x_2",
        cite="Minsky and Papert, Perceptrons (1969)",
        params=(samples(low=4), noise(0.15, 1.0)),
        shape=two_classes_in_the_plane,
    )
)
datasets.add(
    DatasetEntry(
        name="rare",
        title="Rare class",
        about="Two overlapping bells, one class rare: accuracy looks fine while recall is poor.",
        make=make_rare,
        code=drawn_by(make_rare),
        formula=r"x \mid y \sim N(2y - 1, 1)",
        params=(
            samples(1000),
            Param("share", 0.05, 0.01, 0.5, "log", help="The share of the rare class."),
        ),
        shape=lambda params: Shape("classification", 1, 2),
    )
)

"""One number and two classes: by its sign, or by nothing at all."""

from __future__ import annotations

import numpy as np

from lossviz.problem.code import drawn_by
from lossviz.problem.data import Table
from lossviz.problem.datasets.common import TWO_CLASSES, noise, samples
from lossviz.registry import DatasetEntry, Param, Shape, datasets


def make_halves(rng: np.random.Generator, samples: int, rule: str, noise: float) -> Table:
    """Normal numbers; the class is the sign of the number with noise, or the place in the row.

    By "place" the first half is class 1 and the rest class 0, whatever the numbers are.
    """
    x = rng.standard_normal(samples)
    if rule == "place":
        targets = (np.arange(samples) < samples // 2).astype(np.int64)
    else:
        seen = x + noise * rng.standard_normal(samples)
        targets = (seen > 0).astype(np.int64)
        # So that both classes are there however the numbers fall.
        targets[seen.argmin()], targets[seen.argmax()] = 0, 1
    return Table(x[:, None], targets, ("x",), TWO_CLASSES)


datasets.add(
    DatasetEntry(
        name="halves",
        title="One number, two halves",
        about="A normal number whose class is its noisy sign; or, by place, has nothing to do with "
        "it, so that there is nothing to learn.",
        make=make_halves,
        code=drawn_by(make_halves),
        formula=r"x \sim N(0, 1),\quad t = [x + \sigma \varepsilon > 0]",
        params=(
            samples(100),
            Param(
                "rule",
                "sign",
                choices=("sign", "place"),
                help="What the class follows: the sign of the noisy number, or its place in the "
                "row.",
            ),
            noise(0.3, 2.0, "number before its sign is taken"),
        ),
        shape=lambda params: Shape("classification", 1, 2),
    )
)

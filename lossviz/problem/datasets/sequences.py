"""Sequences: waves to go on with, numbers to remember, signs to count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossviz.problem.code import drawn_by
from lossviz.problem.data import Table
from lossviz.problem.datasets.common import labels, noise, samples
from lossviz.registry import DatasetEntry, Param, Shape, Task, Value, datasets

#: Angular frequencies of the waves in radians a step; no ratio is rational, so nothing repeats.
FREQUENCIES = 0.2 * np.sqrt([1.0, 2.0, 5.0])


def make_waves(rng: np.random.Generator, samples: int, length: int, noise: float) -> Table:
    """Windows of a noisy sum of three sines, and the value of the next step.

    Each window begins at a random time. The noise is on what is seen, not on the target.
    """
    begin = rng.uniform(0, 1000, samples)
    times = begin[:, None] + np.arange(length + 1)
    waves = np.sin(FREQUENCIES[:, None, None] * times).sum(0)
    seen = waves[:, :-1] + noise * rng.standard_normal((samples, length))
    return Table(seen, waves[:, -1], _steps(length), target_name="next value")


def make_adding(rng: np.random.Generator, samples: int, length: int) -> Table:
    """Random numbers with two of them marked, one in each half: the sum of these two.

    Each step has two features, a number from [0, 1) and the mark 0 or 1; in a row they stand step
    by step.
    """
    values = rng.random((samples, length))
    half = length // 2
    first, second = rng.integers(0, half, samples), rng.integers(half, length, samples)
    rows = np.arange(samples)
    marks = np.zeros((samples, length))
    marks[rows, first] = marks[rows, second] = 1
    names = tuple(f"{what} {t}" for t in range(length) for what in ("value", "mark"))
    inputs = np.stack([values, marks], axis=2).reshape(samples, 2 * length)
    return Table(inputs, values[rows, first] + values[rows, second], names, target_name="sum")


def make_parity(rng: np.random.Generator, samples: int, length: int) -> Table:
    """Signs -1 and 1, half of the samples with an even and half with an odd number of ones."""
    y = labels(samples, 2)
    bits = rng.integers(0, 2, (samples, length))
    # The last bit makes the parity what it is to be; each row remains as likely as any other.
    bits[:, -1] = (bits[:, :-1].sum(1) + y) % 2
    return Table(2.0 * bits - 1, y, _steps(length), ("even", "odd"))


def _steps(length: int) -> tuple[str, ...]:
    return tuple(f"step {t}" for t in range(length))


def _length(default: int, low: int, high: int) -> Param:
    return Param("length", default, low, high, "log", help="How many steps each sequence has.")


def _waves_shape(params: Mapping[str, Value]) -> Shape:
    return _shape("regression", int(params["length"]), 1, 0)


def _adding_shape(params: Mapping[str, Value]) -> Shape:
    return _shape("regression", int(params["length"]), 2, 0)


def _parity_shape(params: Mapping[str, Value]) -> Shape:
    return _shape("classification", int(params["length"]), 1, 2)


def _shape(task: Task, length: int, features: int, classes: int) -> Shape:
    return Shape(task, length * features, classes, "sequence", (length, features))


datasets.add(
    DatasetEntry(
        name="waves",
        title="Waves",
        about="A window of three added waves, with noise: which value comes next?",
        make=make_waves,
        code=drawn_by(make_waves),
        formula=r"x_t = \sum_k \sin(\omega_k t) + \sigma \varepsilon_t",
        params=(samples(), _length(16, 4, 64), noise(0.1, 1.0, "value seen")),
        shape=_waves_shape,
    )
)
datasets.add(
    DatasetEntry(
        name="adding",
        title="Adding problem",
        about="Two of many numbers are marked: their sum can only be told by remembering.",
        make=make_adding,
        code=drawn_by(make_adding),
        formula=r"y = \sum_t m_t x_t,\quad \sum_t m_t = 2",
        cite="Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9 (1997)",
        params=(samples(), _length(12, 4, 64)),
        shape=_adding_shape,
    )
)
datasets.add(
    DatasetEntry(
        name="parity",
        title="Parity",
        about="Is the number of ones even or odd? One step that is missed spoils the answer.",
        make=make_parity,
        code=drawn_by(make_parity),
        formula=r"y = \sum_t b_t \bmod 2,\quad x_t = 2 b_t - 1",
        cite="Minsky and Papert, Perceptrons (1969)",
        params=(samples(), _length(6, 3, 32)),
        shape=_parity_shape,
    )
)

"""Values over one input: a line, a line with outliers, and a sine."""

from __future__ import annotations

import numpy as np

from lossviz.problem.code import drawn_by
from lossviz.problem.data import Table
from lossviz.problem.datasets.common import curve, noise, samples
from lossviz.registry import DatasetEntry, Param, datasets


def make_line(
    rng: np.random.Generator, samples: int, noise: float, slope: float, intercept: float
) -> Table:
    """A noisy straight line over evenly spaced points of [0, 1]."""
    x = np.linspace(0, 1, samples)
    return _table(x, slope * x + intercept + noise * rng.standard_normal(samples))


def make_outliers(
    rng: np.random.Generator, samples: int, noise: float, outliers: int, value: float
) -> Table:
    """The line y = 2 x + 1, with the last few targets replaced by one value."""
    x = np.linspace(0, 1, samples)
    y = 2 * x + 1 + noise * rng.standard_normal(samples)
    y[samples - min(outliers, samples) :] = value
    return _table(x, y)


def make_sine(rng: np.random.Generator, samples: int, noise: float, periods: float) -> Table:
    """A noisy sine over evenly spaced points of [0, 1]."""
    x = np.linspace(0, 1, samples)
    return _table(x, np.sin(2 * np.pi * periods * x) + noise * rng.standard_normal(samples))


def _table(x: np.ndarray, y: np.ndarray) -> Table:
    return Table(x[:, None], y, ("x",), target_name="y")


datasets.add(
    DatasetEntry(
        name="line",
        title="Line",
        about="A noisy straight line: linear regression with two numbers to find.",
        make=make_line,
        code=drawn_by(make_line),
        formula=r"y = a x + b + \sigma \varepsilon,\quad 0 \le x \le 1",
        params=(
            samples(60, low=3),
            noise(0.1, 2.0, "target"),
            Param("slope", 2.0, -5.0, 5.0, help="The slope a."),
            Param("intercept", 1.0, -5.0, 5.0, help="The intercept b."),
        ),
        shape=curve,
    )
)
datasets.add(
    DatasetEntry(
        name="outliers",
        title="Line with outliers",
        about="A line whose last points are far off: which losses are led astray by them?",
        make=make_outliers,
        code=drawn_by(make_outliers),
        formula=r"y = 2 x + 1 + \sigma \varepsilon,\quad \text{the last few replaced}",
        params=(
            samples(11, low=3),
            noise(0.0, 2.0, "target"),
            Param("outliers", 1, 0, 10, help="How many targets are replaced."),
            Param("value", 20.0, -50.0, 50.0, help="What they are replaced by."),
        ),
        shape=curve,
    )
)
datasets.add(
    DatasetEntry(
        name="sine",
        title="Sine",
        about="A noisy wave: too small a model misses it, too large a one learns the noise.",
        make=make_sine,
        code=drawn_by(make_sine),
        formula=r"y = \sin(2 \pi k x) + \sigma \varepsilon,\quad 0 \le x \le 1",
        params=(
            samples(60, low=3),
            noise(0.2, 2.0, "target"),
            Param("periods", 1.0, 0.5, 5.0, help="How many periods k."),
        ),
        shape=curve,
    )
)

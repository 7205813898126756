"""Every way in which a data set can break its contract is told."""

import numpy as np
import pytest

from lossviz.problem import Table
from lossviz.registry import DatasetEntry, Shape
from tests.testing.told import count, told

VALUES = Shape("regression", 1, 0)


def dataset(make, shape=VALUES):
    return DatasetEntry(name="d", title="D", about="D.", make=make, shape=lambda params: shape)


X = np.linspace(0, 1, 4)[:, None]
Y = X[:, 0]
CLASSES = np.array([0, 1, 0, 1])
TWO = Shape("classification", 1, 2)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (dataset(lambda rng: Table(X + np.random.rand(), Y, ("x",))), "global random"),  # noqa: NPY002
        (dataset(lambda rng: (X, Y)), "gives a Table"),
        (dataset(lambda rng: Table(X + count(), Y, ("x",))), "other samples"),
        (dataset(lambda rng: Table(X.astype(np.float32), Y, ("x",))), "float64, not float32"),
        (dataset(lambda rng: Table(X + np.inf, Y, ("x",))), "finite"),
        (dataset(lambda rng: Table(Y, Y, ("x",))), r"\(N, D\)"),
        (dataset(lambda rng: Table(X, Y, ("x", "y"))), "2 feature names"),
        (dataset(lambda rng: Table(X, X, ("x",))), "targets have the shape"),
        (dataset(lambda rng: Table(X, Y, ("x",), ("a",))), "1 class names"),
        (dataset(lambda rng: Table(X, Y, ("x",), ("a", "b")), TWO), "int64 class numbers"),
        (dataset(lambda rng: Table(X, 0 * CLASSES, ("x",), ("a", "b")), TWO), "each occurs"),
        (dataset(lambda rng: Table(X, CLASSES, ("x",))), "finite float64"),
    ],
)
def test_data_sets(entry, words):
    told(entry, words)

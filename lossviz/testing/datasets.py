"""The contract of a data set."""

from __future__ import annotations

import numpy as np

from lossviz.problem.data import Table
from lossviz.registry import DatasetEntry, Shape
from lossviz.testing.common import check_entry, corners, random_state_stays, require


def check_dataset(entry: DatasetEntry) -> None:
    """Check a data set: its table fits its shape, is finite, and is the same with the same seed."""
    check_entry(entry)
    for params in corners(entry):
        who = f"{entry.name}({params})"
        with random_state_stays(who):
            first: Table = entry.make(np.random.default_rng(0), **params)
            again: Table = entry.make(np.random.default_rng(0), **params)
        require(isinstance(first, Table), f"{who}: make gives a Table, not {type(first)}.")
        require(
            np.array_equal(first.inputs, again.inputs)
            and np.array_equal(first.targets, again.targets),
            f"{who}: the same seed gives other samples the second time.",
        )
        _check_table(who, first, entry.shape(params))


def _check_table(who: str, table: Table, shape: Shape) -> None:
    inputs, targets = table.inputs, table.targets
    require(
        inputs.dtype == np.float64 and inputs.ndim == 2 and np.isfinite(inputs).all(),
        f"{who}: inputs are a finite (N, D) array of float64, not {inputs.dtype} {inputs.shape}.",
    )
    require(
        inputs.shape[1] == shape.inputs == len(table.feature_names),
        f"{who}: there are {inputs.shape[1]} inputs, {len(table.feature_names)} feature names, and "
        f"the shape says {shape.inputs}.",
    )
    require(
        targets.shape == inputs.shape[:1],
        f"{who}: targets have the shape {targets.shape}, expected {inputs.shape[:1]}.",
    )
    require(
        len(table.class_names) == shape.classes,
        f"{who}: there are {len(table.class_names)} class names, the shape says {shape.classes}.",
    )
    if shape.task == "classification":
        require(
            targets.dtype == np.int64
            and np.array_equal(np.unique(targets), np.arange(shape.classes)),
            f"{who}: the targets of a classification are int64 class numbers from 0 to "
            f"{shape.classes - 1}, and each occurs; got {targets.dtype} {np.unique(targets)}.",
        )
    else:
        require(
            targets.dtype == np.float64 and np.isfinite(targets).all() and shape.classes == 0,
            f"{who}: the targets of a regression are finite float64, and its shape has 0 classes.",
        )

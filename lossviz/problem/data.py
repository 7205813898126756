"""The records of data: a raw `Table`, and the split, scaled `Data` that a problem trains on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lossviz.registry import Shape


@dataclass(frozen=True, eq=False)
class Table:
    """Raw samples as a data set gives them, before split and scaling.

    Args:
        inputs: (N, D) float64.
        targets: (N,) int64 class numbers, or (N,) float64 values.
        feature_names: D names.
        class_names: The classes' names; empty in a regression.
        target_name: What is predicted, for axis titles.
    """

    inputs: np.ndarray
    targets: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    target_name: str = "target"


@dataclass(frozen=True, eq=False)
class Data:
    """What a problem trains and tests on.

    Args:
        inputs, test_inputs: (N, D) scaled, in the problem's dtype.
        targets, test_targets: (N,) int64 class numbers, or (N, 1) values in the problem's dtype.
        shape: Task, input width and number of classes.
        feature_names, class_names, target_name: For axes and tables.
    """

    inputs: Tensor
    targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor
    shape: Shape
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    target_name: str = "target"

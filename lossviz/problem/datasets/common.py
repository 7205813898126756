"""What several data sets share: their usual parameters, shapes and small helpers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossviz.registry import Param, Shape, Value

PLANE = ("x1", "x2")
TWO_CLASSES = ("class 0", "class 1")


def samples(default: int = 200, low: int = 10, high: int = 2000) -> Param:
    """The parameter that says how many samples to draw."""
    return Param("samples", default, low, high, "log", help="How many samples are drawn.")


def noise(default: float, high: float, what: str = "position") -> Param:
    """The parameter that says how far samples stray."""
    return Param("noise", default, 0.0, high, help=f"The standard deviation added to each {what}.")


def two_classes_in_the_plane(params: Mapping[str, Value]) -> Shape:
    """The shape of two classes with two inputs."""
    return Shape("classification", 2, 2)


def curve(params: Mapping[str, Value]) -> Shape:
    """The shape of one value over one input."""
    return Shape("regression", 1, 0)


def labels(count: int, classes: int) -> np.ndarray:
    """Class numbers in order, as evenly as can be.

    >>> labels(5, 2)
    array([0, 0, 0, 1, 1])
    """
    return np.sort(np.arange(count) % classes)

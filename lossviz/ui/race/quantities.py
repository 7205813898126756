"""Heights and distances of a race, as they are drawn and written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch

from lossviz import registry
from lossviz.course import Course
from lossviz.course.heat import Trace
from lossviz.curvature import eigenvalues_along
from lossviz.problem import function_problem
from lossviz.registry import Point, Value

#: A curvature below this share of the other one is none.
FLAT = 1e-9


def shifted(course: Course) -> bool:
    """Whether heights are counted from the minimum, as a logarithm needs them."""
    return bool(course.log) and course.minimum is not None


def title_of(course: Course) -> str:
    """What the heights are."""
    return "f minus its minimum" if shifted(course) else "f"


def height(course: Course, values: np.ndarray) -> np.ndarray:
    """Values of the function as they are drawn."""
    return values - (course.minimum or 0.0) if shifted(course) else values


def distances(course: Course, trace: Trace) -> np.ndarray:
    """The distances (F,) to the nearest minimiser; not numbers where these form a whole curve, of
    which the catalogue names just some points.
    """
    known = bool(isolated(course.function, course.params))
    return trace.distance if known else np.full_like(trace.distance, np.nan)


@lru_cache(maxsize=64)
def isolated(function: str, params: Mapping[str, Value]) -> tuple[Point, ...]:
    """The function's minimisers, where each stands alone; none where they form a curve.

    On a curve of minima the function does not rise along the curve: its least curvature is 0. (At
    the edge of what is allowed a minimum needs no curvature.)
    """
    entry = registry.functions[function]
    minimisers = entry.minimisers(params)
    if not minimisers or entry.box(params) is not None:
        return minimisers
    at = torch.tensor(minimisers, dtype=torch.float64)
    curvatures = eigenvalues_along(function_problem(function, params), at)
    flat = curvatures[:, 0] <= FLAT * curvatures[:, -1]
    return () if flat.any() else minimisers

"""Results as a JSON tree and plain arrays, and back; nothing is pickled, nothing imported by name.

Only classes that were made known by `storable` come back, through their own checks.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from lossviz.connect import Alignment, Curve, Line, Profile
from lossviz.curvature import (
    Along,
    Eigenpairs,
    SpectralDensity,
    Spectrum,
    Trace,
    WorstCase,
)
from lossviz.plane import Plane
from lossviz.problem.space import ParamSpace
from lossviz.run import Method, Run, Status
from lossviz.settings import Experiment
from lossviz.surface import Layers, Surface

T = TypeVar("T")

#: What arrays and tensors may hold.
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")


@dataclasses.dataclass(frozen=True)
class _Known:
    """How a class is kept: what is left out, and which computed properties go along."""

    kind: type
    without: tuple[str, ...]
    computed: tuple[str, ...]


_known: dict[str, _Known] = {}


def storable(
    kind: type[T] | None = None, *, without: tuple[str, ...] = (), computed: tuple[str, ...] = ()
) -> Any:
    """Make a dataclass known, so that results that hold it can be kept on disk; a decorator.

    Args:
        kind: The class. Its fields must hold what `taken_apart` knows.
        without: Fields that are not kept, and come back as their defaults.
        computed: Names of ``cached_property`` values that are kept where they were computed.

    Raises:
        TypeError: When it is no dataclass.

    >>> @storable
    ... @dataclasses.dataclass(frozen=True)
    ... class Found:
    ...     value: float
    >>> tree, arrays = taken_apart(Found(0.5))
    >>> put_together(tree, arrays)
    Found(value=0.5)
    """
    if kind is None:
        return lambda cls: storable(cls, without=without, computed=computed)
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no dataclass, so it cannot be kept on disk.")
    _known[_name(kind)] = _Known(kind, without, computed)
    return kind


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def taken_apart(value: Any) -> tuple[Any, list[np.ndarray]]:
    """A value as a tree that JSON can hold, and the arrays that it names by their places.

    Known are None, booleans, numbers, text, lists, tuples, mappings (which come back as dicts),
    tensors (which come back on the CPU, without gradients), arrays of numbers, torch's dtypes, and
    the records that are `storable`, in any nesting. All numbers come back to the bit, and a matrix
    that lies by columns comes back so, because products of it are summed in that order.

    Raises:
        TypeError: For anything else.
    """
    arrays: list[np.ndarray] = []
    return _tree(value, arrays), arrays


def put_together(tree: Any, arrays: list[np.ndarray]) -> Any:
    """What `taken_apart` was given.

    Raises:
        ValueError, TypeError, KeyError, IndexError: For a tree that it did not make.
    """
    if isinstance(tree, list):
        return [put_together(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    return _BACK[kind](content, arrays)


# --- apart ---------------------------------------------------------------------------------------


def _tree(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, list):
        return [_tree(item, arrays) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_tree(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        items = [[_tree(key, arrays), _tree(item, arrays)] for key, item in value.items()]
        return {"mapping": items}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, Tensor):
        return {"tensor": _place(value.detach().cpu().numpy(), arrays)}
    if isinstance(value, np.ndarray):
        return {"array": _place(value, arrays)}
    return {"record": _record(value, arrays)}


def _place(array: np.ndarray, arrays: list[np.ndarray]) -> list[Any]:
    """Put an array among the others; gives its place, and whether it lies by columns."""
    if array.dtype.name not in DTYPES:
        raise TypeError(f"Arrays of {array.dtype} cannot be kept on disk, only {list(DTYPES)}.")
    by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    arrays.append(np.ascontiguousarray(array.T) if by_columns else np.array(array, order="C"))
    return [len(arrays) - 1, by_columns]


def _record(value: Any, arrays: list[np.ndarray]) -> dict[str, Any]:
    name = _name(type(value))
    known = _known.get(name)
    if known is None or known.kind is not type(value) or not dataclasses.is_dataclass(value):
        raise TypeError(
            f"{name} cannot be kept on disk; make it known with lossviz.engine.storable, or keep "
            "something else."
        )
    fields = [f.name for f in dataclasses.fields(value) if f.init and f.name not in known.without]
    have = [name for name in known.computed if name in vars(value)]
    return {
        "name": name,
        "fields": {field: _tree(getattr(value, field), arrays) for field in fields},
        "computed": {field: _tree(getattr(value, field), arrays) for field in have},
    }


# --- together ------------------------------------------------------------------------------------


def _array(content: list[Any], arrays: list[np.ndarray]) -> np.ndarray:
    place, by_columns = content
    # A copy, because what was read from a file can neither be written nor is it always aligned.
    array = np.array(arrays[place], order="C")
    return array.T if by_columns else array


def _record_back(content: dict[str, Any], arrays: list[np.ndarray]) -> Any:
    known = _known[content["name"]]
    fields = {name: put_together(value, arrays) for name, value in content["fields"].items()}
    record = known.kind(**fields)
    for name, value in content["computed"].items():
        if name not in known.computed:
            raise ValueError(f"{name} is not computed by {content['name']}")
        vars(record)[name] = put_together(value, arrays)
    return record


def _dtype(content: str, arrays: list[np.ndarray]) -> torch.dtype:
    found: torch.dtype = getattr(torch, DTYPES[DTYPES.index(content)])
    return found


_BACK: dict[str, Callable[[Any, list[np.ndarray]], Any]] = {
    "float": lambda content, arrays: float(content),
    "tuple": lambda content, arrays: tuple(put_together(item, arrays) for item in content),
    "mapping": lambda content, arrays: {
        put_together(key, arrays): put_together(item, arrays) for key, item in content
    },
    "dtype": _dtype,
    "tensor": lambda content, arrays: torch.from_numpy(_array(content, arrays)),
    "array": _array,
    "record": _record_back,
}

_PLAIN: tuple[type, ...] = (
    *(Experiment, Method, ParamSpace, Plane, Status, Surface, Layers),
    *(Along, Eigenpairs, SpectralDensity, Spectrum, Trace, WorstCase),
    *(Alignment, Curve, Line, Profile),
)
for _kind in _PLAIN:
    storable(_kind)
# A run of an experiment builds its problem anew; the metrics were computed where it was trained.
storable(Run, without=("problem",), computed=("metrics",))

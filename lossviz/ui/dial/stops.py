"""Where a dial can stop: round numbers, so that what is dragged to can be said aloud.

The browser's slider moves over the places 0, 1, 2, ... of this list, so that one press of an arrow
key, one step of a screen reader and the smallest drag are all the same: the next round number.
"""

from __future__ import annotations

import math
from functools import cache

from lossviz.registry import Param

#: Twenty nearly equal ratios to a decade, with all the digits among them: the most rounded form of
#: the preferred numbers of ISO 3 (R"20).
RATIOS = (
    "1", "1.1", "1.2", "1.4", "1.6", "1.8", "2", "2.2", "2.5", "2.8",
    "3", "3.5", "4", "4.5", "5", "5.5", "6", "7", "8", "9",
)  # fmt: skip
#: A linear dial has at most about this many stops.
LINEAR_STOPS = 100


@cache
def stops(param: Param) -> tuple[float, ...]:
    """The values a dial stops at, rising: round numbers in the range, its ends, default and `off`.

    >>> stops(Param("lr", 0.1, 0.05, 0.1, "log", off=0))
    (0.0, 0.05, 0.055, 0.06, 0.07, 0.08, 0.09, 0.1)
    >>> stops(Param("depth", 2, 1, 5))
    (1, 2, 3, 4, 5)
    """
    if param.kind not in {"whole", "number"}:
        raise ValueError(f"{param.name} is a {param.kind}; a dial is for numbers.")
    inside = _ratios(param) if param.scale == "log" else _differences(param)
    found = {s for s in inside if param.low <= s <= param.high}
    found |= {float(param.low), float(param.high), float(param.default)}
    if param.off is not None:
        found.add(float(param.off))
    if param.kind == "whole":
        return tuple(int(s) for s in sorted(found) if s == int(s))
    return tuple(sorted(found))


def _ratios(param: Param) -> set[float]:
    decades = range(math.floor(math.log10(param.low)), math.ceil(math.log10(param.high)) + 1)
    return {float(f"{ratio}e{decade}") for decade in decades for ratio in RATIOS}


def _differences(param: Param) -> set[float]:
    digit, power = linear_step(param)
    step = float(f"{digit}e{power}")
    first, last = math.floor(param.low / step), math.ceil(param.high / step)
    # Written in decimals and read back, so that 3 * 0.1 is 0.3.
    return {float(f"{digit * k}e{power}") for k in range(first, last + 1)}


def linear_step(param: Param) -> tuple[int, int]:
    """The step of a linear dial as digit and power of ten: 1, 2 or 5 times 10 to the power.

    >>> linear_step(Param("share", 0.3, 0.0, 0.9))
    (1, -2)
    """
    span = (param.high - param.low) or 1.0
    power = math.floor(math.log10(span / LINEAR_STOPS))
    digit = next(d for d in (1, 2, 5, 10) if span / float(f"{d}e{power}") <= LINEAR_STOPS * 1.001)
    if digit == 10:
        digit, power = 1, power + 1
    return (1, 0) if param.kind == "whole" and power < 0 else (digit, power)


def decimals(param: Param) -> int:
    """The decimals that all values of a linear dial are shown with; 0 where there are none."""
    if param.kind == "whole" or param.scale == "log":
        return 0
    return max(0, -linear_step(param)[1])


def sentence(param: Param) -> str:
    """The allowed numbers, short enough to stand in the place of the label.

    >>> sentence(Param("batch_size", 0, 1, 10_000, "log", off=0))
    'Whole, 1 to 10000, or 0.'
    """
    what = "Whole, " if param.kind == "whole" else "From "
    off = "" if param.off is None else f", or {param.off:g}"
    return f"{what}{_plain(param.low)} to {_plain(param.high)}{off}."


def _plain(number: float) -> str:
    return f"{number:.6g}".replace("e-0", "e-").replace("e+0", "e")

"""How losses become colours and heights: what is masked, where colours saturate, the ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lossviz.figures.words import number

#: What WebGL can hold, with room to spare; the surface above its axis is cut anyway.
DRAWABLE = 1e30


@dataclass(frozen=True, eq=False)
class Scale:
    """The losses of a surface in units of the colour bar.

    Args:
        values: (ny, nx), the losses or their log10; NaN where the loss is not finite. On a log
            scale losses at zero or below stand at the lower end.
        low, high: The ends of the colour bar, in the same units.
        log: Whether the units are log10.
        infinite, undefined: The numbers of cells whose loss is infinite or not a number.
        below, above: The numbers of cells outside of the ends, drawn in the ends' colours.
        no_log: The number of finite cells that have no logarithm.
    """

    values: np.ndarray
    low: float
    high: float
    log: bool = False
    infinite: int = 0
    undefined: int = 0
    below: int = 0
    above: int = 0
    no_log: int = 0

    @property
    def masked(self) -> np.ndarray:
        """(ny, nx), true where there is no finite loss."""
        return np.isnan(self.values)

    def height(self, loss: np.ndarray) -> np.ndarray:
        """Losses in units of the scale; NaN stays, and what has no logarithm gets the low end."""
        loss = np.asarray(loss, dtype=np.float64)
        with np.errstate(all="ignore"):
            values = np.log10(np.where(loss > 0, loss, np.nan)) if self.log else loss
        values = np.where(np.isfinite(loss), values, np.nan)
        if self.log:
            values = np.where(np.isfinite(loss) & (loss <= 0), self.low, values)
        return values

    def loss(self, value: float) -> float:
        """The loss at a place of the scale."""
        with np.errstate(over="ignore"):
            return float(np.float_power(10.0, value)) if self.log else value

    def ticks(self) -> tuple[list[float], list[str]]:
        """Places on the scale and their words; an end beyond which losses go on says so.

        >>> Scale(np.zeros((1, 1)), 0.0, 2.0).ticks()[1]
        ['0', '0.5', '1', '1.5', '2']
        >>> Scale(np.zeros((1, 1)), -2.0, 1.0, log=True, above=3).ticks()[1]
        ['0.01', '0.1', '1', '≥ 10']
        """
        places = log_ticks(self.low, self.high) if self.log else _even_ticks(self.low, self.high)
        words = [number(self.loss(place)) for place in places]
        room = 0.06 * (self.high - self.low)
        for beyond, end, sign in ((self.below, self.low, "≤"), (self.above, self.high, "≥")):
            if beyond:
                kept = [i for i, place in enumerate(places) if abs(place - end) > room]
                word = f"{sign} {number(self.loss(end))}"
                places, words = [places[i] for i in kept], [words[i] for i in kept]
                at = 0 if sign == "≤" else len(places)
                places.insert(at, end)
                words.insert(at, word)
        return places, words


def scale_of(loss: np.ndarray, colors: tuple[float, float], log: bool) -> Scale:
    """The scale of these losses (ny, nx) over a range of colours in units of the loss.

    Raises:
        ValueError: When the range is not two finite numbers in order, positive with ``log``.
    """
    low, high = (float(end) for end in colors)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"The range of colours is ({low}, {high}), but must be two finite numbers, the lower "
            "one first."
        )
    if log and low <= 0:
        raise ValueError(
            f"The range of colours starts at {low}, which has no logarithm; give a range above 0 "
            "or set log=False."
        )
    if log:
        low, high = math.log10(low), math.log10(high)
    bare = Scale(loss, low, high, log)
    values = bare.height(loss)
    finite = np.isfinite(loss)
    slack = 1e-6 * (high - low)
    with np.errstate(invalid="ignore"):
        no_log = finite & (loss <= 0) if log else np.zeros_like(finite)
        below = (finite & (values < low - slack)) | no_log
        above = finite & (values > high + slack)
    return Scale(
        np.clip(values, -DRAWABLE, DRAWABLE),
        low,
        high,
        log,
        infinite=int(np.isinf(loss).sum()),
        undefined=int(np.isnan(loss).sum()),
        below=int(below.sum()),
        above=int(above.sum()),
        no_log=int(no_log.sum()),
    )


def nice_step(span: float, pieces: int) -> float:
    """The step of 1, 2, 2.5 or 5 times a power of ten that cuts a span into about so many pieces.

    >>> nice_step(2.0, 5), nice_step(0.9, 14)
    (0.5, 0.1)
    """
    rough = span / pieces
    power = 10.0 ** math.floor(math.log10(rough))
    return next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= 0.999 * rough)


def levels(low: float, high: float, pieces: int = 14) -> tuple[float, float, float]:
    """Start, end and distance of contour lines."""
    step = nice_step(high - low, pieces)
    return math.ceil(low / step - 1e-9) * step, high, step


def _even_ticks(low: float, high: float) -> list[float]:
    start, _, step = levels(low, high, 5)
    count = math.floor((high - start) / step + 1e-6) + 1
    # Rounded to the step, so that 0.30000000000000004 reads 0.3; and no -0.
    return [round((start + i * step) / step) * step + 0.0 for i in range(max(count, 0))]


def log_ticks(low: float, high: float) -> list[float]:
    """Places in log10: powers of ten, with 2 and 5 of each where there are few, or even ones.

    >>> [round(10**tick, 3) for tick in log_ticks(-1.2, 0.4)]
    [0.1, 0.2, 0.5, 1.0, 2.0]
    """
    if high - low < 0.7:
        ticks = _even_ticks(10.0**low, 10.0**high)
        return [math.log10(tick) for tick in ticks if tick > 0]
    every = max(1, math.ceil((high - low) / 7))
    digits = (1, 2, 5) if high - low < 2 else (1,)
    ticks = [
        power + math.log10(digit)
        for power in range(math.floor(low), math.ceil(high) + 1)
        if power % every == 0
        for digit in digits
    ]
    return [tick for tick in ticks if low - 1e-9 <= tick <= high + 1e-9]

"""What a sketch shows, as plain records that become JSON.

Numbers that are not finite are sent as null, where a line then has a gap.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Numbers = Sequence[float] | np.ndarray


def plain(values: Numbers, digits: int = 7) -> list[float | None]:
    """Numbers for JSON, with so many digits; None where one is not finite.

    >>> plain([1 / 3, float("nan")], 3)
    [0.333, None]
    """
    return [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in map(float, values)]


@dataclass(frozen=True)
class Axis:
    """One axis.

    Args:
        title: What stands at it.
        low, high: Its ends.
        ticks: Values and their texts; round numbers where there are none.
        bare: Without lines across the picture.
        name: What is hovered is called so; the title where it is empty.
    """

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    bare: bool = False
    name: str = ""

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "title": self.title, "low": self.low, "high": self.high, "bare": self.bare,
            "ticks": [list(tick) for tick in self.ticks] or None, "name": self.name or self.title,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points (F,); with a label its values are shown where one hovers."""

    x: Numbers
    y: Numbers
    color: str
    label: str = ""
    dash: tuple[int, ...] = ()
    width: float = 2.2
    opacity: float = 1.0

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "x": plain(self.x), "y": plain(self.y), "color": self.color, "label": self.label,
            "dash": list(self.dash), "width": self.width, "opacity": self.opacity,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Area:
    """The ground between a line (F,) and zero, in a pale colour."""

    x: Numbers
    y: Numbers
    color: str
    opacity: float = 0.2

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "x": plain(self.x), "y": plain(self.y), "color": self.color, "opacity": self.opacity
        }  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """A dashed line across the picture at one value of an axis, with a text at its end or start."""

    axis: Literal["x", "y"]
    at: float
    color: str
    text: str = ""
    begin: bool = False

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "axis": self.axis, "at": self.at, "color": self.color, "text": self.text,
            "begin": self.begin,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mark:
    """A small shape at a place; when x and y are (F,), at one for each frame of the clock."""

    x: Any
    y: Any
    color: str
    shape: str = "circle"
    label: str = ""

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        many = np.ndim(self.x) > 0
        x, y = (plain(v) if many else float(v) for v in (self.x, self.y))
        return {"x": x, "y": y, "color": self.color, "shape": self.shape, "label": self.label}


@dataclass(frozen=True, eq=False)
class Heat:
    """A surface under the picture: heights (ny, nx) from 0 to 1 over all of the axes' ranges.

    Args:
        heights: Row by row from below.
        scale: Shares from 0 to 1 and their colours.
    """

    heights: np.ndarray
    scale: tuple[tuple[float, str], ...]

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        # Thousandths are finer than the bands of colour.
        z = [round(float(v), 4) for v in np.nan_to_num(self.heights, nan=1.0).ravel()]
        key = hashlib.blake2b(repr((z, self.scale)).encode(), digest_size=8).hexdigest()
        ny, nx = self.heights.shape
        return {"nx": nx, "ny": ny, "z": z, "scale": [list(s) for s in self.scale], "key": key}


@dataclass(frozen=True)
class Handles:
    """What can be moved in a panel.

    Args:
        name: What a move is reported as; unique in the sketch.
        kind: "points" (x, y) anywhere, a "rule" at an x, or bars whose heights are "shares" of 1.
        at: Where they are: pairs, or single numbers.
        color: Their colour.
        labels: What a screen reader says of each; "point 1" and so on where there is none.
        bounds: Where they may be (x0, x1, y0, y1).
        step: What one press of an arrow key is worth along x and y; drags stop there too.
        fewest, most: How many points there may be, when they can be added and taken away.
        left, right: The x at which each bar begins and ends.
    """

    name: str
    kind: Literal["points", "rule", "shares"]
    at: tuple[Any, ...]
    color: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    step: tuple[float, float] = (0.01, 0.01)
    fewest: int = 0
    most: int = 0
    left: tuple[float, ...] = ()
    right: tuple[float, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        at = [list(one) if isinstance(one, tuple) else one for one in self.at]
        return {
            "name": self.name, "kind": self.kind, "at": at, "color": self.color,
            "labels": list(self.labels), "bounds": list(self.bounds), "step": list(self.step),
            "fewest": self.fewest, "most": self.most or len(self.at), "left": list(self.left),
            "right": list(self.right),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a sketch.

    Args:
        id: The same id is the same picture from run to run.
        title, note: What stands above it, the note in pale letters.
        x, y: The axes.
        height: In pixels.
        grow: How much of the width it takes beside others.
        heat, areas, rules, lines, marks, heads, handles: What is drawn, from below; heads are marks
            that move with the clock.
    """

    id: str
    title: str
    x: Axis
    y: Axis
    note: str = ""
    height: int = 360
    grow: float = 1.0
    heat: Heat | None = None
    areas: tuple[Area, ...] = ()
    rules: tuple[Rule, ...] = ()
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    heads: tuple[Mark, ...] = ()
    handles: tuple[Handles, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        lists = ("areas", "rules", "lines", "marks", "heads", "handles")
        return {
            "id": self.id, "title": self.title, "note": self.note, "height": self.height,
            "grow": self.grow, "x": self.x.as_plain(), "y": self.y.as_plain(),
            "heat": None if self.heat is None else self.heat.as_plain(),
            **{name: [one.as_plain() for one in getattr(self, name)] for name in lists},
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Clock:
    """Play and scrub over frames.

    Args:
        steps: What each frame is called, say its step (F,).
        label: What stands before it.
    """

    steps: Sequence[int]
    label: str = "step"

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"steps": [int(step) for step in self.steps], "label": self.label}


@dataclass(frozen=True, eq=False)
class Picture:
    """All that a sketch shows.

    Args:
        panels: Side by side where there is room.
        legend: Names with their colours and dashes.
        clock: For the heads of the panels, or None.
    """

    panels: tuple[Panel, ...]
    legend: tuple[tuple[str, str, tuple[int, ...]], ...] = ()
    clock: Clock | None = None

    def as_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "panels": [panel.as_plain() for panel in self.panels],
            "legend": [
                {"label": label, "color": color, "dash": list(dash)}
                for label, color, dash in self.legend
            ],
            "clock": None if self.clock is None else self.clock.as_plain(),
        }

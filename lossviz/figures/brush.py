"""What one contender looks like in any figure: its line, its head, its entry in the legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.theme import PALETTE, Mode, mark


@dataclass(frozen=True)
class Style:
    """What a figure draws all contenders with; sizes and widths are in pixels.

    Args:
        trace: `go.Scatter` or `go.Scatter3d`.
        axes: "xy" or "xyz".
        width: The width of a line.
        key: The size of a head in the legend.
        head: The size of a head in the picture, and the width of the rim around it.
        ring: The size of the ring at a start, and the width of its line.
        halo: The width and the opacity of the ground under a line.
        dashes, heads: What stands for the dashes and heads of `theme.MARKS` that this kind of
            trace calls otherwise, or cannot draw.
    """

    trace: type[Any]
    axes: str
    width: float
    key: float
    head: tuple[float, float]
    ring: tuple[float, float] = (0.0, 0.0)
    halo: tuple[float, float] = (0.0, 0.0)
    dashes: Mapping[str, str] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)


#: On a flat figure; heads by their names in Plotly.
FLAT = Style(
    go.Scatter,
    "xy",
    width=2.4,
    key=10,
    head=(14, 1.6),
    ring=(9, 2.2),
    halo=(5.4, 0.7),
    heads={"triangle": "triangle-up"},
)


class Contender(Protocol):
    """What a figure's record says of a contender, such as a `Path` or a `Curve`."""

    @property
    def mark(self) -> int:
        """The place in `theme.MARKS`."""
        ...

    @property
    def legend(self) -> str:
        """What the legend says."""
        ...

    @property
    def diverged_at(self) -> int | None:
        """The first bad step; None for other runs."""
        ...


@dataclass(frozen=True)
class Brush:
    """Draws one contender in one style.

    Points are (n, D), with a column for each of the axes of the style's traces. The legend shows
    one entry for all traces of a contender: that of `key`.

    Args:
        style: The figure's style.
        contender: Who is drawn.
        mode: "light" or "dark".
    """

    style: Style
    contender: Contender
    mode: Mode

    @property
    def diverged(self) -> bool:
        """Whether the head is an x."""
        return self.contender.diverged_at is not None

    @property
    def color(self) -> str:
        """The contender's colour."""
        return mark(self.contender.mark).color(self.mode)

    @property
    def symbol(self) -> str:
        """The head's shape: an x where the run diverged, the contender's own otherwise."""
        head = mark(self.contender.mark).head
        return "x" if self.diverged else self.style.heads.get(head, head)

    @property
    def line(self) -> dict[str, Any]:
        """The contender's line."""
        dash = mark(self.contender.mark).plotly_dash
        return {
            "width": self.style.width,
            "color": self.color,
            "dash": self.style.dashes.get(dash, dash),
        }

    @property
    def _place(self) -> dict[str, str]:
        """The place in the legend that all traces of the contender share."""
        return {"legendgroup": str(self.contender.mark), "name": self.contender.legend}

    def trace(self, points: np.ndarray, **look: Any) -> Any:
        """A trace through these points, without an entry of its own in the legend."""
        sides = dict(zip(self.style.axes, points.T, strict=True))
        return self.style.trace(**sides, **self._place, showlegend=False, **look)

    def key(self) -> Any:
        """The entry in the legend, line and head together, which no single trace shows."""
        return self.style.trace(
            **{axis: [None] for axis in self.style.axes},
            mode="lines+markers",
            line=self.line,
            marker={"symbol": self.symbol, "size": self.style.key, "color": self.color},
            **self._place,
        )

    def halo(self, points: np.ndarray) -> Any:
        """The ground under a line, which sets it off from what is behind."""
        width, opacity = self.style.halo
        line = {"width": width, "color": PALETTE[self.mode].background}
        return self.trace(points, mode="lines", line=line, opacity=opacity, hoverinfo="skip")

    def way(self, points: np.ndarray, **more: Any) -> Any:
        """The line through these points."""
        return self.trace(points, mode="lines", line=self.line, **more)

    def start(self, point: np.ndarray, words: str) -> Any:
        """The ring where a path starts."""
        size, width = self.style.ring
        marker = {
            "symbol": "circle",
            "size": size,
            "color": PALETTE[self.mode].background,
            "line": {"width": width, "color": self.color},
        }
        return self.trace(point, mode="markers", marker=marker, hovertemplate=words)

    def end(self, point: np.ndarray, words: str, **more: Any) -> Any:
        """The head where a path ends."""
        size, width = self.style.head
        marker = {
            "symbol": self.symbol,
            "size": size,
            "color": self.color,
            "line": {"width": width, "color": PALETTE[self.mode].background},
        }
        return self.trace(point, mode="markers", marker=marker, hovertemplate=words, **more)

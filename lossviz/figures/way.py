"""The loss on the straight way between two networks, and the barrier on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from lossviz.connect import Line
from lossviz.figures.gaps import with_gaps
from lossviz.figures.layout import axis, base_layout, check_mode, note
from lossviz.figures.theme import PALETTE, Mode, mark
from lossviz.figures.words import number


@dataclass(frozen=True, eq=False)
class WayInfo:
    """What is drawn of one line.

    Args:
        label: What the legend says.
        t: (n,), 0 at the first network and 1 at the second.
        loss: (n,), over the training samples; not a number where it is not finite.
        test: (n,), over the test samples, or None.
        barrier: Its height; not a number where it is not known.
        top: The t of the barrier, the loss there, and the height of the chord under it.
    """

    label: str
    t: np.ndarray
    loss: np.ndarray
    test: np.ndarray | None
    barrier: float
    top: tuple[float, float, float]

    @property
    def legend(self) -> str:
        """The label with the height of the barrier."""
        return f"{self.label} (barrier {number(self.barrier)})"


def way_info(line: Line, label: str) -> WayInfo:
    """What is drawn of one line; see `WayInfo`."""
    t, loss = (np.asarray(v, dtype=np.float64) for v in (line.t, line.loss))
    found = line.height
    first, last = line.ends
    chord = (1 - found.where) * first + found.where * last
    test = None if line.test_loss is None else with_gaps(line.test_loss)
    top = (found.where, chord + found.height, chord)
    return WayInfo(label, t, with_gaps(loss), test, found.height, top)


def way(lines: Mapping[str, Line], log: bool = False, mode: Mode = "light") -> go.Figure:
    """The loss on one or several lines between two networks, each with its barrier.

    How to read it: the two networks stand at t = 0 and t = 1. The bar is the barrier, the height of
    the hill over the straight line between the two ends' values; pale is the loss of the test
    samples. A hill on the straight way does not say that there is none around it.

    Args:
        lines: The lines by what the legend says of them.
        log: Whether the loss is drawn by its logarithm.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown mode.
    """
    mode = check_mode(mode)
    return draw([way_info(line, label) for label, line in lines.items()], log, mode)


def draw(infos: list[WayInfo], log: bool, mode: Mode) -> go.Figure:
    """The lines with their barriers."""
    figure = go.Figure(layout=base_layout(mode, "", (), [info.legend for info in infos]))
    figure.update_layout(
        height=320,
        margin={"t": 16},
        xaxis=axis(mode, "t, from the first network (0) to the second (1)"),
        yaxis=axis(mode, "loss", type="log" if log else "linear"),
    )
    if not infos:
        figure.add_annotation(**note(mode, "There is no line to draw."))
    for index, info in enumerate(infos):
        figure.add_traces(_traces(info, index, mode))
    for end in (0, 1):
        figure.add_vline(end, line={"color": PALETTE[mode].grid, "width": 1}, layer="below")
    return figure


def _traces(info: WayInfo, index: int, mode: Mode) -> list[go.Scatter]:
    look = mark(index)
    color = look.color(mode)
    said = "t %{x:.2f}<br>%{y:.4~g}<extra></extra>"
    traces = [
        go.Scatter(
            x=info.t, y=info.loss, mode="lines", name=info.legend,
            line={"color": color, "width": 2.4, "dash": look.plotly_dash},
            hovertemplate=f"<b>{info.label}</b><br>{said}",
        )
    ]  # fmt: skip
    if info.test is not None:
        traces.append(
            go.Scatter(
                x=info.t, y=info.test, mode="lines", showlegend=False, opacity=0.45,
                line={"color": color, "width": 1.4},
                hovertemplate=f"<b>{info.label}, test</b><br>{said}",
            )
        )  # fmt: skip
    place, high, low = info.top
    if np.isfinite([place, high, low]).all() and info.barrier > 0:
        traces.append(
            go.Scatter(
                x=[place, place], y=[low, high], mode="lines+markers", showlegend=False,
                line={"color": color, "width": 1.4},
                marker={"symbol": "line-ew", "size": 11, "line": {"width": 1.6, "color": color}},
                hovertemplate=f"<b>{info.label}</b><br>barrier {number(info.barrier)}"
                "<extra></extra>",
            )
        )  # fmt: skip
    return traces

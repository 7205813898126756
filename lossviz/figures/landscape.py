"""The surface as a landscape in 3-D, with the paths at the slice's own height."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.flat import (
    NOT_FINITE,
    blocks,
    color_bar,
    end_words,
    head_symbol,
    hover,
    legend_words,
    masked_words,
)
from lossviz.figures.layout import base_layout, note, space_axis
from lossviz.figures.paths import Path, interpolate
from lossviz.figures.scale import levels
from lossviz.figures.slice import Summary
from lossviz.figures.theme import PALETTE, SURFACE_SCALE, Mode, mark

#: Where the eye is, up to the signs of x and y.
EYE = (1.0, 1.3, 0.95)
CONTOUR = {"light": "#5B6478", "dark": "#566072"}

#: What WebGL can draw: the nearest dash and head.
DASHES = {"4px,2px": "dot", "1px,2px": "dot", "6px,2px,2px,2px": "dashdot", "3px,3px": "dash",
          "12px,2px": "longdash", "1px,4px": "dot"}  # fmt: skip
SYMBOLS = {"triangle-up": "diamond", "star": "diamond-open", "pentagon": "circle-open",
           "hexagon": "square-open", "triangle-down": "cross"}  # fmt: skip

#: The vertical axis goes on by this part of its length at both ends.
ROOM = 0.05

#: Paths are lifted by this part of the axis, so that the facets of the surface do not bury them.
LIFT = 0.012


def landscape_figure(summary: Summary, mode: Mode) -> go.Figure:
    """The landscape of a surface."""
    layout = base_layout(mode, summary.title, summary.caption, legend_words(summary))
    layout.update(margin={"l": 8, "r": 8, "b": layout.margin.b - 50})
    if min(summary.loss.shape) < 2 or not np.isfinite(summary.loss).any():
        layout.update(xaxis={"visible": False}, yaxis={"visible": False})
        figure = go.Figure(layout=layout)
        text = "A landscape needs finite losses on a grid of 2 x 2 cells or more."
        return figure.add_annotation(**note(mode, text))
    layout.update(scene=_scene(summary, mode))
    figure = go.Figure(layout=layout)
    figure.add_trace(_surface(summary, mode))
    figure.add_traces(_holes(summary, mode))
    for path in summary.paths:
        figure.add_traces(_path(summary, path, mode))
    return figure


def _scene(summary: Summary, mode: Mode) -> dict[str, Any]:
    scale = summary.scale
    places, words = scale.ticks()
    return {
        "xaxis": space_axis(mode, _two_lines(summary.x_title), range=_ends(summary.x)),
        "yaxis": space_axis(mode, _two_lines(summary.y_title), range=_ends(summary.y)),
        "zaxis": space_axis(
            mode,
            summary.loss_title,
            range=[_floor(summary), scale.high + ROOM * (scale.high - scale.low)],
            tickvals=places,
            ticktext=words,
        ),
        "camera": camera(scale.values),
        "aspectmode": "manual",
        "aspectratio": {"x": 1.25, "y": 1.25, "z": 0.75},
        "dragmode": "orbit",
    }


def _surface(summary: Summary, mode: Mode) -> go.Surface:
    scale = summary.scale
    start, end, step = levels(scale.low, scale.high)
    return go.Surface(
        x=summary.x,
        y=summary.y,
        z=scale.values,
        customdata=summary.loss,
        cmin=scale.low,
        cmax=scale.high,
        colorscale=[list(stop) for stop in SURFACE_SCALE[mode]],
        connectgaps=False,
        colorbar={**color_bar(scale, summary.loss_title, mode), "len": 0.7},
        contours={
            "z": {
                "show": True,
                "start": start,
                "end": end,
                "size": step,
                "color": CONTOUR[mode],
                "width": 1,
                "highlight": False,
            },
            "x": {"highlight": False},
            "y": {"highlight": False},
        },
        lighting={"ambient": 0.82, "diffuse": 0.35, "specular": 0.04, "roughness": 0.9},
        hovertemplate=f"{summary.loss_title} %{{customdata:.4~g}}"
        "<br>at (%{x:.3~g}, %{y:.3~g})<extra></extra>",
    )


def _holes(summary: Summary, mode: Mode) -> list[Any]:
    """Where there is no finite loss the landscape has a hole, and the floor is coloured."""
    masked = summary.scale.masked
    if not masked.any():
        return []
    corners: list[tuple[float, float]] = []
    faces: list[tuple[int, int, int]] = []
    for x0, x1, y0, y1 in blocks(summary.x, summary.y, masked):
        n = len(corners)
        corners += [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        faces += [(n, n + 1, n + 2), (n, n + 2, n + 3)]
    x, y = np.array(corners).T
    i, j, k = np.array(faces).T
    color = PALETTE[mode].masked
    name = masked_words(int(masked.sum()))
    # Off the end of the axis, at which WebGL cuts.
    floor = np.full(len(x), (_floor(summary) + summary.scale.low) / 2)
    return [
        go.Mesh3d(
            x=x, y=y, z=floor, i=i, j=j, k=k, color=color, flatshading=True, showlegend=True,
            name=name, hovertemplate=f"{NOT_FINITE}<extra></extra>",
            lighting={"ambient": 1.0, "diffuse": 0.0, "specular": 0.0},
        )
    ]  # fmt: skip


def _path(summary: Summary, path: Path, mode: Mode) -> list[go.Scatter3d]:
    scale, palette = summary.scale, PALETTE[mode]
    own = mark(path.mark)
    color = own.color(mode)
    symbol = SYMBOLS.get(head_symbol(path), head_symbol(path))
    line = {"width": 6, "color": color, "dash": DASHES.get(own.plotly_dash, own.plotly_dash)}
    shared: dict[str, Any] = {"legendgroup": str(path.mark), "name": path.legend}
    traces = [
        go.Scatter3d(
            x=[None], y=[None], z=[None], mode="lines+markers", line=line,
            marker={"symbol": symbol, "size": 6, "color": color}, **shared,
        )
    ]  # fmt: skip
    shared["showlegend"] = False
    lift = LIFT * (scale.high - scale.low)
    way = draped(path.coords[path.drawn], summary.x, summary.y)
    height = scale.height(interpolate(summary.x, summary.y, summary.loss, way)) + lift
    if len(way):
        # The path itself a little higher than its halo, so that it is drawn over it.
        halo = {"width": 10, "color": palette.background}
        for up, look, opacity in ((0.0, halo, 0.5), (lift / 2, line, 1.0)):
            traces.append(
                go.Scatter3d(
                    x=way[:, 0], y=way[:, 1], z=height + up, mode="lines", line=look,
                    opacity=opacity, hoverinfo="skip", **shared,
                )
            )  # fmt: skip
    top = scale.height(path.slice_loss) + 1.5 * lift
    points = np.flatnonzero(path.inside & np.isfinite(top))
    if not len(points):
        return traces
    x, y = path.coords.T
    template, data = hover(path)
    traces.append(
        go.Scatter3d(
            x=x[points], y=y[points], z=top[points], mode="markers", customdata=data[points],
            marker={"size": 4, "color": color, "opacity": 0}, hovertemplate=template, **shared,
        )
    )  # fmt: skip
    if points[0] == 0:
        traces.append(
            go.Scatter3d(
                x=x[:1], y=y[:1], z=top[:1], mode="markers",
                marker={"symbol": "circle", "size": 5, "color": palette.background,
                        "line": {"width": 2, "color": color}},
                hovertemplate=f"<b>{path.label}</b><br>start<extra></extra>", **shared,
            )
        )  # fmt: skip
    last = points[-1:]
    head = {
        "x": x[last],
        "y": y[last],
        "z": top[last],
        "hovertemplate": end_words(path, int(last[0])),
    }
    if path.diverged_at is not None:
        # A letter: WebGL's own x is a character that many fonts lack.
        font = {"size": 34, "color": color, "weight": 900}
        look = {"mode": "text", "text": ["×"], "textfont": font, "textposition": "middle center"}
    else:
        rim = {"width": 1.5, "color": palette.background}
        marker = {"symbol": symbol, "size": 6, "color": color, "line": rim}
        look = {"mode": "markers", "marker": marker}
    traces.append(go.Scatter3d(**head, **look, **shared))
    return traces


def draped(coords: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The straight steps of a path (T, 2), cut at the grid's rim, with points at every cell.

    So a long step lies on the slice instead of cutting through it. Rows of NaN part pieces.

    >>> side = np.array([0.0, 1.0, 2.0])
    >>> draped(np.array([[0.0, 1.0], [4.0, 1.0]]), side, side).tolist()
    [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [nan, nan]]
    """
    low = np.array([x.min(), y.min()])
    high = np.array([x.max(), y.max()])
    cell = (high - low) / (np.array([len(x), len(y)]) - 1)
    pieces: list[np.ndarray] = []
    for start, stop in itertools.pairwise(coords):
        part = _within(start, stop, low, high)
        if part is None:
            continue
        first, last = start + part[0] * (stop - start), start + part[1] * (stop - start)
        count = max(1, int(np.ceil(np.max(np.abs(last - first) / cell))))
        piece = np.clip(np.linspace(first, last, count + 1), low, high)
        # A step that begins where the one before ended goes on with it.
        joined = bool(pieces) and part[0] == 0 and bool(np.isfinite(pieces[-1][-1]).all())
        pieces.append(piece[1:] if joined else piece)
        if part[1] < 1:
            pieces.append(np.full((1, 2), np.nan))
    return np.concatenate(pieces) if pieces else np.zeros((0, 2))


def _within(
    start: np.ndarray, stop: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[float, float] | None:
    """The part (from, to) of a segment that is in a box, as shares of its length; None for none.

    Clipping after Liang and Barsky, "A new concept and method for line clipping" (1984).
    """
    if not (np.isfinite(start).all() and np.isfinite(stop).all()):
        return None
    enters, leaves = 0.0, 1.0
    with np.errstate(over="ignore"):
        direction = stop - start
    if not np.isfinite(direction).all():
        return None
    for p, d, lowest, highest in zip(start, direction, low, high, strict=True):
        if d == 0:
            if not lowest <= p <= highest:
                return None
            continue
        near, far = sorted(((lowest - p) / d, (highest - p) / d))
        enters, leaves = max(enters, float(near)), min(leaves, float(far))
    return (enters, leaves) if enters < leaves else None


def camera(values: np.ndarray) -> dict[str, dict[str, float]]:
    """The eye over the lowest corner of the heights (ny, nx), so that none hides what is behind.

    >>> camera(np.array([[0.0, 2.0], [2.0, 3.0]]))["eye"]
    {'x': -1.0, 'y': -1.3, 'z': 0.95}
    """
    ny, nx = values.shape
    heights = {}
    for y_sign, rows in ((-1, slice(0, (ny + 1) // 2)), (1, slice(ny // 2, ny))):
        for x_sign, columns in ((-1, slice(0, (nx + 1) // 2)), (1, slice(nx // 2, nx))):
            corner = values[rows, columns]
            finite = corner[np.isfinite(corner)]
            heights[x_sign, y_sign] = float(finite.mean()) if finite.size else np.inf
    x_sign, y_sign = min(heights, key=lambda signs: heights[signs])
    x, y, z = EYE
    return {
        "eye": {"x": x_sign * x, "y": y_sign * y, "z": z},
        "center": {"x": 0.0, "y": 0.0, "z": -0.15},
    }


def _two_lines(title: str) -> str:
    return title.replace(" (", "<br>(", 1)


def _floor(summary: Summary) -> float:
    return summary.scale.low - ROOM * (summary.scale.high - summary.scale.low)


def _ends(side: np.ndarray) -> list[float]:
    return [float(side.min()), float(side.max())]

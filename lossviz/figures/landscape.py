"""The surface as a landscape in 3-D, with the paths at the slice's own height."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.brush import Brush, Style
from lossviz.figures.cells import blocks, ends, lines, sheet
from lossviz.figures.drape import draped
from lossviz.figures.layout import base_layout, note, space_axis
from lossviz.figures.path_words import end_words, hover, start_words
from lossviz.figures.paths import Path, interpolate
from lossviz.figures.slice import NOT_FINITE, Summary
from lossviz.figures.theme import PALETTE, Mode

#: Where the eye is, up to the signs of x and y.
EYE = (1.0, 1.3, 0.95)
CONTOUR = {"light": "#5B6478", "dark": "#566072"}

#: What WebGL can draw: the nearest dash and head.
SCENE = Style(
    go.Scatter3d,
    "xyz",
    width=6,
    key=6,
    head=(6, 1.5),
    ring=(5, 2),
    halo=(10, 0.5),
    dashes={"4px,2px": "dot", "1px,2px": "dot", "6px,2px,2px,2px": "dashdot", "3px,3px": "dash",
            "12px,2px": "longdash", "1px,4px": "dot"},
    heads={"triangle": "diamond", "star": "diamond-open", "pentagon": "circle-open",
           "hexagon": "square-open", "triangle-down": "cross"},
)  # fmt: skip

#: The vertical axis goes on by this part of its length at both ends.
ROOM = 0.05

#: Paths are lifted by this part of the axis, so that the facets of the surface do not bury them.
LIFT = 0.012


def landscape_figure(summary: Summary, mode: Mode) -> go.Figure:
    """The landscape of a surface."""
    layout = base_layout(mode, summary.title, summary.caption, summary.legend)
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
        "xaxis": space_axis(mode, _two_lines(summary.x_title), range=ends(summary.x)),
        "yaxis": space_axis(mode, _two_lines(summary.y_title), range=ends(summary.y)),
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
    look = sheet(summary, mode)
    look["colorbar"]["len"] = 0.7
    level = {"show": True, **lines(summary.scale), "color": CONTOUR[mode], "width": 1}
    still = {"highlight": False}
    return go.Surface(
        **look,
        cmin=summary.scale.low,
        cmax=summary.scale.high,
        contours={"z": {**level, **still}, "x": still, "y": still},
        lighting={"ambient": 0.82, "diffuse": 0.35, "specular": 0.04, "roughness": 0.9},
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
    # Off the end of the axis, at which WebGL cuts.
    floor = np.full(len(x), (_floor(summary) + summary.scale.low) / 2)
    return [
        go.Mesh3d(
            x=x, y=y, z=floor, i=i, j=j, k=k, color=color, flatshading=True, showlegend=True,
            name=summary.masked_words, hovertemplate=f"{NOT_FINITE}<extra></extra>",
            lighting={"ambient": 1.0, "diffuse": 0.0, "specular": 0.0},
        )
    ]  # fmt: skip


def _path(summary: Summary, path: Path, mode: Mode) -> list[Any]:
    brush = Brush(SCENE, path, mode)
    lift = LIFT * (summary.scale.high - summary.scale.low)
    return [brush.key(), *_way(summary, path, brush, lift), *_frames(summary, path, brush, lift)]


def _way(summary: Summary, path: Path, brush: Brush, lift: float) -> list[Any]:
    """The path and its halo, on the slice."""
    way = draped(path.coords[path.drawn], summary.x, summary.y)
    if not len(way):
        return []
    height = summary.scale.height(interpolate(summary.x, summary.y, summary.loss, way)) + lift
    # The path itself a little higher than its halo, so that it is drawn over it.
    return [
        brush.halo(np.column_stack([way, height])),
        brush.way(np.column_stack([way, height + lift / 2]), hoverinfo="skip"),
    ]


def _frames(summary: Summary, path: Path, brush: Brush, lift: float) -> list[Any]:
    """The recorded steps: unseen points to hover over, the start and the head."""
    top = summary.scale.height(path.slice_loss) + 1.5 * lift
    frames = np.flatnonzero(path.inside & np.isfinite(top))
    if not len(frames):
        return []
    points = np.column_stack([path.coords, top])
    template, data = hover(path)
    unseen = {"size": 4, "color": brush.color, "opacity": 0}
    traces = [
        brush.trace(
            points[frames], mode="markers", marker=unseen, customdata=data[frames],
            hovertemplate=template,
        )
    ]  # fmt: skip
    if frames[0] == 0:
        traces.append(brush.start(points[:1], start_words(path)))
    last = int(frames[-1])
    return [*traces, _head(points[last : last + 1], brush, end_words(path, last))]


def _head(point: np.ndarray, brush: Brush, words: str) -> Any:
    if not brush.diverged:
        return brush.end(point, words)
    # A letter: WebGL's own x is a character that many fonts lack.
    font = {"size": 34, "color": brush.color, "weight": 900}
    return brush.trace(
        point, mode="text", text=["×"], textfont=font, textposition="middle center",
        hovertemplate=words,
    )  # fmt: skip


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

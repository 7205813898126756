"""The surface as a landscape in 3-D, with the paths at the slice's own height."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lossviz.figures.flat import NOT_FINITE, blocks, color_bar, end_words, head_symbol, hover
from lossviz.figures.layout import base_layout, note, space_axis
from lossviz.figures.paths import Path
from lossviz.figures.scale import levels
from lossviz.figures.slice import Summary
from lossviz.figures.theme import PALETTE, SURFACE_SCALE, Mode, mark
from lossviz.figures.words import count

CAMERA = {"eye": {"x": -1.2, "y": -1.35, "z": 1.0}, "center": {"x": 0, "y": 0, "z": -0.1}}
CONTOUR = {"light": "rgba(30,36,48,.5)", "dark": "rgba(232,234,237,.4)"}

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
    layout = base_layout(mode, summary.title, summary.caption)
    layout.update(margin={"l": 8, "r": 8})
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
        "xaxis": space_axis(mode, summary.x_title, range=_ends(summary.x)),
        "yaxis": space_axis(mode, summary.y_title, range=_ends(summary.y)),
        "zaxis": space_axis(
            mode,
            summary.loss_title,
            range=[_floor(summary), scale.high + ROOM * (scale.high - scale.low)],
            tickvals=places,
            ticktext=words,
        ),
        "camera": CAMERA,
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
    name = f"{NOT_FINITE} ({count(int(masked.sum()), 'cell')})"
    floor = np.full(len(x), _floor(summary))
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
    shared = {"legendgroup": str(path.mark), "name": path.legend}
    key = go.Scatter3d(
        x=[None], y=[None], z=[None], mode="lines+markers", line=line,
        marker={"symbol": symbol, "size": 6, "color": color}, **shared,
    )  # fmt: skip
    height = scale.height(path.slice_loss) + LIFT * (scale.high - scale.low)
    drawn = np.flatnonzero(path.inside & np.isfinite(height))
    if not len(drawn):
        return [key]
    template, data = hover(path)
    # Outside of the grid the slice has no height, so the line breaks there.
    x, y = (np.where(path.inside, values, np.nan) for values in path.coords.T)
    halo = go.Scatter3d(
        x=x, y=y, z=height, mode="lines", line={"width": 13, "color": palette.background},
        opacity=0.55, hoverinfo="skip", showlegend=False, **shared,
    )  # fmt: skip
    # A little nearer to the eye than its halo.
    above = height + 0.5 * LIFT * (scale.high - scale.low)
    way = go.Scatter3d(
        x=x, y=y, z=above, mode="lines", line=line, customdata=data, hovertemplate=template,
        showlegend=False, **shared,
    )  # fmt: skip
    last = drawn[-1:]
    head = go.Scatter3d(
        x=x[last], y=y[last], z=above[last], mode="markers", showlegend=False,
        marker={"symbol": symbol, "size": 8, "color": color,
                "line": {"width": 1.5, "color": palette.background}},
        hovertemplate=end_words(path), **shared,
    )  # fmt: skip
    traces = [halo, way, key, head]
    if path.inside[0] and np.isfinite(above[0]):
        traces.append(
            go.Scatter3d(
                x=x[:1], y=y[:1], z=above[:1], mode="markers", showlegend=False,
                marker={"symbol": "circle", "size": 5, "color": palette.background,
                        "line": {"width": 2, "color": color}},
                hovertemplate=f"<b>{path.label}</b><br>start<extra></extra>", **shared,
            )
        )  # fmt: skip
    return traces


def _floor(summary: Summary) -> float:
    return summary.scale.low - ROOM * (summary.scale.high - summary.scale.low)


def _ends(side: np.ndarray) -> list[float]:
    return [float(side.min()), float(side.max())]

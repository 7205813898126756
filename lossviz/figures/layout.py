"""What all figures share: ground, fonts, axes, titles and legend of one mode."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from lossviz.figures.theme import FONT, PALETTE, Mode
from lossviz.figures.words import wrapped

MODES: tuple[Mode, ...] = ("light", "dark")

#: Pixels for one line of the caption.
LINE = 17


def check_mode(mode: str) -> Mode:
    """The mode, or a ValueError that names the known ones."""
    for known in MODES:
        if mode == known:
            return known
    raise ValueError(f"There is no mode {mode!r}; take 'light' or 'dark'.")


def base_layout(
    mode: Mode,
    title: str,
    caption: list[str] | tuple[str, ...],
    legend: list[str] | tuple[str, ...] = (),
) -> go.Layout:
    """A layout with title, a caption in small letters under it, and the legend at the foot.

    The foot has room for the words of the legend on a figure of an ordinary width.
    """
    palette = PALETTE[mode]
    subtitle = wrapped(caption)
    lines = subtitle.count("<br>") + 1 if subtitle else 0
    return go.Layout(
        template="none",
        paper_bgcolor=palette.background,
        plot_bgcolor=palette.background,
        font={"family": FONT, "size": 13, "color": palette.text},
        title={
            "text": title,
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 18},
            "font": {"size": 18, "color": palette.text},
            "subtitle": {"text": subtitle, "font": {"size": 12.5, "color": palette.muted}},
        },
        margin={"l": 72, "r": 24, "t": 58 + LINE * lines, "b": 66 + 21 * legend_rows(legend)},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "font": {"size": 12.5},
            "itemwidth": 46,
        },
        hoverlabel={
            "bgcolor": palette.panel,
            "bordercolor": palette.grid,
            "font": {"family": FONT, "size": 12.5, "color": palette.text},
            "align": "left",
        },
        hovermode="closest",
        modebar={
            "bgcolor": "rgba(0,0,0,0)",
            "color": palette.grid,
            "activecolor": palette.muted,
            "remove": ["lasso2d", "select2d"],
        },
    )


def legend_rows(words: list[str] | tuple[str, ...], width: int = 900) -> int:
    """About how many rows a legend takes in so many pixels.

    >>> legend_rows([]), legend_rows(["SGD"] * 3), legend_rows(["Adam, lr 0.02, beta2 0.99"] * 8)
    (0, 1, 3)
    """
    longest = max((72 + 7 * len(word) for word in words), default=0)
    return math.ceil(len(words) / max(1, width // longest)) if words else 0


def axis(mode: Mode, title: str, **more: Any) -> dict[str, Any]:
    """One flat axis: thin lines, no zero line, the title in muted letters."""
    palette = PALETTE[mode]
    return {
        "title": {"text": title, "font": {"size": 13, "color": palette.muted}, "standoff": 10},
        "tickfont": {"size": 12, "color": palette.muted},
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "tickcolor": palette.grid,
        "ticks": "outside",
        "ticklen": 4,
        "zeroline": False,
        "showline": True,
        "exponentformat": "power",
        "minexponent": 4,
        **more,
    }


def space_axis(mode: Mode, title: str, **more: Any) -> dict[str, Any]:
    """One axis of a 3-D scene."""
    palette = PALETTE[mode]
    return {
        "title": {"text": title, "font": {"size": 12, "color": palette.muted}},
        "tickfont": {"size": 11, "color": palette.muted},
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zeroline": False,
        "showbackground": False,
        "showspikes": False,
        "nticks": 6,
        "exponentformat": "power",
        "minexponent": 4,
        **more,
    }


def note(mode: Mode, text: str) -> dict[str, Any]:
    """A sentence in the middle of an empty figure."""
    return {
        "text": "<br>".join(wrapped([text], 56).split("<br>")),
        "x": 0.5,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "font": {"size": 14, "color": PALETTE[mode].muted},
    }

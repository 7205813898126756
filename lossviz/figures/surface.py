"""The loss on a slice of weight space with the optimizers' paths, as a map or as a landscape."""

from __future__ import annotations

from typing import Any, Literal, get_args

import plotly.graph_objects as go

from lossviz.figures.flat import flat_figure
from lossviz.figures.landscape import landscape_figure
from lossviz.figures.layout import check_mode
from lossviz.figures.slice import summarise
from lossviz.figures.theme import Mode

View = Literal["2d", "3d"]


def surface(
    surf: Any,
    paths: Any = (),
    view: View = "2d",
    log: bool = False,
    color_range: tuple[float, float] | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """The loss on a slice, with the optimizers' paths over it.

    How to read it: the colours (and in 3-D the height) are the loss *on the slice*. Paths are
    projected on it; the caption says how far off the slice the weights really are, and hovering
    over a path tells the true loss at its weights beside the loss of the slice under it. A ring is
    where a path starts, its head where it ends, an x where it diverged. Hatched cells (in 3-D:
    holes) have no finite loss. Colours saturate outside of their range, and the colour bar then
    says so; values on hovering are always the true ones.

    Args:
        surf: A `lossviz.surface.Surface`.
        paths: Runs, which are projected on the surface's plane, or tuples (coords (T, 2), label).
        view: "2d" for a map, "3d" for a landscape with the paths at the slice's height.
        log: Whether colours and heights follow the logarithm of the loss.
        color_range: The losses at the ends of the colour bar; `color_range` chooses when None.
        mode: "light" or "dark".

    Raises:
        ValueError: For an unknown view or mode, a grid that does not fit its sides, a run of
            another model, coordinates that are not (T, 2), or a range of colours that is none.
    """
    if view not in get_args(View):
        raise ValueError(f"There is no view {view!r}; take '2d' or '3d'.")
    mode = check_mode(mode)
    summary = summarise(surf, paths, log, color_range)
    draw = flat_figure if view == "2d" else landscape_figure
    return draw(summary, mode)

"""All that a picture of a surface says, as a record: scale, paths, title and caption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lossviz.figures.color_range import color_range
from lossviz.figures.paths import (
    Path,
    array,
    as_items,
    is_run,
    paths_on,
    shown_variance,
    start_losses,
)
from lossviz.figures.scale import Scale, scale_of
from lossviz.figures.words import count, number, share
from lossviz.plane import random_walk_shares

SPLITS = {"train": "training loss", "test": "test loss"}
NOT_FINITE = "no finite loss"


@dataclass(frozen=True, eq=False)
class Summary:
    """What `lossviz.figures.surface` draws.

    Args:
        x: (nx,) in the plane's units.
        y: (ny,).
        loss: (ny, nx), as computed.
        scale: How losses become colours and heights.
        paths: The contenders.
        title: The picture's title.
        caption: Sentences on what the slice shows and leaves out.
        x_title, y_title: The axes' titles with their unit.
        loss_title: Whose loss it is.
    """

    x: np.ndarray
    y: np.ndarray
    loss: np.ndarray
    scale: Scale
    paths: tuple[Path, ...]
    title: str
    caption: tuple[str, ...]
    x_title: str
    y_title: str
    loss_title: str

    @property
    def masked_words(self) -> str:
        """The legend's words for cells without a finite loss; "" where there are none."""
        masked = int(self.scale.masked.sum())
        return f"{NOT_FINITE} ({count(masked, 'cell')})" if masked else ""

    @property
    def legend(self) -> list[str]:
        """All that stands in the legend."""
        words = [self.masked_words, *(path.legend for path in self.paths)]
        return [word for word in words if word]


def summarise(
    surf: Any,
    paths: Any = (),
    log: bool = False,
    colors: tuple[float, float] | None = None,
) -> Summary:
    """The record of a surface and paths over it; see `lossviz.figures.surface`.

    Raises:
        ValueError: When the grid does not fit its sides, a path does not fit the plane, or the
            range of colours is not one.
    """
    x, y, loss = array(surf.x), array(surf.y), array(surf.loss)
    if x.ndim != 1 or y.ndim != 1 or loss.shape != (len(y), len(x)):
        raise ValueError(
            f"A surface over {len(y)} values of y and {len(x)} of x needs losses of the shape "
            f"({len(y)}, {len(x)}); got {loss.shape}."
        )
    if loss.size == 0:
        raise ValueError("A surface without cells cannot be drawn; evaluate it on 1 x 1 or more.")
    items = as_items(paths)
    drawn = paths_on(surf, items)
    if colors is None:
        colors = color_range(loss, start_losses(drawn), log=log)
    scale = scale_of(loss, colors, log)
    plane = surf.plane
    loss_title = SPLITS.get(surf.split, f"{surf.split} loss")
    where = "over both parameters" if plane.kind == "exact" else "on a slice of weight space"
    return Summary(
        x,
        y,
        loss,
        scale,
        drawn,
        title=f"{loss_title[0].upper()}{loss_title[1:]} {where}",
        caption=(
            *about_plane(surf, items),
            *about_residual(plane, drawn),
            *about_cells(scale, loss.size),
        ),
        x_title=plane.titles[0],
        y_title=plane.titles[1],
        loss_title=loss_title,
    )


def about_plane(surf: Any, items: list[Any]) -> list[str]:
    """What the plane explains of the paths, and what random walks would give."""
    plane = surf.plane
    if plane.kind == "exact":
        return ["The model has two parameters: nothing is left out."]
    if "explained" in plane.info:
        first, second = plane.info["explained"]
        said = f"The slice explains {share(first)} + {share(second)} of the paths' variance"
        frames = [len(item.recorded) for item in items if is_run(item)]
        if not frames or max(frames) < 3:
            return [f"{said}."]
        walk = random_walk_shares(max(frames), plane.space.size, len(frames))
        who = "a random walk" if len(frames) == 1 else f"{len(frames)} random walks"
        return [f"{said} ({who} of this length: {share(walk[0])} + {share(walk[1])})."]
    shown = shown_variance(surf, items)
    return [] if shown is None else [f"The slice shows {share(shown)} of the paths' variance."]


def about_residual(plane: Any, paths: tuple[Path, ...]) -> list[str]:
    """The largest distance of the weights from the plane, beside the paths' extent."""
    if plane.kind == "exact":
        return []
    seen = [path.residual[path.inside] for path in paths]
    known = [r[np.isfinite(r)] for r in seen]
    largest = max((float(r.max()) for r in known if len(r)), default=None)
    if largest is None:
        return []
    extent = max(path.extent for path in paths)
    return [
        f"The weights are up to {number(largest)} away from it, on paths that span "
        f"{number(extent)}."
    ]


def about_cells(scale: Scale, cells: int) -> list[str]:
    """Colours that saturate, and cells that have no colour."""
    said = []
    beyond = []
    if scale.above:
        beyond.append(f"{count(scale.above, 'cell')} above {number(scale.loss(scale.high))}")
    if scale.below - scale.no_log > 0:
        below = count(scale.below - scale.no_log, "cell")
        beyond.append(f"{below} below {number(scale.loss(scale.low))}")
    if scale.no_log:
        beyond.append(f"{count(scale.no_log, 'cell')} at or below 0 (no logarithm)")
    if beyond:
        said.append(f"Colours saturate for {' and '.join(beyond)}.")
    missing = scale.infinite + scale.undefined
    if missing:
        kinds = [
            f"{n} {word}"
            for n, word in ((scale.infinite, "infinite"), (scale.undefined, "not a number"))
            if n
        ]
        said.append(f"No finite loss in {missing} of {cells} cells ({', '.join(kinds)}).")
    return said

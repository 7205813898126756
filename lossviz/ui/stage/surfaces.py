"""The surfaces of a scene, the paths over them, and lines in the plane that change with time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

#: A series is joined from its beginning.
FROM_START = -1

#: So many surfaces, the main one among them, find room beside each other.
MOST_SURFACES = 6


@dataclass(frozen=True)
class Surface:
    """The loss over the plane.

    `x` (nx,) and `y` (ny,) are the grid's coordinates, `z` (ny, nx) the loss; a cell that is not
    finite is shown hatched. `z=None` stands for a surface not computed yet: the axes are drawn, the
    paths move, and the picture is put in later. Colours follow log10 of the loss when `log` is set;
    `range` (lo, hi), in units of the loss, fixes the colour scale, otherwise a robust one is taken
    and the stage says so where the colours saturate. Zoom and camera stay for as long as
    `uirevision` is the same.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray | None = None
    log: bool = False
    range: tuple[float, float] | None = None
    view: Literal["2d", "3d"] = "2d"
    x_title: str = ""
    y_title: str = ""
    uirevision: str = ""
    #: Short words under the picture, e.g. where the plane comes from.
    note: str = ""
    #: Whether a click on the surface means "start from here" (fires `start`).
    clickable: bool = True
    #: Marked points, e.g. known minimisers: (n, 2).
    marks: np.ndarray | None = None
    #: Where runs start (n, 2), the main one first: a ring each.
    starts: np.ndarray | None = None
    #: Whether the rings can be moved (`drag`), and more put down (`add`) or taken away (`drop`).
    draggable: bool = False
    #: What stands above the picture; without it "Loss surface".
    title: str = ""
    #: One word for each of the marks, e.g. "A"; then they are shown in 3-D too.
    mark_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Path:
    """A contender's way over the plane: arrays of equal length F, `steps` rising.

    `loss` is the true loss at those steps, `slice_loss` the surface's loss at the projected point,
    and `residual` the distance of the weights from the plane.
    """

    contender: str
    steps: np.ndarray
    x: np.ndarray
    y: np.ndarray
    loss: np.ndarray
    slice_loss: np.ndarray
    residual: np.ndarray
    joins: int = FROM_START


@dataclass(frozen=True)
class View:
    """One more surface beside the main one, on the same time line, with paths of its own.

    The contenders are those of the scene: a path here is the same run in another plane, or the run
    of the same settings on another model. Clicks and dragged starts are the main surface's alone,
    and so is the choice between 2-D and 3-D, which goes for all of them.

    Surfaces with the same `range` (and `log`) share one bar of colours, so that equal colours are
    equal losses; without a `range` each has a bar of its own. `note` stands under the picture,
    before the surface's own.
    """

    id: str
    title: str
    surface: Surface
    paths: tuple[Path, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Strand:
    """A line in a plane that changes with time: `x` and `y` (F, n) at the steps `steps` (F,).

    It stands in the `view` of that id, "" for the main surface. Between two of its steps it is
    drawn in between; F = 1 is a line that stands still. NaN leaves a gap. `mark` is an index into
    the theme's marks, None for the colour of the text. In 3-D it hangs at the height `z` (F, n), in
    units of the loss, or lies on the surface where that is not given.

    Example: a low-loss curve while it is being trained, and the straight line beside it.
    """

    name: str
    steps: np.ndarray
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray | None = None
    view: str = ""
    mark: int | None = None
    dashed: bool = False


def check_surface(surface: Surface) -> None:
    """Raise ValueError unless the grid, the points and their labels fit each other."""
    shape = (len(surface.y), len(surface.x))
    if surface.z is not None and surface.z.shape != shape:
        raise ValueError(f"The surface is {surface.z.shape}; its axes ask for {shape}.")
    for name in ("marks", "starts"):
        points = getattr(surface, name)
        if points is not None and (points.ndim != 2 or points.shape[1] != 2):
            raise ValueError(f"The surface's {name} are {points.shape}; expected (n, 2).")
    marks = 0 if surface.marks is None else len(surface.marks)
    if surface.mark_labels and len(surface.mark_labels) != marks:
        raise ValueError(
            f"The surface has {marks} marks and {len(surface.mark_labels)} labels; "
            "give one label for each mark, or none at all."
        )


def check_views(views: Sequence[View], main: Surface | None) -> None:
    """Raise ValueError for views without a main surface, too many, or with an id twice or empty."""
    if views and main is None:
        raise ValueError("Views stand beside the main surface; give the scene a surface too.")
    if len(views) >= MOST_SURFACES:
        raise ValueError(
            f"{len(views)} views and the main surface; there is room for {MOST_SURFACES} surfaces."
        )
    ids = [view.id for view in views]
    if "" in ids or len(set(ids)) != len(ids):
        raise ValueError(f"Views need ids of their own, and not empty ones; got {ids}.")
    for view in views:
        check_surface(view.surface)


def check_strand(strand: Strand, views: Sequence[View]) -> None:
    """Raise ValueError unless its columns fit each other and its view is there."""
    rows = len(strand.steps)
    where = f"Strand {strand.name!r}"
    if rows == 0 or strand.x.ndim != 2 or strand.x.shape[0] != rows:
        raise ValueError(
            f"{where} has x {strand.x.shape} for {rows} steps; "
            "expected (steps, points), with one step at least."
        )
    others = {"y": strand.y} if strand.z is None else {"y": strand.y, "z": strand.z}
    for name, column in others.items():
        if column.shape != strand.x.shape:
            raise ValueError(
                f"{where} has {name} {column.shape}; expected {strand.x.shape}, as x has."
            )
    if strand.view and strand.view not in {view.id for view in views}:
        known = ["", *(view.id for view in views)]
        raise ValueError(f"{where} is in the unknown view {strand.view!r}; known are {known}.")

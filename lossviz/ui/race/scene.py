"""From a course and its heat to what the stage shows."""

from __future__ import annotations

import hashlib
import math

import numpy as np

from lossviz import registry
from lossviz.comparison import letters
from lossviz.course import Course
from lossviz.course.fields import usable
from lossviz.course.heat import Account, Arrows, Crowd, Fan, Heat, Trace
from lossviz.figures.theme import Mode, as_plain
from lossviz.registry import Box
from lossviz.surface import Surface
from lossviz.ui.race.curves import curves
from lossviz.ui.race.explained import ledgers
from lossviz.ui.race.quantities import height, shifted
from lossviz.ui.scene import detail
from lossviz.ui.stage import message as stage

#: This share of a surface's points may lie below the colours.
LOWEST = 0.001

#: About so many characters stand on a contender's chip beside its name.
BRIEF = 36
#: What stands there for the rest of them.
MORE = " and {} more"


def scene_of(
    course: Course,
    heat: Heat,
    crowd: Crowd,
    surface: Surface,
    account: Account | None,
    mode: Mode,
) -> stage.Scene:
    """Everything on the stage.

    Args:
        course: What was asked for.
        heat: What came out, or what is there so far.
        crowd: The further starts and seeds.
        surface: The function over the window.
        account: What the chosen contender did, step by step.
        mode: Light or dark.
    """
    names = tuple(letters(len(heat.traces)))
    return stage.Scene(
        revision=revision(course),
        planned=course.steps,
        theme=as_plain(mode),
        contenders=contenders(course, heat),
        surface=landscape(course, surface),
        paths=tuple(
            _path(course, name, trace) for name, trace in zip(names, heat.traces, strict=True)
        ),
        losses=curves(course, names, heat.traces, crowd),
        ledgers=() if account is None else ledgers(names[course.chosen], account),
        fans=tuple(
            _fan(name, fan) for name, fan in zip(names, crowd.fans, strict=bool(crowd.fans))
        ),
        arrows=tuple(
            arrow
            for name, arrows in zip(names, heat.arrows, strict=True)
            for arrow in _arrows(name, arrows)
        ),
        rates=tuple(
            stage.Rates(name, arrows.rates[:, 0], arrows.rates[:, 1])
            for name, arrows in zip(names, heat.arrows, strict=True)
        ),
        arrows_on=course.arrows,
        exact=True,
        choices=names,
        cue=stage.Cue("opening", "end"),
        live=any(status.kind == "running" for status in heat.statuses),
        texts={"surface": course.entry.title, "loss": "f", "losses": "f"},
    )


def revision(course: Course) -> str:
    """The identity of the data on the stage."""
    return hashlib.blake2b(repr(course).encode(), digest_size=8).hexdigest()


def contenders(course: Course, heat: Heat) -> tuple[stage.Contender, ...]:
    """How each contender is called and how it stands."""
    return tuple(
        stage.Contender(
            id=name,
            label=f"{name} {registry.optimizers[one.optimizer].title}",
            detail=brief(describe(course, index)),
            mark=index,
            status=str(status),
            diverged=status.kind == "diverged",
            last=int(trace.steps[-1]),
            visible=one.visible,
        )
        for index, (name, one, trace, status) in enumerate(
            zip(
                letters(len(heat.traces)),
                course.contenders,
                heat.traces,
                heat.statuses,
                strict=True,
            )
        )
    )


def describe(course: Course, index: int) -> str:
    """The learning rate of a contender, what differs from its defaults, and its schedule."""
    one = course.contenders[index]
    words = detail(registry.optimizers[one.optimizer], one.params)
    if one.schedule == "constant" and not one.schedule_params.get("warmup"):
        return words
    entry = registry.schedules[one.schedule]
    return f"{words}, {entry.title.lower()} {detail(entry, one.schedule_params)}".rstrip()


def brief(text: str) -> str:
    """As much of a list of hyperparameters as stands on a chip; the table below has all of it.

    >>> brief("lr 0.1, momentum 0.9")
    'lr 0.1, momentum 0.9'
    >>> brief("lr 0.1, beta1 0.5, beta2 0.99, weight decay 0.1, amsgrad true")
    'lr 0.1, beta1 0.5 and 3 more'
    """
    if len(text) <= BRIEF:
        return text
    shown, *others = text.split(", ")
    left = len(others)
    for part in others:
        if len(shown) + len(part) + len(", ") + len(MORE) > BRIEF:
            break
        shown += f", {part}"
        left -= 1
    return shown + MORE.format(left)


def landscape(course: Course, surface: Surface) -> stage.Surface:
    """The surface with its starts and minimisers."""
    minimisers = course.entry.minimisers(course.params)
    drawn = height(course, np.asarray(surface.loss))
    return stage.Surface(
        x=np.asarray(surface.x),
        y=np.asarray(surface.y),
        z=drawn,
        log=bool(course.log),
        range=color_range(course, drawn),
        view="3d" if course.three_d else "2d",
        x_title="x",
        y_title="y",
        # Zoom and camera stay while anything but the function changes.
        uirevision=f"{course.function} {course.params} {course.frame}",
        note=_note(course),
        marks=np.asarray(minimisers, dtype=float) if minimisers else None,
        starts=np.asarray([course.begin(), *course.more], dtype=float),
        draggable=True,
    )


def color_range(course: Course, heights: np.ndarray) -> tuple[float, float] | None:
    """The heights (ny, nx) between which a logarithmic surface is coloured; None for the stage's
    own choice.

    A function that is known everywhere is shown down to all but the lowest few points: its paths
    end there.
    """
    positive = heights[np.isfinite(heights) & (heights > 0)]
    if not course.log or not len(positive):
        return None
    low, high = float(np.quantile(positive, LOWEST)), float(positive.max())
    return (low, high) if low < high else None


def _note(course: Course) -> str:
    return "The colours show f minus its minimum." if shifted(course) else ""


def _path(course: Course, name: str, trace: Trace) -> stage.Path:
    drawn = height(course, trace.value)
    return stage.Path(
        contender=name,
        steps=trace.steps,
        x=trace.points[:, 0],
        y=trace.points[:, 1],
        loss=drawn,
        slice_loss=drawn,
        residual=np.zeros(len(trace.steps)),
    )


def _fan(name: str, fan: Fan) -> stage.Fan:
    return stage.Fan(name, fan.points[..., 0], fan.points[..., 1], fan.steps)


def _arrows(name: str, arrows: Arrows) -> list[stage.Arrow]:
    return [
        stage.Arrow(name, kind, vectors[:, 0], vectors[:, 1])  # type: ignore[arg-type]
        for kind, vectors in arrows.vectors.items()
    ]


def extent(course: Course, heat: Heat) -> Box | None:
    """A rectangle around the starts and the visible paths, or None where it has no area."""
    shown = [
        trace.points
        for trace, one, status in zip(heat.traces, course.contenders, heat.statuses, strict=True)
        # Who diverged was everywhere.
        if one.visible and status.kind != "diverged"
    ] or [trace.points for trace in heat.traces]
    points = np.concatenate([*shown, np.asarray([course.begin()])])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    # A path along an axis still gets a picture with two sides.
    side = max(x1 - x0, y1 - y0)
    wide, high = max(x1 - x0, 0.25 * side), max(y1 - y0, 0.25 * side)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    if not side > 0:
        return None
    box = (x - 0.58 * wide, x + 0.58 * wide, y - 0.58 * high, y + 0.58 * high)
    # Four digits of its size: far from the origin a small picture needs more of its place.
    places = 3 - math.floor(math.log10(side))
    sides = tuple(round(float(edge), places) for edge in box)
    return sides if usable(sides) else None  # type: ignore[arg-type, return-value]

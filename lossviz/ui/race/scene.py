"""From a course and its heat to what the stage shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from latex2mathml.converter import convert

from lossviz import registry
from lossviz.comparison import letters
from lossviz.course import Course
from lossviz.course.course import usable
from lossviz.course.heat import Account, Arrows, Crowd, Fan, Heat, Trace
from lossviz.curvature import eigenvalues_along
from lossviz.figures.theme import Mode, as_plain
from lossviz.problem import function_problem
from lossviz.registry import Box, Point, Value
from lossviz.run import Status
from lossviz.surface import Surface
from lossviz.ui.scene import detail
from lossviz.ui.stage import message as stage

#: This share of a surface's points may lie below the colours.
LOWEST = 0.001

#: A curvature below this share of the other one is none.
FLAT = 1e-9

#: About so many characters stand on a contender's chip beside its name.
BRIEF = 28

#: The tabs of the curves: identity, what the tab says, the axis title.
CURVES = (
    ("value", "f", "f"),
    ("slope", "gradient", "norm of the gradient"),
    ("distance", "distance", "distance to the nearest minimum"),
    ("moved", "step", "length of the step"),
    ("rate", "rate", "learning rate"),
)


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
    'lr 0.1, beta1 0.5, …'
    """
    if len(text) <= BRIEF:
        return text
    shown, *others = text.split(", ")
    for part in others:
        if len(shown) + len(part) + len(", , …") > BRIEF:
            break
        shown += f", {part}"
    return f"{shown}, …"


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


def shifted(course: Course) -> bool:
    """Whether heights are counted from the minimum, as a logarithm needs them."""
    return bool(course.log) and course.minimum is not None


def title_of(course: Course) -> str:
    """What the heights are."""
    return "f minus its minimum" if shifted(course) else "f"


def height(course: Course, values: np.ndarray) -> np.ndarray:
    """Values of the function as they are drawn."""
    return values - (course.minimum or 0.0) if shifted(course) else values


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


def curves(
    course: Course, names: Sequence[str], traces: Sequence[Trace], crowd: Crowd
) -> tuple[stage.Losses, ...]:
    """A tab for each quantity that is known here."""
    panels = []
    for key, tab, title in CURVES:
        lines = tuple(
            _curve(course, name, key, trace) for name, trace in zip(names, traces, strict=True)
        )
        if key == "value":
            lines = banded(course, lines, crowd)
        if not any(np.isfinite(line.values).any() for line in lines):
            continue
        panels.append(
            stage.Losses(
                curves=lines,
                log=bool(course.log),
                title=title_of(course) if key == "value" else title,
                target=course.target if key == "value" else None,
                id=key,
                tab=tab,
            )
        )
    return tuple(panels)


def _curve(course: Course, name: str, key: str, trace: Trace) -> stage.Curve:
    values = getattr(trace, key)
    if key == "value":
        values = height(course, values)
    elif key == "distance":
        values = distances(course, trace)
    return stage.Curve(name, key, trace.steps, values)


def distances(course: Course, trace: Trace) -> np.ndarray:
    """The distances (F,) to the nearest minimiser; not numbers where these form a whole curve, of
    which the catalogue names just some points.
    """
    known = bool(isolated(course.function, course.params))
    return trace.distance if known else np.full_like(trace.distance, np.nan)


@lru_cache(maxsize=64)
def isolated(function: str, params: Mapping[str, Value]) -> tuple[Point, ...]:
    """The function's minimisers, where each stands alone; none where they form a curve.

    On a curve of minima the function does not rise along the curve: its least curvature is 0. (At
    the edge of what is allowed a minimum needs no curvature.)
    """
    entry = registry.functions[function]
    minimisers = entry.minimisers(params)
    if not minimisers or entry.box(params) is not None:
        return minimisers
    at = torch.tensor(minimisers, dtype=torch.float64)
    curvatures = eigenvalues_along(function_problem(function, params), at)
    flat = curvatures[:, 0] <= FLAT * curvatures[:, -1]
    return () if flat.any() else minimisers


def banded(course: Course, lines: tuple[stage.Curve, ...], crowd: Crowd) -> tuple[stage.Curve, ...]:
    """The curves with the spread over the seeds, as far as they go."""
    if crowd.bands is None:
        return lines
    frames, bands = crowd.bands
    return tuple(
        replace(
            line,
            low=np.interp(line.steps, frames, height(course, low)),
            high=np.interp(line.steps, frames, height(course, high)),
        )
        for line, (low, high) in zip(lines, bands, strict=True)
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
    box = (x - 0.58 * wide, x + 0.58 * wide, y - 0.58 * high, y + 0.58 * high)
    sides = tuple(float(f"{side:.4g}") for side in box)
    return sides if usable(sides) else None  # type: ignore[arg-type, return-value]


# --- words and formulas ------------------------------------------------------------------------


def ledgers(name: str, account: Account) -> tuple[stage.Ledger, ...]:
    """The pages beside the picture: why this happens, and one step in numbers."""
    why = account.why
    pages = [
        stage.Ledger(
            "Why",
            name,
            account.steps,
            (
                stage.LedgerLine(templates=why.sentences, pick=why.pick),
                *(stage.LedgerLine(one.label, "", one.templates, one.pick) for one in why.facts),
            ),
            _columns(why.values),
        )
    ]
    if account.worked is not None:
        lines = tuple(
            stage.LedgerLine(
                mathml=mathml(rf"{line.symbol} \leftarrow {line.formula}"),
                templates=(line.filled,),
            )
            for line in account.worked.lines
        )
        values = _columns(account.worked.values)
        pages.append(stage.Ledger("One step", name, account.steps, lines, values))
    elif account.unworked:
        reason = stage.LedgerLine(templates=(account.unworked,))
        pages.append(stage.Ledger("One step", name, account.steps, (reason,), {}))
    return tuple(pages)


def _columns(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in values.items()}


@lru_cache(maxsize=512)
def mathml(latex: str) -> str:
    """A formula of a catalogue as MathML, which browsers draw by themselves."""
    return str(convert(latex))


# --- below the picture -------------------------------------------------------------------------

COLUMNS = ("f", "above the minimum", "distance", "steps to tolerance")


def sentences(course: Course, heat: Heat) -> list[str]:
    """What is said below the picture about the function and the noise."""
    said = []
    box = course.entry.box(course.params)
    if box is not None:
        said.append(
            f"Here x must stay from {box[0]:g} to {box[1]:g} and y from {box[2]:g} to {box[3]:g}: "
            "after each step a point outside is put back to the nearest one inside."
        )
    if course.sigma:
        variance = course.sigma**2 / course.batch
        said.append(
            f"Each gradient is the true one plus noise of variance {variance:.3g} in each "
            "coordinate, the same noise for all contenders."
        )
    if course.log and course.minimum is None and (_values(heat) <= 0).any():
        said.append(
            "The function has values at or below 0, which have no logarithm; switch the log scale "
            "off to see them."
        )
    return said


def _values(heat: Heat) -> np.ndarray:
    return np.concatenate([trace.value for trace in heat.traces])


def basins(course: Course, crowd: Crowd) -> list[dict[str, int]]:
    """For each contender, how many of the further starts end at which minimum; empty where nothing
    can be counted.
    """
    minimisers = isolated(course.function, course.params)
    if not minimisers:
        return []
    counts = []
    for fan in crowd.fans:
        lost = ~np.isfinite(fan.points[:, -1]).all(axis=-1)
        row = {
            f"at ({x:.3g}, {y:.3g})": int((fan.reached == k).sum())
            for k, (x, y) in enumerate(minimisers)
        }
        row["elsewhere"] = int(((fan.reached < 0) & ~lost).sum())
        row["diverged"] = int(lost.sum())
        counts.append(row)
    if not any(row["diverged"] for row in counts):
        counts = [{name: row[name] for name in row if name != "diverged"} for row in counts]
    return counts


def rows(course: Course, heat: Heat) -> list[dict[str, str]]:
    """The table's rows: where each contender ended, how soon it was near, and how it stands."""
    minimum = course.minimum
    table = []
    for index, (letter, trace, status) in enumerate(
        zip(letters(len(heat.traces)), heat.traces, heat.statuses, strict=True)
    ):
        title = registry.optimizers[course.contenders[index].optimizer].title
        table.append(
            {
                "contender": f"{letter} {title} {describe(course, index)}",
                "f": _number(trace.value[-1]),
                "above the minimum": _number(trace.value[-1] - minimum)
                if minimum is not None else "–",
                "distance": _number(distances(course, trace)[-1]),
                "steps to tolerance": steps_to(heat, index),
                "status": _said(course, trace, status),
            }
        )  # fmt: skip
    return table


def columns(course: Course, table: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Those of the `COLUMNS` that say something here."""
    # Above a minimum of 0 the height is f itself.
    idle = {"above the minimum"} if course.minimum == 0 else set()
    return tuple(
        name
        for name in COLUMNS
        if name not in idle and (name == "f" or any(row[name] != "–" for row in table))
    )


def steps_to(heat: Heat, index: int) -> str:
    """The first step at which a contender was within the tolerance."""
    reached = heat.reached[index]
    return str(reached) if reached >= 0 else "not reached"


def _said(course: Course, trace: Trace, status: Status) -> str:
    if status.kind != "finished":
        return status.sentence
    x0, x1, y0, y1 = course.window()
    x, y = trace.points[:, 0], trace.points[:, 1]
    outside = (x < x0) | (x > x1) | (y < y0) | (y > y1)
    if outside.any():
        step = int(trace.steps[outside.argmax()])
        back = "" if outside[-1] else ", and comes back"
        return f"{status.sentence} It leaves the picture at step {step}{back}."
    return status.sentence


def _number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "–"

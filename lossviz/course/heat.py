"""From the settings of a course to all that its picture shows, as pure functions.

course = Course(function="himmelblau")
runs = race_of(course)
heat = heat_of(course, runs)
account = account_of(course, 0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lossviz import plane as planes
from lossviz.course.course import Course
from lossviz.curvature.why import Why, explain
from lossviz.problem import Problem
from lossviz.registry import Point, optimizers
from lossviz.run import Run, Status, race_on
from lossviz.run.arrows import arrows, effective_rates
from lossviz.run.frames import spread
from lossviz.run.many import Many, race_many
from lossviz.run.state import problem_of
from lossviz.run.sweep import Sweep, sweep
from lossviz.run.worked import Worked
from lossviz.settings import Options
from lossviz.surface import Surface, evaluate

#: A path is drawn through at most this many of its steps, a further start's through fewer.
MOST_FRAMES = 1001
FAN_FRAMES = 301
#: The band of a curve holds this share of the seeds.
BAND = (0.1, 0.9)


@dataclass(frozen=True, eq=False)
class Trace:
    """One contender's way from the start: arrays over F drawn steps.

    Args:
        steps: (F,) step numbers.
        points: (F, 2).
        value: (F,) the function, without noise.
        slope: (F,) the norm of its gradient, without noise.
        distance: (F,) to the nearest global minimiser; not a number where none is known.
        moved: (F,) the length of the step that follows; not a number at the last one.
        rate: (F,) the learning rate of that step.
    """

    steps: np.ndarray
    points: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    distance: np.ndarray
    moved: np.ndarray
    rate: np.ndarray


@dataclass(frozen=True, eq=False)
class Fan:
    """One contender's ways from the S further starts.

    Args:
        steps: (F,) step numbers.
        points: (S, F, 2); not a number after a divergence.
        reached: (S,) the number of the global minimiser it ended beside, or -1.
    """

    steps: np.ndarray
    points: np.ndarray
    reached: np.ndarray


@dataclass(frozen=True, eq=False)
class Heat:
    """All K contenders of a course, as they are drawn.

    Args:
        traces: Their ways from the first start.
        statuses: How each ended.
        reached: (K,) the first step within the tolerance, or -1.
        arrows: What is drawn at their heads.
    """

    traces: tuple[Trace, ...]
    statuses: tuple[Status, ...]
    reached: tuple[int, ...]
    arrows: tuple[Arrows, ...]


@dataclass(frozen=True, eq=False)
class Crowd:
    """What comes of a course's further starts and seeds.

    Args:
        fans: The K contenders' ways from the further starts; empty without such starts.
        bands: (F,) step numbers, and for each contender (2, F) a low and a high quantile of the
            value over the seeds of the noise; None with one seed.
    """

    fans: tuple[Fan, ...] = ()
    bands: tuple[np.ndarray, tuple[np.ndarray, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Account:
    """What one contender did, step by step, aligned with its trace's steps.

    Args:
        steps: (F,).
        why: What happens there, in words and numbers.
        worked: One step in formulas and numbers, or None where the optimizer has none.
        unworked: Why it has none, in a sentence; "" for no reason.
        formula: The optimizer's formula as a whole, in LaTeX.
    """

    steps: np.ndarray
    why: Why
    worked: Worked | None
    unworked: str = ""
    formula: str = ""


@dataclass(frozen=True, eq=False)
class Arrows:
    """What is drawn at one contender's head, aligned with its trace's steps.

    Args:
        vectors: "gradient", "momentum" (where it has one) and "step" to (F, 2).
        rates: (F, 2) the learning rate that each coordinate really has.
    """

    vectors: Mapping[str, np.ndarray]
    rates: np.ndarray


def race_of(course: Course, contenders: slice = slice(None)) -> tuple[Run, ...]:
    """The contenders (or some of them) from the first start, watched step by step."""
    return tuple(
        race_on(
            problem_of(course.ground),
            course.methods()[contenders],
            course.steps,
            seed=course.seed,
            start=start_of(course),
            watch=True,
        )
    )


def start_of(course: Course) -> Tensor:
    """The first start as a vector (2,)."""
    return torch.tensor(course.begin(), dtype=torch.float64)


def heat_of(course: Course, runs: Sequence[Run] | None = None) -> Heat:
    """All that is drawn of the contenders, from their runs where these are there already."""
    runs = race_of(course) if runs is None else runs
    return Heat(
        traces=tuple(trace_of(course, run) for run in runs),
        statuses=tuple(run.status for run in runs),
        reached=tuple(first_within(course, run) for run in runs),
        arrows=tuple(arrows_of(run) for run in runs),
    )


def crowd_of(course: Course) -> Crowd:
    """The further starts and seeds of a course, each contender with all of them at once."""
    return Crowd(fans_of(course), bands_of(course))


def first_within(course: Course, run: Run) -> int:
    """The first step after which the value is within the tolerance of the minimum, or -1."""
    height = run.loss.numpy() - (course.minimum or 0.0)
    # A minimum may be one of the usual window alone: far below it is not near it.
    near = height < course.target if course.minimum is None else np.abs(height) < course.target
    return int(near.argmax()) if near.any() else -1


def trace_of(course: Course, run: Run) -> Trace:
    """One contender's way, thinned to what is drawn."""
    problem = problem_of(course.ground)
    frames = spread(len(run.recorded), MOST_FRAMES)
    weights = run.weights[frames]
    value, gradient = value_and_gradient(problem, weights)
    points = weights.numpy()
    moves = np.full(len(run.weights), np.nan)
    moves[:-1] = (run.weights[1:] - run.weights[:-1]).norm(dim=1).numpy()
    rates = np.full(len(run.weights), np.nan) if run.rates is None else run.rates.numpy()
    return Trace(
        steps=np.asarray(run.recorded)[frames],
        points=points,
        value=value.numpy(),
        slope=gradient.norm(dim=1).numpy(),
        distance=distance(points, course.entry.minimisers(course.params)),
        moved=moves[frames],
        rate=rates[frames],
    )


def value_and_gradient(problem: Problem, points: Tensor) -> tuple[Tensor, Tensor]:
    """The function (F,) and its gradient (F, 2), without noise, at points (F, 2)."""
    leaf = points.detach().requires_grad_()
    with torch.enable_grad():
        values = problem.stacked_loss(leaf)
        (gradient,) = torch.autograd.grad(values.sum(), leaf)
    return values.detach(), gradient


def distance(points: np.ndarray, minimisers: Sequence[Point]) -> np.ndarray:
    """The distance (...,) of points (..., 2) to the nearest minimiser; NaN where there is none."""
    if not minimisers:
        return np.full(points.shape[:-1], np.nan)
    between = points[..., None, :] - np.asarray(minimisers, dtype=np.float64)
    return np.linalg.norm(between, axis=-1).min(axis=-1)


def bands_of(course: Course) -> tuple[np.ndarray, tuple[np.ndarray, ...]] | None:
    """The spread of each contender's value over the seeds of the noise; see `Crowd`."""
    if course.seeds == 1 or course.sigma == 0:
        return None
    seeds = [course.seed + k for k in range(course.seeds)]
    starts = start_of(course).expand(course.seeds, 2)
    many = race_many(problem_of(course.ground), course.methods(), starts, course.steps, seeds)
    frames = spread(course.steps + 1, MOST_FRAMES)
    return frames, tuple(band_of(loss.numpy()[frames]) for loss in many.loss)


def band_of(values: np.ndarray) -> np.ndarray:
    """The quantiles `BAND` (2, F) of values (F, S); a diverged one counts as infinite."""
    filled = np.where(np.isfinite(values), values, np.inf)
    # "nearest" never computes with infinities.
    return np.quantile(filled, BAND, axis=1, method="nearest")


def fans_of(course: Course) -> tuple[Fan, ...]:
    """Each contender's ways from the further starts; none where there are no further starts."""
    others = course.others()
    if not others:
        return ()
    starts = torch.tensor(others, dtype=torch.float64)
    seeds = [course.seed] * len(others)
    problem = problem_of(course.ground)
    many = race_many(problem, course.methods(), starts, course.steps, seeds)
    return tuple(_fan(course, many, k) for k in range(len(course.contenders)))


def _fan(course: Course, many: Many, contender: int) -> Fan:
    weights = many.weights[contender].numpy()  # (steps + 1, S, 2)
    frames = spread(len(weights), FAN_FRAMES)
    minimisers = course.entry.minimisers(course.params)
    last = weights[-1]
    reached = np.full(len(last), -1)
    if minimisers:
        between = np.linalg.norm(last[:, None, :] - np.asarray(minimisers), axis=-1)
        near = between.min(axis=1) <= 0.02 * _width(course)  # never so for NaN
        reached[near] = between[near].argmin(axis=1)
    return Fan(frames, weights[frames].transpose(1, 0, 2), reached)


def _width(course: Course) -> float:
    x0, x1, y0, y1 = course.domain
    return max(x1 - x0, y1 - y0)


def arrows_of(run: Run) -> Arrows:
    """What is drawn at the head of one contender."""
    frames = spread(len(run.recorded), MOST_FRAMES)
    vectors = {name: np.asarray(value)[frames] for name, value in arrows(run).items()}
    return Arrows(vectors, np.asarray(effective_rates(run))[frames])


def account_of(course: Course, contender: int) -> Account:
    """What one contender did, in words, formulas and numbers; it is raced again by itself."""
    (run,) = race_of(course, slice(contender, contender + 1))
    return account_of_run(course, run)


def account_of_run(course: Course, run: Run) -> Account:
    """What a run did, in words, formulas and numbers."""
    frames = spread(len(run.recorded), MOST_FRAMES)
    problem = problem_of(course.ground)
    why = explain(problem, run)
    entry = optimizers[run.method.optimizer]
    worked = entry.worked(run) if entry.worked is not None else None
    return Account(
        np.asarray(run.recorded)[frames],
        why.at(frames),
        None if worked is None else replace(worked, values=_taken(worked.values, frames)),
        entry.unworked,
        entry.formula,
    )


def _taken(values: Mapping[str, np.ndarray], frames: np.ndarray) -> dict[str, np.ndarray]:
    return {name: np.asarray(value)[frames] for name, value in values.items()}


def surface_of(course: Course) -> Surface:
    """The function over the window, on ``grid`` x ``grid`` points."""
    problem = problem_of(course.ground)
    x0, x1, y0, y1 = course.window()
    x, y = planes.grid(((x0, x1), (y0, y1)), int(course.grid))
    return evaluate(problem, planes.exact_plane(problem), x, y)


# --- fair mode ---------------------------------------------------------------------------------


def sweep_of(course: Course) -> tuple[Sweep, ...]:
    """Every contender with every learning rate, from the same start with the same budget."""
    rates = np.logspace(course.lowest, course.highest, course.rates)
    noisy = course.sigma > 0
    seeds = [course.seed + k for k in range(course.seeds if noisy else 1)]
    starts = start_of(course).expand(len(seeds), 2)
    problem = problem_of(course.ground)
    return sweep(problem, course.methods(), rates, course.steps, starts, seeds)


def at_best(course: Course, sweeps: Sequence[Sweep]) -> Course:
    """The course with each contender at the best learning rate of its sweep."""
    contenders = tuple(
        replace(one, params=Options({**one.params, "lr": float(found.best)}))
        for one, found in zip(course.contenders, sweeps, strict=True)
    )
    return replace(course, contenders=contenders)

"""From one trained network of a survey to another: the straight way, and a bent one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lossviz import plane as planes
from lossviz.connect import Curve, CurvePiece, CurveState, Line, align, curve_of, line, start_curve
from lossviz.plane import Plane
from lossviz.plane.window import Range
from lossviz.run import Method, Run
from lossviz.survey.ground import problem_of, recipe_of
from lossviz.survey.slices import drawn_problem, statistics_of
from lossviz.survey.survey import Survey

#: Points of the straight way on each split, with what lies beyond its ends.
POINTS = 151
#: How many samples each step of the curve looks at, when there are more.
BATCH = 64


@dataclass(frozen=True, eq=False)
class Straight:
    """The straight way between two networks.

    Args:
        names: Of the two runs.
        a, b: (P,), the networks; ``b`` with its hidden units permuted where that was asked for.
        plain: The loss on the line to the second network as it was trained.
        aligned: The same to the permuted one, or None.
    """

    names: tuple[str, str]
    a: Tensor
    b: Tensor
    plain: Line
    aligned: Line | None = None


def ends_of(survey: Survey) -> tuple[str, str]:
    """The names of the runs between which the way leads."""
    return ("A", "A′") if survey.ends == "seeds" else ("A", "B")


def straight_of(survey: Survey, runs: Mapping[str, Run]) -> Straight:
    """The loss on the straight line between the ends of two runs.

    Batch normalisation uses what it uses on the surfaces.

    Raises:
        SettingError: When the units of the model cannot be permuted, an end is not finite, or the
            statistics that a run leaves behind cannot be found.
    """
    problem = drawn_problem(survey, False, runs)
    names = ends_of(survey)
    a, b = (runs[name].weights[-1] for name in names)
    plain = line(problem, a, b)
    if not survey.aligned:
        return Straight(names, a, b, plain)
    moved = align(problem, a, b).theta
    return Straight(names, a, moved, plain, line(problem, a, moved))


def bend_of(
    survey: Survey, straight: Straight, buffers: Mapping[str, Tensor] | None = None
) -> CurveState:
    """The curve between both ends before its first step, for `lossviz.connect.advance_curve`.

    Args:
        survey: The settings.
        straight: What `straight_of` found.
        buffers: The running statistics of the surfaces, where there are any.

    Raises:
        SettingError: When both ends are the same network.
    """
    problem = problem_of(survey.base)
    samples = len(problem.batch()[0])
    return start_curve(
        problem,
        straight.a,
        straight.b,
        Method("adam", {"lr": survey.bend_rate}),
        steps=survey.bend_steps,
        seed=survey.base.seed,
        batch_size=BATCH if samples > BATCH else 0,
        statistics=statistics_of(survey),
        buffers=buffers,
        recipe=recipe_of(survey.base),
    )


@dataclass(frozen=True, eq=False)
class Bend:
    """A curve between two networks as it is drawn, frame by frame.

    Args:
        curve: The curve.
        plane: Through both ends and the last bend.
        window: What of it is drawn.
        coords: (F, n, 2), the curve of each frame on the plane.
        residual: (F, n), its distance from the plane.
    """

    curve: Curve
    plane: Plane
    window: tuple[Range, Range]
    coords: np.ndarray
    residual: np.ndarray


def curve_so_far(survey: Survey, state: CurveState, pieces: list[CurvePiece]) -> Curve | None:
    """The curve as far as it is; None before there is anything."""
    return curve_of(state, pieces, problem_of(survey.base).space) if pieces else None


def bend_seen(curve: Curve) -> Bend:
    """A curve on the plane through its ends and its last bend."""
    plane = curve.plane()
    coords, residual = curve.project(plane)
    window = planes.window(plane, [coords[-1], torch.tensor(plane.info["points"])])
    return Bend(curve, plane, window, coords.numpy(), residual.numpy())

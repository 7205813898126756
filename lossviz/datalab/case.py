"""The model on one state of the data: its surface, its curvatures, and two ways down.

The ratio of the Hessian's eigenvalues, the **condition number** k, says how hard plain gradient
descent has it. At half the largest stable learning rate each step takes 1/k of what is left along
the flattest direction, so about k steps bring it 1/e nearer. Columns of unlike size or far from
zero make k large, and scaling is nothing but a change of the units in which weights are measured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lossviz import plane as planes
from lossviz.curvature import hessians, spectra
from lossviz.datalab.lab import DataLab
from lossviz.datalab.model import lowest_point, problem_for, score_of
from lossviz.datalab.pairs import Pair
from lossviz.plane import Plane
from lossviz.problem import Problem
from lossviz.registry import SettingError
from lossviz.run import Method, Run, Status, race_on
from lossviz.surface import evaluate, slice_loss

#: Points of a surface along each axis; odd, so that the lowest point of a bowl is one of them.
POINTS = 61
#: A path is drawn through at most so many of its steps.
MOST_FRAMES = 501
#: The learning rates of the catalogue, on a loss whose curvature is 1. What is beyond diverges, or
#: stands still, at these as well.
LOW, HIGH = 1e-6, 100.0
#: A curvature below this share of the largest one counts as flat.
FLAT = 1e-10
#: Of a network, where nothing is exactly flat.
NEARLY_FLAT = 1e-3


@dataclass(frozen=True, eq=False)
class Way:
    """One optimizer's way down: arrays over F drawn steps.

    Args:
        steps: (F,) step numbers.
        points: (F, 2) on the plane.
        left: (F,) what is left of the way down: 1 at the start, 0 at the lowest loss.
        slice_left: (F,) the same of the surface right under the path.
        residual: (F,) the distance from the plane.
        status: How it ended.
        reached: The first step after which less than the target was left, or -1.
        rate: Its learning rate.
        limit: The largest learning rate that is stable at the start; infinite on flat ground.
        score: On the test rows: the share of the variance that is explained, or the accuracy; NaN
            without test rows.
    """

    steps: np.ndarray
    points: np.ndarray
    left: np.ndarray
    slice_left: np.ndarray
    residual: np.ndarray
    status: Status
    reached: int
    rate: float
    limit: float
    score: float


@dataclass(frozen=True, eq=False)
class Case:
    """The model on one state of the data.

    Args:
        name: "raw", "cleaned" or "scaled".
        rows: How many training rows there are.
        curvatures: (P,) the eigenvalues of the Hessian, ascending: of the linear model everywhere,
            of the network at the end of its better run.
        steepest: The largest eigenvalue at the start.
        condition: The largest eigenvalue over the smallest; infinite where one is flat, NaN for a
            network, whose loss is no bowl.
        least: The lowest loss: of the linear model its minimum, of the network the lowest that was
            reached.
        first: The loss at the start.
        ways: Of SGD, and of SGD with momentum.
        x: (nx,) coordinates of the surface.
        y: (ny,).
        left: (ny, nx) what is left of the way down.
        titles: What the axes are.
        explained: The shares of the paths' movement that the axes carry; empty where it is exact.
    """

    name: str
    rows: int
    curvatures: np.ndarray
    steepest: float
    condition: float
    least: float
    first: float
    ways: tuple[Way, ...]
    x: np.ndarray
    y: np.ndarray
    left: np.ndarray
    titles: tuple[str, str]
    explained: tuple[float, ...] = ()


def case_of(lab: DataLab, pair: Pair, inputs: tuple[str, str], classes: bool) -> Case:
    """The model on one state of the data, with both ways down.

    Args:
        lab: The settings.
        pair: The data.
        inputs: The names of the two inputs.
        classes: Whether the target is a class.

    Raises:
        SettingError: When the loss at the start is not finite, so that there is nothing to show.
    """
    problem = problem_for(lab, pair, inputs)
    start = problem.theta0
    first = float(problem.stacked_loss(start[None])[0])
    steepest = float(spectra(hessians(problem, start[None])).highest[0])
    if not (np.isfinite(first) and np.isfinite(steepest) and steepest > 0):
        raise SettingError(
            f"The loss on the {pair.name} data has no finite curvature: its numbers are too large "
            "or too small to be trained on."
        )
    runs = race_on(_in_curvatures(problem, steepest), _methods(lab, steepest), lab.steps)
    plane = planes.exact_plane(problem) if lab.model == "linear" else planes.pca_plane(runs)
    lowest, bottom = _lowest(lab, problem, runs, steepest)
    ground = Ground(problem, plane, lowest, first - lowest if first > lowest else 1.0, steepest)
    curvatures = spectra(hessians(problem, bottom[None])).values[0]
    x, y = _grid(lab, plane, bottom, [plane.project(run.weights)[0] for run in runs])
    return Case(
        name=pair.name,
        rows=len(pair.targets),
        curvatures=curvatures,
        steepest=steepest,
        condition=condition_of(curvatures) if lab.model == "linear" else np.nan,
        least=lowest,
        first=first,
        ways=tuple(_way(run, ground, lab.within, classes) for run in runs),
        x=x.numpy(),
        y=y.numpy(),
        left=ground.left(evaluate(problem, plane, x, y).loss),
        titles=plane.titles,
        explained=tuple(float(share) for share in plane.info.get("explained", ())),
    )


@dataclass(frozen=True, eq=False)
class Ground:
    """What both ways go down on, and how they are measured.

    Args:
        problem: What is trained.
        plane: Where it is drawn.
        lowest: The lowest loss.
        drop: How far it is down to it from the start; 1 where the start is the lowest point.
        steepest: The largest curvature at the start.
    """

    problem: Problem
    plane: Plane
    lowest: float
    drop: float
    steepest: float

    def left(self, loss: Tensor) -> np.ndarray:
        """What is left of the way down at losses of any shape: 1 at the start, 0 at the lowest."""
        left: np.ndarray = (loss.numpy() - self.lowest) / self.drop
        return left


def condition_of(curvatures: np.ndarray) -> float:
    """The condition number of ascending eigenvalues (P,): infinite where the smallest is flat."""
    low, high = float(curvatures[0]), float(curvatures[-1])
    return high / low if low > FLAT * high else np.inf


def flat_of(curvatures: np.ndarray) -> tuple[int, int]:
    """How many of a network's curvatures (P,) are nearly flat, and how many fall."""
    high = np.abs(curvatures).max()
    flat = np.abs(curvatures) < NEARLY_FLAT * high
    return int(flat.sum()), int(((curvatures < 0) & ~flat).sum())


def _methods(lab: DataLab, steepest: float) -> list[Method]:
    """A without momentum and B with it, at their rates for a loss in units of its curvature."""
    methods = []
    for momentum in (0.0, lab.momentum):
        rate = lab.share * limit_of(momentum) if lab.tune == "curvature" else lab.lr * steepest
        methods.append(Method("sgd", {"lr": min(max(rate, LOW), HIGH), "momentum": momentum}))
    return methods


def limit_of(momentum: float) -> float:
    """The largest stable rate on a quadratic of curvature 1; of curvature h it is 1/h of that.

    Plain steps are stable below 2, those with momentum beta below 2 + 2 beta.
    """
    return 2 + 2 * momentum


def _in_curvatures(problem: Problem, steepest: float) -> Problem:
    """The same problem with its loss divided by its largest curvature.

    The rate h eta on the loss f / h makes the very steps that eta makes on f. So the rates are
    those of the catalogue, whose range is for losses of usual size, while raw columns of thousands
    ask for rates far below it.
    """

    def criterion(outputs: Tensor, targets: Tensor) -> Tensor:
        return problem.criterion(outputs, targets) / steepest

    return replace(problem, criterion=criterion)


def _lowest(
    lab: DataLab, problem: Problem, runs: list[Run], steepest: float
) -> tuple[float, Tensor]:
    """The lowest loss and its weights (P,): of all, or of those that were reached."""
    if lab.model == "linear":
        point = lowest_point(problem)
        return float(problem.stacked_loss(point[None])[0]), point
    values = torch.cat([run.loss[run.recorded] for run in runs])
    place = int(values.nan_to_num(torch.inf, torch.inf).argmin())
    return float(values[place]) * steepest, torch.cat([run.weights for run in runs])[place]


def _grid(lab: DataLab, plane: Plane, bottom: Tensor, paths: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The coordinates of the surface: of a bowl a square around its lowest point.

    Both sides are equally long in units of a weight, for that is the ruler by which plain gradient
    descent measures its steps; on sides of their own every valley would look round.
    """
    if lab.model != "linear":
        return planes.grid(planes.window(plane, paths), POINTS)
    half = 1.3 * float(bottom.abs().max()) or 1.0
    x, y = bottom.tolist()
    return planes.grid(((x - half, x + half), (y - half, y + half)), POINTS)


def _way(run: Run, ground: Ground, within: float, classes: bool) -> Way:
    """A run on the loss in units of its curvature, as it is drawn."""
    limit = limit_of(float(run.method.params["momentum"]))
    coords, residual = ground.plane.project(run.weights)
    left = ground.left(run.loss[run.recorded] * ground.steepest)
    near = left < within
    frames = np.unique(
        np.linspace(0, len(left) - 1, min(len(left), MOST_FRAMES)).round().astype(int)
    )
    return Way(
        steps=np.asarray(run.recorded)[frames],
        points=coords.numpy()[frames],
        left=left[frames],
        slice_left=ground.left(slice_loss(ground.problem, ground.plane, coords[frames])),
        residual=residual.numpy()[frames],
        status=run.status,
        reached=int(run.recorded[near.argmax()]) if near.any() else -1,
        rate=float(run.method.params["lr"]) / ground.steepest,
        limit=limit / ground.steepest,
        score=score_of(ground.problem, run.weights[-1], classes),
    )

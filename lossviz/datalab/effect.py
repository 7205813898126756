"""What cleaning and scaling do to training: one small model on raw, cleaned and scaled data.

The linear model is ``y = w1 x1 + w2 x2`` with the mean squared error, on two inputs (or one and a
constant, whose weight is the intercept). Its loss is a quadratic in two weights, so its picture is
exact, and its Hessian, 2/N X'X, is the same everywhere. The ratio of its eigenvalues, the
**condition number**, says how hard plain gradient descent has it: with the largest stable learning
rate it takes about that many steps to come 1/e nearer. Columns of unlike size or far from zero
make it large, and scaling is nothing but a change of the units in which weights are measured.

Targets are values less their training mean, or +1 for one class and -1 for all the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from lossviz import plane as planes
from lossviz.curvature import hessians, spectra
from lossviz.datalab.clean import Sample, complete
from lossviz.datalab.lab import CONSTANT, DataLab
from lossviz.datalab.seen import Prepared, prepared
from lossviz.datalab.table import Table
from lossviz.plane import Plane
from lossviz.problem import Problem
from lossviz.problem.build import seeded
from lossviz.problem.data import Data
from lossviz.problem.model import ModuleModel
from lossviz.problem.scaling import fitted
from lossviz.registry import SettingError, Shape, losses
from lossviz.run import Method, Run, Status, race_on
from lossviz.surface import evaluate, slice_loss

#: The network trains on at most so many of the training rows, so that it answers at once.
MOST_ROWS = 500
#: The hidden units of the network: its Hessian is small enough to be computed in full.
UNITS = 6
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


@dataclass(frozen=True, eq=False)
class Effect:
    """The model on all three states of the data.

    Args:
        cases: Raw, cleaned and scaled.
        inputs: The names of the two inputs.
        target: The column that is predicted.
        positive: Of classes the one that counts as +1, all others as -1; empty for values.
        score: What the score is, in words.
        tested: How many test rows all three have.
        notes: What was left out, a sentence each.
    """

    cases: tuple[Case, ...]
    inputs: tuple[str, str]
    target: str
    positive: str
    score: str
    tested: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two inputs and a target in numbers: what one problem is made of.

    Args:
        name: Which state of the data.
        inputs: (n, 2) of the training rows.
        targets: (n,).
        test_inputs: (m, 2).
        test_targets: (m,).
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray


def effect_of(lab: DataLab, table: Table | None = None) -> Effect:
    """What cleaning and scaling do to training; see `lossviz.datalab.seen.prepared` for errors."""
    ready = prepared(lab, table)
    pairs, notes = pairs_of(lab, ready)
    names = ready.chosen.sample.names
    first, second = ready.pair
    roles = ready.chosen.roles
    inputs = names[first], CONSTANT if second < 0 else names[second]
    return Effect(
        cases=tuple(case_of(lab, pair, inputs, bool(roles.classes)) for pair in pairs),
        inputs=inputs,
        target=roles.target.name,
        positive=roles.classes[0] if roles.classes else "",
        score="accuracy" if roles.classes else "R²",
        tested=len(pairs[0].test_targets),
        notes=notes,
    )


# --- data ----------------------------------------------------------------------------------------


def pairs_of(lab: DataLab, ready: Prepared) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """The two inputs and the target before cleaning, after it, and after scaling.

    Before cleaning, rows that lack one of the two inputs are left out, for nothing can be computed
    with them. All three are tested on the same rows: those that none of them lost.

    Raises:
        SettingError: When fewer than two training rows are left without cleaning.
    """
    sample, after = ready.chosen.sample, ready.clean.sample
    bare = complete(_narrowed(sample, ready.pair))
    if bare.sample.train.sum() < 2:
        raise SettingError(
            "Fewer than two training rows have both inputs, so nothing can be trained on the raw "
            "data. Choose other inputs."
        )
    kept = np.flatnonzero(ready.clean.kept)
    common = bare.kept & ready.clean.kept & ~sample.train
    raw = _pair("raw", bare.sample, (0, 1), common[bare.kept])
    clean = _pair("cleaned", after, ready.pair, common[kept])
    notes: list[str] = []
    if lab.model == "network":
        raw, clean = (_fewer(pair, lab.data_seed, notes) for pair in (raw, clean))
    scaled = _pair_scaled(lab.scaling, clean, ready)
    return (raw, clean, scaled), tuple(dict.fromkeys(notes))


def _narrowed(sample: Sample, pair: tuple[int, int]) -> Sample:
    """The sample with two inputs only."""
    return Sample(
        ("x1", "x2"),
        _two(sample.values, pair),
        np.zeros(2, dtype=bool),
        sample.targets,
        sample.classes,
        sample.train,
    )


def _two(values: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    first, second = pair
    constant = np.ones(len(values))
    return np.stack([values[:, first], constant if second < 0 else values[:, second]], axis=1)


def _pair(name: str, sample: Sample, pair: tuple[int, int], test: np.ndarray) -> Pair:
    """The numbers of a state; targets of values are shifted by their training mean."""
    inputs, targets = _two(sample.values, pair), sample.targets
    if sample.classes:
        targets = np.where(targets == 0, 1.0, -1.0)
    else:
        targets = targets - targets[sample.train].mean()
    train = sample.train
    return Pair(name, inputs[train], targets[train], inputs[test], targets[test])


def _fewer(pair: Pair, seed: int, notes: list[str]) -> Pair:
    count = len(pair.targets)
    if count <= MOST_ROWS:
        return pair
    notes.append(
        f"The network trains on {MOST_ROWS:,} of the training rows, drawn at random, so that "
        "it answers at once."
    )
    rows = np.sort(np.random.default_rng(seed).choice(count, MOST_ROWS, replace=False))
    return Pair(
        pair.name, pair.inputs[rows], pair.targets[rows], pair.test_inputs, pair.test_targets
    )


def _pair_scaled(scaling: str, pair: Pair, ready: Prepared) -> Pair:
    """The pair after scaling; a constant stays 1, and values are measured in their own spread."""
    fit = fitted(pair.inputs, scaling)
    inputs, test_inputs = fit(pair.inputs), fit(pair.test_inputs)
    if ready.pair[1] < 0:
        inputs[:, 1], test_inputs[:, 1] = 1.0, 1.0
    targets, test_targets = pair.targets, pair.test_targets
    if not ready.chosen.sample.classes:
        width = fitted(targets[:, None], scaling).width[0]
        targets, test_targets = targets / width, test_targets / width
    return Pair("scaled", inputs, targets, test_inputs, test_targets)


# --- problems ------------------------------------------------------------------------------------


def problem_for(lab: DataLab, pair: Pair, inputs: tuple[str, str]) -> Problem:
    """The model of a lab on a pair of inputs, in float64.

    The linear model starts at zero weights, the network at those of its seed, the same on all data.
    """
    if lab.model == "linear":
        module: nn.Module = nn.Linear(2, 1, bias=False)
        nn.init.zeros_(module.weight)  # type: ignore[arg-type]
    else:
        with seeded(lab.seed):
            module = nn.Sequential(nn.Linear(2, UNITS), nn.Tanh(), nn.Linear(UNITS, 1))
    model = ModuleModel(module.double())
    known, wanted = pair.inputs, pair.targets
    if lab.model == "linear":
        known, wanted = condensed(known, wanted)
    rows = [torch.from_numpy(array) for array in (known, pair.test_inputs)]
    values = [torch.from_numpy(array)[:, None] for array in (wanted, pair.test_targets)]
    return Problem(
        model=model,
        criterion=losses["mse"].make(0),
        data=Data(rows[0], values[0], rows[1], values[1], Shape("regression", 2, 0)),
        params0=model.start(),
        batched=True,
        names=tuple(title_of(name) for name in inputs) if lab.model == "linear" else (),
    )


def condensed(inputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Three rows whose mean squared error is that of N rows, at all weights of a linear model.

    With ``[X y] = Q R`` and ``Q'Q = I`` the sum of squares of ``X w - y`` is that of R's columns
    taken alike. So a step takes as long for fifty thousand rows as for three.

    >>> rows, values = condensed(np.array([[1.0, 0], [0, 1], [2, 2], [3, 1]]), np.arange(4.0))
    >>> rows.shape, round(float(((rows @ [1, 1] - values) ** 2).mean()), 9)
    ((3, 2), 1.5)
    """
    upper = np.linalg.qr(np.column_stack([inputs, targets]), mode="r")
    upper = upper * np.sqrt(len(upper) / len(inputs))
    return np.ascontiguousarray(upper[:, :2]), np.ascontiguousarray(upper[:, 2])


def title_of(name: str) -> str:
    """What the weight of an input is called."""
    return "intercept" if name == CONSTANT else f"weight of {name}"


def lowest_point(problem: Problem) -> Tensor:
    """The weights (2,) of the linear model's least loss, by least squares.

    Where the inputs are multiples of each other many weights are as good, and these are the
    shortest.
    """
    inputs, targets = problem.batch()
    found: Tensor = torch.linalg.lstsq(inputs, targets, driver="gelsd").solution[:, 0]
    return found


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
    methods, limits = _methods(lab, steepest)
    runs = race_on(_in_curvatures(problem, steepest), methods, lab.steps)
    plane = _plane(lab, problem, runs)
    lowest, bottom = _lowest(lab, problem, runs, steepest)
    down = lowest, first - lowest if first > lowest else 1.0
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
        ways=tuple(
            _way(lab, problem, plane, run, down, steepest, limit, classes)
            for run, limit in zip(runs, limits, strict=True)
        ),
        x=x.numpy(),
        y=y.numpy(),
        left=left_of(evaluate(problem, plane, x, y).loss, down),
        titles=plane.titles,
        explained=tuple(float(share) for share in plane.info.get("explained", ())),
    )


def condition_of(curvatures: np.ndarray) -> float:
    """The condition number of ascending eigenvalues (P,): infinite where the smallest is flat."""
    low, high = float(curvatures[0]), float(curvatures[-1])
    return high / low if low > FLAT * high else np.inf


def flat_of(curvatures: np.ndarray) -> tuple[int, int]:
    """How many of a network's curvatures (P,) are nearly flat, and how many fall."""
    high = np.abs(curvatures).max()
    flat = np.abs(curvatures) < NEARLY_FLAT * high
    return int(flat.sum()), int(((curvatures < 0) & ~flat).sum())


def _methods(lab: DataLab, steepest: float) -> tuple[list[Method], list[float]]:
    """A without momentum and B with it, at their rates for a loss in units of its curvature.

    On a quadratic of curvature h steps are stable up to the rate 2 / h, or (2 + 2 beta) / h with
    momentum beta. Gives the methods, and these limits.
    """
    methods, limits = [], []
    for momentum in (0.0, lab.momentum):
        limit = 2 + 2 * momentum
        rate = lab.share * limit if lab.tune == "curvature" else lab.lr * steepest
        methods.append(Method("sgd", {"lr": min(max(rate, LOW), HIGH), "momentum": momentum}))
        limits.append(limit / steepest)
    return methods, limits


def _in_curvatures(problem: Problem, steepest: float) -> Problem:
    """The same problem with its loss divided by its largest curvature.

    The rate h eta on the loss f / h makes the very steps that eta makes on f. So the rates are
    those of the catalogue, whose range is for losses of usual size, while raw columns of thousands
    ask for rates far below it.
    """

    def criterion(outputs: Tensor, targets: Tensor) -> Tensor:
        return problem.criterion(outputs, targets) / steepest

    return replace(problem, criterion=criterion)


def _plane(lab: DataLab, problem: Problem, runs: list[Run]) -> Plane:
    return planes.exact_plane(problem) if lab.model == "linear" else planes.pca_plane(runs)


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


def _way(
    lab: DataLab, problem: Problem, plane: Plane, run: Run, down: tuple[float, float],
    steepest: float, limit: float, classes: bool,
) -> Way:  # fmt: skip
    """A run as it is drawn.

    Args:
        lab: The settings.
        problem: What was trained on.
        plane: Where it is drawn.
        run: On the loss in units of its curvature.
        down: The lowest loss, and how far it is down to it.
        steepest: This unit.
        limit: The largest stable learning rate.
        classes: Whether the target is a class.
    """
    share = float(run.method.params["lr"]) / (2 + 2 * float(run.method.params["momentum"]))
    coords, residual = plane.project(run.weights)
    every = run.loss[run.recorded] * steepest
    near = left_of(every, down) < lab.within
    frames = np.unique(
        np.linspace(0, len(every) - 1, min(len(every), MOST_FRAMES)).round().astype(int)
    )
    return Way(
        steps=np.asarray(run.recorded)[frames],
        points=coords.numpy()[frames],
        left=left_of(every, down)[frames],
        slice_left=left_of(slice_loss(problem, plane, coords[frames]), down),
        residual=residual.numpy()[frames],
        status=run.status,
        reached=int(run.recorded[near.argmax()]) if near.any() else -1,
        rate=share * limit,
        limit=limit,
        score=score_of(problem, run.weights[-1], classes),
    )


def left_of(loss: Tensor, down: tuple[float, float]) -> np.ndarray:
    """What is left of the way down at losses of any shape: 1 at the start, 0 at the lowest."""
    lowest, drop = down
    left: np.ndarray = (loss.numpy() - lowest) / drop
    return left


def score_of(problem: Problem, weights: Tensor, classes: bool) -> float:
    """How well weights (P,) do on the test rows: the accuracy, or the share R² of the variance.

    R² is 1 for a perfect prediction, 0 for one no better than the mean of the test targets, and
    below 0 for a worse one. NaN without test rows, or where these are all alike.
    """
    inputs, targets = problem.batch("test")
    if not len(targets):
        return np.nan
    found = problem.outputs(weights[None], inputs)[0]
    if classes:
        return float(((found > 0) == (targets > 0)).double().mean())
    spread = (targets - targets.mean()).square().sum()
    return float(1 - (found - targets).square().sum() / spread) if spread > 0 else np.nan

"""What a model says at recorded frames: regions, curves, confusion counts, predicted values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.problem import Problem, Split
from lossviz.surface.frames import class_probabilities, frame_outputs
from lossviz.surface.surface import Numbers, _side, crossings


class Recorded(Protocol):
    """What predictions need of a run."""

    @property
    def weights(self) -> Tensor:
        """The recorded parameters (frames, P)."""
        ...

    @property
    def recorded(self) -> np.ndarray:
        """The step of each frame (frames,)."""
        ...


@dataclass(frozen=True, eq=False)
class Regions:
    """Class probabilities over a plane of inputs, at F frames.

    ``probabilities[f, j, i]`` belongs to the input ``(x[i], y[j])``.

    Args:
        steps: (F,) the steps of the frames.
        x: (nx,) values of the first feature, scaled as the problem's inputs are.
        y: (ny,) values of the second one.
        probabilities: (F, ny, nx, k).
    """

    steps: np.ndarray
    x: Tensor
    y: Tensor
    probabilities: Tensor

    @property
    def winner(self) -> Tensor:
        """The most probable class (F, ny, nx), as whole numbers; -1 where it is not finite."""
        best = self.probabilities.argmax(dim=-1)
        return best.where(self.probabilities.isfinite().all(dim=-1), -1).to(torch.int16)

    @property
    def confidence(self) -> Tensor:
        """The probability of the most probable class (F, ny, nx); NaN where it is not finite."""
        return self.probabilities.amax(dim=-1)


@dataclass(frozen=True, eq=False)
class Fit:
    """What a regression of one input says at x (n,), at F frames: values (F, n)."""

    steps: np.ndarray
    x: Tensor
    values: Tensor


@dataclass(frozen=True, eq=False)
class Confusion:
    """How many samples of each class were taken for which, at F frames.

    ``counts[f, i, j]`` samples of class i were taken for class j.

    Args:
        steps: (F,) the steps of the frames.
        counts: (F, k, k).
        split: The samples that were counted.
    """

    steps: np.ndarray
    counts: Tensor
    split: Split


@dataclass(frozen=True, eq=False)
class Parity:
    """What a regression of several inputs says beside the truth, for N samples at F frames.

    Args:
        steps: (F,) the steps of the frames.
        actual: (N,) the targets, training samples first.
        values: (F, N) the predictions.
        test: (N,) whether a sample is a test sample.
    """

    steps: np.ndarray
    actual: Tensor
    values: Tensor
    test: Tensor


Predictions = Regions | Fit | Confusion | Parity


def predictions(
    prob: Problem, run: Recorded, frames: Sequence[int] | np.ndarray, points: int = 61
) -> Predictions | None:
    """What suits the problem: for classes regions of two inputs, else confusion counts; for a
    regression the fit of one input, else the predicted beside the actual values.

    Confusion counts are of the test samples where there are some. None where there is nothing to
    draw: a regression of several outputs, or classes without probabilities.

    Args:
        prob: The problem.
        run: The run, with ``weights`` and ``recorded``.
        frames: (F,) places in the run's recorded frames.
        points: Points on each side of a region, or four times as many along a fit.
    """
    places = np.asarray(frames)
    weights, steps = run.weights[torch.from_numpy(places)], np.asarray(run.recorded)[places]
    shape = prob.data.shape
    if shape.task == "regression":
        if prob.data.targets[:1].numel() != 1:
            return None
        if shape.inputs != 1:
            return parity(prob, weights, steps)
        line = torch.linspace(*input_ranges(prob)[0], 4 * points, dtype=torch.float64)
        return Fit(steps, line, fitted_curves(prob, weights, line))
    if prob.probabilities is None:
        return None
    if shape.inputs == 2:
        x, y = (
            torch.linspace(low, high, points, dtype=torch.float64)
            for low, high in input_ranges(prob)
        )
        return Regions(steps, x, y, decision_regions(prob, weights, x, y))
    split: Split = "test" if len(prob.data.test_inputs) else "train"
    return Confusion(steps, confusion_counts(prob, weights, split), split)


def input_ranges(prob: Problem, margin: float = 0.1) -> tuple[tuple[float, float], ...]:
    """For each feature the range of all samples, training and test, with a margin on each side."""
    inputs = torch.cat([prob.data.inputs, prob.data.test_inputs]).double().flatten(1)
    if not len(inputs):
        raise ValueError("This problem has no samples, so its inputs have no range.")
    low, high = inputs.amin(dim=0), inputs.amax(dim=0)
    extent = (high - low).where(high > low, torch.ones_like(low))
    ends = torch.stack([low - margin * extent, high + margin * extent], dim=1).tolist()
    return tuple((a, b) for a, b in ends)


def decision_regions(prob: Problem, weights: Tensor, x: Numbers, y: Numbers) -> Tensor:
    """Class probabilities (F, ny, nx, k) on a grid of inputs, for a model with two inputs.

    ``[f, j, i]`` belongs to the input ``(x[i], y[j])``.

    Args:
        prob: The problem; its ``probabilities`` say what the outputs mean.
        weights: (F, P), the frames.
        x: (nx,) values of the first feature.
        y: (ny,) values of the second feature.

    Raises:
        ValueError: When the inputs are not two, or the outputs are no probabilities.
    """
    _expect_width(prob, 2, "decision_regions")
    xs, ys = _side(x, "x"), _side(y, "y")
    inputs = crossings(xs, ys).to(prob.data.inputs)
    frames = [
        class_probabilities(prob, outputs).cpu()
        for _, outputs in frame_outputs(prob, weights, inputs)
    ]
    stacked = torch.cat(frames) if frames else torch.zeros(0, len(inputs), 0)
    return stacked.reshape(len(weights), len(ys), len(xs), stacked.shape[-1])


def fitted_curves(prob: Problem, weights: Tensor, x: Numbers) -> Tensor:
    """What a regression of one input predicts at x (n,), for each frame: (F, n).

    Args:
        prob: The problem.
        weights: (F, P), the frames.
        x: (n,) values of the input, scaled as the problem's inputs are.

    Raises:
        ValueError: When there is not one input, or in a classification.
    """
    if prob.data.shape.task != "regression":
        raise ValueError("A fitted curve is for a regression, and this problem has classes.")
    _expect_width(prob, 1, "fitted_curves")
    inputs = _side(x, "x").to(prob.data.inputs)[:, None]
    curves = weights.new_zeros(len(weights), len(inputs), device="cpu")
    for part, outputs in frame_outputs(prob, weights, inputs):
        curves[part] = prob.predicted(outputs)[..., 0].cpu()
    return curves


def parity(prob: Problem, weights: Tensor, steps: np.ndarray) -> Parity:
    """What a regression predicts for all its samples, training samples first, at F frames.

    Args:
        prob: A regression with one output.
        weights: (F, P), the frames.
        steps: (F,), their steps.

    Raises:
        ValueError: In a classification.
    """
    data = prob.data
    if data.shape.task != "regression":
        raise ValueError("Predicted values are of a regression, and this problem has classes.")
    inputs = torch.cat([data.inputs, data.test_inputs])
    values = weights.new_zeros(len(weights), len(inputs), device="cpu")
    for part, outputs in frame_outputs(prob, weights, inputs):
        values[part] = prob.predicted(outputs)[..., 0].cpu()
    actual = torch.cat([data.targets, data.test_targets]).reshape(-1)
    return Parity(steps, actual, values, torch.arange(len(inputs)) >= len(data.inputs))


def confusion_counts(prob: Problem, weights: Tensor, split: Split = "train") -> Tensor:
    """How many samples of each class are taken for which: (F, k, k), rows true, columns said.

    Frames whose outputs are not finite count nothing, so that their sum is 0.

    Args:
        prob: A classification problem.
        weights: (F, P), the frames.
        split: "train" or "test".

    Raises:
        ValueError: In a regression, or when the outputs are no probabilities.
    """
    if prob.data.shape.task != "classification":
        raise ValueError("Confusion is for classes, and this problem is a regression.")
    inputs, targets = prob.batch(split)
    counts = []
    classes = prob.data.shape.classes
    for _, outputs in frame_outputs(prob, weights, inputs):
        chances = class_probabilities(prob, outputs)
        classes = chances.shape[-1]
        cells = targets.reshape(-1).long() * classes + chances.argmax(dim=-1)
        count = torch.zeros(len(chances), classes * classes, dtype=torch.int64)
        sound = chances.isfinite().all(dim=-1).long()
        count.scatter_add_(1, cells.cpu(), sound.cpu())
        counts.append(count.reshape(-1, classes, classes))
    return torch.cat(counts) if counts else torch.zeros(0, classes, classes, dtype=torch.int64)


def _expect_width(prob: Problem, width: int, what: str) -> None:
    have = prob.data.shape.inputs
    if have != width:
        raise ValueError(f"{what} is for models with {width} input(s); this one has {have}.")

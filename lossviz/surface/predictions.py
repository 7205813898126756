"""What a model says at recorded frames: decision regions, fitted curves, confusion counts."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.problem.problem import Problem, Split
from lossviz.surface.frames import class_probabilities, frame_outputs
from lossviz.surface.surface import Numbers, _side, crossings


@dataclass(frozen=True, eq=False)
class Regions:
    """Class probabilities over a plane of inputs, at F frames.

    ``probabilities[f, j, i]`` belongs to the input ``(x[i], y[j])``.

    Args:
        x: (nx,) values of the first feature, scaled as the problem's inputs are.
        y: (ny,) values of the second one.
        probabilities: (F, ny, nx, k).
    """

    x: Tensor
    y: Tensor
    probabilities: Tensor

    @property
    def winner(self) -> Tensor:
        """The most probable class (F, ny, nx), as whole numbers; -1 where nothing is finite."""
        best = self.probabilities.argmax(dim=-1)
        return best.where(self.probabilities.isfinite().all(dim=-1), -1).to(torch.int16)

    @property
    def confidence(self) -> Tensor:
        """The probability of the most probable class (F, ny, nx); NaN where nothing is finite."""
        return self.probabilities.amax(dim=-1)


def input_ranges(prob: Problem, margin: float = 0.1) -> tuple[tuple[float, float], ...]:
    """For each feature the range of all samples, training and test, with a margin on each side."""
    inputs = torch.cat([prob.data.inputs, prob.data.test_inputs]).double().flatten(1)
    if not len(inputs):
        raise ValueError("This problem has no samples, so its inputs have no range.")
    low, high = inputs.amin(dim=0), inputs.amax(dim=0)
    extent = (high - low).where(high > low, torch.ones_like(low))
    ends = torch.stack([low - margin * extent, high + margin * extent], dim=1).tolist()
    return tuple((a, b) for a, b in ends)


def decision_regions(prob: Problem, weights: Tensor, x: Numbers, y: Numbers) -> Regions:
    """Class probabilities on a grid of inputs, for a model with two inputs.

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
    return Regions(xs, ys, stacked.reshape(len(weights), len(ys), len(xs), stacked.shape[-1]))


def fitted_curves(prob: Problem, weights: Tensor, x: Numbers) -> Tensor:
    """What a model with one input says at x (n,), for each frame: (F, n).

    In a regression this is the prediction; in a classification the probability of the last class
    (of class 1, where there are two).

    Args:
        prob: The problem.
        weights: (F, P), the frames.
        x: (n,) values of the input, scaled as the problem's inputs are.

    Raises:
        ValueError: When there is not one input.
    """
    _expect_width(prob, 1, "fitted_curves")
    inputs = _side(x, "x").to(prob.data.inputs)[:, None]
    regression = prob.data.shape.task == "regression"
    curves = weights.new_zeros(len(weights), len(inputs), device="cpu")
    for part, outputs in frame_outputs(prob, weights, inputs):
        said = outputs[..., 0] if regression else class_probabilities(prob, outputs)[..., -1]
        curves[part] = said.cpu()
    return curves


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

"""Loss and score of recorded frames, on training and test data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.func import vmap

from lossviz.problem.problem import Problem, Split
from lossviz.surface.frames import class_probabilities, frame_outputs

Score = Literal["accuracy", "R^2"]


@dataclass(frozen=True, eq=False)
class Metrics:
    """Numbers at F frames; NaN where the weights are not finite.

    How to read them: a training loss that falls while the test loss rises is overfitting. An R^2 of
    1 is a perfect fit, 0 is no better than the mean of the targets, and it can be negative.

    Args:
        loss: (F,) mean loss over the split's samples.
        score: (F,) share of samples whose most probable class is right, or 1 minus the squared
            error over the variance; NaN when it has no meaning.
        name: What the score is, "accuracy" or "R^2".
        split: Which samples.
    """

    loss: Tensor
    score: Tensor
    name: Score
    split: Split


def metrics(prob: Problem, weights: Tensor, split: Split = "train") -> Metrics:
    """Loss and accuracy or R^2 of every frame, in float64.

    A classification whose problem names no probabilities is scored by its largest output, when it
    has more than one. A split without samples gives NaN.

    Args:
        prob: The problem.
        weights: (F, P), the frames.
        split: "train" or "test".
    """
    inputs, targets = prob.batch(split)
    name: Score = "accuracy" if prob.data.shape.task == "classification" else "R^2"
    loss = torch.full((len(weights),), torch.nan, dtype=torch.float64)
    score = loss.clone()
    if len(inputs):
        for part, outputs in frame_outputs(prob, weights, inputs):
            loss[part] = _losses(prob, outputs, targets).double().cpu()
            right = _accuracy if name == "accuracy" else _r_squared
            score[part] = right(prob, outputs, targets).double().cpu()
        broken = ~weights.isfinite().all(dim=1).cpu()
        score[broken] = torch.nan
    return Metrics(loss, score, name, split)


def _losses(prob: Problem, outputs: Tensor, targets: Tensor) -> Tensor:
    if prob.batched:
        return prob.criterion(outputs, targets)
    return vmap(prob.criterion, in_dims=(0, None))(outputs, targets)


def _accuracy(prob: Problem, outputs: Tensor, targets: Tensor) -> Tensor:
    if prob.probabilities is not None:
        outputs = class_probabilities(prob, outputs)
    if outputs.shape[-1] < 2:
        return outputs.new_full((len(outputs),), torch.nan)
    right = (outputs.argmax(dim=-1) == targets.reshape(-1)).double().mean(dim=-1)
    return right.where(outputs.isfinite().flatten(1).all(dim=1), torch.nan)


def _r_squared(prob: Problem, outputs: Tensor, targets: Tensor) -> Tensor:
    if outputs.shape[1:] != targets.shape:
        return outputs.new_full((len(outputs),), torch.nan)
    wanted = targets.double()
    error = (outputs.double() - wanted).square().flatten(1).sum(dim=1)
    spread = (wanted - wanted.mean(dim=0)).square().sum()
    if spread == 0:
        return torch.full_like(error, torch.nan)
    return 1 - error / spread

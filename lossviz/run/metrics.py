"""Loss and score of many weights at once, on the training and on the test samples."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.problem import Problem, Split
from lossviz.run.threads import one_thread

#: Outputs of so many (weights, sample, unit) triples are held at a time.
MOST_VALUES = 2**20


@one_thread()
def metrics_of(problem: Problem, theta: Tensor) -> dict[str, np.ndarray]:
    """The metrics at F points theta (F, P), as float64 arrays (F,).

    ``train_loss`` and ``test_loss`` are the mean loss over all samples of the split, of the model
    as one evaluates it: without a penalty, without dropout and without noise on the inputs. A
    classification whose loss has probabilities has ``train_accuracy`` and ``test_accuracy``, the
    share of samples whose likeliest class is right. A regression has ``train_r2`` and ``test_r2``,
    1 - sum (y - f)^2 / sum (y - mean y)^2: 1 is perfect, 0 as good as always saying the mean.

    A split without samples has not-a-number everywhere, and so has R^2 where all targets are equal.

    Args:
        problem: Loss and data.
        theta: (F, P).
    """
    return {**_of_split(problem, theta, "train"), **_of_split(problem, theta, "test")}


def score_of(problem: Problem) -> str | None:
    """The name of the problem's score: "accuracy", "r2", or None."""
    if problem.data.shape.task == "regression":
        # A problem whose parameters are the point itself predicts nothing.
        return "r2" if problem.data.targets.numel() else None
    return "accuracy" if problem.probabilities is not None else None


def _of_split(problem: Problem, theta: Tensor, split: Split) -> dict[str, np.ndarray]:
    inputs, targets = problem.batch(split)
    score = score_of(problem)
    frames = len(theta)
    losses, scores = np.full(frames, np.nan), np.full(frames, np.nan)
    if len(inputs):
        widest = max((shape[0] for shape in problem.space.shapes if shape), default=1)
        at_once = max(1, min(64, MOST_VALUES // (len(inputs) * widest)))
        for start in range(0, frames, at_once):
            part = slice(start, start + at_once)
            losses[part], scores[part] = _of_chunk(problem, theta[part], inputs, targets, score)
    named = {f"{split}_loss": losses}
    if score is not None:
        named[f"{split}_{score}"] = scores
    return named


def _of_chunk(
    problem: Problem, theta: Tensor, inputs: Tensor, targets: Tensor, score: str | None
) -> tuple[np.ndarray, np.ndarray]:
    outputs = problem.outputs(theta, inputs)
    with torch.no_grad():
        if problem.batched:
            losses = problem.criterion(outputs, targets)
        else:
            losses = torch.stack([problem.criterion(output, targets) for output in outputs])
    return losses.double().cpu().numpy(), _score(problem, outputs, targets, score)


def _score(problem: Problem, outputs: Tensor, targets: Tensor, score: str | None) -> np.ndarray:
    if score == "accuracy" and problem.probabilities is not None:
        right = problem.probabilities(outputs).argmax(-1) == targets
        return right.double().mean(-1).cpu().numpy()
    if score == "r2":
        outputs = problem.predicted(outputs)
    if score == "r2" and outputs.shape[1:] == targets.shape:
        wanted = targets.double()
        rest = (outputs.double() - wanted).square().flatten(1).sum(-1)
        spread = (wanted - wanted.mean(0)).square().sum()
        return (1 - rest / torch.where(spread > 0, spread, torch.nan)).cpu().numpy()
    return np.full(len(outputs), np.nan)

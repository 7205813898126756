"""Outputs of a model at many recorded frames, in portions of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import torch
from torch import Tensor

from lossviz.problem.problem import Problem
from lossviz.surface.tanh import TanhAsSigmoid, sigmoid_is_faster

#: Activations of the widest layer in one call, in entries.
ACTIVATIONS = 2**20


def frame_outputs(prob: Problem, weights: Tensor, inputs: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """The outputs (k, N, C) of consecutive frames, with the frames they belong to.

    A portion has as many frames as keep the widest layer's activations within 2^20 entries, or one.
    """
    if weights.dim() != 2 or weights.shape[1] != prob.space.size:
        raise ValueError(
            f"Got weights of the shape {tuple(weights.shape)}, expected (F, {prob.space.size})."
        )
    widest = max((shape[0] for shape in prob.space.shapes if len(shape) > 1), default=1)
    count = max(1, ACTIVATIONS // max(1, widest * len(inputs)))
    swap = weights.dtype == torch.float32 and sigmoid_is_faster()
    for start in range(0, len(weights), count):
        part = slice(start, min(start + count, len(weights)))
        with TanhAsSigmoid() if swap else nullcontext():
            outputs = prob.outputs(weights[part], inputs)
        yield part, outputs


def class_probabilities(prob: Problem, outputs: Tensor) -> Tensor:
    """Class probabilities (..., N, k) of outputs (..., N, C).

    Raises:
        ValueError: When the problem does not say how outputs become probabilities.
    """
    if prob.probabilities is None:
        raise ValueError(
            "This problem does not say how its outputs become class probabilities; build it with "
            "probabilities=, say lambda outputs: outputs.softmax(-1)."
        )
    return prob.probabilities(outputs)

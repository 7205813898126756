"""The weights of a run: histograms and matrices over time, single weights, and how many vanish."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lossviz.problem.space import ParamSpace
from lossviz.registry import SettingError

#: Weights below this size count as none.
VANISHED = 1e-3


@dataclass(frozen=True, eq=False)
class WeightHistory:
    """The weights of one layer along a run.

    How to read it: a histogram that stays as it was belongs to a layer that does not learn; one
    that grows broader and broader to a loss that wants ever larger weights (a penalty holds them);
    a spike at zero to an L1 penalty that has switched weights off.

    Args:
        name: Of the tensor.
        matrix: (F, rows, columns), the weights; a convolution has its filters as rows.
        edges: (B + 1,) of the bins, the same for all frames.
        counts: (F, B), weights in each bin; they add up to rows times columns.
        vanished: (F,), the share of the weights that are smaller than `VANISHED`.
    """

    name: str
    matrix: np.ndarray
    edges: np.ndarray
    counts: np.ndarray
    vanished: np.ndarray


def weight_names(space: ParamSpace) -> tuple[str, ...]:
    """The tensors that hold weights: those of two or more dimensions.

    >>> weight_names(ParamSpace(("0.weight", "0.bias"), ((3, 2), (3,))))
    ('0.weight',)
    """
    named = zip(space.names, space.shapes, strict=True)
    return tuple(name for name, shape in named if len(shape) >= 2)


def weight_history(space: ParamSpace, theta: Tensor, name: str, bins: int = 40) -> WeightHistory:
    """What became of one layer's weights.

    Args:
        space: Names and shapes of the parameters.
        theta: (F, P), the weights of F frames.
        name: One of `weight_names`.
        bins: How many bins a histogram has.

    Raises:
        SettingError: For a name that is none of them, or fewer than 1 bin.

    >>> import torch
    >>> space = ParamSpace(("w",), ((2, 2),))
    >>> found = weight_history(space, torch.tensor([[0.0, 1.0, 2.0, 2.0]]), "w", bins=2)
    >>> found.counts.tolist(), found.vanished.tolist()
    ([[1.0, 3.0]], [0.25])
    """
    known = weight_names(space)
    if name not in known:
        raise SettingError(f"There are no weights {name!r}; there are {', '.join(known)}.")
    if bins < 1:
        raise SettingError(f"There are {bins} bins; a histogram has at least 1.")
    tensor = space.unflatten(theta.detach())[name].double().numpy()
    matrix = tensor.reshape(len(tensor), tensor.shape[1], -1)
    flat = matrix.reshape(len(matrix), -1)
    edges = np.histogram_bin_edges(flat, bins=bins)
    counts = np.stack([np.histogram(frame, bins=edges)[0] for frame in flat]).astype(float)
    return WeightHistory(name, matrix, edges, counts, (np.abs(flat) < VANISHED).mean(1))


def vanished_share(space: ParamSpace, theta: Tensor) -> np.ndarray:
    """The share (F,) of all weights, in every layer, that are smaller than `VANISHED`.

    Args:
        space: Names and shapes of the parameters.
        theta: (F, P).
    """
    parts = space.unflatten(theta.detach())
    weights = [parts[name].flatten(1).double().numpy() for name in weight_names(space)]
    return (np.abs(np.concatenate(weights, axis=1)) < VANISHED).mean(1)

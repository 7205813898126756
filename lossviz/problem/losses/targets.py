"""Class numbers in the forms that the formulas want: signs, and columns of zeros and ones."""

from __future__ import annotations

import torch
from torch import Tensor

from lossviz.registry import Shape


def signs(targets: Tensor, like: Tensor) -> Tensor:
    """Class numbers 0 and 1 (N,) as -1 and +1, in the dtype of ``like``.

    >>> signs(torch.tensor([0, 1]), torch.zeros(1))
    tensor([-1.,  1.])
    """
    return (2 * targets - 1).to(like.dtype)


def columns_code(shape: Shape) -> str:
    """What `columns` gives for data of this shape, as code; one column stands for two classes."""
    if shape.task == "regression":
        return "targets"
    if shape.classes == 2:
        return "targets[:, None].to(outputs.dtype)"
    return f"F.one_hot(targets, {shape.classes}).to(outputs.dtype)"


def columns(targets: Tensor, like: Tensor) -> Tensor:
    """Targets as values (N, C) beside outputs (..., N, C).

    Values (N, C) stay as they are. Class numbers (N,) become one column of zeros and ones where
    there is one output, and one column for each class otherwise.

    >>> columns(torch.tensor([0, 2]), torch.zeros(2, 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> columns(torch.tensor([0, 1]), torch.zeros(2, 1)).tolist()
    [[0.0], [1.0]]
    """
    if targets.is_floating_point():
        return targets
    if like.shape[-1] == 1:
        return targets.unsqueeze(-1).to(like.dtype)
    # `torch.nn.functional.one_hot` looks at the values, which vmap does not allow.
    return (targets.unsqueeze(-1) == torch.arange(like.shape[-1], device=targets.device)).to(
        like.dtype
    )

"""A linear layer with less around it, for calls under `torch.func.vmap`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode


class PlainLinear(TorchFunctionMode):
    """Within it, a linear layer on (N, D) is a product, and the bias is added in place.

    Under vmap the layer is otherwise taken apart into a product, a multiplication of the bias by 1
    and an addition into new memory, which is a fifth of the time of a small network.

    >>> x, weight, bias = torch.ones(2, 3), torch.ones(4, 3), torch.arange(4.0)
    >>> with PlainLinear():
    ...     F.linear(x, weight, bias)[0].tolist()
    [3.0, 4.0, 5.0, 6.0]
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Replace the plain calls of a linear layer; pass on all others."""
        if func is F.linear and len(args) == 3 and not kwargs and _plain(*args):
            inputs, weight, bias = args
            out = torch.mm(inputs, weight.mT)
            try:
                return out.add_(bias)
            except RuntimeError:  # only the bias differs from point to point
                return out + bias
        return func(*args, **(kwargs or {}))


def _plain(inputs: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    return inputs.dim() == 2 and weight.dim() == 2 and bias is not None and bias.dim() == 1

"""tanh written as a sigmoid, on machines where that is faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

#: The sigmoid must be this many times as fast, so that noise in the timing decides nothing: the
#: ratio is about 9 on some processors and about 0.8 on others.
CLEARLY = 3.0

_OUT_OF_PLACE = {torch.tanh, Tensor.tanh, torch.nn.functional.tanh}
_IN_PLACE = {torch.tanh_, Tensor.tanh_}
#: All that is tanh.
TANH = _OUT_OF_PLACE | _IN_PLACE


def sigmoid_is_faster() -> bool:
    """Whether float32 sigmoid clearly beats float32 tanh here, with the present number of threads.

    Depending on the processor, tanh runs at a ninth of the speed of sigmoid or is a third faster;
    and on a busy machine with several threads it can be hundreds of times as slow, because its
    threads wait for each other even on small tensors. So it is timed, once in a process for each
    number of threads (below 1 ms when nothing is wrong).
    """
    return _sigmoid_is_faster(torch.get_num_threads())


@lru_cache(maxsize=8)
def _sigmoid_is_faster(threads: int) -> bool:
    values = torch.linspace(-4, 4, 2**13, dtype=torch.float32)
    out = torch.empty_like(values)
    # In turns, and the best of many: a busy machine then slows neither alone.
    times = [(_time(torch.tanh, values, out), _time(torch.sigmoid, values, out)) for _ in range(31)]
    tanh, sigmoid = (min(column) for column in zip(*times, strict=True))
    return tanh > CLEARLY * sigmoid


def _time(function: Callable[..., Tensor], values: Tensor, out: Tensor) -> float:
    start = time.perf_counter()
    function(values, out=out)
    return time.perf_counter() - start


class TanhAsSigmoid(TorchFunctionMode):
    """Within it, float32 ``tanh(z)`` is computed as ``2 sigmoid(2z) - 1``.

    The two differ by about 1e-7, the rounding of a float32 near 1. Other dtypes keep their tanh: in
    float64 the difference would be seen.

    >>> with TanhAsSigmoid():
    ...     close = torch.tanh(torch.tensor(0.5))
    >>> bool((close - torch.tensor(0.5).tanh()).abs() < 1e-6)
    True
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Replace the calls of tanh; pass on all others."""
        kwargs = dict(kwargs or {})
        if func in _OUT_OF_PLACE and _is_float32(args) and not kwargs:
            return torch.sigmoid(args[0] * 2).mul_(2).sub_(1)
        if func in _IN_PLACE and _is_float32(args) and not kwargs:
            return args[0].mul_(2).sigmoid_().mul_(2).sub_(1)
        return func(*args, **kwargs)


def _is_float32(args: tuple[Any, ...]) -> bool:
    return len(args) == 1 and isinstance(args[0], Tensor) and args[0].dtype == torch.float32

"""How many points go through a model in one call, so that memory and dispatch both stay small."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Batch, Problem

#: Entries of the outputs that are handed to the criterion in one call.
OUTPUTS = 2**17
#: Points in one call of a model that is not a plain stack, and entries of its largest intermediate:
#: more leave the cache, fewer spend their time in dispatch.
CHUNK = 96
INTERMEDIATE = 3 * 2**17
#: Samples by which the intermediates of a network of the catalogue are measured.
PROBED = 4
#: Entries of stacked parameters in one such call, so that large models take fewer points.
PARAMETERS = 2**24


def whole(count: int, chunk: int) -> int:
    """The largest multiple of the chunk within the count, but one chunk or more.

    >>> whole(100, 30), whole(10, 30)
    (90, 30)
    """
    return max(1, count // chunk) * chunk


def points_in_a_call(prob: Problem, batch: Batch, theta: Tensor) -> int:
    """How many points a model that is not a plain stack takes at once, from one pass at theta."""
    widest = _Widest()
    model, times = prob.model, 1.0
    samples = len(batch[0])
    if isinstance(model, ModuleModel) and model.row_by_row and model.statistics != "recomputed":
        # A whole pass would be felt in a small picture; all that is large grows with samples.
        batch = batch[0][:PROBED], batch[1][:PROBED]
        times = max(1.0, samples / PROBED)
    with torch.no_grad(), widest:
        prob.loss(prob.space.unflatten(theta), batch)
    most = int(INTERMEDIATE / max(1, widest.entries * times))
    few = getattr(model, "most_points", CHUNK)
    return max(1, min(few, most, PARAMETERS // max(1, prob.space.size)))


class _Widest(TorchFunctionMode):
    """Notes the entries of the largest tensor that any function gives."""

    entries = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor):
            self.entries = max(self.entries, out.numel())
        return out

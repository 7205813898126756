"""How many points go through a model in one call, so that memory and dispatch both stay small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Batch, Problem
from lossviz.surface.tanh import TANH

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


@dataclass(frozen=True)
class Pass:
    """What one pass says of a model that is not a plain stack.

    Args:
        points: So many points are taken at once.
        tanh: Whether it calls tanh.
    """

    points: int
    tanh: bool


def look_at(prob: Problem, batch: Batch, theta: Tensor) -> Pass:
    """What a pass at theta says of a model that is not a plain stack."""
    model, params, samples = prob.model, prob.space.unflatten(theta), len(batch[0])
    times, widest = 1.0, _Widest()
    with torch.no_grad(), widest:
        # A whole pass would be felt in a small picture; all that is large grows with samples.
        if not (isinstance(model, ModuleModel) and model.row_by_row):
            prob.loss(params, batch)
        elif model.statistics == "recomputed" and model.batch and model.known is not None:
            model.batch.forward(params, model.known[:PROBED])
            times = max(1.0, max(samples, len(model.known)) / PROBED)
        else:
            prob.loss(params, (batch[0][:PROBED], batch[1][:PROBED]))
            times = max(1.0, samples / PROBED)
    most = int(INTERMEDIATE / max(1, widest.entries * times))
    few = getattr(model, "most_points", CHUNK)
    points = max(1, min(few, most, PARAMETERS // max(1, prob.space.size)))
    return Pass(points, widest.tanh)


class _Widest(TorchFunctionMode):
    """Notes the entries of the largest tensor that any function gives, and whether one is tanh."""

    entries = 0
    tanh = False

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        self.tanh = self.tanh or func in TANH
        if isinstance(out, Tensor):
            self.entries = max(self.entries, out.numel())
        return out

"""The loss at many points of a plane: which way is taken, and in what portions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import torch
from torch import Tensor
from torch.func import vmap
from torch.overrides import TorchFunctionMode

from lossviz.plane.plane import Plane
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Batch, Problem, Split
from lossviz.surface.layered import LayeredMixtures
from lossviz.surface.linear import PlainLinear
from lossviz.surface.tanh import TanhAsSigmoid, sigmoid_is_faster

#: Entries of the outputs that are handed to the criterion in one call.
OUTPUTS = 2**17
#: Points in one call of a model that is not a plain stack, and entries of its largest intermediate:
#: more leave the cache, fewer spend their time in dispatch.
CHUNK = 96
INTERMEDIATE = 3 * 2**17
#: With fewer points than this, batching a call on a CPU costs more than it saves.
FEWEST = 6
#: Samples by which the intermediates of a network of the catalogue are measured.
PROBED = 4
#: Entries of stacked parameters in one such call, so that large models take fewer points.
PARAMETERS = 2**24

Progress = Callable[[int, int], object]
Way = Literal["layers", "batched", "one by one"]


class ScanCancelledError(RuntimeError):
    """A scan was stopped by its ``cancelled`` hook; there is no partial result."""


class PlaneLosses:
    """The losses of a problem at points of a plane, given by coordinates.

    The way is chosen once: layer by layer for plain stacks of layers, `torch.func.vmap` for any
    other module, and one point at a time for modules or criteria that vmap cannot take, and for
    modules so large that a call takes its time in the arithmetic (on a CPU, when fewer than
    `FEWEST` points would be one call). The values agree to rounding.

    Args:
        prob: The problem.
        plane: The plane, in the same parameters.
        split: Over which samples the loss is meant.
        chunk: Points in one call of a model, for the ways "layers" and "batched"; chosen by the
            sizes when it is not given.

    Raises:
        ValueError: When the plane is of another model, the split has no samples, or the chunk is
            not positive.
    """

    def __init__(
        self, prob: Problem, plane: Plane, split: Split = "train", chunk: int | None = None
    ) -> None:
        if plane.space != prob.space:
            raise ValueError(
                "The plane is of a model with other parameters: it has "
                f"{', '.join(plane.space.names)}; the problem has {', '.join(prob.space.names)}."
            )
        if chunk is not None and chunk < 1:
            raise ValueError(f"The chunk is {chunk}, but must be 1 or more points.")
        self.prob = prob
        self.batch = _batch(prob, split)
        like = next(iter(prob.params0.values()))
        self.vectors = torch.cat([plane.origin[None], plane.axes]).to(like)
        self.way: Way = "batched"
        self._layers = self._find_layers(chunk)
        if self._layers is not None:
            self.way = "layers"
            # Whole chunks, so that the same buffers serve them all.
            self.portion = _whole(OUTPUTS // max(1, self._layers.samples), self._layers.chunk)
        else:
            self.portion = chunk or self._general_chunk()
            if chunk is None and self.portion < FEWEST and self.vectors.device.type == "cpu":
                self.way = "one by one"

    def __call__(
        self,
        coords: Tensor,
        on_progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Tensor:
        """The losses (M,) at coordinates (M, 2); NaN where a coordinate is not finite.

        Args:
            coords: x and y of each point.
            on_progress: Called with the points done and all points, after each portion.
            cancelled: Asked before each portion; when true, `ScanCancelledError` is raised.
        """
        coords = coords.to(torch.float64)
        mix = torch.cat([torch.ones_like(coords[:, :1]), coords], dim=1).to(self.vectors)
        losses = self.vectors.new_empty(len(mix))
        with torch.no_grad(), self._mode():
            for start in range(0, len(mix), self.portion):
                if cancelled is not None and cancelled():
                    raise ScanCancelledError(f"Cancelled after {start} of {len(mix)} points.")
                part = slice(start, start + self.portion)
                losses[part] = self._portion(mix[part])
                if on_progress is not None:
                    on_progress(min(start + self.portion, len(mix)), len(mix))
        losses[~coords.isfinite().all(dim=1)] = torch.nan
        return losses.cpu()

    def _general_chunk(self) -> int:
        widest = _Widest()
        model, batch, times = self.prob.model, self.batch, 1.0
        params = self.prob.space.unflatten(self.vectors[0])
        if isinstance(model, ModuleModel) and model.row_by_row and model.statistics != "recomputed":
            # A whole pass would be felt in a small picture; all that is large grows with samples.
            batch = batch[0][:PROBED], batch[1][:PROBED]
            times = max(1.0, len(self.batch[0]) / PROBED)
        with torch.no_grad(), widest:
            self.prob.loss(params, batch)
        most = int(INTERMEDIATE / max(1, widest.entries * times))
        few = getattr(self.prob.model, "most_points", CHUNK)
        return max(1, min(few, most, PARAMETERS // max(1, self.prob.space.size)))

    def _mode(self) -> AbstractContextManager[object]:
        swap = self.way != "layers" and self.vectors.dtype == torch.float32 and sigmoid_is_faster()
        return TanhAsSigmoid() if swap else nullcontext()

    def _find_layers(self, chunk: int | None) -> LayeredMixtures | None:
        model, inputs = self.prob.model, self.batch[0]
        stack = model.stack if isinstance(model, ModuleModel) else None
        if stack is None or inputs.dim() != 2 or inputs.dtype != self.vectors.dtype:
            return None
        layers = LayeredMixtures(stack, self.prob.space, self.vectors, inputs)
        if chunk is not None:
            layers.chunk = chunk
        return layers

    def _portion(self, mix: Tensor) -> Tensor:
        if self._layers is not None:
            return self._criterion(self._layers.outputs(mix).mT)
        # One call of addmm would round the origin; adding it last keeps x = y = 0 exact.
        theta = torch.addmm(self.vectors[0], mix[:, 1:], self.vectors[1:])
        if self.way == "one by one":
            return self._each(theta)
        try:
            return self._batched(theta)
        except (RuntimeError, ValueError):
            losses = self._each(theta)
        self.way = "one by one"  # only reached when the loss itself works
        return losses

    def _batched(self, theta: Tensor) -> Tensor:
        with PlainLinear():
            if self.prob.batched and not getattr(self.prob.model, "row_by_row", False):
                return self.prob.stacked_loss(theta, self.batch)
            # Views taken before vmap cost nothing within it.
            params = self.prob.space.unflatten(theta)
            return vmap(lambda point: self.prob.loss(point, self.batch))(params)

    def _each(self, theta: Tensor) -> Tensor:
        space = self.prob.space
        return torch.stack([self.prob.loss(space.unflatten(row), self.batch) for row in theta])

    def _criterion(self, outputs: Tensor) -> Tensor:
        criterion, targets = self.prob.criterion, self.batch[1]
        if self.prob.batched:
            return criterion(outputs, targets)
        if self.way != "one by one":
            try:
                return vmap(criterion, in_dims=(0, None))(outputs, targets)
            except (RuntimeError, ValueError):
                pass
        losses = torch.stack([criterion(row, targets) for row in outputs])
        self.way = "one by one"
        return losses


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


def _whole(count: int, chunk: int) -> int:
    """The largest multiple of the chunk within the count, but one chunk or more."""
    return max(1, count // chunk) * chunk


def _batch(prob: Problem, split: Split) -> Batch:
    inputs, targets = prob.batch(split)
    if split == "test" and len(inputs) == 0 and len(prob.batch("train")[0]) > 0:
        raise ValueError('This problem has no test samples; take split="train".')
    return inputs, targets

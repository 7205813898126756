"""The loss at many points of a plane or a line: which way is taken, and in what portions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Literal

import torch
from torch import Tensor
from torch.func import vmap

from lossviz.plane.plane import Plane
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Batch, Problem, Split
from lossviz.surface.layered import LayeredMixtures
from lossviz.surface.linear import PlainLinear
from lossviz.surface.portions import OUTPUTS, PARAMETERS, look_at, whole
from lossviz.surface.scores import check_accuracy, right_share
from lossviz.surface.tanh import TanhAsSigmoid, sigmoid_is_faster
from lossviz.surface.together import shared

#: With fewer points than this, batching a call on a CPU costs more than it saves.
FEWEST = 6

Progress = Callable[[int, int], object]
Way = Literal["layers", "batched", "one by one"]


class ScanCancelledError(RuntimeError):
    """A scan was stopped by its ``cancelled`` hook; there is no partial result."""


class MixtureLosses:
    """The losses of a problem at mixtures of a few parameter vectors.

    Points of a plane, of a line and of a curve between two networks are all mixtures of two, three
    or a few more. The way is chosen once: layer by layer for plain stacks of layers,
    `torch.func.vmap` for any other module, and one point at a time for modules or criteria that
    vmap cannot take, and for modules so large that a call takes its time in the arithmetic (on a
    CPU, when fewer than `FEWEST` points would be one call). The values agree to rounding.

    Args:
        prob: The problem.
        vectors: (R, P), what is mixed; cast to the problem's precision and device.
        split: Over which samples the loss is meant.
        chunk: Points in one call of a model, for the ways "layers" and "batched"; chosen by the
            sizes when it is not given.

    Raises:
        ValueError: When the vectors are of another model, the split has no samples, or the chunk is
            not positive.
    """

    def __init__(
        self, prob: Problem, vectors: Tensor, split: Split = "train", chunk: int | None = None
    ) -> None:
        if vectors.dim() != 2 or vectors.shape[1] != prob.space.size:
            raise ValueError(
                f"Got vectors of the shape {tuple(vectors.shape)}, expected (R, {prob.space.size})."
            )
        if chunk is not None and chunk < 1:
            raise ValueError(f"The chunk is {chunk}, but must be 1 or more points.")
        self.prob = prob
        self.batch = _batch(prob, split)
        like = next(iter(prob.params0.values()))
        self.vectors = vectors.detach().to(like)
        self.way: Way = "batched"
        self._tanh = False
        self._layers = self._find_layers(chunk)
        if self._layers is not None:
            self.way = "layers"
            # Whole chunks, so that the same buffers serve them all.
            self.portion = whole(OUTPUTS // max(1, self._layers.samples), self._layers.chunk)
        else:
            seen = look_at(prob, self.batch, self.vectors[0])
            self._tanh = seen.tanh
            self.portion = chunk or seen.points
            if chunk is None and self.portion < FEWEST and self.vectors.device.type == "cpu":
                # Each point by itself: its bits do not depend on the points beside it.
                self.way, self.portion = "one by one", 1

    def at(
        self,
        mix: Tensor,
        on_progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Tensor:
        """The losses (M,) at mixtures (M, R); NaN where a share is not finite.

        Args:
            mix: The share of each vector in each point.
            on_progress: Called with the points done and all points, after each portion.
            cancelled: Asked before each portion; when true, `ScanCancelledError` is raised.
        """
        return self._scan(mix, False, on_progress, cancelled)[0]

    def with_accuracy(
        self,
        mix: Tensor,
        on_progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The losses (M,) and the shares of samples that are classed right (M,), from one look.

        Args:
            mix: As for `at`.
            on_progress: As for `at`.
            cancelled: As for `at`.

        Raises:
            ValueError: When the problem has no classes, or does not say how to tell them.
        """
        check_accuracy(self.prob)
        return self._scan(mix, True, on_progress, cancelled)

    def _scan(
        self,
        mix: Tensor,
        scored: bool,
        on_progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> tuple[Tensor, Tensor]:
        finite = mix.isfinite().all(dim=1).cpu()
        mix = mix.to(self.vectors)
        found = self.vectors.new_empty(2, len(mix))

        def look(part: slice) -> None:
            # What torch is told by a `with` holds for one thread.
            with torch.no_grad(), self._mode():
                losses, outputs = self._portion(mix[part], scored)
                found[0, part] = losses + self._penalty(mix[part])
                if outputs is not None:
                    found[1, part] = right_share(self.prob, outputs, self.batch[1]).to(found)

        def go_on(done: int) -> None:
            if cancelled is not None and cancelled():
                raise ScanCancelledError(f"Cancelled after {done} of {len(mix)} points.")

        go_on(0)
        threads = self._threads(len(mix))
        with closing(shared(look, self._parts(len(mix), threads), threads)) as steps:
            for done in steps:
                if on_progress is not None:
                    on_progress(done, len(mix))
                if done < len(mix):
                    go_on(done)
        found = found.cpu()
        found[:, ~finite] = torch.nan
        return found[0], found[1]

    def _threads(self, points: int) -> int:
        """How many threads take portions of these points, each on one core.

        Layer by layer no call is long, and to share each one among cores costs as much as it saves.
        Elsewhere most time is spent in Python, which is one thread's at a time.
        """
        if self._layers is None or self.vectors.device.type != "cpu":
            return 1
        return max(1, min(torch.get_num_threads(), points // self._layers.chunk))

    def _parts(self, points: int, threads: int) -> Iterator[slice]:
        portion = self.portion
        if self._layers is not None and threads > 1:
            # A few for each thread, so that all end together; in whole chunks, as always.
            portion = min(portion, whole(points // (4 * threads), self._layers.chunk))
        for start in range(0, points, portion):
            yield slice(start, min(start + portion, points))

    def _mode(self) -> AbstractContextManager[object]:
        # Every call within the mode costs a little: where there is no tanh, it is left out.
        swap = self._tanh and self.vectors.dtype == torch.float32 and sigmoid_is_faster()
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

    def _points(self, mix: Tensor) -> Tensor:
        """The points (K, P) of mixtures (K, R)."""
        # One product would round the first vector; a share of 1 of it alone stays exact so.
        return torch.addmm(mix[:, :1] * self.vectors[0], mix[:, 1:], self.vectors[1:])

    def _penalty(self, mix: Tensor) -> Tensor | float:
        """What the loss has beside the mean over the samples, (K,)."""
        penalty = self.prob.penalty
        if penalty is None:
            return 0.0
        rows = max(1, PARAMETERS // self.prob.space.size)
        return torch.cat([penalty.value(self._points(part)) for part in mix.split(rows)])

    def _portion(self, mix: Tensor, scored: bool) -> tuple[Tensor, Tensor | None]:
        """The mean losses (K,) at mixtures (K, R), and the outputs (K, N, C) if they are wanted."""
        if self._layers is not None:
            outputs = self._layers.outputs(mix).mT
            return self._criterion(outputs), outputs if scored else None
        theta = self._points(mix)
        if self.way == "one by one":
            return self._each(theta, scored)
        try:
            return self._batched(theta, scored)
        except (RuntimeError, ValueError):
            # vmap cannot take every module; a loss that is wrong by itself raises here again.
            found = self._each(theta, scored)
        self.way = "one by one"
        return found

    def _batched(self, theta: Tensor, scored: bool) -> tuple[Tensor, Tensor | None]:
        with PlainLinear():
            if self.prob.batched and not getattr(self.prob.model, "row_by_row", False):
                outputs = self.prob.model.stacked(theta, self.batch[0])
                return self.prob.criterion(outputs, self.batch[1]), outputs if scored else None
            # Views taken before vmap cost nothing within it.
            params = self.prob.space.unflatten(theta)
            if scored:
                return vmap(self._look)(params)
            return vmap(lambda point: self._look(point)[0])(params), None

    def _each(self, theta: Tensor, scored: bool) -> tuple[Tensor, Tensor | None]:
        losses, outputs = [], []
        for row in theta:
            loss, output = self._look(self.prob.space.unflatten(row))
            losses.append(loss)
            outputs += [output] * scored
        return torch.stack(losses), torch.stack(outputs) if scored else None

    def _look(self, params: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The mean loss at one point, and the outputs (N, C)."""
        inputs, targets = self.batch
        outputs = self.prob.model.forward(params, inputs)
        return self.prob.criterion(outputs, targets), outputs

    def _criterion(self, outputs: Tensor) -> Tensor:
        criterion, targets = self.prob.criterion, self.batch[1]
        if self.prob.batched:
            return criterion(outputs, targets)
        if self.way == "one by one":
            return torch.stack([criterion(row, targets) for row in outputs])
        try:
            return vmap(criterion, in_dims=(0, None))(outputs, targets)
        except (RuntimeError, ValueError):
            # vmap cannot take every criterion; one that is wrong by itself raises here again.
            losses = torch.stack([criterion(row, targets) for row in outputs])
        self.way = "one by one"
        return losses


class PlaneLosses(MixtureLosses):
    """The losses of a problem at points of a plane, given by coordinates; see `MixtureLosses`.

    Args:
        prob: The problem.
        plane: The plane, in the same parameters.
        split, chunk: As for `MixtureLosses`.

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
        super().__init__(prob, torch.cat([plane.origin[None], plane.axes]), split, chunk)

    def __call__(
        self,
        coords: Tensor,
        on_progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Tensor:
        """The losses (M,) at coordinates (M, 2); NaN where a coordinate is not finite.

        Args:
            coords: x and y of each point.
            on_progress: As for `MixtureLosses.at`.
            cancelled: As for `MixtureLosses.at`.
        """
        return self.at(mixtures(coords), on_progress, cancelled)


def counted(on_progress: Progress | None, before: int, total: int) -> Progress | None:
    """A hook for one part of a work, of which so much was done before, that tells of all of it."""
    if on_progress is None:
        return None
    return lambda done, of: on_progress(before + done, total)


def mixtures(coords: Tensor) -> Tensor:
    """Coordinates (M, R) as shares (M, 1 + R) of an origin, which counts once, and R axes."""
    coords = coords.to(torch.float64)
    return torch.cat([torch.ones_like(coords[:, :1]), coords], dim=1)


def _batch(prob: Problem, split: Split) -> Batch:
    inputs, targets = prob.batch(split)
    if split == "test" and len(inputs) == 0 and len(prob.batch("train")[0]) > 0:
        raise ValueError('This problem has no test samples; take split="train".')
    return inputs, targets

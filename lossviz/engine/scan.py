"""`Scan`: a large surface as a chain of chunks, from a coarse grid to a fine one."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lossviz.engine import disk
from lossviz.engine.cells import Cells, Heights, seconds_of, start_cells, take_cells
from lossviz.engine.chain import CHUNK_SECONDS, Chain, Phase
from lossviz.engine.engine import Engine
from lossviz.plane import Plane
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Split
from lossviz.surface import LAYERS, Layer, Layers, Surface
from lossviz.surface.layers import split_of
from lossviz.surface.refine import levels
from lossviz.surface.surface import Numbers, _side

#: Points on a side of the first level, about: few, so that a slow model is seen soon.
COARSE = 11


@dataclass(frozen=True, eq=False)
class Partial:
    """The full grid of a scan as far as it is known.

    Args:
        surface: The full grid; NaN where it is not known yet, and where the loss is NaN.
        known: (ny, nx), which cells are known. The others are to be left blank.
    """

    surface: Surface
    known: Tensor


class Scan(Chain[Cells, Heights]):
    """The surface of `lossviz.evaluate` or the layers of `lossviz.evaluate_layers`, in chunks.

    It is a `Chain`: see there for `progress`, `cancel` and `resume`. The full surface is that of
    `evaluate` on one thread, bit for bit, however it was cut and whatever happened to the workers.

    How to read what is there before it is whole: `surface` is a coarser grid of which every cell
    was evaluated, and nothing is put in between; `partial` is the full grid with holes.

    Args:
        recipe: What the problem is built from: an `Experiment`, or another record that
            `lossviz.run.state.problem_of` knows.
        plane: The plane.
        x: Coordinates along the first axis (nx,).
        y: Coordinates along the second axis (ny,).
        split: "train" or "test", where no layers are named.
        layers: Any of "train loss", "test loss", "train accuracy" and "test accuracy".
        statistics: What batch normalisation uses; the problem's own choice when it is not given.
        buffers: Buffers in place of those that the problem's module came with, say from
            `lossviz.run.buffers.buffers_of`.
        coarse: Points on a side of the first level, about; each next level has twice as many.
        key: Settings as text, from which all of the above follow. With it, what is finished or
            cancelled is kept on disk, and one who asks again goes on from there. (The plane's own
            numbers are made part of it, so that another plane is another scan.)
        engine: Where to work; the program's own where none is given.
        chunk_seconds: How long a chunk should take.
        begin: Whether to begin at once, and not at `resume`.

    Raises:
        ValueError: As `evaluate` and `evaluate_layers` do.

    >>> import lossviz as lv
    >>> exp = lv.Experiment()
    >>> problem = lv.build(exp)
    >>> plane = lv.random_plane(problem, problem.params0)
    >>> side = torch.linspace(-1, 1, 41)
    >>> surface = Scan(exp, plane, side, side).wait()
    >>> torch.equal(surface.loss, lv.evaluate(problem, plane, side, side).loss)
    True
    """

    def __init__(
        self,
        recipe: Hashable,
        plane: Plane,
        x: Numbers,
        y: Numbers,
        split: Split = "train",
        *,
        layers: Sequence[Layer] | None = None,
        statistics: Statistics | None = None,
        buffers: Mapping[str, Tensor] | None = None,
        coarse: int = COARSE,
        key: str | None = None,
        engine: Engine | None = None,
        chunk_seconds: float = CHUNK_SECONDS,
        begin: bool = True,
    ) -> None:
        wanted = _wanted(split, layers)
        state = start_cells(
            recipe, plane, _side(x, "x"), _side(y, "y"), wanted, coarse, statistics, buffers
        )
        super().__init__(take_cells, state, engine=engine, chunk_seconds=chunk_seconds, begin=False)
        self._wanted = wanted
        self._levels = levels(len(state.x), len(state.y), coarse)
        if len(self._levels) > 1 + state.legs[-1].level:
            self._levels = [self._levels[0], self._levels[-1]]
        shape = len(state.y) * len(state.x)
        dtype = next(iter(state.problem().params0.values())).dtype
        self._heights = {layer: torch.full((shape,), torch.nan, dtype=dtype) for layer in wanted}
        self._known = {of: torch.zeros(shape, dtype=torch.bool) for of, _ in state.portions}
        self._filled = 0
        self._key = None if key is None else f"{_text(state)}\n{key}"
        self._kept = 0
        self._recall()
        if begin:
            self.resume()

    # --- looking -----------------------------------------------------------------------------

    def estimate(self) -> float:
        """About how many seconds the whole scan takes on one worker, from a probe of a few cells.

        The probe is done by a worker and takes well below a second, for most models about 0.05 s.
        """
        return float(self._engine.run(seconds_of, self._links[0].state))

    def surface(self, layer: Layer | None = None) -> Surface | None:
        """The finest level of which every cell is known; None before the first.

        Args:
            layer: Which one; the first one when it is not given.

        Raises:
            ValueError: For a layer that was not asked for.
        """
        layer = self._checked(layer)
        found = self.layers()
        return None if found is None else found.surface(layer)

    def layers(self) -> Layers | None:
        """All layers on the finest level of which every cell is known; None before the first."""
        self._look()
        with self._changed:
            self._fill()
            state = self._links[0].state
            level = self._complete()
            if level < 0:
                return None
            columns, rows = self._levels[level]
            grids = {layer: self._grid(layer)[rows[:, None], columns] for layer in self._wanted}
            return Layers(state.x[columns], state.y[rows], grids, state.plane)

    def partial(self, layer: Layer | None = None) -> Partial:
        """The full grid with what is known of it.

        Args:
            layer: As for `surface`.
        """
        layer = self._checked(layer)
        self._look()
        with self._changed:
            self._fill()
            state = self._links[0].state
            split = split_of(layer)
            grid = self._grid(layer).clone()
            known = self._known[split].reshape(grid.shape).clone()
            return Partial(Surface(state.x, state.y, grid, state.plane, split), known)

    def wait(self, timeout: float | None = None) -> Surface | None:
        """Wait until it is over; gives `surface`, which is None when it was cancelled early.

        Raises:
            TimeoutError: When it is not over in time; the scan goes on.
            Exception: What a chunk failed with.
        """
        self._wait(timeout)
        return self.surface()

    # --- working -----------------------------------------------------------------------------

    def _checked(self, layer: Layer | None) -> Layer:
        if layer is None:
            return self._wanted[0]
        if layer not in self._wanted:
            raise ValueError(
                f"This scan has no {layer!r}; it was asked for {', '.join(self._wanted)}."
            )
        return layer

    def _grid(self, layer: Layer) -> Tensor:
        state = self._links[0].state
        return self._heights[layer].reshape(len(state.y), len(state.x))

    def _fill(self) -> None:
        """Put what has come since the last look into its cells."""
        link = self._links[0]
        for chunk in link.chunks[self._filled :]:
            leg = link.state.legs[chunk.leg]
            cells = leg.cells[chunk.first : chunk.first + chunk.values.shape[1]]
            for layer, values in zip(link.state.wanted(leg.split), chunk.values, strict=True):
                self._heights[layer][cells] = values
            self._known[leg.split][cells] = True
        self._filled = len(link.chunks)

    def _complete(self) -> int:
        """The finest level that is complete, or -1."""
        state = self._links[0].state
        left, complete = state.step, -1
        for number, leg in enumerate(state.legs):
            left -= len(leg.cells)
            last = number + 1 == len(state.legs) or state.legs[number + 1].level > leg.level
            if left < 0:
                break
            if last:
                complete = leg.level
        return complete

    def _end(self, phase: Phase) -> None:
        super()._end(phase)
        if phase in ("finished", "cancelled"):
            self._keep()

    # --- on disk -----------------------------------------------------------------------------

    def _keep(self) -> None:
        """Keep what is known, unless it is known on disk already."""
        link = self._links[0]
        if self._key is not None and link.state.step > self._kept:
            heights = [(chunk.leg, chunk.first, chunk.values) for chunk in link.chunks]
            disk.keep(self._key, {"step": link.state.step, "heights": heights})
            self._kept = link.state.step

    def _recall(self) -> None:
        """Begin where one who asked for the same has stopped."""
        known = None if self._key is None else disk.recall(self._key)
        if known is not None:
            link = self._links[0]
            link.chunks.extend(Heights(*heights) for heights in known["heights"])
            link.state = replace(link.state, step=known["step"])
            self._kept = link.state.step


def _wanted(split: Split, layers: Sequence[Layer] | None) -> tuple[Layer, ...]:
    if layers is None:
        return ("train loss",) if split == "train" else ("test loss",)
    if not layers or any(layer not in LAYERS for layer in layers):
        raise ValueError(
            f"The layers are {list(layers)}, but must be one or more of {', '.join(LAYERS)}."
        )
    return tuple(layers)


def _text(state: Cells) -> str:
    """What a scan is, as text: the same for scans that come to the same numbers in one order."""
    digest = hashlib.blake2b(digest_size=32)
    tensors = {"origin": state.plane.origin, "axes": state.plane.axes, "x": state.x, "y": state.y}
    for name, tensor in {**tensors, **(state.buffers or {})}.items():
        digest.update(f"{name} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    about = state.recipe, state.layers, state.portions, state.coarse, state.statistics
    return f"scan {about} {digest.hexdigest()}"

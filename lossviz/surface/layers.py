"""`Layers`: loss and accuracy on both splits over one grid, from one look at each network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from lossviz.plane.plane import Plane
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem, Split
from lossviz.surface.losses import PlaneLosses, Progress, counted, mixtures
from lossviz.surface.scores import check_accuracy, has_accuracy
from lossviz.surface.surface import Numbers, Surface, _side, crossings

Layer = Literal["train loss", "test loss", "train accuracy", "test accuracy"]
LAYERS: tuple[Layer, ...] = get_args(Layer)


@dataclass(frozen=True, eq=False)
class Layers:
    """Several heights over one grid: ``values[name][j, i]`` is that at ``(x[i], y[j])``.

    How to read it: a loss and its accuracy need not agree. Accuracy is flat where the loss still
    falls (everything is right already) and has steps where single samples change sides; a valley of
    the training loss that is none of the test loss is where the network fits what does not repeat.

    Args:
        x: (nx,) float64, in the plane's units.
        y: (ny,) float64.
        values: For each layer (ny, nx), in the problem's dtype; accuracies between 0 and 1, NaN
            where outputs are not numbers.
        plane: Where the grid lies.
    """

    x: Tensor
    y: Tensor
    values: dict[Layer, Tensor]
    plane: Plane

    def __getitem__(self, layer: Layer) -> Tensor:
        return self.values[layer]

    def surface(self, layer: Layer) -> Surface:
        """One layer as a `Surface`, to be drawn like any other; its ``loss`` is the layer."""
        return Surface(self.x, self.y, self.values[layer], self.plane, split_of(layer))


def split_of(layer: Layer) -> Split:
    """The samples that a layer is of.

    >>> split_of("test accuracy")
    'test'
    """
    return "train" if layer.startswith("train") else "test"


def layers_of(prob: Problem) -> tuple[Layer, ...]:
    """The layers that a problem has: accuracy only for classes, test ones only with test samples.

    >>> from lossviz.problem import point_problem
    >>> layers_of(point_problem(lambda x, y: x * y, (0.0, 0.0)))
    ('train loss',)
    """
    scored, tested = has_accuracy(prob), bool(len(prob.batch("test")[0]))
    return tuple(
        name
        for name in LAYERS
        if (scored or name.endswith("loss")) and (tested or name.startswith("train"))
    )


def evaluate_layers(
    prob: Problem,
    plane: Plane,
    x: Numbers,
    y: Numbers,
    layers: Sequence[Layer] | None = None,
    chunk: int | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    statistics: Statistics | None = None,
) -> Layers:
    """Loss and accuracy at every point of a grid; the outputs of a split are computed once.

    Each loss equals `evaluate`'s. Accuracy is that of the very same outputs: where batch
    normalisation takes the statistics of the batch, it is of the network with those; take
    ``statistics="recomputed"`` for networks as one would use them.

    Args:
        prob: The problem.
        plane: The plane, in the same parameters.
        x: Coordinates along the first axis (nx,).
        y: Coordinates along the second axis (ny,).
        layers: Which ones, of "train loss", "test loss", "train accuracy" and "test accuracy"; all
            that the problem has (`layers_of`) when it is not given.
        chunk: As for `evaluate`.
        on_progress: Called with the points done and all points, those of both splits together.
        cancelled: As for `evaluate`.
        statistics: As for `evaluate`.

    Raises:
        ValueError: For an unknown layer or none, or one that the problem does not have.

    >>> import lossviz as lv
    >>> prob = lv.build(lv.Experiment())
    >>> found = evaluate_layers(prob, lv.random_plane(prob, prob.params0), [0, 1], [0, 1, 2])
    >>> {name: tuple(value.shape) for name, value in found.values.items()}["test accuracy"]
    (3, 2)
    """
    xs, ys = _side(x, "x"), _side(y, "y")
    wanted = _checked(layers_of(prob) if layers is None else layers)
    if statistics is not None:
        prob = prob.with_statistics(statistics)
    if any(name.endswith("accuracy") for name in wanted):
        check_accuracy(prob)
    mix = mixtures(crossings(xs, ys))
    found: dict[Layer, Tensor] = {}
    splits: list[Split] = [s for s in get_args(Split) if any(n.startswith(s) for n in wanted)]
    for place, split in enumerate(splits):
        losses = PlaneLosses(prob, plane, split, chunk)
        progress = counted(on_progress, place * len(mix), len(splits) * len(mix))
        found |= _of_split(losses, split, wanted, mix, progress, cancelled)
    grids = {name: found[name].reshape(len(ys), len(xs)) for name in wanted}
    return Layers(xs, ys, grids, plane)


def _of_split(
    losses: PlaneLosses,
    split: Split,
    wanted: Sequence[Layer],
    mix: Tensor,
    on_progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> dict[Layer, Tensor]:
    """Every layer (M,) that one look at a split gives."""
    if f"{split} accuracy" not in wanted:
        values = torch.stack([losses.at(mix, on_progress, cancelled)])
    else:
        values = torch.stack(losses.with_accuracy(mix, on_progress, cancelled))
    names: tuple[Layer, Layer] = (
        ("train loss", "train accuracy") if split == "train" else ("test loss", "test accuracy")
    )
    return dict(zip(names, values, strict=False))


def _checked(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    wanted: tuple[Layer, ...] = tuple(layers)
    if not wanted or any(name not in LAYERS for name in wanted):
        raise ValueError(
            f"The layers are {list(wanted)}, but must be one or more of {', '.join(LAYERS)}."
        )
    return wanted

"""From the records of a comparison to what the stage shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lossviz import registry
from lossviz.comparison import Comparison, letters
from lossviz.curvature import Along
from lossviz.figures.theme import Mode, as_plain
from lossviz.picture import Slice
from lossviz.plane import random_walk_shares
from lossviz.registry import Entry, Param, Value
from lossviz.run import Run
from lossviz.surface import Surface
from lossviz.ui.stage import message as stage
from lossviz.ui.widgets import short

#: A path this many times as long as the others hides what they do.
TOO_FAR = 10

#: What random directions are, by their normalisation.
RANDOM = {
    "filter": "Two random directions, in which each unit's weights move by as much as they were at "
    "A's last step, and biases not at all.",
    "layer": "Two random directions, in which each layer's weights move by as much as they were at "
    "A's last step, and biases not at all.",
    "none": "Two random directions, drawn without regard to how large the weights are; biases do "
    "not move.",
}

#: The stage's own panel of predictions, or the sentence that stands in its place.
Seen = stage.Predictions | str


def scene_of(
    comparison: Comparison,
    runs: Sequence[Run],
    cut: Slice,
    surface: Surface | None,
    seen: Seen,
    color_range: tuple[float, float] | None,
    mode: Mode,
    tag: str = "",
    sharpness: Sequence[Along] = (),
) -> stage.Scene:
    """Everything on the stage; ``tag`` tells pictures of the same settings apart."""
    names = tuple(letters(len(runs)))
    return stage.Scene(
        revision=revision(comparison, tag),
        planned=comparison.base.steps,
        theme=as_plain(mode),
        contenders=contenders(comparison, runs),
        # A start is a point of the plane through the whole runs; a tag says they are not whole.
        surface=replace(landscape(comparison, cut, surface, color_range), clickable=not tag),
        paths=tuple(
            path(name, cut, index) for index, name in enumerate(names)
        ),
        losses=panels(comparison, runs, sharpness),
        predictions=None if isinstance(seen, str) else seen,
        predictions_note=seen if isinstance(seen, str) else "",
        exact=comparison.plane == "exact",
        choices=names,
        # The first picture shows whole paths; playing from the end starts again.
        cue=stage.Cue("opening", "end"),
        live=any(run.status.kind == "running" for run in runs),
    )  # fmt: skip


def panels(
    comparison: Comparison, runs: Sequence[Run], sharpness: Sequence[Along]
) -> tuple[stage.Losses, ...]:
    """The tabs of curves: the loss, and the sharpness where it is known."""
    names = tuple(letters(len(runs)))
    drawn = [
        stage.Losses(
            curves=tuple(
                curve for name, run in zip(names, runs, strict=True) for curve in curves(name, run)
            ),
            log=comparison.log,
            title="loss (thin: test)" if comparison.base.test_share else "loss",
            id="loss",
            tab="loss",
            target=comparison.target,
        )
    ]
    if sharpness:
        drawn.append(
            stage.Losses(
                curves=tuple(
                    curve
                    for name, along in zip(names, sharpness, strict=True)
                    for curve in sharpness_curves(name, along)
                ),
                log=comparison.log,
                title="largest curvature (thin: the limit)",
                id="sharpness",
                tab="sharpness",
            )
        )
    return tuple(drawn)


def sharpness_curves(name: str, along: Along) -> list[stage.Curve]:
    """The largest curvature along a path, and thin the one that its optimizer stands."""
    drawn = [stage.Curve(name, "sharpness", along.steps, along.sharpness)]
    if np.isfinite(along.limit).any():
        drawn.append(stage.Curve(name, "limit", along.steps, along.limit, "faint"))
    return drawn


def revision(comparison: Comparison, tag: str) -> str:
    """The identity of the data on the stage."""
    text = repr((sorted(comparison.to_url().items()), tag))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def contenders(comparison: Comparison, runs: Sequence[Run]) -> tuple[stage.Contender, ...]:
    """How each contender is called and how it stands."""
    return tuple(
        stage.Contender(
            id=name,
            label=f"{name} {registry.optimizers[contender.optimizer].title}",
            detail=detail(registry.optimizers[contender.optimizer], contender.params),
            mark=index,
            status=str(run.status),
            diverged=run.status.kind == "diverged",
            last=int(run.recorded[-1]),
            visible=contender.visible,
        )
        for index, (name, contender, run) in enumerate(
            zip(letters(len(runs)), comparison.contenders, runs, strict=True)
        )
    )


def detail(entry: Entry, params: Mapping[str, Value]) -> str:
    """The learning rate, and what differs from its default."""
    parts = [f"lr {short(float(params['lr']), 4)}"] if "lr" in params else []
    for param in entry.params:
        value = params[param.name]
        if param.name != "lr" and value != param.default:
            parts.append(_option(param, value))
    return ", ".join(parts)


def _option(param: Param, value: Value) -> str:
    """A hyperparameter in a few words; a switch by its name alone."""
    if isinstance(value, bool):
        return param.label if value else f"no {param.label}"
    text = param.write(value) if isinstance(value, str) else short(float(value), 4)
    return f"{param.label} {text}"


def landscape(
    comparison: Comparison,
    cut: Slice,
    surface: Surface | None,
    color_range: tuple[float, float] | None,
) -> stage.Surface:
    """The surface, or its empty axes while it is computed."""
    if surface is None:
        x, y = (np.asarray(side) for side in cut.window)
        z = None
    else:
        x, y = np.asarray(surface.x), np.asarray(surface.y)
        z = np.asarray(surface.loss)
    base = comparison.base
    return stage.Surface(
        x=x,
        y=y,
        z=z,
        log=comparison.log,
        range=color_range,
        view="3d" if comparison.three_d else "2d",
        x_title=cut.plane.titles[0],
        y_title=cut.plane.titles[1],
        # Zoom and camera stay while only contenders, seeds or numbers change.
        uirevision=f"{base.dataset} {base.model} {comparison.plane}",
    )


def path(name: str, cut: Slice, index: int, joins: int = stage.FROM_START) -> stage.Path:
    """One contender's path."""
    track = cut.tracks[index]
    return stage.Path(
        contender=name,
        steps=track.steps,
        x=track.coords[:, 0],
        y=track.coords[:, 1],
        loss=track.loss,
        slice_loss=track.slice_loss,
        residual=track.residual,
        joins=joins,
    )


def curves(name: str, run: Run, after: int = stage.FROM_START) -> list[stage.Curve]:
    """Training and test loss over the recorded steps that come after a step."""
    steps = np.asarray(run.recorded)
    new = steps > after
    drawn = [
        stage.Curve(name, "train loss", steps[new], np.asarray(run.metrics["train_loss"])[new],
                    joins=after),
    ]  # fmt: skip
    test = np.asarray(run.metrics["test_loss"])
    if np.isfinite(test).any():
        drawn.append(stage.Curve(name, "test loss", steps[new], test[new], "faint", joins=after))
    return drawn


def about_slice(comparison: Comparison, cut: Slice, runs: Sequence[Run]) -> str:
    """What the slice shows and what it leaves out, in words and numbers."""
    if comparison.plane == "exact":
        return (
            "The model has two parameters, so the surface is the whole loss and every path lies "
            "in it: nothing is left out."
        )
    largest = max(float(np.nanmax(t.residual, initial=0.0)) for t in cut.tracks)
    sizes = [float(np.ptp(t.coords, axis=0).max(initial=0.0)) for t in cut.tracks]
    extent = max([s for s in sizes if np.isfinite(s)], default=0.0)
    reading = (
        "small beside the paths, so the surface is close to what the optimizers saw"
        if largest < 0.1 * extent
        else "not small beside the paths: compare the true loss with the slice's in the table above"
    )
    left_out = (
        f"The largest distance from the slice is {number(largest, 3)} ({reading}); the paths span "
        f"{number(extent, 3)}."
    )
    left_out += _far_traveller(comparison, sizes)
    if comparison.plane == "random":
        return f"{RANDOM[comparison.normalize]} {left_out}"
    if comparison.plane == "hessian":
        high, low = cut.plane.info["eigenvalues"]
        return (
            f"The two directions in which the loss curves most at A's last step (curvature "
            f"{high:.3g} and {low:.3g}): the steepest valley there, and no typical slice. Plain "
            f"descent is stable along the first one up to a learning rate of 2 / {high:.3g} = "
            f"{2 / high:.3g}. {left_out}"
            if high > 0
            else "At A's last step the loss curves upwards in no direction; the two directions of "
            f"largest curvature ({high:.3g} and {low:.3g}) are drawn. {left_out}"
        )
    first, second = cut.plane.info["explained"]
    frames = max(len(run.recorded) for run in runs)
    walk = random_walk_shares(max(3, frames), cut.plane.space.size, len(runs))
    who = "a random walk" if len(runs) == 1 else f"{len(runs)} random walks"
    return (
        f"The slice explains {first:.0%} + {second:.0%} of the paths' variance ({who} of this "
        f"length: {walk[0]:.0%} + {walk[1]:.0%}, so a high share alone proves little). {left_out}"
    )


def _far_traveller(comparison: Comparison, sizes: Sequence[float]) -> str:
    """A sentence about a visible path beside which the other visible ones are too small to see."""
    visible = [
        (size, name)
        for size, name, one in zip(sizes, letters(len(sizes)), comparison.contenders, strict=True)
        if one.visible and np.isfinite(size)
    ]
    if len(visible) < 2:
        return ""
    *others, (far, name) = sorted(visible)
    typical = float(np.median([size for size, _ in others]))
    if far < TOO_FAR * typical:
        return ""
    times = far / max(typical, 1e-9)
    said = f"{times:.0f}" if times < 1000 else "more than 1,000"
    return (
        f" {name} travels {said} times as far as the others: hide it in the legend to see them "
        "closer."
    )


def rows(comparison: Comparison, runs: Sequence[Run]) -> tuple[list[dict[str, str]], str]:
    """The scoreboard's rows, and the name of the score."""
    score = "accuracy" if comparison.base.shape.task == "classification" else "r2"
    split = "test" if comparison.base.test_share > 0 else "train"
    title = f"{split} accuracy" if score == "accuracy" else f"{split} R²"
    key = f"{split}_{score}"
    table = []
    for name, contender, run in zip(letters(len(runs)), comparison.contenders, runs, strict=True):
        entry = registry.optimizers[contender.optimizer]
        table.append(
            {
                "contender": f"{name} {entry.title} {detail(entry, contender.params)}",
                "train loss": number(run.metrics["train_loss"][-1]),
                "test loss": number(run.metrics["test_loss"][-1]),
                title: percent(run.metrics[key][-1]) if score == "accuracy"
                else number(run.metrics[key][-1]),
                "steps to target": steps_to(comparison.target, run),
                "status": run.status.sentence,
            }
        )  # fmt: skip
    return table, title


def steps_to(target: float, run: Run) -> str:
    """The first step at which the training loss is below the target.

    Of a long run not every step is recorded; then it is one of those since the last record.
    """
    below = np.flatnonzero(np.asarray(run.metrics["train_loss"]) < target)
    if not len(below):
        return "not reached"
    step = run.recorded[below[0]]
    known = not below[0] or run.recorded[below[0] - 1] == step - 1
    return str(step) if known else f"≤ {step}"


def number(value: float, digits: int = 4) -> str:
    """A number for a table or a sentence; a dash where there is none."""
    if not np.isfinite(value):
        return "–"
    text = f"{value + 0.0:.{digits}g}"  # with 0 added -0 is 0
    if "e+" in text and abs(value) < 1e6:
        text = f"{value:.0f}"
    return text.replace("e-0", "e-").replace("e+0", "e+").replace("-", "−")


def percent(value: float) -> str:
    """A share for a table; a dash where there is none."""
    return f"{value:.1%}" if np.isfinite(value) else "–"

"""From a checkup and its exams to what the stage shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossviz import registry
from lossviz.checkup import (
    Checkup,
    EarlyStop,
    Exam,
    Pair,
    early_stop,
    weight_history,
    weight_names,
)
from lossviz.checkup.exam import Way
from lossviz.comparison import letters
from lossviz.figures.color_range import color_range
from lossviz.figures.theme import Mode, as_plain
from lossviz.picture import Seen
from lossviz.problem import Data
from lossviz.registry import SettingError
from lossviz.surface import Surface
from lossviz.ui.predictions import panel
from lossviz.ui.scene import detail
from lossviz.ui.stage import message as stage

#: More rows and columns than this are no picture any more.
LARGEST_MATRIX = 64
#: The id of early stopping among the contenders.
STOPPER = "early"
FLAT = "A single layer has no course from layer to layer. Choose a deeper model."


@dataclass(frozen=True, eq=False)
class Shown:
    """All that is drawn of a checkup.

    Args:
        checkup: What was asked for.
        exams: One for each contender.
        pair: The surfaces, where regularisation is looked at.
        seen: The predictions, where the fit is looked at.
        data: The samples, for these.
        live: Whether more steps are on their way.
    """

    checkup: Checkup
    exams: tuple[Exam, ...]
    pair: Pair | None = None
    seen: Seen | None = None
    data: Data | None = None
    live: bool = False


def scene_of(shown: Shown, mode: Mode) -> stage.Scene:
    """Everything on the stage."""
    checkup, exams = shown.checkup, shown.exams
    names = tuple(letters(len(exams)))
    surface, paths, views = _surfaces(checkup, shown.pair)
    return stage.Scene(
        revision=_digest(shown),
        planned=checkup.base.steps,
        theme=as_plain(mode),
        contenders=(*_contenders(checkup, exams), *_stopper(checkup, exams)),
        surface=surface,
        paths=paths,
        views=views,
        losses=tuple(_curves(checkup, names, exams)),
        side=tuple(_side(shown, names)),
        # First weights are looked at where they are the first.
        cue=stage.Cue(f"opening {checkup.show}", "start" if checkup.show == "start" else "end"),
        live=shown.live,
        height=520 if surface is not None else 430,
        texts={"losses": "curves"},
    )


def _digest(shown: Shown) -> str:
    text = repr((shown.checkup, [str(exam.run.status) for exam in shown.exams]))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _contenders(checkup: Checkup, exams: Sequence[Exam]) -> Iterator[stage.Contender]:
    for mark, (letter, title, exam) in enumerate(
        zip(letters(len(exams)), checkup.names(), exams, strict=True)
    ):
        run = exam.run
        yield stage.Contender(
            id=letter,
            label=f"{letter} {_title(checkup, title)}",
            detail=_detail(checkup, mark),
            mark=mark,
            status=str(run.status),
            diverged=run.status.kind == "diverged",
            last=int(run.recorded[-1]),
        )


def stop_of(checkup: Checkup, exam: Exam) -> EarlyStop | None:
    """Where the run would have been stopped early; None where there is nothing to stop by."""
    try:
        return early_stop(exam.run, checkup.patience)
    except SettingError:
        return None


def _stopper(checkup: Checkup, exams: Sequence[Exam]) -> Iterator[stage.Contender]:
    """Early stopping as one that waits: from the best step to the one at which it gives up."""
    found = stop_of(checkup, exams[0]) if checkup.show == "fit" else None
    if found is None:
        return
    ended = "still waiting" if found.stop is None else f"stopped at step {found.stop}"
    last = int(exams[0].run.recorded[-1]) if found.stop is None else found.stop
    yield stage.Contender(
        STOPPER, "Early stopping", f"best step {found.best}", mark=2, status=ended, last=last
    )


def _title(checkup: Checkup, title: str) -> str:
    return registry.optimizers[checkup.base.optimizer].title if title == "run" else title


def _detail(checkup: Checkup, place: int) -> str:
    if checkup.show == "start":
        scheme = checkup.schemes[place]
        return detail(registry.initialisers[scheme.init], scheme.params)
    if checkup.show == "hold":
        return held_by(checkup) if place else ""
    return detail(registry.optimizers[checkup.base.optimizer], checkup.base.params)


def held_by(checkup: Checkup) -> str:
    """What holds the model back, in a few words; empty where nothing does."""
    base, free = checkup.base, checkup.free
    found = [
        (words, value)
        for words, value in (
            ("L2", base.l2),
            ("L1", base.l1),
            ("input noise", base.input_noise),
            ("dropout", base.model_params.get("dropout", 0.0)),
        )
        if value
    ]
    if base.params != free.params:
        found.append(("weight decay", base.params["weight_decay"]))
    return ", ".join(f"{words} {float(value):.3g}" for words, value in found)


# --- surfaces ----------------------------------------------------------------------------------

_Drawn = tuple[stage.Surface | None, tuple[stage.Path, ...], tuple[stage.View, ...]]


def _surfaces(checkup: Checkup, pair: Pair | None) -> _Drawn:
    if pair is None:
        return None, (), ()
    every = np.concatenate([np.asarray(surface.loss).ravel() for surface in pair.surfaces])
    found = color_range(every[None], [way.loss for way in pair.ways], checkup.log)
    titles = ("Loss without", f"Loss with {held_by(checkup) or 'nothing held back'}")
    without, with_it = (
        _surface(checkup, surface, title, found)
        for surface, title in zip(pair.surfaces, titles, strict=True)
    )
    first, second = (_path(name, way) for name, way in zip(("A", "B"), pair.ways, strict=True))
    return without, (first,), (stage.View("with", titles[1], with_it, (second,)),)


def _surface(
    checkup: Checkup, surface: Surface, title: str, found: tuple[float, float] | None
) -> stage.Surface:
    return stage.Surface(
        surface.x.numpy(),
        surface.y.numpy(),
        surface.loss.double().numpy(),
        log=checkup.log,
        range=found,
        view="3d" if checkup.three_d else "2d",
        x_title="direction 1",
        y_title="direction 2",
        uirevision="held",
        clickable=False,
        title=title,
    )


def _path(name: str, way: Way) -> stage.Path:
    where = way.coords.double().numpy()
    return stage.Path(
        name, way.steps, where[:, 0], where[:, 1], way.loss, way.slice_loss, way.residual
    )


# --- curves ------------------------------------------------------------------------------------


def _curves(
    checkup: Checkup, names: Sequence[str], exams: Sequence[Exam]
) -> Iterator[stage.Losses]:
    pairs = tuple(zip(names, exams, strict=True))
    panel = _panel(pairs, "loss", checkup.log, "loss (pale: test)", "train_loss", "test_loss")
    yield replace(panel, curves=(*panel.curves, *_waiting(checkup, exams)))
    score = next((s for s in ("accuracy", "r2") if f"train_{s}" in exams[0].run.metrics), None)
    if score is not None:
        word = "accuracy" if score == "accuracy" else "R²"
        yield _panel(pairs, word, False, f"{word} (pale: test)", f"train_{score}", f"test_{score}")
    if checkup.show == "start":
        yield from _units(pairs)
    if checkup.show in ("hold", "weights"):
        yield _of_frames(
            "near zero", "share of weights below 0.001",
            ((name, exam.run.recorded, exam.vanished) for name, exam in pairs),
        )  # fmt: skip
    if checkup.show == "weights":
        yield _one_weight(checkup, exams[0])


def _waiting(checkup: Checkup, exams: Sequence[Exam]) -> Iterator[stage.Curve]:
    """A level line at the lowest test loss, as long as early stopping waits for a lower one."""
    found = stop_of(checkup, exams[0]) if checkup.show == "fit" else None
    if found is not None:
        last = int(exams[0].run.recorded[-1]) if found.stop is None else found.stop
        steps = np.unique([found.best, last])
        yield stage.Curve(STOPPER, "lowest test loss", steps, np.full(len(steps), found.loss))


def _panel(
    pairs: Sequence[tuple[str, Exam]], tab: str, log: bool, title: str, solid: str, faint: str
) -> stage.Losses:
    curves = []
    for name, exam in pairs:
        for kind, key in (("solid", solid), ("faint", faint)):
            values = exam.run.metrics[key]
            if np.isfinite(values).any():
                words = key.replace("_", " ")
                curves.append(
                    stage.Curve(name, words, exam.run.recorded, values, kind)  # type: ignore[arg-type]
                )
    return stage.Losses(tuple(curves), log=log, title=title, id=tab, tab=tab)


def _units(pairs: Sequence[tuple[str, Exam]]) -> Iterator[stage.Losses]:
    """How many units are of no use: alike, and dead where there are rectifiers."""
    known = [(name, exam, exam.spreads) for name, exam in pairs if exam.spreads is not None]
    hidden = [(n, e, s) for n, e, s in known if s.units.any() and len(s.layers) > 1]
    if not hidden:
        return
    yield _of_frames(
        "alike", "hidden units that say what another one says",
        ((name, exam.steps, spread.alike[:, :-1].sum(1)) for name, exam, spread in hidden),
    )  # fmt: skip
    if any(np.isfinite(spread.dead).any() for _, _, spread in hidden):
        yield _of_frames(
            "dead", "hidden units that are zero for every sample",
            ((name, exam.steps, np.nansum(spread.dead, axis=1)) for name, exam, spread in hidden),
        )  # fmt: skip


def _of_frames(
    tab: str, title: str, series: Iterator[tuple[str, np.ndarray, np.ndarray]]
) -> stage.Losses:
    curves = tuple(stage.Curve(name, tab, steps, values) for name, steps, values in series)
    return stage.Losses(curves, log=False, title=title, id=tab, tab=tab)


def place_of(checkup: Checkup, exam: Exam) -> tuple[str, int, int]:
    """The weight that is followed: the name of its tensor, its row and its column.

    Settings that go beyond the tensor mean its last row or column.
    """
    names = weight_names(exam.run.space)
    name = names[min(checkup.layer, len(names) - 1)]
    shape = dict(zip(exam.run.space.names, exam.run.space.shapes, strict=True))[name]
    columns = int(np.prod(shape[1:]))
    return name, min(checkup.unit, shape[0] - 1), min(checkup.entry, columns - 1)


def _one_weight(checkup: Checkup, exam: Exam) -> stage.Losses:
    name, row, column = place_of(checkup, exam)
    run = exam.run
    tensor = run.space.unflatten(run.weights)[name].flatten(2)
    values = tensor[:, row, column].double().numpy()
    title = f"{name}[{row}, {column}]"
    return stage.Losses(
        (stage.Curve("A", "weight", run.recorded, values),),
        False,
        title,
        id="one",
        tab="one weight",
    )


# --- the side ----------------------------------------------------------------------------------


def _side(shown: Shown, names: Sequence[str]) -> Iterator[stage.Tab]:
    checkup, exams = shown.checkup, shown.exams
    if checkup.show == "fit":
        if shown.data is not None:
            yield stage.Tab("predictions", panel("A", shown.seen, shown.data))
        yield _histogram(checkup, "A", exams[0], "weights")
    elif checkup.show == "hold":
        for name, title, exam in zip(names, ("without", "with"), exams, strict=True):
            yield _histogram(checkup, name, exam, f"weights {title}")
    elif checkup.show == "weights":
        yield _matrix(checkup, exams[0])
        yield _histogram(checkup, "A", exams[0], "histogram")
    if checkup.show in ("start", "weights"):
        yield _profile("signals", "spread of the activations", names, exams, "activations")
        yield _profile("gradients", "spread of the gradients", names, exams, "gradients")


def _histogram(checkup: Checkup, name: str, exam: Exam, tab: str) -> stage.Tab:
    tensor, _, _ = place_of(checkup, exam)
    found = weight_history(exam.run.space, exam.run.weights[exam.frames], tensor)
    return stage.Tab(
        tab,
        stage.Histogram(
            found.edges, exam.steps, found.counts, x_title=f"weights of {tensor}", log=True,
            contender=name,
        ),
        id=tab,
    )  # fmt: skip


def _matrix(checkup: Checkup, exam: Exam) -> stage.Tab:
    tensor, _, _ = place_of(checkup, exam)
    found = weight_history(exam.run.space, exam.run.weights[exam.frames], tensor)
    values = found.matrix[:, :LARGEST_MATRIX, :LARGEST_MATRIX]
    return stage.Tab(
        "matrix",
        stage.Matrix(
            exam.steps, values, x_title=f"{tensor}: from input", y_title="to unit", contender="A"
        ),
    )


def _profile(
    tab: str, title: str, names: Sequence[str], exams: Sequence[Exam], what: str
) -> stage.Tab:
    known = [
        (mark, name, exam, exam.spreads)
        for mark, (name, exam) in enumerate(zip(names, exams, strict=True))
        if exam.spreads is not None
    ]
    if not known or len(known[0][3].layers) < 2:
        return stage.Tab(tab, FLAT)
    # The time of the one that came furthest; the others end where they ended.
    steps = max((exam.steps for _, _, exam, _ in known), key=lambda own: own[-1])
    lines = tuple(
        stage.ProfileLine(name, _at(exam.steps, getattr(spread, what), steps), mark, contender=name)
        for mark, name, exam, spread in known
    )
    layers = known[0][3].layers
    return stage.Tab(
        tab,
        stage.Profile(
            np.arange(len(layers), dtype=float), steps, lines, x_title="layer", y_title=title,
            x_labels=_short(layers), log=True,
        ),
    )  # fmt: skip


def _short(layers: tuple[str, ...]) -> tuple[str, ...]:
    """Names that find room below an axis: numbers, where they are numbered."""
    words = [name.removeprefix("layer ").removeprefix("step ") for name in layers]
    return tuple("out" if word == "output" else word for word in words)


def _at(own: np.ndarray, values: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Rows of values (G, L) at other steps: the last ones known, none after the end."""
    places = np.searchsorted(own, steps, side="right") - 1
    found = np.asarray(values, dtype=float)[np.maximum(places, 0)]
    found[(places < 0) | (steps > own[-1])] = np.nan
    return found

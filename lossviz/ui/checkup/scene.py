"""From a checkup and its exams to what the stage shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from lossviz.checkup import Checkup, Pair
from lossviz.checkup.exam import Way
from lossviz.figures.color_range import color_range
from lossviz.figures.theme import Mode, as_plain
from lossviz.surface import Surface
from lossviz.ui.checkup.curves import STOPPER, curves_of
from lossviz.ui.checkup.shown import Shown, held_by, named, stop_of, waited_until
from lossviz.ui.checkup.side import side_of
from lossviz.ui.stage import message as stage


def scene_of(shown: Shown, mode: Mode) -> stage.Scene:
    """Everything on the stage."""
    checkup = shown.checkup
    surface, paths, views = _surfaces(checkup, shown.pair)
    return stage.Scene(
        revision=_digest(shown),
        planned=checkup.base.steps,
        theme=as_plain(mode),
        contenders=(*_contenders(shown), *_stopper(shown)),
        surface=surface,
        paths=paths,
        views=views,
        losses=tuple(curves_of(shown)),
        side=tuple(side_of(shown)),
        # First weights are looked at where they are the first.
        cue=stage.Cue(f"opening {checkup.show}", "start" if checkup.show == "start" else "end"),
        height=520 if surface is not None else 430,
        texts={"losses": "curves"},
    )


def _digest(shown: Shown) -> str:
    text = repr((shown.checkup, [str(exam.run.status) for exam in shown.exams]))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _contenders(shown: Shown) -> Iterator[stage.Contender]:
    for one in named(shown):
        run = one.exam.run
        yield stage.Contender(
            id=one.letter,
            label=f"{one.letter} {one.title}",
            detail=one.detail,
            mark=one.mark,
            status=str(run.status),
            diverged=run.status.kind == "diverged",
            last=int(run.recorded[-1]),
        )


def _stopper(shown: Shown) -> Iterator[stage.Contender]:
    """Early stopping as one that waits: from the best step to the one at which it gives up."""
    exam = shown.exams[0]
    found = stop_of(shown.checkup, exam) if shown.checkup.show == "fit" else None
    if found is None:
        return
    ended = "still waiting" if found.stop is None else f"stopped at step {found.stop}"
    yield stage.Contender(
        STOPPER, "Early stopping", f"best step {found.best}", mark=2, status=ended,
        last=waited_until(found, exam),
    )  # fmt: skip


# --- surfaces ----------------------------------------------------------------------------------

_Drawn = tuple[stage.Surface | None, tuple[stage.Path, ...], tuple[stage.View, ...]]


def _surfaces(checkup: Checkup, pair: Pair | None) -> _Drawn:
    if pair is None:
        return None, (), ()
    every = np.concatenate([np.asarray(surface.loss).ravel() for surface in pair.surfaces])
    found = color_range(every[None], [way.loss for way in pair.ways], checkup.log)
    titles = ("Loss without", f"Loss with {held_by(checkup) or 'nothing to hold it back'}")
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

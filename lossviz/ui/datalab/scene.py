"""From the effect of cleaning and scaling to what the stage shows: surfaces side by side."""

from __future__ import annotations

import hashlib

import numpy as np

from lossviz.datalab import DataLab, Effect
from lossviz.datalab.case import Case, Way
from lossviz.figures.theme import Mode, as_plain
from lossviz.ui.datalab import verdict
from lossviz.ui.stage import message as stage
from lossviz.ui.widgets import short

#: The two contenders: who they are on every surface.
NAMES = ("A", "B")
#: What is left of the way down is coloured between these, so that equal colours mean the same on
#: every surface: on a logarithmic scale, and on a plain one.
RANGES = {True: (1e-4, 10.0), False: (0.0, 2.0)}
LEFT = "left of the way down"
#: The stage's words for a loss, where it shows what is left of the way down.
TEXTS = {
    "surface": "Loss surfaces",
    "losses": "What is left",
    "loss": "Left",
    "trueLoss": "Left",
    "sliceLoss": "Left on this slice",
}


def scene_of(lab: DataLab, effect: Effect, mode: Mode) -> stage.Scene:
    """Everything on the stage: the raw data's surface, and those after it, on one time line."""
    first, *others = shown(lab, effect)
    return stage.Scene(
        revision=hashlib.blake2b(repr(lab).encode(), digest_size=8).hexdigest(),
        planned=lab.steps,
        theme=as_plain(mode),
        contenders=contenders(lab, effect),
        surface=surface(lab, first),
        paths=paths(first),
        views=tuple(
            stage.View(case.name, verdict.title_of(case), surface(lab, case), paths(case))
            for case in others
        ),
        losses=stage.Losses(
            curves=tuple(
                curve for case in (first, *others) for curve in curves(case, case is others[-1])
            ),
            log=lab.log,
            title=LEFT,
            target=lab.within,
        ),
        exact=lab.model == "linear",
        cue=stage.Cue("opening", "end"),
        texts=TEXTS,
    )


def shown(lab: DataLab, effect: Effect) -> tuple[Case, ...]:
    """The states of the data whose surfaces are shown."""
    raw, cleaned, scaled = effect.cases
    return (raw, scaled) if lab.surfaces == "two" else (raw, cleaned, scaled)


def contenders(lab: DataLab, effect: Effect) -> tuple[stage.Contender, ...]:
    """SGD without momentum and with it; a chip says how it stands on the last surface."""
    case = effect.cases[-1]
    labels = ("A SGD", "B SGD with momentum")
    return tuple(
        stage.Contender(
            id=name,
            label=label,
            detail=_detail(lab, way),
            mark=index,
            last=max(int(each.ways[index].steps[-1]) for each in shown(lab, effect)),
        )
        for index, (name, label, way) in enumerate(zip(NAMES, labels, case.ways, strict=True))
    )


def _detail(lab: DataLab, way: Way) -> str:
    if lab.tune == "same":
        return f"rate {short(lab.lr, 3)}"
    return f"{lab.share:.2g} of the limit"


def surface(lab: DataLab, case: Case) -> stage.Surface:
    """What is left of the way down over the weights."""
    return stage.Surface(
        x=case.x,
        y=case.y,
        z=case.left,
        log=lab.log,
        range=RANGES[lab.log],
        view="3d" if lab.three_d else "2d",
        x_title=case.titles[0],
        y_title=case.titles[1],
        title=verdict.title_of(case),
        # Another window is another picture.
        uirevision=f"{case.name} {case.x[0]:.6g} {case.x[-1]:.6g} {case.y[0]:.6g}",
        clickable=False,
    )


def paths(case: Case) -> tuple[stage.Path, ...]:
    """Both ways down on one state of the data."""
    return tuple(
        stage.Path(
            name, way.steps, way.points[:, 0], way.points[:, 1], way.left, way.slice_left,
            np.maximum(way.residual, 0),
        )
        for name, way in zip(NAMES, case.ways, strict=True)
    )  # fmt: skip


def curves(case: Case, bold: bool) -> tuple[stage.Curve, ...]:
    """What is left of the way down, step by step; pale but for the last state of the data."""
    return tuple(
        stage.Curve(name, case.name, way.steps, way.left, "solid" if bold else "faint")
        for name, way in zip(NAMES, case.ways, strict=True)
    )

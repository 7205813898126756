"""From the records of a survey to what the stage shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossviz import registry
from lossviz.figures import color_range
from lossviz.figures.theme import Mode, as_plain
from lossviz.run import Run
from lossviz.surface import Surface
from lossviz.survey import Entrant, Survey, View, words
from lossviz.survey.along import Sharpness
from lossviz.survey.slices import Cut
from lossviz.ui import scene
from lossviz.ui.stage import message as stage

#: What the read-out calls heights that are no losses.
ACCURACY = {"trueLoss": "True accuracy", "sliceLoss": "On this slice", "loss": "Accuracy"}
#: An axis that is not known yet.
EMPTY = np.array([0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Picture:
    """One surface of the stage: which plane of which network, and what is known of it.

    Args:
        view: The plane.
        second: Whether it is of the second network.
        cut: The slice, or None while it is computed.
        surface: Its heights, coarse or fine, or None while they are computed.
        trouble: Why it cannot be drawn, in a sentence; else "".
    """

    view: View
    second: bool
    cut: Cut | None = None
    surface: Surface | None = None
    trouble: str = ""


@dataclass(frozen=True, eq=False)
class Sight:
    """All that is drawn on the main stage.

    Args:
        survey: The settings.
        runs: The runs by their entrants' names, as far as they are.
        pictures: The surfaces, each view of both networks side by side.
        sharpness: The largest curvature along the runs, by name; empty while it is not known.
        live: Whether runs are still going on.
    """

    survey: Survey
    runs: Mapping[str, Run]
    pictures: tuple[Picture, ...]
    sharpness: Mapping[str, Sharpness]
    live: bool = False

    @property
    def entrants(self) -> tuple[Entrant, ...]:
        """Who has a run."""
        return tuple(one for one in self.survey.entrants() if one.name in self.runs)


def scene_of(sight: Sight, mode: Mode) -> stage.Scene:
    """Everything on the stage."""
    survey = sight.survey
    span = ranges(sight)
    drawn = [
        (picture, surface_of(sight, picture, span.get(place)))
        for place, picture in enumerate(sight.pictures)
        if not picture.trouble
    ]
    return stage.Scene(
        revision=revision(survey),
        planned=survey.base.steps,
        theme=as_plain(mode),
        contenders=contenders(sight),
        surface=drawn[0][1] if drawn else None,
        paths=paths(drawn[0][0]) if drawn else (),
        views=tuple(
            stage.View(f"{picture.view.write()} {picture.second} {place}", surface.title, surface,
                       paths(picture))
            for place, (picture, surface) in enumerate(drawn[1:])
        ),
        losses=panels(sight),
        cue=stage.Cue("opening", "end"),
        live=sight.live,
        texts=ACCURACY if _is_accuracy(survey) else {},
    )  # fmt: skip


def revision(survey: Survey, part: str = "") -> str:
    """The identity of the data on a stage: the main one, or that of another part of the page."""
    text = repr((sorted(survey.to_url().items()), part))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def contenders(sight: Sight) -> tuple[stage.Contender, ...]:
    """How each run is called and how it stands."""
    shown = []
    for place, entrant in enumerate(sight.survey.entrants()):
        run = sight.runs.get(entrant.name)
        if run is None:
            continue
        one = sight.survey.contenders[entrant.contender]
        entry = registry.optimizers[one.optimizer]
        shown.append(
            stage.Contender(
                id=entrant.name,
                label=f"{entrant.name} {entry.title}",
                detail=", ".join(details(sight.survey, entrant)),
                mark=place,
                status=str(run.status),
                diverged=run.status.kind == "diverged",
                last=int(run.recorded[-1]),
                visible=place not in sight.survey.hidden,
            )
        )
    return tuple(shown)


def details(survey: Survey, entrant: Entrant) -> Iterable[str]:
    """What tells a run from the others."""
    one = survey.contenders[entrant.contender]
    where = words.network(survey, entrant.second)
    if where:
        yield where
    if entrant.experiment.seed != survey.base.seed:
        yield f"seed {entrant.experiment.seed}"
    yield scene.detail(registry.optimizers[one.optimizer], one.params)


def paths(picture: Picture) -> tuple[stage.Path, ...]:
    """The runs over one surface."""
    if picture.cut is None:
        return ()
    return tuple(
        stage.Path(
            contender=name,
            steps=track.steps,
            x=track.coords[:, 0],
            y=track.coords[:, 1],
            loss=track.loss,
            slice_loss=track.slice_loss,
            residual=track.residual,
        )
        for name, track in picture.cut.tracks.items()
    )


def surface_of(sight: Sight, picture: Picture, span: tuple[float, float] | None) -> stage.Surface:
    """One surface, or its empty axes while it is computed."""
    survey, cut, found = sight.survey, picture.cut, picture.surface
    x = y = EMPTY
    z = None
    if cut is not None:
        x, y = (np.asarray(side) for side in cut.window)
    if found is not None:
        x, y, z = np.asarray(found.x), np.asarray(found.y), np.asarray(found.loss)
    titles = ("", "") if cut is None else cut.plane.titles
    marked = () if cut is None else words.points(picture.view, picture.second)
    return stage.Surface(
        x=x,
        y=y,
        z=z,
        log=logarithmic(survey),
        range=span,
        view="3d" if survey.three_d else "2d",
        x_title=titles[0],
        y_title=titles[1],
        uirevision=f"{survey.base.dataset} {survey.model(picture.second).model} "
        f"{picture.view.plane}",
        clickable=False,
        title=words.title(survey, picture.view, picture.second),
        marks=np.asarray(cut.plane.info["points"]) if cut is not None and marked else None,
        mark_labels=marked,
    )


def logarithmic(survey: Survey) -> bool:
    """Whether colours go by the logarithm; those of an accuracy never do."""
    return survey.log and not _is_accuracy(survey)


def _is_accuracy(survey: Survey) -> bool:
    return survey.layer.endswith("accuracy")


# --- colours -----------------------------------------------------------------------------------


def ranges(sight: Sight) -> dict[int, tuple[float, float]]:
    """The range of colours of each surface that is known, by its place."""
    survey = sight.survey
    known = [place for place, one in enumerate(sight.pictures) if one.surface is not None]
    if survey.color_range is not None:
        return dict.fromkeys(range(len(sight.pictures)), survey.color_range)
    if _is_accuracy(survey):
        return dict.fromkeys(range(len(sight.pictures)), (0.0, 1.0))
    if survey.shared and known:
        found = joint_range(survey, [sight.pictures[place] for place in known])
        return dict.fromkeys(range(len(sight.pictures)), found)
    return {place: joint_range(survey, [sight.pictures[place]]) for place in known}


def joint_range(survey: Survey, pictures: Sequence[Picture]) -> tuple[float, float]:
    """One range for several surfaces: from the lowest to the highest end of their own ranges."""
    own = [
        color_range(np.asarray(one.surface.loss), losses_of(one), survey.log)
        for one in pictures
        if one.surface is not None
    ]
    return min(low for low, _ in own), max(high for _, high in own)


def losses_of(picture: Picture) -> list[np.ndarray]:
    """The heights along the paths of a picture."""
    return [] if picture.cut is None else [track.loss for track in picture.cut.tracks.values()]


# --- curves ------------------------------------------------------------------------------------


def panels(sight: Sight) -> tuple[stage.Losses, ...]:
    """The tabs of curves: the loss, what the first slice leaves out, and the sharpness."""
    survey = sight.survey
    drawn = [
        stage.Losses(
            curves=tuple(
                curve for one in sight.entrants
                for curve in scene.curves(one.name, sight.runs[one.name])
            ),
            log=survey.log,
            title="loss",
            target=survey.target,
            id="loss",
        ),
        *_sharpness(sight),
        residuals(sight),
        trueness(sight),
    ]  # fmt: skip
    return tuple(drawn)


def _sharpness(sight: Sight) -> Iterator[stage.Losses]:
    """The largest curvature along the paths: of the loss, and as Adam scales it."""
    plain = [(name, one.plain) for name, one in sight.sharpness.items()]
    scaled = [(name, one.scaled) for name, one in sight.sharpness.items() if one.scaled is not None]
    if plain:
        yield stage.Losses(
            tuple(curve for name, one in plain for curve in scene.sharpness_curves(name, one)),
            log=sight.survey.log, title="largest curvature (thin: the limit)", id="sharpness",
            tab="sharpness",
        )  # fmt: skip
    if scaled:
        curves = (curve for name, one in scaled for curve in scene.sharpness_curves(name, one))
        yield stage.Losses(
            tuple(replace(curve, name=f"scaled {curve.name}") for curve in curves),
            log=sight.survey.log, title="largest curvature as Adam scales it (thin: its limit)",
            id="scaled", tab="sharpness, scaled",
        )  # fmt: skip


def judged(sight: Sight) -> tuple[Picture, ...]:
    """The pictures that the curves speak of: the first view, of each network."""
    return sight.pictures[: sight.survey.networks]


def residuals(sight: Sight) -> stage.Losses:
    """How far each path is from the first slice."""
    curves = [
        stage.Curve(name, "distance", track.steps, track.residual)
        for picture in judged(sight)
        if picture.cut is not None
        for name, track in picture.cut.tracks.items()
    ]
    return stage.Losses(
        tuple(curves), log=False, title="distance from the first slice", id="residual",
        tab="off the slice",
    )  # fmt: skip


def trueness(sight: Sight) -> stage.Losses:
    """The true height along each path, and pale that of the first slice under it."""
    curves = [
        curve
        for picture in judged(sight)
        if picture.cut is not None
        for name, track in picture.cut.tracks.items()
        for curve in (
            stage.Curve(name, "true", track.steps, track.loss),
            stage.Curve(name, "on the slice", track.steps, track.slice_loss, "faint"),
        )
    ]
    return stage.Losses(
        tuple(curves), log=logarithmic(sight.survey),
        title=f"{sight.survey.layer.split('_')[1]} (thin: under it on the first slice)",
        id="trueness", tab="true and slice",
    )  # fmt: skip

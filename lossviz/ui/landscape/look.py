"""What there is of a survey at a moment: results, and the tasks that will give the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from lossviz import engine
from lossviz.connect import Curve, advance_curve
from lossviz.picture import MOST_FRAMES
from lossviz.problem.problem import Split
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.run.race import together
from lossviz.settings import Experiment
from lossviz.surface import RandomSlices, Surface
from lossviz.surface.layers import split_of
from lossviz.survey import Entrant, Survey, View, along, cost, lines, section, slices, spot, words
from lossviz.survey.along import Sharpness
from lossviz.survey.ground import buffers_for, normalises, recipe_of
from lossviz.survey.lines import Lines
from lossviz.survey.section import Bend, Straight
from lossviz.survey.slices import Cut
from lossviz.survey.spot import Measures, Spectrum
from lossviz.ui.landscape.scene import Picture, Sight
from lossviz.ui.landscape.tasks import Bench, Call, Chained, Ready, Task

#: A surface that is expected to take longer (seconds) is drawn coarsely first.
AT_ONCE = 0.4
#: Points on a side of the first level of a surface; fewer where each of them takes long.
COARSE, COARSEST, SLOW = 21, 11, 1e-3

BOTH: tuple[Split, Split] = ("train", "test")

#: What a part of the page may fail with: said in a sentence, while the others stand.
Trouble = (SettingError, engine.WorkerDiedError, ValueError)


@dataclass(frozen=True, eq=False)
class Way:
    """What is known of the way between two networks: None for what is on its way."""

    straight: Straight | None = None
    curve: Curve | None = None
    bend: Bend | None = None
    surface: Surface | None = None


@dataclass(frozen=True, eq=False)
class Spot:
    """What is known of one point of a path: None for what is on its way.

    Args:
        entrant: Whose path.
        step: The number of the step.
        last: That of the path's end.
    """

    entrant: Entrant
    step: int
    last: int
    spectrum: Spectrum | None = None
    measures: Measures | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """All that the page shows at a moment.

    Args:
        survey: The settings.
        sight: What the main stage shows.
        way: What lies between two networks; None where it is not asked for.
        spot: The chosen point of a path; None where it is not asked for.
        lines: 1-D slices through A's end; None where they are not asked for, or not there yet.
        spread: Random slices through A's end; None where they are not asked for, or not there yet.
        troubles: What could not be computed, and why.
    """

    survey: Survey
    sight: Sight
    way: Way | None
    spot: Spot | None
    lines: Lines | None
    spread: RandomSlices | None
    troubles: tuple[str, ...]


def look(survey: Survey, bench: Bench) -> Found:
    """Everything that is to be shown, as far as it is there; what is not there is begun.

    Raises:
        SettingError: When the networks cannot be trained.
    """
    return _Look(survey, bench).found()


class _Look:
    """One look at a survey; asks the bench for everything."""

    def __init__(self, survey: Survey, bench: Bench) -> None:
        self.survey, self.bench = survey, bench
        self.entrants = survey.entrants()
        self.troubles: list[str] = []
        self.runs, self.trained = self._runs()
        #: Where the runs end, because one that was cancelled is another one than the whole one.
        self.until = tuple(int(run.recorded[-1]) for run in self.runs.values())

    def found(self) -> Found:
        """All of it; one part that fails leaves the others alone."""
        pictures = tuple(
            self._picture(view, second)
            for view in self.survey.views
            for second in (False, True)[: self.survey.networks]
        )
        sharpness = self._trying(self._sharpness) or {}
        sight = Sight(self.survey, self.runs, pictures, sharpness, not self.trained)
        way, spot_ = self._trying(self._way), self._trying(self._spot)
        lines_ = self._trying(lambda: self._lines(pictures[0].cut))
        spread = self._trying(self._spread)
        troubles = tuple(dict.fromkeys(self.troubles))
        return Found(self.survey, sight, way, spot_, lines_, spread, troubles)

    def _trying(self, part: Callable[[], Any]) -> Any:
        try:
            return part()
        except Trouble as error:
            self.troubles.append(str(error))
            return None

    def _called(
        self,
        kind: str,
        key: str,
        words: str,
        function: Callable[..., Any],
        *arguments: Any,
        expected: Callable[[], float] = lambda: math.nan,
    ) -> Any:
        """What a function gives, from a worker or from the disk; None while it is on its way."""

        def begin() -> Task:
            return Call(function, arguments, f"survey {kind} {key}", expected())

        return self.bench.of(kind, key, words, begin)

    # --- runs --------------------------------------------------------------------------------

    def _runs(self) -> tuple[dict[str, Run], bool]:
        """The runs as far as they are, and whether they are over."""
        found: dict[str, Run] = {}
        over = True
        experiments = [entrant.experiment for entrant in self.entrants]
        for places in together(experiments):
            own = tuple(experiments[place] for place in places)
            key = repr(own)
            runs = self.bench.of("runs", key, "The networks are being trained", _training(own))
            found |= zip((self.entrants[place].name for place in places), runs or (), strict=False)
            over = over and self.bench.over("runs", key)
        return found, over and len(found) == len(self.entrants)

    def _own(self, second: bool) -> dict[str, Run]:
        """The runs on one of the networks."""
        return {e.name: self.runs[e.name] for e in self.entrants if e.second == second}

    # --- slices ------------------------------------------------------------------------------

    def _picture(self, view: View, second: bool) -> Picture:
        if not self.trained:
            return Picture(view, second)
        key = self._key(view, second)
        cut: Cut | None = None
        try:
            cut = self._called(
                "slice", key, "The slices are being laid",
                slices.slice_of, self.survey, view, second, self._own(second),
                expected=lambda: self._path_seconds(second),
            )  # fmt: skip
            # Who is hidden only changes what of a plane is drawn.
            cut = None if cut is None else slices.seen_by(self.survey, view, cut)
            surface = None if cut is None else self._surface(key, cut)
        except Trouble as error:
            self.troubles.append(f"{words.title(self.survey, view, second)}: {error}")
            return Picture(view, second, cut, trouble=str(error))
        return Picture(view, second, cut, surface)

    def _path_seconds(self, second: bool) -> float:
        """About how long the heights of all paths on a plane take."""
        frames = sum(min(len(run.recorded), MOST_FRAMES) for run in self._own(second).values())
        model, split = self.survey.model(second), split_of(slices.layer_of(self.survey))
        return cost.points_seconds(model, (split,), frames)

    def _surface(self, key: str, cut: Cut) -> Surface | None:
        survey, points = self.survey, int(self.survey.grid)
        where = words.network(survey, cut.second)
        key = f"{key} {cut.window} {points}"
        buffers = self._buffers(cut.second)
        if buffers is None:
            return None
        found = self.bench.of(
            "surface", key, f"Surface{f' ({where})' if where else ''}",
            lambda: self._scan(key, cut, points, buffers),
        )  # fmt: skip
        return None if found is None else found.surface(slices.layer_of(survey))

    def _buffers(self, second: bool) -> dict[str, Tensor] | None:
        """The running statistics with which surfaces are drawn, where that is asked for."""
        model, statistics = self.survey.model(second), slices.statistics_of(self.survey)
        if statistics != "frozen" or not normalises(model):
            return {}
        first = next(one for one in self.entrants if one.second == second)
        found: dict[str, Tensor] | None = self._called(
            "buffers", self._whose(first), "The running statistics",
            buffers_for, model, statistics, self.runs[first.name],
        )  # fmt: skip
        return found

    def _scan(self, key: str, cut: Cut, points: int, buffers: dict[str, Tensor]) -> Task:
        survey, model = self.survey, self.survey.model(cut.second)
        split = split_of(slices.layer_of(survey))
        own = self._own(cut.second)
        seconds = cost.surface_seconds(model, split, points)
        if seconds <= AT_ONCE:
            return Call(slices.surface_of, (survey, cut, own))
        x, y = slices.grid_of(survey, cut.window)
        scan = engine.Scan(
            recipe_of(model), cut.plane, x, y,
            statistics=slices.statistics_of(survey),
            buffers=buffers or None,
            layers=(slices.layer_of(survey),),
            coarse=COARSEST if cost.point_seconds(model, split) > SLOW else COARSE,
            key=f"surface {key}",
        )  # fmt: skip
        return Chained(scan, scan.layers, expected=seconds)

    def _key(self, *what: Hashable) -> str:
        """What a slice depends on, as text."""
        survey = self.survey
        shown = (survey.layer, survey.statistics)
        return repr((survey.base, self.entrants, self.until, shown, what))

    def _lines(self, cut: Cut | None) -> Lines | None:
        """1-D slices along the axes of the first picture, as far as it is drawn."""
        survey = self.survey
        if not survey.lines or cut is None:
            return None
        key = f"{self._key(survey.views[0], False)} {cut.window}"
        found: Lines | None = self._called(
            "lines", key, "1-D slices", lines.lines_of, survey, cut, self.runs["A"],
            expected=lambda: cost.points_seconds(survey.base, BOTH, 2 * lines.POINTS),
        )  # fmt: skip
        return found

    def _spread(self) -> RandomSlices | None:
        survey = self.survey
        if not survey.slices or not self.trained:
            return None
        views = tuple(view for view in survey.views if view.plane == "random")[:1]
        shown = (survey.layer, survey.statistics, survey.slices, views)
        key = f"{self._whose(self.entrants[0])} {shown}"
        found: RandomSlices | None = self._called(
            "spread", key, "Random slices", slices.spread_of, survey, self.runs["A"],
            expected=lambda: cost.points_seconds(
                survey.base, (split_of(slices.layer_of(survey)),), survey.slices * slices.PLACES
            ),
        )  # fmt: skip
        return found

    def _whose(self, one: Entrant) -> str:
        """What the path of one run depends on, as text."""
        return repr((one.experiment, int(self.runs[one.name].recorded[-1])))

    # --- curvature ---------------------------------------------------------------------------

    def _sharpness(self) -> dict[str, Sharpness]:
        """The largest curvature along the runs that are over, when that of all is known."""
        if not self.survey.sharpness or not self.trained:
            return {}
        found = {
            one.name: self._called(
                "along", self._whose(one), "The sharpness along the paths",
                along.sharpness_of, one.experiment, self.runs[one.name],
                expected=partial(
                    along.seconds_of, one.experiment, len(self.runs[one.name].recorded)
                ),
            )
            for one in self.entrants
        }  # fmt: skip
        if None in found.values():
            return {}
        self.troubles += [f"{name}: {one.why}" for name, one in found.items() if one.why]
        return found

    def _spot(self) -> Spot | None:
        if not self.survey.spectrum or not self.trained:
            return None
        one = self.entrants[self.survey.chosen]
        run = self.runs[one.name]
        frame = spot.frame_at(run, self.survey.moment)
        theta, step = run.weights[frame], int(run.recorded[frame])
        key = repr((one.experiment, step))
        asked = (
            ("spectrum", "The spectrum", spot.spectrum_at, spot.SPECTRUM_PRODUCTS),
            ("measures", "The measures of sharpness", spot.measures_at, spot.MEASURES_PRODUCTS),
        )
        spectrum, measures = (
            self._called(
                kind, key, said, function, one.experiment, theta,
                expected=partial(_product_seconds, one.experiment, products),
            )
            for kind, said, function, products in asked
        )  # fmt: skip
        return Spot(one, step, int(run.recorded[-1]), spectrum, measures)

    # --- between two networks ----------------------------------------------------------------

    def _way(self) -> Way | None:
        survey = self.survey
        if survey.section == "none" or not self.trained:
            return None
        own = {name: self.runs[name] for name in section.ends_of(survey)}
        key = self._key(survey.ends, survey.aligned)
        straight: Straight | None = self._called(
            "line", key, "The straight way", section.straight_of, survey, own,
            expected=lambda: cost.points_seconds(
                survey.base, BOTH, section.POINTS * (2 if survey.aligned else 1)
            ),
        )  # fmt: skip
        if straight is None or survey.section == "line":
            return Way(straight)
        buffers = self._buffers(False)
        if buffers is None:
            return Way(straight)
        key = repr((key, survey.bend_steps, survey.bend_rate))
        curve = self.bench.of(
            "curve", key, "The curve is being trained",
            lambda: _bending(survey, straight, buffers, key),
        )  # fmt: skip
        if curve is None or not self.bench.over("curve", key):
            return Way(straight, curve)
        key = repr((key, len(curve.loss)))
        bend: Bend | None = self._called("bend", key, "The curve's plane", section.bend_seen, curve)
        return Way(straight, curve, bend, None if bend is None else self._under(key, bend, buffers))

    def _under(self, key: str, bend: Bend, buffers: dict[str, Tensor]) -> Surface | None:
        """The surface under a curve."""
        found = self.bench.of(
            "surface", f"{key} {self.survey.grid}", "Surface under the curve",
            lambda: self._scan_under(key, bend, buffers),
        )  # fmt: skip
        return None if found is None else found.surface("train loss")

    def _scan_under(self, key: str, bend: Bend, buffers: dict[str, Tensor]) -> Task:
        survey = self.survey
        x, y = slices.grid_of(survey, bend.window)
        scan = engine.Scan(
            recipe_of(survey.base), bend.plane, x, y, layers=("train loss",),
            statistics=slices.statistics_of(survey), buffers=buffers or None,
            coarse=COARSE, key=f"curve {key} {survey.grid}",
        )  # fmt: skip
        points = int(survey.grid)
        seconds = cost.surface_seconds(survey.base, "train", points)
        return Chained(scan, scan.layers, expected=seconds)


def _product_seconds(experiment: Experiment, products: int) -> float:
    return products * cost.product_seconds(experiment)


def _training(experiments: tuple[Experiment, ...]) -> Callable[[], Task]:
    """How contenders on one problem are trained: at one go, or in chunks when it takes long."""

    def begin() -> Task:
        key = f"runs {experiments!r}"
        seconds = engine.estimate(experiments)
        if seconds <= engine.WHOLE:
            return Call(slices.trained, (experiments,), key)
        known = engine.recall(key)
        if known is not None:
            return Ready(known)
        job = engine.Job(experiments)
        return Chained(job, lambda: tuple(job.runs()), key, seconds)

    return begin


def _bending(survey: Survey, straight: Straight, buffers: dict[str, Tensor], key: str) -> Task:
    key = f"curve {key}"
    known = engine.recall(key)
    if known is not None:
        return Ready(known)
    chain = engine.Chain(advance_curve, section.bend_of(survey, straight, buffers))
    return Chained(chain, lambda: section.curve_so_far(survey, chain.state, chain.chunks()), key)

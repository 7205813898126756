"""What there is of a survey at a moment: results, and the tasks that will give the others."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from lossviz import engine
from lossviz.connect import Curve, advance_curve
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.run.race import together
from lossviz.settings import Experiment
from lossviz.surface import RandomSlices, Surface
from lossviz.survey import Entrant, Survey, View, along, cost, ends, section, slices, words
from lossviz.survey.along import Sharpness
from lossviz.survey.ends import Measures, Spectrum
from lossviz.survey.ground import buffers_for, recipe_of
from lossviz.survey.section import Bend, Straight
from lossviz.survey.slices import Cut
from lossviz.ui.landscape.scene import Picture, Sight
from lossviz.ui.landscape.tasks import Bench, Call, Chained, Ready, Task

#: A surface that is expected to take longer (seconds) is drawn coarsely first.
AT_ONCE = 0.4
#: Points on a side of the first level of a surface; fewer where each of them takes long.
COARSE, COARSEST, SLOW = 21, 11, 1e-3

#: What a single part of the page may fail with; the others stand.
Trouble = (SettingError, engine.WorkerDiedError, ValueError)


@dataclass(frozen=True, eq=False)
class Way:
    """What is known of the way between two networks: None for what is on its way."""

    straight: Straight | None = None
    curve: Curve | None = None
    bend: Bend | None = None
    surface: Surface | None = None


@dataclass(frozen=True, eq=False)
class End:
    """What is known of the end of one path: None for what is on its way."""

    entrant: Entrant
    spectrum: Spectrum | None = None
    measures: Measures | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """All that the page shows at a moment.

    Args:
        survey: The settings.
        sight: What the main stage shows.
        way: What lies between two networks; None where it is not asked for.
        end: Where the chosen path ends; None where it is not asked for.
        spread: Random slices through A's end; None where they are not asked for, or not there yet.
        troubles: What could not be computed, and why.
    """

    survey: Survey
    sight: Sight
    way: Way | None
    end: End | None
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
        way, end = self._trying(self._way), self._trying(self._end)
        spread = self._trying(self._spread)
        return Found(self.survey, sight, way, end, spread, tuple(dict.fromkeys(self.troubles)))

    def _trying(self, part: Callable[[], Any]) -> Any:
        try:
            return part()
        except Trouble as error:
            self.troubles.append(str(error))
            return None

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
            cut = self.bench.of(
                "slice", key, "The slices are being laid",
                lambda: Call(slices.slice_of, (self.survey, view, second, self._own(second))),
            )  # fmt: skip
            # Who is hidden only changes what of a plane is drawn.
            cut = None if cut is None else slices.seen_by(self.survey, view, cut)
            surface = None if cut is None else self._surface(key, cut)
        except Trouble as error:
            self.troubles.append(f"{words.title(self.survey, view, second)}: {error}")
            return Picture(view, second, cut, trouble=str(error))
        return Picture(view, second, cut, surface)

    def _surface(self, key: str, cut: Cut) -> Surface | None:
        survey, points = self.survey, int(self.survey.grid)
        where = words.network(survey, cut.second)
        key = f"{key} {cut.window} {points}"
        found = self.bench.of(
            "surface", key, f"Surface{f' ({where})' if where else ''}",
            lambda: self._scan(key, cut, points),
        )  # fmt: skip
        return None if found is None else found.surface(slices.layer_of(survey))

    def _scan(self, key: str, cut: Cut, points: int) -> Task:
        survey, model = self.survey, self.survey.model(cut.second)
        split = slices.split_of(survey)
        own = self._own(cut.second)
        seconds = cost.surface_seconds(model, split, points)
        if seconds <= AT_ONCE:
            return Call(slices.surface_of, (survey, cut, own))
        x, y = slices.grid_of(survey, cut)
        first = next(iter(own.values()))
        scan = engine.Scan(
            recipe_of(model), cut.plane, x, y,
            statistics=slices.statistics_of(survey),
            buffers=buffers_for(model, slices.statistics_of(survey), first) or None,
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

    def _spread(self) -> RandomSlices | None:
        survey = self.survey
        if not survey.slices or not self.trained:
            return None
        views = tuple(view for view in survey.views if view.plane == "random")[:1]
        key = repr(
            (self.entrants[0].experiment, survey.layer, survey.statistics, survey.slices, views)
        )
        found: RandomSlices | None = self.bench.of(
            "spread", key, "Random slices", _calling(slices.spread_of, survey, self.runs["A"])
        )
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
            one.name: self.bench.of(
                "along", self._whose(one), "The sharpness along the paths",
                _calling(along.sharpness_of, one.experiment, self.runs[one.name]),
            )
            for one in self.entrants
        }  # fmt: skip
        return {} if None in found.values() else found

    def _end(self) -> End | None:
        if not self.survey.spectrum or not self.trained:
            return None
        one = self.entrants[self.survey.chosen]
        theta = self.runs[one.name].weights[-1]
        asked = (
            ("spectrum", "The spectrum", ends.spectrum_at),
            ("measures", "The measures of sharpness", ends.measures_at),
        )
        spectrum, measures = (
            self.bench.of(kind, self._whose(one), said, _calling(f, one.experiment, theta))
            for kind, said, f in asked
        )
        return End(one, spectrum, measures)

    # --- between two networks ----------------------------------------------------------------

    def _way(self) -> Way | None:
        survey = self.survey
        if survey.section == "none" or not self.trained:
            return None
        own = {name: self.runs[name] for name in section.ends_of(survey)}
        key = self._key(survey.ends, survey.aligned)
        straight: Straight | None = self.bench.of(
            "line", key, "The straight way", _calling(section.straight_of, survey, own)
        )
        if straight is None or survey.section == "line":
            return Way(straight)
        key = repr((key, survey.bend_steps, survey.bend_rate))
        curve = self.bench.of(
            "curve", key, "The curve is being trained", lambda: _bending(survey, straight)
        )
        if curve is None or not self.bench.over("curve", key):
            return Way(straight, curve)
        key = repr((key, len(curve.loss)))
        bend: Bend | None = self.bench.of(
            "bend", key, "The curve's plane", _calling(section.bend_seen, curve)
        )
        return Way(straight, curve, bend, None if bend is None else self._under(key, bend))

    def _under(self, key: str, bend: Bend) -> Surface | None:
        """The surface under a curve."""
        found = self.bench.of(
            "surface", f"{key} {self.survey.grid}", "Surface under the curve",
            lambda: self._scan_under(key, bend),
        )  # fmt: skip
        return None if found is None else found.surface("train loss")

    def _scan_under(self, key: str, bend: Bend) -> Task:
        survey = self.survey
        x, y = section.grid_of(survey, bend)
        scan = engine.Scan(
            recipe_of(survey.base), bend.plane, x, y, layers=("train loss",),
            coarse=COARSE, key=f"curve {key} {survey.grid}",
        )  # fmt: skip
        points = int(survey.grid)
        seconds = cost.surface_seconds(survey.base, "train", points)
        return Chained(scan, scan.layers, expected=seconds)


def _calling(function: Callable[..., Any], *arguments: Any) -> Callable[[], Task]:
    return lambda: Call(function, arguments)


def _training(experiments: tuple[Experiment, ...]) -> Callable[[], Task]:
    """How contenders on one problem are trained: at one go, or in chunks when it takes long."""

    def begin() -> Task:
        seconds = engine.estimate(experiments)
        if seconds <= engine.WHOLE:
            return Call(slices.trained, (experiments,))
        key = f"runs {experiments!r}"
        known = engine.recall(key)
        if known is not None:
            return Ready(known)
        job = engine.Job(experiments)
        return Chained(job, lambda: tuple(job.runs()), key, seconds)

    return begin


def _bending(survey: Survey, straight: Straight) -> Task:
    chain = engine.Chain(advance_curve, section.bend_of(survey, straight))
    return Chained(chain, lambda: section.curve_so_far(survey, chain.state, chain.chunks()))

"""`Survey`: contenders on one or two networks, and the slices drawn of them, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossviz import registry
from lossviz.comparison import (
    FARTHEST,
    OWN,
    Contender,
    check_chosen,
    contender_fields,
    letters,
    read_race,
    read_range,
)
from lossviz.registry import SettingError, Value
from lossviz.settings import VALUES as TRAINING
from lossviz.settings import (
    Experiment,
    Linked,
    Options,
    check_values,
    read_base,
    read_call,
    read_values,
    shorten,
    with_choice,
    write_call,
    write_values,
)
from lossviz.survey.entrant import Entrant
from lossviz.survey.values import MOST_CONTENDERS, MOST_PICTURES, MOST_VIEWS, VALUES
from lossviz.survey.views import View, read_views


def _opening() -> tuple[Contender, ...]:
    return (
        Contender("sgd", Options(lr=0.2)),
        Contender("adam", Options(lr=0.02)),
    )


@dataclass(frozen=True)
class Survey(Linked):
    """What the landscape page shows, as plain data.

    Args:
        base: Data, model, loss and training that all share (its optimizer and schedule are not
            used).
        contenders: One to six of them.
        views: The planes that are drawn, one to four.
        other, other_params: A second model on the same data, which all contenders train too, and
            which every view is drawn of; "" for none.
        hidden: The places of the runs (see `entrants`) that are not drawn.
        color_range: The pinned lowest and highest value of the colours, or None.
        layer, statistics, grid, log, three_d, shared, section, ends, aligned, bend_steps,
            bend_rate, sharpness, spectrum, lines, slices, chosen, moment, target: See
            `lossviz.survey.values.VALUES`.

    Raises:
        UnknownNameError: For a name that its catalogue does not have.
        SettingError: For a value that is not allowed, or settings that do not go together.

    >>> survey = Survey(views=(View("pca"), View("random", {"seed": 1})), grid="25")
    >>> survey.to_url()
    {'v': '1', 'views': 'pca;random(seed=1)', 'grid': '25'}
    >>> Survey.from_url(survey.to_url()) == survey
    True
    """

    base: Experiment = field(default_factory=Experiment)
    contenders: tuple[Contender, ...] = field(default_factory=_opening)
    views: tuple[View, ...] = (View("pca"), View("random"))
    other: str = ""
    other_params: Mapping[str, Value] = field(default_factory=Options)
    hidden: tuple[int, ...] = ()
    color_range: tuple[float, float] | None = None
    layer: str = "train_loss"
    statistics: str = "batch"
    grid: str = "41"
    log: bool = True
    three_d: bool = False
    shared: bool = True
    section: str = "none"
    ends: str = "seeds"
    aligned: bool = False
    bend_steps: int = 300
    bend_rate: float = 0.05
    sharpness: bool = False
    spectrum: bool = False
    lines: bool = False
    slices: int = 0
    chosen: int = 0
    moment: int = 100
    target: float = 0.1

    def __post_init__(self) -> None:
        check_values(self, VALUES)
        self._tidy()
        _check_count("contenders", len(self.contenders), MOST_CONTENDERS)
        _check_count("views", len(self.views), MOST_VIEWS)
        if len(self.views) * self.networks > MOST_PICTURES:
            raise SettingError(
                f"{len(self.views)} views of two networks are too many; {MOST_PICTURES} pictures "
                "find room."
            )
        for _, why in self._clashes():
            raise SettingError(why)

    def _tidy(self) -> None:
        """What does not count is at its default, so that equal surveys are equal."""
        plain = replace(
            self.base, optimizer="sgd", params={}, schedule="constant", schedule_params={}
        )
        object.__setattr__(self, "base", plain)
        object.__setattr__(
            self, "contenders", tuple(replace(c, visible=True) for c in self.contenders)
        )
        complete = registry.models[self.other].complete(self.other_params) if self.other else {}
        object.__setattr__(self, "other_params", Options(complete))
        if self.chosen >= len(self.contenders):
            object.__setattr__(self, "chosen", 0)
        if self.color_range is not None:
            low, high = self.color_range
            if not -FARTHEST < low < high < FARTHEST:
                raise SettingError(
                    f"color_range: {low:g} to {high:g} is no range within ±{FARTHEST:g}."
                )
        count = len(self.contenders) * self.networks + self.twins
        known = tuple(sorted({place for place in self.hidden if 0 <= place < count}))
        object.__setattr__(self, "hidden", known)

    def _clashes(self) -> Iterable[tuple[str, str]]:
        """The settings that do not go together: which one gives way, and why."""
        known = self.letters
        for view in self.views:
            try:
                view.check(known)
            except SettingError as error:
                yield "views", str(error)
        if self.other:
            shape = self.base.shape
            outputs = registry.losses[self.base.loss].outputs(shape)
            reason = registry.models[self.other].refuses(shape, outputs)
            if reason:
                yield "other", f"The second model {self.other!r} does not fit: {reason}"
        if self.layer.endswith("accuracy") and self.base.shape.task != "classification":
            yield "layer", "The data are no classes, so that there is no accuracy to draw."
        if self.layer.startswith("test") and self.base.test_share == 0:
            yield "layer", "There are no test samples to draw a surface of."
        if self.section != "none" and self.ends == "contenders" and len(self.contenders) < 2:
            yield "ends", "There is only one contender, so there is no way from A to B."

    # --- what it means -----------------------------------------------------------------------

    @property
    def letters(self) -> tuple[str, ...]:
        """The contenders' letters."""
        return tuple(letters(len(self.contenders)))

    @property
    def networks(self) -> int:
        """How many models are trained: 1 or 2."""
        return 2 if self.other else 1

    @property
    def twins(self) -> int:
        """1 where A is trained from a second seed too, else 0."""
        return int(self.section != "none" and self.ends == "seeds")

    def model(self, second: bool = False) -> Experiment:
        """The experiment that all contenders on one of the networks share."""
        if not second:
            return self.base
        return replace(self.base, model=self.other, model_params=self.other_params)

    def entrants(self) -> tuple[Entrant, ...]:
        """All runs: the contenders, those on the second network, and A from a second seed."""
        found = [
            Entrant(f"{letter}₂" if second else letter, place, self._experiment(place, second),
                    second)
            for second in (False, True)[: self.networks]
            for place, letter in enumerate(self.letters)
        ]  # fmt: skip
        if self.twins:
            first = self._experiment(0)
            seed = (first.seed + 1) % int(TRAINING["seed"].high + 1)
            found.append(Entrant("A′", 0, replace(first, seed=seed)))
        return tuple(found)

    def _experiment(self, place: int, second: bool = False) -> Experiment:
        one = self.contenders[place]
        return replace(
            self.model(second),
            optimizer=one.optimizer,
            params=one.params,
            schedule=one.schedule,
            schedule_params=one.schedule_params,
        )

    # --- changes -----------------------------------------------------------------------------

    def with_base(self, **changes: Any) -> tuple[Survey, tuple[str, ...]]:
        """The survey with another base; what no longer fits is replaced and reported."""
        base, problems = with_choice(self.base, **changes)
        told = list(problems)
        return _fitting({**self.values(), "base": base}, told), tuple(told)

    def changed(self, **changes: Any) -> tuple[Survey, tuple[str, ...]]:
        """The survey with changes; what no longer fits is replaced and reported."""
        told: list[str] = []
        return _fitting({**self.values(), **changes}, told), tuple(told)

    def values(self) -> dict[str, Any]:
        """Its fields by name."""
        return {name: getattr(self, name) for name in _FIELDS}

    # --- URL ---------------------------------------------------------------------------------

    def to_url(self) -> dict[str, str]:
        """The survey as URL fields; what stands at its default is left out."""
        plain = Survey()
        url = self.base.to_url() | contender_fields(self.contenders, plain.contenders)
        if self.views != plain.views:
            url["views"] = ";".join(view.write() for view in self.views)
        if self.other:
            url["other"] = write_call(registry.models[self.other], self.other_params)
        if self.hidden:
            url["hidden"] = ",".join(str(place) for place in self.hidden)
        if self.color_range is not None:
            url["color_range"] = ",".join(repr(float(end)) for end in self.color_range)
        return url | write_values(self, plain, VALUES)

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Survey, tuple[str, ...]]:
        """The valid survey nearest to these URL fields, and a sentence for each repair."""
        problems: list[str] = []
        own = ("race", "views", "other", "hidden", "color_range", *VALUES)
        base = read_base(url, own, OWN, problems)
        values = read_values(url, VALUES, problems)
        values["base"] = base
        values["contenders"] = read_race(
            url.get("race"), None, _opening(), MOST_CONTENDERS, problems
        )
        if "views" in url:
            values["views"] = read_views(url["views"], cls.views, problems)
        if "other" in url:
            name, params = read_call(registry.models, url["other"], "mlp", "other", problems)
            values["other"], values["other_params"] = name, params
        if "color_range" in url:
            values["color_range"] = read_range(url["color_range"], problems)
        values["hidden"] = _read_hidden(url.get("hidden", ""), problems)
        check_chosen(values, problems)
        return _fitting(values, problems, strict=True), tuple(problems)


_FIELDS = tuple(Survey.__dataclass_fields__)


def _check_count(what: str, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise SettingError(f"There are {count} {what}; 1 to {most} are possible.")


def _fitting(values: dict[str, Any], problems: list[str], strict: bool = False) -> Survey:
    """The survey of checked values, with what clashes replaced and reported.

    Args:
        values: Fields of a survey.
        problems: Where a sentence for each repair is added.
        strict: Whether runs that are hidden, and are not there, are a problem too.
    """
    values = dict(values)
    values["views"], values["other"] = _room(values, problems)
    bare = _unchecked(values)
    known = bare.letters
    fitting = []
    for view in bare.views:
        try:
            view.check(known)
            fitting.append(view)
        except SettingError as error:
            problems.append(f"{error} It is left out.")
    values["views"] = tuple(fitting) or (View("pca"),)
    for name, why in bare._clashes():
        if name != "views":
            values[name] = Survey.__dataclass_fields__[name].default
            problems.append(f"{why} {_INSTEAD[name]}")
    found = Survey(**values)
    if strict and (lost := sorted(set(values.get("hidden", ())) - set(found.hidden))):
        problems.append(f"hidden: there is no run {', '.join(map(str, lost))}. Ignored.")
    return found


#: What is used in place of a setting that does not fit.
_INSTEAD = {
    "other": "There is no second network.",
    "layer": "The training loss is drawn.",
    "ends": "The way leads from A to A trained from a second seed.",
}


def _room(values: Mapping[str, Any], problems: list[str]) -> tuple[tuple[View, ...], str]:
    """The views that find room, and the second model."""
    views, other = values.get("views", Survey.views), values.get("other", "")
    most = min(MOST_VIEWS, MOST_PICTURES // 2) if other else MOST_VIEWS
    if len(views) > most:
        whose = " of two networks" if other else ""
        problems.append(f"views: of {len(views)} views{whose} the first {most} are drawn.")
    return tuple(views[:most]), other


def _unchecked(values: Mapping[str, Any]) -> Survey:
    """A survey with these values, whose choices may clash."""
    bare = object.__new__(Survey)
    plain = Survey()
    for name in _FIELDS:
        object.__setattr__(bare, name, values.get(name, getattr(plain, name)))
    return bare


def _read_hidden(text: str, problems: list[str]) -> tuple[int, ...]:
    hidden: set[int] = set()
    for part in filter(None, text.split(",")):
        if part.isascii() and part.isdigit() and len(part) < 4:
            hidden.add(int(part))
        else:
            problems.append(f"hidden: {shorten(part)!r} is no run's number. Ignored.")
    return tuple(sorted(hidden))

"""`Comparison`: contenders on one problem, and how they are looked at; to and from a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lossviz import registry
from lossviz.registry import Param, SettingError, Value
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

#: More contenders than this are hard to tell apart.
MOST_CONTENDERS = 8
#: The choices of an experiment that each contender makes for itself.
OWN = ("optimizer", "schedule")
#: Points and losses that are pinned lie within this (and so are finite).
FARTHEST = 1e18
#: What is said where the surface of test samples is asked for and there are none.
NO_TEST = "split: there are no test samples to draw a surface of. Using 'train'."

#: How the picture is looked at: one table for URL, defaults and widgets.
VIEWS: dict[str, Param] = {
    p.name: p
    for p in (
        Param("plane", "pca", choices=("pca", "random", "hessian", "exact"),
              names=("paths (PCA)", "random", "curvature", "exact"),
              help="The two directions in weight space that are drawn."),
        Param("normalize", "filter", choices=("filter", "layer", "none"), title="normalisation",
              help="How random directions are scaled to the weights."),
        Param("plane_seed", 0, 0, 9999, title="plane seed", help="Which random directions."),
        Param("grid", "61", choices=("41", "61", "101"), title="resolution",
              help="Points of the surface along each axis."),
        Param("split", "train", choices=("train", "test"), title="surface of",
              help="Whose loss the surface shows."),
        Param("sharpness", False, title="sharpness along the paths",
              help="The largest curvature of the loss at points of each path, beside the curvature "
                   "that its optimizer stands; a tab beside the loss."),
        Param("three_d", False, title="3-D", help="The surface in three dimensions."),
        Param("log", False, title="log scale", help="Colours and curves by the logarithm."),
        Param("chosen", 0, 0, MOST_CONTENDERS - 1, title="predictions of",
              help="The contender whose predictions are shown."),
        Param("target", 0.1, 1e-6, 1e3, "log", title="target loss",
              help="The scoreboard counts the steps until the training loss is below it."),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Contender:
    """One optimizer with its hyperparameters and its learning-rate schedule.

    Args:
        optimizer, params: As in `Experiment`.
        visible: Whether it is drawn.
        schedule, schedule_params: As in `Experiment`.
    """

    optimizer: str = "sgd"
    params: Mapping[str, Value] = field(default_factory=Options)
    visible: bool = True
    schedule: str = "constant"
    schedule_params: Mapping[str, Value] = field(default_factory=Options)

    def __post_init__(self) -> None:
        complete = registry.optimizers[self.optimizer].complete(self.params)
        object.__setattr__(self, "params", Options(complete))
        complete = registry.schedules[self.schedule].complete(self.schedule_params)
        object.__setattr__(self, "schedule_params", Options(complete))


def _opening() -> tuple[Contender, ...]:
    return (
        Contender("sgd", Options(lr=0.5)),
        Contender("adam", Options(lr=0.02)),
    )


@dataclass(frozen=True)
class Comparison(Linked):
    """What the playground shows, as plain data.

    Args:
        base: Data, model, loss and training that all share (its optimizer and schedule are not
            used).
        contenders: One to eight of them.
        start: Where all contenders start, as a point of the plane that belongs to the same
            comparison without a start; None for the initial weights.
        color_range: The pinned lower and upper loss of the colours, or None.
        plane, normalize, plane_seed, grid, split, sharpness, three_d, log, chosen, target: See
            `VIEWS`.

    Raises:
        SettingError: For a value that is not allowed.
    """

    base: Experiment = field(default_factory=Experiment)
    contenders: tuple[Contender, ...] = field(default_factory=_opening)
    start: tuple[float, float] | None = None
    color_range: tuple[float, float] | None = None
    plane: str = "pca"
    normalize: str = "filter"
    plane_seed: int = 0
    grid: str = "61"
    split: str = "train"
    sharpness: bool = False
    three_d: bool = False
    log: bool = False
    chosen: int = 0
    target: float = 0.1

    def __post_init__(self) -> None:
        if not 1 <= len(self.contenders) <= MOST_CONTENDERS:
            raise SettingError(
                f"There are {len(self.contenders)} contenders; 1 to {MOST_CONTENDERS} can race."
            )
        check_values(self, VIEWS)
        for name in ("start", "color_range"):
            pair = getattr(self, name)
            if pair is not None and not all(abs(number) < FARTHEST for number in pair):
                raise SettingError(f"{name}: {pair} is not a pair of numbers within ±{FARTHEST:g}.")
        if self.chosen >= len(self.contenders):
            object.__setattr__(self, "chosen", 0)
        plain = replace(
            self.base, optimizer="sgd", params={}, schedule="constant", schedule_params={}
        )
        object.__setattr__(self, "base", plain)

    def experiments(self) -> tuple[Experiment, ...]:
        """One experiment for each contender."""
        return tuple(
            replace(
                self.base,
                optimizer=c.optimizer,
                params=c.params,
                schedule=c.schedule,
                schedule_params=c.schedule_params,
            )
            for c in self.contenders
        )

    def to_url(self) -> dict[str, str]:
        """The comparison as URL fields; what stands at its default is left out."""
        plain = Comparison()
        url = self.base.to_url()
        url |= contender_fields(self.contenders, plain.contenders)
        for name in ("start", "color_range"):
            pair = getattr(self, name)
            if pair is not None:
                url[name] = f"{pair[0]!r},{pair[1]!r}"
        return url | write_values(self, plain, VIEWS)

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Comparison, tuple[str, ...]]:
        """The valid comparison nearest to these URL fields, and a sentence for each repair."""
        problems: list[str] = []
        own = ("race", "hidden", "start", "color_range", *VIEWS)
        base = read_base(url, own, OWN, problems)
        values = read_values(url, VIEWS, problems)
        contenders = read_race(
            url.get("race"), url.get("hidden"), _opening(), MOST_CONTENDERS, problems
        )
        values["contenders"] = contenders
        if "start" in url:
            values["start"] = read_pair(url["start"], "start", problems)
        if "color_range" in url:
            values["color_range"] = read_range(url["color_range"], problems)
        check_chosen(values, problems)
        comparison = cls(base=base, **values)
        return comparison.fitting(problems), tuple(problems)

    def fitting(self, problems: list[str] | None = None) -> Comparison:
        """The comparison with an exact plane where there are two parameters, and only there.

        Without test samples the surface is that of the training samples.
        """
        said: list[str] = [] if problems is None else problems
        changes: dict[str, Any] = {}
        exact = self.base.model == "two_parameter"
        if exact != (self.plane == "exact"):
            changes |= {"plane": "exact" if exact else "pca", "start": None}
            if not exact:
                said.append(
                    f"plane: the model {self.base.model!r} has more than two parameters, so no "
                    "plane is exact. Using 'pca'."
                )
        if self.split == "test" and not self.base.test_share:
            changes["split"] = "train"
            said.append(NO_TEST)
        return replace(self, **changes) if changes else self

    def with_contenders(self, contenders: tuple[Contender, ...]) -> Comparison:
        """The comparison with these; whose predictions are shown stays the same where it can."""
        chosen = place_among(contenders, self.contenders, self.chosen)
        return replace(self, contenders=contenders, chosen=chosen)

    def with_base(self, **changes: Any) -> tuple[Comparison, tuple[str, ...]]:
        """The comparison with another base; what no longer fits is replaced and reported."""
        base, problems = with_choice(self.base, **changes)
        # A start is a point of the old problem's plane.
        changed = replace(self, base=base, start=None).fitting()
        return changed, (*problems, NO_TEST) if changed.split != self.split else problems


def place_among(now: Sequence[Contender], before: Sequence[Contender], place: int) -> int:
    """Where the contender that had this place is now; the same place when it is gone or changed.

    >>> a, b = Contender("sgd"), Contender("adam")
    >>> place_among((b,), (a, b), 1)
    0
    """
    return next((i for i, one in enumerate(now) if one is before[place]), place)


def contender_fields(contenders: Iterable[Contender], usual: Iterable[Contender]) -> dict[str, str]:
    """The URL fields ``race``, where others than usual race, and ``hidden``, where one is."""
    contenders = tuple(contenders)
    fields = {}
    race = write_race(contenders)
    if race != write_race(usual):
        fields["race"] = race
    hidden = [str(i) for i, c in enumerate(contenders) if not c.visible]
    if hidden:
        fields["hidden"] = ",".join(hidden)
    return fields


def write_race(contenders: Iterable[Contender]) -> str:
    """The contenders as the URL field ``race`` holds them; `read_race` reads it back."""
    return ";".join(_write_contender(contender) for contender in contenders)


def _write_contender(contender: Contender) -> str:
    """``optimizer(...)@schedule(...)``; a constant learning rate is not written."""
    text = write_call(registry.optimizers[contender.optimizer], contender.params)
    schedule = write_call(registry.schedules[contender.schedule], contender.schedule_params)
    return text if schedule == Contender.schedule else f"{text}@{schedule}"


def read_race(
    text: str | None,
    hidden: str | None,
    usual: tuple[Contender, ...],
    most: int,
    problems: list[str],
) -> tuple[Contender, ...]:
    """The contenders of the URL fields ``race`` and ``hidden``; repairs are reported.

    Args:
        text: The field ``race``, or None.
        hidden: The field ``hidden``, or None.
        usual: Who races when nobody is named.
        most: So many may race.
        problems: Where a sentence for each repair is added.
    """
    return _read_hidden(hidden, _read_race(text, usual, most, problems), problems)


def _read_race(
    text: str | None, usual: tuple[Contender, ...], most: int, problems: list[str]
) -> tuple[Contender, ...]:
    if text is None:
        return usual
    parts = [part for part in text.split(";") if part.strip()]
    if len(parts) > most:
        problems.append(f"race: {len(parts)} contenders were asked for; the first {most} are used.")
    if not parts:
        problems.append("race: no contender was named. Using the usual ones.")
        return usual
    return tuple(_read_contender(part, problems) for part in parts[:most])


def _read_contender(text: str, problems: list[str]) -> Contender:
    call, at, rest = text.partition("@")
    name, options = read_call(registry.optimizers, call, "sgd", "race", problems)
    if not at:
        return Contender(name, options)
    schedule, turned = read_call(
        registry.schedules, rest, Contender.schedule, "race, schedule", problems
    )
    return Contender(name, options, schedule=schedule, schedule_params=turned)


def _read_hidden(
    text: str | None, contenders: tuple[Contender, ...], problems: list[str]
) -> tuple[Contender, ...]:
    # Compared as text: a number may have more digits than Python reads.
    known = [str(place) for place in range(len(contenders))]
    hidden: set[int] = set()
    for part in (text or "").split(","):
        if not part:
            continue
        if part in known:
            hidden.add(known.index(part))
        else:
            problems.append(f"hidden: {shorten(part)!r} is no contender's number. Ignored.")
    return tuple(replace(c, visible=i not in hidden) for i, c in enumerate(contenders))


def read_pair(text: str, where: str, problems: list[str]) -> tuple[float, float] | None:
    """The two numbers of a URL field, or None with a report."""
    try:
        x, y = (float(part) for part in text.split(","))
        if abs(x) < FARTHEST and abs(y) < FARTHEST:  # NaN and infinity fail too
            return x, y
    except ValueError:
        pass  # not two numbers: reported as two that are too large
    problems.append(f"{where}: {shorten(text)!r} is not a pair of numbers. Ignored.")
    return None


def read_range(text: str, problems: list[str]) -> tuple[float, float] | None:
    """The pinned colours of the URL field ``color_range``, or None with a report."""
    pinned = read_pair(text, "color_range", problems)
    if pinned is not None and not pinned[0] < pinned[1]:
        problems.append("color_range: the first number must be below the second. Not pinned.")
        return None
    return pinned


def check_chosen(values: dict[str, Any], problems: list[str]) -> None:
    """Choose the first contender where the chosen one of these fields is not there."""
    count = len(values["contenders"])
    if values.get("chosen", 0) >= count:
        problems.append(f"chosen: there are only {count} contenders. Using 0.")
        values["chosen"] = 0


def letters(count: int) -> Iterator[str]:
    """The short names of contenders: A, B, C, ..."""
    return (chr(ord("A") + i) for i in range(count))

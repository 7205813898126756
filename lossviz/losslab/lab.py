"""`LossLab`: all that the page of losses shows, as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from lossviz.losslab.curves import can_be_drawn
from lossviz.losslab.entropy import BASES, shares
from lossviz.losslab.fits import can_fit
from lossviz.losslab.pick import Pick, Picks, check_picks, read_picks, write_picks
from lossviz.registry import LossEntry, Over, Param, Point, SettingError
from lossviz.settings import (
    Linked,
    check_fields,
    check_values,
    read_values,
    shorten,
    write_values,
)

SECTIONS = ("curves", "outliers", "saturation", "imbalance", "entropy")
OVERS: tuple[Over, ...] = ("residual", "margin", "probability")
#: Points of the line may be placed in this window (x0, x1, y0, y1).
WINDOW = (0.0, 1.0, -5.0, 25.0)
MOST_POINTS = 40
#: Classes of the two distributions.
FEWEST_CLASSES, MOST_CLASSES = 2, 6

#: The plain values of the lab: one table for URL, defaults and widgets.
VALUES: dict[str, Param] = {
    p.name: p
    for p in (
        Param("section", "curves", choices=SECTIONS,
              names=("Curves", "Outliers", "Saturation", "Imbalance", "Entropy")),
        Param("over", "residual", choices=OVERS, title="drawn over",
              names=("residual", "margin", "chance"),
              help="The residual: prediction less target. The margin: the true class's logit less "
                   "the other's. The chance: the probability that the true class is given."),
        Param("reach", 4.0, 0.5, 20.0, "log", title="range",
              help="Curves go from minus this to this."),
        Param("chosen", 0, 0, 7, title="surface of",
              help="Whose loss is drawn over all lines."),
        Param("w", 2.0, -6.0, 6.0, title="weight at first",
              help="The neuron says the probability sigmoid(w + b); the right answer is 0."),
        Param("b", 2.0, -6.0, 6.0, title="bias at first",
              help="The larger the sum of weight and bias, the surer the neuron is, and wrong."),
        Param("lr", 0.15, 0.01, 10.0, "log", title="learning rate",
              help="The same for both losses."),
        Param("below", 0.1, 0.01, 0.45, title="wanted below",
              help="Steps are counted until the probability is below this."),
        Param("steps", 600, 50, 20_000, "log", help="How many steps both take."),
        Param("share", 0.05, 0.001, 0.5, "log", title="share of positives",
              help="How common positives are."),
        Param("weight", 19.0, 1.0, 100.0, "log", title="weight of positives",
              help="In the weighted cross-entropy; (1 - share) / share makes both sides count the "
                   "same."),
        Param("gamma", 2.0, 0.0, 5.0, title="focal gamma",
              help="How soon the focal loss stops caring for what is nearly right."),
        Param("alpha", 0.0, 0.01, 0.99, off=0.0, title="focal alpha",
              help="The focal loss's weight of positives; negatives have the rest of 1. 0 for no "
                   "weighting."),
        Param("cut", 0.5, -4.0, 4.0, title="your threshold",
              help="Say positive from this x on. Drag the line in the picture."),
        Param("count", 1000, 50, 20_000, "log", title="sample size",
              help="How many are drawn to be counted beside the exact values."),
        Param("seed", 0, 0, 999_999, help="Which sample is drawn."),
        Param("unit", "nats", choices=tuple(BASES), names=("nats", "bits", "base 10"),
              help="The base of the logarithm: e, 2 or 10."),
    )
}  # fmt: skip


def _line() -> tuple[Point, ...]:
    """Y = 2 x + 1 on eleven points of [0, 1], the last of them wild."""
    return (*((k / 10, 1 + 2 * k / 10) for k in range(10)), (1.0, 20.0))


#: The lists of losses: which fit, and which are there at first.
LISTS: dict[str, tuple[Callable[[LossEntry], bool], Picks]] = {
    "residual": (
        lambda entry: can_be_drawn(entry, "residual"),
        (Pick("mse"), Pick("mae"), Pick("huber"), Pick("quantile")),
    ),
    "margin": (
        lambda entry: can_be_drawn(entry, "margin"),
        (Pick("cross_entropy"), Pick("hinge"), Pick("focal"), Pick("sigmoid_mse")),
    ),
    "probability": (
        lambda entry: can_be_drawn(entry, "probability"),
        (Pick("cross_entropy"), Pick("focal"), Pick("sigmoid_mse"), Pick("soft_f1")),
    ),
    "fits": (can_fit, (Pick("mse"), Pick("huber"), Pick("mae"))),
}


@dataclass(frozen=True)
class LossLab(Linked):
    """The settings of the page of losses.

    Args:
        residual, margin, probability: The losses whose curves are drawn over each of these.
        fits: The losses that each choose a line.
        points: Two to forty points, within `WINDOW`.
        p, q: Two distributions over the same two to six classes; each sums to 1.
        section, over, reach, chosen, w, b, lr, below, steps, share, weight, gamma, alpha, cut,
            count, seed, unit: See `VALUES`.

    Raises:
        UnknownNameError: For a loss that the catalogue does not have.
        SettingError: For a value that is not allowed.

    >>> lab = LossLab(section="outliers", fits=(Pick("huber", {"delta": 2.0}),))
    >>> lab.to_url()
    {'v': '1', 'section': 'outliers', 'fits': 'huber(delta=2.0)'}
    >>> LossLab.from_url(lab.to_url()) == lab
    True
    """

    section: str = "curves"
    over: str = "residual"
    reach: float = 4.0
    residual: Picks = LISTS["residual"][1]
    margin: Picks = LISTS["margin"][1]
    probability: Picks = LISTS["probability"][1]
    fits: Picks = LISTS["fits"][1]
    chosen: int = 0
    points: tuple[Point, ...] = field(default_factory=_line)
    w: float = 2.0
    b: float = 2.0
    lr: float = 0.15
    below: float = 0.1
    steps: int = 600
    share: float = 0.05
    weight: float = 19.0
    gamma: float = 2.0
    alpha: float = 0.0
    cut: float = 0.5
    count: int = 1000
    seed: int = 0
    p: tuple[float, ...] = (0.9, 0.1)
    q: tuple[float, ...] = (0.8, 0.2)
    unit: str = "nats"

    def __post_init__(self) -> None:
        check_values(self, VALUES)
        for name, (fits, _) in LISTS.items():
            check_picks(getattr(self, name), fits, name)
        if self.chosen >= len(self.fits):
            object.__setattr__(self, "chosen", 0)
        self._check_points()
        self._check_distributions()

    def _check_points(self) -> None:
        if not 2 <= len(self.points) <= MOST_POINTS:
            raise SettingError(
                f"There are {len(self.points)} points; there can be 2 to {MOST_POINTS}."
            )
        x0, x1, y0, y1 = WINDOW
        for x, y in self.points:
            if not (x0 <= x <= x1 and y0 <= y <= y1):
                raise SettingError(
                    f"The point ({x:g}, {y:g}) is not in the picture: x from {x0:g} to {x1:g}, y "
                    f"from {y0:g} to {y1:g}."
                )

    def _check_distributions(self) -> None:
        if not FEWEST_CLASSES <= len(self.p) == len(self.q) <= MOST_CLASSES:
            raise SettingError(
                f"p has {len(self.p)} classes and q {len(self.q)}; both must have the same, "
                f"{FEWEST_CLASSES} to {MOST_CLASSES}."
            )
        for name, values in (("p", self.p), ("q", self.q)):
            good = all(0 <= value <= 1 for value in values)
            if not good or abs(math.fsum(values) - 1) > 1e-9:
                raise SettingError(f"{name} is {values}, but must be shares that sum to 1.")

    def picks(self) -> Picks:
        """The losses whose curves are drawn."""
        return cast(Picks, getattr(self, self.over))

    # --- URL ---------------------------------------------------------------------------------

    def to_url(self) -> dict[str, str]:
        """The lab as URL fields; what stands at its default is left out."""
        plain = LossLab()
        url = {"v": "1"}
        url |= write_values(self, plain, VALUES)
        for name in LISTS:
            if getattr(self, name) != getattr(plain, name):
                url[name] = write_picks(getattr(self, name))
        if self.points != plain.points:
            url["points"] = ";".join(f"{x!r},{y!r}" for x, y in self.points)
        if (self.p, self.q) != (plain.p, plain.q):
            url["p"], url["q"] = (",".join(map(repr, values)) for values in (self.p, self.q))
        return url

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[LossLab, tuple[str, ...]]:
        """The valid lab nearest to these URL fields, and a sentence for each repair."""
        problems = check_fields(url, ("points", "p", "q", *VALUES, *LISTS))
        values = read_values(url, VALUES, problems)
        for name, (fits, usual) in LISTS.items():
            if name in url:
                values[name] = read_picks(url[name], usual, fits, name, problems)
        if "points" in url:
            values["points"] = _read_points(url["points"], problems)
        if "p" in url or "q" in url:
            values |= _read_distributions(url, problems)
        if values.get("chosen", 0) >= len(values.get("fits", cls.fits)):
            problems.append("chosen: there are not so many lines. Using 0.")
            values["chosen"] = 0
        return cls(**values), tuple(problems)


def inside(point: Point) -> Point:
    """The nearest place in the window of the line."""
    (x0, x1, y0, y1), (x, y) = WINDOW, point
    return min(max(x, x0), x1), min(max(y, y0), y1)


def _read_points(text: str, problems: list[str]) -> tuple[Point, ...]:
    points: list[Point] = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        numbers = _numbers(part)
        if numbers is None or len(numbers) != 2:
            problems.append(f"points: {shorten(part)!r} is not x,y. Ignored.")
            continue
        point = (numbers[0], numbers[1])
        if inside(point) != point:
            problems.append(f"points: {shorten(part)!r} is outside of the picture. Moved inside.")
        points.append(inside(point))
    if len(points) > MOST_POINTS:
        problems.append(f"points: of {len(points)} points the first {MOST_POINTS} are used.")
    if len(points) < 2:
        problems.append("points: a line needs two of them. Using the usual ones.")
        return _line()
    return tuple(points[:MOST_POINTS])


def _read_distributions(
    url: Mapping[str, str], problems: list[str]
) -> dict[str, tuple[float, ...]]:
    read = {name: _numbers(url.get(name, "")) for name in ("p", "q")}
    p, q = read["p"], read["q"]
    if p is None or q is None or not FEWEST_CLASSES <= len(p) == len(q) <= MOST_CLASSES:
        problems.append(
            f"p, q: these are not two lists of the same {FEWEST_CLASSES} to {MOST_CLASSES} shares. "
            "Using the usual ones."
        )
        return {}
    values = {}
    for name, numbers in (("p", p), ("q", q)):
        values[name] = shares([max(0.0, number) for number in numbers])
        if values[name] != numbers:
            problems.append(f"{name}: these are not shares that sum to 1. They are scaled to it.")
    return values


def _numbers(text: str) -> tuple[float, ...] | None:
    """Finite numbers of a sensible size with commas between them, or None."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return numbers if all(abs(number) < 1e12 for number in numbers) else None

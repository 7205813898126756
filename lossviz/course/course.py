"""`Course`: contenders on a function of two variables, and how they are looked at; plain data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lossviz import registry
from lossviz.comparison import (
    Contender,
    check_chosen,
    contender_fields,
    place_among,
    read_pair,
    read_race,
)
from lossviz.course.fields import read_arrows, read_frame, read_points, usable, write_points
from lossviz.course.ground import Ground
from lossviz.course.values import ARROWS, FARTHEST, MOST_CONTENDERS, MOST_STARTS, VALUES
from lossviz.registry import Box, Point, SettingError, Value
from lossviz.run import Method
from lossviz.settings import (
    Linked,
    Options,
    check_fields,
    check_values,
    read_call,
    read_values,
    write_call,
    write_values,
)


def _opening() -> tuple[Contender, ...]:
    return (
        Contender("sgd", Options(lr=0.001)),
        Contender("sgd", Options(lr=0.001, momentum=0.9)),
        Contender("rmsprop", Options(lr=0.01)),
        Contender("adam", Options(lr=0.1)),
    )


@dataclass(frozen=True)
class Course(Linked):
    """A race on a function of two variables, as plain data.

    Args:
        function, params: The function's entry in the catalogue, and its parameters.
        contenders: One to twelve of them.
        start: Where all contenders start; None for ``start_seed``'s or the function's usual start.
        more: Further starts that were placed one by one.
        frame: The part of the plane that is drawn (x0, x1, y0, y1), or None for the usual one.
        arrows: What is drawn at the heads: see `ARROWS`.
        log: Colours and curves by the logarithm; None: where the minimum is known.
        steps, sigma, batch, seed, seeds, start_seed, fan, fan_count, fan_size, fair, rates, lowest,
            highest, target, grid, three_d, chosen: See `VALUES`.

    Raises:
        UnknownNameError: For a name that its catalogue does not have.
        SettingError: For a value that is not allowed.

    >>> course = Course(function="ravine", contenders=(Contender("adam", {"lr": 0.5}),))
    >>> course.to_url()
    {'v': '1', 'function': 'ravine', 'race': 'adam(lr=0.5)'}
    >>> Course.from_url(course.to_url()) == course
    True
    """

    function: str = "rosenbrock"
    params: Mapping[str, Value] = field(default_factory=Options)
    contenders: tuple[Contender, ...] = field(default_factory=_opening)
    start: Point | None = None
    more: tuple[Point, ...] = ()
    frame: Box | None = None
    arrows: tuple[str, ...] = ()
    steps: int = 300
    sigma: float = 0.0
    batch: int = 1
    seed: int = 0
    seeds: int = 1
    start_seed: int = 0
    fan: str = "none"
    fan_count: int = 16
    fan_size: float = 0.1
    fair: bool = False
    rates: int = 13
    lowest: float = -4.0
    highest: float = 1.0
    target: float = 1e-6
    grid: str = "101"
    three_d: bool = False
    log: bool | None = None
    chosen: int = 0

    def __post_init__(self) -> None:
        complete = registry.functions[self.function].complete(self.params)
        object.__setattr__(self, "params", Options(complete))
        if self.log is None:
            object.__setattr__(self, "log", self.suits_log)
        check_values(self, VALUES)
        self._check()
        known = tuple(name for name in ARROWS if name in self.arrows)
        object.__setattr__(self, "arrows", known)
        if self.chosen >= len(self.contenders):
            object.__setattr__(self, "chosen", 0)

    def _check(self) -> None:
        """What the table of plain values does not say; raises `SettingError`."""
        if not 1 <= len(self.contenders) <= MOST_CONTENDERS:
            raise SettingError(
                f"There are {len(self.contenders)} contenders; 1 to {MOST_CONTENDERS} can race."
            )
        if len(self.more) > MOST_STARTS:
            raise SettingError(
                f"There are {len(self.more)} further starts; up to {MOST_STARTS} can be placed."
            )
        for point in (*self.more, *([self.start] if self.start else [])):
            self._check_start(point)
        if self.frame is not None and not usable(self.frame):
            raise SettingError(f"The frame {self.frame} is not x0 < x1, y0 < y1.")
        if not self.lowest < self.highest:
            raise SettingError(
                f"The sweep begins at 1e{self.lowest:g} and ends at 1e{self.highest:g}; its end "
                "must be above its beginning."
            )
        for contender in self.contenders:
            reason = registry.optimizers[contender.optimizer].refuses([(2,)])
            if reason:
                raise SettingError(reason)

    def _check_start(self, point: Point) -> None:
        if not all(abs(number) <= FARTHEST for number in point):
            raise SettingError(f"A start at {point} is not a point within ±{FARTHEST:g}.")
        x0, x1, y0, y1 = self.entry.box(self.params) or (-math.inf, math.inf, -math.inf, math.inf)
        x, y = point
        if not (x0 <= x <= x1 and y0 <= y <= y1):
            raise SettingError(
                f"A start at ({x:.4g}, {y:.4g}) is not allowed here: x must be from {x0:g} to "
                f"{x1:g}, y from {y0:g} to {y1:g}."
            )

    @property
    def entry(self) -> registry.FunctionEntry:
        """The function's entry in the catalogue."""
        return registry.functions[self.function]

    @property
    def ground(self) -> Ground:
        """The function with its noise."""
        return Ground(self.function, self.params, self.sigma, self.batch)

    @property
    def domain(self) -> Box:
        """The function's usual window (x0, x1, y0, y1)."""
        return self.entry.domain(self.params)

    @property
    def minimum(self) -> float | None:
        """The function's least value, where it is known."""
        return self.entry.minimum(self.params)

    @property
    def suits_log(self) -> bool:
        """Whether heights over the minimum are known, and so have a logarithm."""
        return self.minimum is not None and bool(self.entry.minimisers(self.params))

    @property
    def drawn(self) -> bool:
        """Whether the start is one that was drawn by the seed."""
        return self.start is None and self.start_seed > 0

    def with_contenders(self, contenders: tuple[Contender, ...]) -> Course:
        """The course with these; who is explained stays the same where it can."""
        chosen = place_among(contenders, self.contenders, self.chosen)
        return replace(self, contenders=contenders, chosen=chosen)

    def begin(self) -> Point:
        """Where the contenders start: as placed, drawn by the seed, or as usual."""
        if self.start is not None:
            return self.start
        if self.drawn:
            x0, x1, y0, y1 = self.domain
            x, y = np.random.default_rng(self.start_seed).random(2)
            return self._allowed((x0 + (x1 - x0) * float(x), y0 + (y1 - y0) * float(y)))
        x, y = self.entry.start(self.params)
        return float(x), float(y)

    def others(self) -> tuple[Point, ...]:
        """The further starts: those that were placed, and the fan."""
        return (*self.more, *self._fan())

    def _fan(self) -> tuple[Point, ...]:
        x0, x1, y0, y1 = self.frame or self.domain
        if self.fan == "ring":
            x, y = self.begin()
            turns = [2 * math.pi * k / self.fan_count for k in range(self.fan_count)]
            wide, high = self.fan_size * (x1 - x0), self.fan_size * (y1 - y0)
            ring = ((x + wide * math.cos(t), y + high * math.sin(t)) for t in turns)
            return tuple(self._allowed(point) for point in ring)
        if self.fan == "grid":
            side = math.ceil(math.sqrt(self.fan_count))
            # Away from the edges and from the axes of symmetry, where gradients can be zero.
            places = [(k + 0.5 + 0.01) / (side + 0.02) for k in range(side)]
            points = ((x0 + (x1 - x0) * a, y0 + (y1 - y0) * b) for b in places for a in places)
            return tuple(self._allowed(point) for point in points)[: self.fan_count]
        return ()

    def _allowed(self, point: Point) -> Point:
        """The nearest point at which one may start."""
        x0, x1, y0, y1 = self.entry.box(self.params) or (-math.inf, math.inf, -math.inf, math.inf)
        return min(max(point[0], x0), x1), min(max(point[1], y0), y1)

    def window(self) -> Box:
        """The part of the plane that is drawn: the usual window, widened to hold every start."""
        if self.frame is not None:
            return self.frame
        x0, x1, y0, y1 = self.domain
        points = (self.begin(), *self.others())
        wide, high = 0.04 * (x1 - x0), 0.04 * (y1 - y0)
        return (
            min([x0, *(x - wide for x, _ in points)]),
            max([x1, *(x + wide for x, _ in points)]),
            min([y0, *(y - high for _, y in points)]),
            max([y1, *(y + high for _, y in points)]),
        )

    def methods(self) -> tuple[Method, ...]:
        """The contenders' optimizers with their schedules."""
        return tuple(
            Method(c.optimizer, c.params, c.schedule, c.schedule_params) for c in self.contenders
        )

    def with_function(self, name: str, params: Mapping[str, Value] | None = None) -> Course:
        """The course on another function; starts belong to the old one."""
        return replace(
            self,
            function=name,
            params=Options(params or {}),
            start=None,
            more=(),
            frame=None,
            log=None,
        )

    # --- URL ---------------------------------------------------------------------------------

    def to_url(self) -> dict[str, str]:
        """The course as URL fields; what stands at its default is left out."""
        plain = Course(log=self.suits_log)
        url = {"v": "1"}
        if (self.function, self.params) != (plain.function, plain.params):
            url["function"] = write_call(self.entry, self.params)
        url |= contender_fields(self.contenders, plain.contenders)
        if self.start is not None:
            url["start"] = write_points([self.start])
        if self.more:
            url["more"] = write_points(self.more)
        if self.frame is not None:
            url["frame"] = ",".join(repr(float(side)) for side in self.frame)
        if self.arrows:
            url["arrows"] = ",".join(self.arrows)
        return url | write_values(self, plain, VALUES)

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Course, tuple[str, ...]]:
        """The valid course nearest to these URL fields, and a sentence for each repair."""
        problems = check_fields(
            url, ("function", "race", "hidden", "start", "more", "frame", "arrows", *VALUES)
        )
        values = read_values(url, VALUES, problems)
        if "function" in url:
            name, params = read_call(
                registry.functions, url["function"], cls.function, "function", problems
            )
            values["function"], values["params"] = name, params
        contenders = read_race(
            url.get("race"), url.get("hidden"), _opening(), MOST_CONTENDERS, problems
        )
        values["contenders"] = _able(contenders, problems)
        if "start" in url:
            values["start"] = read_pair(url["start"], "start", problems)
        values["more"] = read_points(url.get("more", ""), problems)
        if "frame" in url:
            values["frame"] = read_frame(url["frame"], problems)
        values["arrows"] = read_arrows(url.get("arrows", ""), problems)
        check_chosen(values, problems)
        if not values.get("lowest", cls.lowest) < values.get("highest", cls.highest):
            problems.append("The sweep's lowest rate is not below its highest. Using 1e-4 to 10.")
            values["lowest"], values["highest"] = cls.lowest, cls.highest
        return _possible(values, problems), tuple(problems)


def _possible(values: dict[str, Any], problems: list[str]) -> Course:
    """The course of checked values, without starts that its function does not allow."""
    bare = Course(**{k: v for k, v in values.items() if k not in ("start", "more")})
    starts = {"start": values.get("start"), "more": values.get("more", ())}
    try:
        return replace(bare, **starts)
    except SettingError as error:
        problems.append(f"{error} Starting as usual.")
        return bare


def _able(contenders: Iterable[Contender], problems: list[str]) -> tuple[Contender, ...]:
    """The contenders that can move a point; the others are left out with a sentence."""
    able = []
    for contender in contenders:
        reason = registry.optimizers[contender.optimizer].refuses([(2,)])
        if reason:
            problems.append(f"race: {reason}")
        else:
            able.append(contender)
    return tuple(able) or _opening()

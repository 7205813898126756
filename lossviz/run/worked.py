"""One step of an optimizer in formulas and numbers, read from its own state."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossviz.registry import optimizers

if TYPE_CHECKING:
    from lossviz.run.record import Run

Floats = NDArray[np.float64]

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Line:
    """One line of a step, read as ``symbol <- formula``.

    Args:
        symbol: What is computed, in LaTeX.
        formula: From what, in LaTeX.
        filled: The same with numbers, as plain text with {name} for a value of the step, say
            ``0.9·{m_before} + 0.1·{g} = {m}``. Negative numbers are put in parentheses, unless they
            stand alone or behind the last equals sign; see `fill`.
    """

    symbol: str
    formula: str
    filled: str


@dataclass(frozen=True, eq=False)
class Worked:
    """One step from each recorded frame to the next one, line by line.

    Each coordinate is computed by itself by the same lines (what a line's norm or clipping mixes,
    it mixes over all of them).

    Args:
        lines: From the gradient to the new point.
        values: For each name that a line fills in, (frames, P) or (frames,), aligned with
            ``run.recorded``; NaN where undefined, such as after the last frame.
        momentum: The name of the value that stands in place of the gradient in the step, say the
            corrected mean of Adam; "" where the optimizer has none.
        pull: The name of the value that a step without momentum is made of.
        scale: The name of the value (frames, P) that multiplies the learning rate in each
            coordinate; "" where it is 1.
    """

    lines: tuple[Line, ...]
    values: Mapping[str, Floats]
    momentum: str = ""
    pull: str = "g"
    scale: str = ""

    def text(self, frame: int, coordinate: int = 0) -> list[str]:
        """The filled lines of one coordinate at one frame."""
        return [fill(line.filled, self.values, frame, coordinate) for line in self.lines]


def worked(run: Run) -> Worked | None:
    """The steps of a watched run in formulas and numbers; None where its optimizer has none.

    Args:
        run: From ``race_on(..., watch=True)``.

    >>> import lossviz as lv
    >>> from lossviz.run import Method, race_on
    >>> from lossviz.problem import point_problem
    >>> bowl = point_problem(lambda x, y: x**2 + y**2, (1.0, 2.0))
    >>> run = race_on(bowl, [Method("sgd", {"lr": 0.25})], 3, watch=True)[0]
    >>> worked(run).text(0)
    ['2', '−0.25·2 = −0.5', '1 + (−0.5) = 0.5']
    """
    entry = optimizers[run.method.optimizer]
    return None if entry.worked is None else entry.worked(run)


def fill(
    template: str,
    values: Mapping[str, NDArray[Any]],
    frame: int,
    coordinate: int = 0,
    digits: int = 4,
    formula: bool = True,
) -> str:
    """A template with the numbers of one frame and one coordinate, to so many digits.

    Negative numbers inside a formula stand in parentheses.

    >>> fill("2·{a} = {b}", {"a": np.array([-1.5]), "b": np.array([-3.0])}, 0)
    '2·(−1.5) = −3'
    """

    def put(match: re.Match[str]) -> str:
        column = values[match[1]]
        value = column[frame] if column.ndim == 1 else column[frame, coordinate]
        text = number(float(value), digits)
        before, after = template[: match.start()], template[match.end() :]
        alone = not after and (not before or before.endswith("= "))
        return f"({text})" if formula and text.startswith("−") and not alone else text

    return PLACEHOLDER.sub(put, template)


def number(value: float, digits: int = 4) -> str:
    """A number for a person: so many digits, a true minus sign, ∞, and a dash for none.

    >>> number(-0.5), number(123456789.0), number(float("nan")), number(1001.0)
    ('−0.5', '1.235e8', '–', '1001')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    whole = value == int(value) and abs(value) < 1e6
    text = f"{value + 0.0:.0f}" if whole else f"{value:.{digits}g}"
    mantissa, e, power = text.partition("e")
    return f"{mantissa}{e}{int(power) if power else ''}".replace("-", "−")


def constant(value: float) -> str:
    """A constant of a formula as it was set: 0.1 rather than 0.09999999999999998."""
    return number(value, digits=12)


@dataclass(frozen=True, eq=False)
class Option:
    """A parameter of an optimizer as it enters formulas.

    Args:
        held: (frames, 1), its value at each step.
        text: How a filled line writes it: the number, or a placeholder where a schedule moves it.
        rest: How it writes 1 minus it.
    """

    held: Floats
    text: str
    rest: str


class Ledger:
    """Collects the lines and values of one optimizer's step.

    The common parts are here: the gradient first, the weight decay that joins it, the new point
    last. What is held in the optimizer's state before and after each step is read by `before` and
    `after`.

    Args:
        run: A watched run.
    """

    def __init__(self, run: Run) -> None:
        if run.gradient is None or run.memory is None or run.rates is None:
            raise ValueError("This run was not watched; race it with watch=True.")
        self.run = run
        self.memory = run.memory
        self.params: Mapping[str, Any] = run.method.params
        self.x: Floats = run.weights.numpy().astype(np.float64)
        self.rate: Floats = _forward(np.asarray(run.rates, dtype=np.float64))
        #: The number of the step that follows each frame; the first is 1.
        self.t: Floats = np.asarray(run.recorded, dtype=np.float64) + 1
        if "step" in self.memory:
            # The optimizer's own count is what its corrections go by.
            own = self.after("step", scalar=True)
            self.t = np.where(np.isnan(own), self.t, own)
        self.lines: list[Line] = []
        self.values: dict[str, Floats] = {
            "x": self.x,
            "lr": self.rate,
            "t": self.t,
            "new": _later(self.x),
        }
        self.values["moved"] = self.values["new"] - self.x

    # --- what the optimizer held -------------------------------------------------------------

    def before(self, name: str, first: float = 0.0, scalar: bool = False) -> Floats:
        """The state before each step, (frames, P) or (frames,); ``first`` before there was any."""
        held = self._held(name, scalar)
        held[0] = first
        return held

    def after(self, name: str, scalar: bool = False) -> Floats:
        """The state after each step, NaN at the last frame."""
        return _later(self._held(name, scalar))

    def _held(self, name: str, scalar: bool) -> Floats:
        if name not in self.memory:  # before the first step
            return np.full(self.t.shape if scalar else self.x.shape, np.nan)
        return self.memory[name].numpy().astype(np.float64)

    def option(self, name: str) -> Option:
        """A parameter at each step, as a schedule may move it."""
        turned = self.run.momenta if name in ("momentum", "beta1") else None
        if turned is not None and not turned.isnan().any():
            held = turned.numpy().astype(np.float64)
            self.values[name] = held
            return Option(column(held), f"{{{name}}}", f"(1 − {{{name}}})")
        value = float(self.params[name])
        held = np.full(self.t.shape, value)
        return Option(column(held), constant(value), constant(1 - value))

    # --- the lines ---------------------------------------------------------------------------

    def add(self, symbol: str, formula: str, filled: str, **values: Floats) -> None:
        """One line, and the values that it brings."""
        self.values.update(values)
        self.lines.append(Line(symbol, formula, filled))

    def gradient(self) -> Floats:
        """The line of the gradient as the optimizer was given it."""
        gradient = self.run.gradient
        assert gradient is not None
        noisy = self.run.problem is not None and self.run.problem.noise is not None
        formula = r"\nabla f(\theta) + \text{noise}" if noisy else r"\nabla f(\theta)"
        self.add("g", formula, "{g}", g=gradient.numpy().astype(np.float64))
        return self.values["g"]

    def decayed(self, g: Floats, skip: bool = False, name: str = "g") -> tuple[Floats, str]:
        """The gradient with the weight decay that joins it, and its name.

        Args:
            g: (frames, P), the gradient.
            skip: Whether the weight decay goes another way.
            name: Of this gradient among the values.
        """
        decay = float(self.params.get("weight_decay", 0.0))
        if decay == 0 or skip:
            return g, name
        self.add(
            "g", r"g + \lambda \theta", f"{{{name}}} + {constant(decay)}·{{x}} = {{h}}",
            h=g + decay * self.x,
        )  # fmt: skip
        return self.values["h"], "h"

    def weight_decay(self, decoupled: bool) -> tuple[Floats, str]:
        """The gradient and its name, behind the line of the weight decay of either kind."""
        g, name = self.decayed(self.gradient(), skip=decoupled)
        decay = float(self.params["weight_decay"])
        if decoupled and decay:
            self.shrunk(
                column(1 - self.rate * decay),
                r"(1 - \eta \lambda)",
                f"(1 − {{lr}}·{constant(decay)})",
            )
        return g, name

    def shrunk(self, factor: Floats, formula: str, filled: str) -> None:
        """The line of a weight decay apart from the gradient; the step then starts there."""
        self.add(r"\theta", formula + r"\, \theta", f"{filled}·{{x}} = {{shrunk}}",
                 shrunk=factor * self.x)  # fmt: skip

    def finish(self, step: Floats, symbol: str, formula: str, filled: str, **named: Any) -> Worked:
        """The lines of the step and of the new point, and the whole.

        Args:
            step: (frames, P), what is added to the point.
            symbol: See `Line`, as for the next two.
            formula: In LaTeX.
            filled: Without its result.
            named: ``momentum``, ``pull`` and ``scale`` of `Worked`.
        """
        # The step after the last frame was never taken.
        step = np.where(np.isfinite(self.values["new"]), step, np.nan)
        self.add(symbol, formula, f"{filled} = {{step}}", step=step)
        start = "shrunk" if "shrunk" in self.values else "x"
        formula, filled = r"\theta + \Delta", f"{{{start}}} + {{step}}"
        box = None if self.run.problem is None else self.run.problem.box
        if box is not None:
            low, high = (np.broadcast_to(np.asarray(side), self.x.shape) for side in box)
            self.values.update(low=low, high=high)
            formula = r"\min(\max(\theta + \Delta,\ \text{low}),\ \text{high})"
            filled = f"min(max({filled}, {{low}}), {{high}})"
        self.add(r"\theta", formula, f"{filled} = {{new}}")
        return Worked(tuple(self.lines), self.values, **named)


def column(values: Floats) -> Floats:
    """(frames,) as (frames, 1), to go with (frames, P)."""
    return values[:, None]


def _later(values: Floats) -> Floats:
    """Each row's successor; NaN at the last."""
    after = np.full_like(values, np.nan)
    after[:-1] = values[1:]
    return after


def _forward(values: Floats) -> Floats:
    """NaN at the end, where no step follows, filled with what was last in force."""
    if len(values) > 1 and np.isnan(values[-1]).any():
        values = values.copy()
        values[-1] = values[-2]
    return values

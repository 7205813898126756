"""`Param`: one adjustable number, switch, choice or text, from which its widget and its URL field
are made.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Literal
from urllib.parse import quote, unquote

from lossviz.registry.errors import SettingError

Value = float | int | bool | str
Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class Param:
    """One adjustable number, switch or choice of a catalogue entry.

    The type of ``default`` decides the kind: bool a switch, int a whole number, float a number,
    str one of ``choices``, or a text that a person types where there is ``read``.

    Args:
        name: The keyword under which the value is passed to the entry's ``make``.
        default: The value that is used when nothing is said.
        low, high: The closed range of a number.
        scale: Whether a slider moves in equal differences or in equal ratios.
        help: One sentence for a person who turns it.
        choices: The allowed values of a choice.
        names: What a person reads for each of them; the choices themselves when it is empty.
        off: A value outside the range that is allowed too (say 0 for "none" beside a log range).
        title: What a person reads; the name with blanks when it is empty.
        read: Checks a typed text; raises `SettingError` when it is not allowed.
    """

    name: str
    default: Value
    low: float = 0.0
    high: float = 1.0
    scale: Scale = "linear"
    help: str = ""
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    off: float | None = None
    title: str = ""
    read: Callable[[str], object] | None = None

    def __post_init__(self) -> None:
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"{self.name}: a log range starts above 0, not at {self.low}.")
        if isinstance(self.default, str) != bool(self.choices or self.read):
            raise ValueError(
                f"{self.name}: a choice has a str default and choices, a text a str default and "
                "a reader, a number none of them."
            )
        self.check(self.default)

    @property
    def kind(self) -> Literal["switch", "whole", "number", "choice", "text"]:
        """What sort of value this is."""
        if self.read is not None:
            return "text"
        if isinstance(self.default, bool):
            return "switch"
        if isinstance(self.default, int):
            return "whole"
        return "number" if isinstance(self.default, float) else "choice"

    @property
    def label(self) -> str:
        """What a person reads beside the control."""
        return self.title or self.name.replace("_", " ")

    def name_of(self, choice: str) -> str:
        """What a person reads for a choice."""
        return dict(zip(self.choices, self.names, strict=False)).get(choice, choice)

    def expected(self) -> str:
        """The allowed values in words."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.kind == "text":
            return "a text"
        what = "a whole number" if self.kind == "whole" else "a number"
        off = "" if self.off is None else f", or {self.off:g}"
        return f"{what} from {self.low:g} to {self.high:g}{off}"

    def check(self, value: object) -> Value:
        """The value in its own type; raises `SettingError` when it is not allowed.

        >>> Param("lr", 0.1, 1e-5, 10.0, "log").check(1)
        1.0
        """
        if self.kind == "switch":
            if isinstance(value, bool):
                return value
        elif self.kind == "choice":
            if value in self.choices:
                return str(value)
        elif self.read is not None:
            if isinstance(value, str):
                self.read(value)
                return value
        elif isinstance(value, Real) and not isinstance(value, bool):  # NumPy's numbers too
            try:
                number = float(value)
            except OverflowError:  # a whole number too long for a float is out of any range
                number = math.nan
            if (self.low <= number <= self.high or number == self.off) and (
                self.kind == "number" or number == int(number)
            ):
                return int(number) if self.kind == "whole" else number
        raise SettingError(f"{self.name} is {value!r}, but must be {self.expected()}.")

    def parse(self, text: str) -> Value:
        """The value written in a URL; raises `SettingError` when it is not allowed."""
        value: object = text
        if self.kind == "switch":
            value = {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
        elif self.kind == "text":
            value = unquote(text)
        elif self.kind != "choice":
            try:
                value = float(text)
            except ValueError:
                value = text
        return self.check(value)

    def nearest(self, text: object) -> Value:
        """The allowed value nearest to what was meant, for a damaged link."""
        try:
            return self.parse(str(text))
        except SettingError:
            pass  # what follows is for a value that is not allowed
        if self.kind == "choice":
            close = difflib.get_close_matches(str(text), self.choices, n=1)
            return close[0] if close else self.default
        if self.kind in ("switch", "text"):
            return self.default
        try:
            number = float(str(text))
        except ValueError:
            return self.default
        if math.isnan(number):
            return self.default
        inside = min(max(number, self.low), self.high)
        if self.off is not None and abs(number - self.off) < abs(number - inside):
            return self.check(self.off)
        return self.check(round(inside) if self.kind == "whole" else inside)

    def write(self, value: Value) -> str:
        """The value as a URL shows it; `parse` reads it back exactly."""
        if self.kind == "text":
            # Of a call's own signs `name(option=value,...)` none is left in the text.
            return quote(str(value), safe=" +*/^.<>|")
        return str(value).lower() if isinstance(value, bool) else repr(value).strip("'")

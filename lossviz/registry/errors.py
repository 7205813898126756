"""What is wrong with a setting, in words for the person who set it."""

from __future__ import annotations

import difflib


class SettingError(ValueError):
    """A setting that cannot be used; the message says what was got and what was expected."""


class UnknownNameError(SettingError, KeyError):
    """A name that its catalogue does not have; the message lists the known ones."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"There is no {kind} {name!r}.{hint} Known: {', '.join(known)}.")
        self._given = kind, name, known

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, str, tuple[str, ...]]]:
        # An error that cannot be unpickled takes a whole process pool down.
        return type(self), self._given

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return str(self.args[0])

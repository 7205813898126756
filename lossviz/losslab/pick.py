"""A loss of the catalogue with its parameters, and lists of them in links."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lossviz import registry
from lossviz.problem.problem import Criterion
from lossviz.registry import LossEntry, SettingError, Shape, Value
from lossviz.settings import Options, read_call, write_call

#: So many losses can be seen together.
MOST_PICKS = 8

#: Parameters stand in brackets, and only outside of these does a semicolon part two losses.
_BETWEEN = re.compile(r";(?![^(]*\))")


@dataclass(frozen=True)
class Pick:
    """One loss with its parameters, as plain data.

    Args:
        loss: Its name in the catalogue.
        params: Its parameters; those left out are at their defaults.

    Raises:
        UnknownNameError: For a name that the catalogue does not have.
        SettingError: For a value that is not allowed.

    >>> Pick("huber", {"delta": 2}).title
    'Huber, delta 2'
    """

    loss: str
    params: Mapping[str, Value] = field(default_factory=Options)

    def __post_init__(self) -> None:
        complete = registry.losses[self.loss].complete(self.params)
        object.__setattr__(self, "params", Options(complete))

    @property
    def entry(self) -> LossEntry:
        """The loss's entry in the catalogue."""
        return registry.losses[self.loss]

    @property
    def title(self) -> str:
        """What a person reads: the loss, and its parameters that are numbers or switched on."""
        return ", ".join([self.entry.title, *self._words()])

    def _words(self) -> list[str]:
        words = []
        for param in self.entry.params:
            value = self.params[param.name]
            if param.kind == "switch":
                words += [param.label] if value else []
            elif value != param.off and not (param.off is None and value == 0):
                text = f"{value:g}" if isinstance(value, float) else str(value)
                words.append(f"{param.label} {text}")
        return words

    def criterion(self, shape: Shape) -> Criterion:
        """The loss as a function of outputs (..., N, C) and targets."""
        made: Criterion = self.entry.make(shape.classes, **self.params)
        return made

    def write(self) -> str:
        """As it stands in a link."""
        return write_call(self.entry, self.params)


Picks = tuple[Pick, ...]


def check_picks(picks: Picks, fits: Callable[[LossEntry], bool], where: str) -> None:
    """Raise `SettingError` unless there are a few losses, each of which fits."""
    if not 1 <= len(picks) <= MOST_PICKS:
        raise SettingError(
            f"{where}: there are {len(picks)} losses; 1 to {MOST_PICKS} can be seen together."
        )
    for pick in picks:
        if not fits(pick.entry):
            raise SettingError(f"{where}: the loss {pick.loss!r} cannot be seen here.")


def write_picks(picks: Picks) -> str:
    """A list of losses as it stands in a link."""
    return ";".join(pick.write() for pick in picks)


def read_picks(
    text: str, usual: Picks, fits: Callable[[LossEntry], bool], where: str, problems: list[str]
) -> Picks:
    """The losses of a link that fit; the others are left out with a sentence.

    >>> problems = []
    >>> read_picks("mse;hinge", (), lambda e: "residual" in e.over, "fits", problems)
    (Pick(loss='mse', params={}),)
    >>> problems
    ["fits: the loss 'hinge' cannot be seen here; it is left out."]
    """
    picks: list[Pick] = []
    for part in filter(None, (piece.strip() for piece in _BETWEEN.split(text))):
        name, params = read_call(registry.losses, part, "mse", where, problems)
        if fits(registry.losses[name]):
            picks.append(Pick(name, params))
        else:
            problems.append(f"{where}: the loss {name!r} cannot be seen here; it is left out.")
    if len(picks) > MOST_PICKS:
        problems.append(f"{where}: of {len(picks)} losses the first {MOST_PICKS} are shown.")
    return tuple(picks[:MOST_PICKS]) or usual

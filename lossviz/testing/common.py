"""What every entry keeps, of whatever kind, and the tools of all checks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from lossviz.registry import Entry, Param, Value


def corners(entry: Entry) -> Iterator[dict[str, Value]]:
    """The parameters at their defaults, then each one alone at its ends or other choices."""
    yield entry.defaults()
    for param in entry.params:
        for value in ends(param):
            if value != param.default:
                yield {**entry.defaults(), param.name: value}


def ends(param: Param) -> list[Value]:
    """The ends of a parameter's range and its value for "off", or all its choices."""
    if param.kind == "switch":
        return [True, False]
    if param.kind == "choice":
        return list(param.choices)
    if param.kind == "text":
        return []  # any text is one of countless many
    off = [] if param.off is None else [param.off]
    return [param.check(value) for value in (param.low, param.high, *off)]


def require(condition: object, message: str) -> None:
    """Raise an `AssertionError` with this message unless the condition holds."""
    # Not the statement, which `python -O` leaves out.
    if not condition:
        raise AssertionError(message)


@contextmanager
def random_state_stays(who: str) -> Iterator[None]:
    """Fails when the block draws from a global random generator."""
    before = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    yield
    after = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    require(
        torch.equal(before[0], after[0]) and before[1] == after[1],
        f"{who} draws from a global random generator; draw from the one that it is given.",
    )


def check_entry(entry: Entry) -> None:
    """Check what all entries have in common: the words, the parameters and their round trips."""
    who = repr(entry.name)
    require(
        re.fullmatch(r"[a-z][a-z0-9_]*", entry.name),
        f"{who}: a name is written in small letters, digits and underscores, for it stands in "
        "links and in code.",
    )
    require(entry.title.strip(), f"{who}: the title is empty; it is what a person reads in lists.")
    require(
        entry.about.strip() and "\n" not in entry.about,
        f"{who}: about is one line that says what it is, not {entry.about!r}.",
    )
    require("$" not in entry.formula, f"{who}: the formula is LaTeX without dollar signs.")
    names = [param.name for param in entry.params]
    require(len(set(names)) == len(names), f"{who}: two parameters share a name: {names}.")
    accepted = inspect.signature(entry.make).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in accepted.values()):
        missing = [name for name in names if name not in accepted]
        require(not missing, f"{who}: make does not take the parameters {missing}.")
    for param in entry.params:
        _check_param(who, param)


def _check_param(who: str, param: Param) -> None:
    require(param.help.strip(), f"{who}: the parameter {param.name} has no help.")
    for choice in param.choices:
        require(
            re.fullmatch(r"[A-Za-z0-9_.+-]+", choice),
            f"{who}: the choice {choice!r} of {param.name} cannot stand in a link; use letters, "
            "digits and underscores.",
        )
    for value in [*ends(param), param.default]:
        require(
            param.parse(param.write(value)) == value,
            f"{who}: {param.name} = {value!r} does not come back from a link.",
        )

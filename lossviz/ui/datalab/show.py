"""What the data page shows, computed by the workers and kept for all who ask the same.

The keys are settings, never arrays. What comes of a person's own table is kept in their session
alone, and goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import streamlit as st

from lossviz import engine
from lossviz.datalab import DataLab, Seen, Table, seen_of
from lossviz.datalab.case import Case, case_of
from lossviz.datalab.lab import VALUES
from lossviz.datalab.pairs import Pairs, pairs_of
from lossviz.registry import SettingError, Value
from lossviz.ui.begun import begun
from lossviz.ui.datalab.upload import own

#: Settings on which nothing that is computed depends.
VIEW = ("section", "three_d", "log", "surfaces")
#: Settings on which only the effect depends.
TRAINED = ("model", "tune", "share", "lr", "momentum", "steps", "within", "seed")


def for_effect(lab: DataLab) -> DataLab:
    """The lab as far as its effect depends on it."""
    return _usual(replace(lab, file=""), VIEW)


def for_pairs(lab: DataLab) -> DataLab:
    """The lab as far as what the model is trained on depends on it."""
    return replace(for_seen(lab), model=lab.model)


def for_seen(lab: DataLab) -> DataLab:
    """The lab as far as what is shown of its data depends on it."""
    return _usual(for_effect(lab), TRAINED)


def _usual(lab: DataLab, names: tuple[str, ...]) -> DataLab:
    """The lab with some settings at their defaults."""
    usual: dict[str, Any] = {name: VALUES[name].default for name in names}
    return replace(lab, **usual)


@st.cache_resource(max_entries=256, show_spinner=False)
def _of_all(key: str, _function: Callable[..., Any], _arguments: tuple[Any, ...]) -> Future[Any]:
    return engine.submit(_function, *_arguments)


@st.cache_resource(max_entries=20, show_spinner=False, scope="session")
def _of_own(key: str, _function: Callable[..., Any], _arguments: tuple[Any, ...]) -> Future[Any]:
    return engine.submit(_function, *_arguments)


def seen_begun(lab: DataLab) -> Future[Seen]:
    """All that is shown of the data.

    Raises:
        SettingError: When the person's own table is not there.
    """
    needed = for_seen(lab)
    return _begun(needed, "", seen_of, needed, *_table(lab))


def pairs_begun(lab: DataLab) -> Future[Pairs]:
    """What the model is trained on; see `seen_begun`."""
    needed = for_pairs(lab)
    return _begun(needed, "", pairs_of, needed, *_table(lab))


def cases_begun(lab: DataLab, pairs: Pairs) -> tuple[Future[Case], ...]:
    """The model on each state of the data, each a task of its own.

    Args:
        lab: The settings.
        pairs: What `pairs_begun` gives for them.
    """
    needed = for_effect(lab)
    unscaled = _usual(needed, ("scaling",))
    return tuple(
        _begun(needed if pair.name == "scaled" else unscaled, pair.name,
               case_of, needed, pair, pairs.inputs, pairs.classes)
        for pair in pairs.states
    )  # fmt: skip


def forget() -> None:
    """Drop what came of the session's own table."""
    _of_own.clear()


def _table(lab: DataLab) -> tuple[Table, ...]:
    """The session's own table where the settings ask for it."""
    if not lab.uploaded:
        return ()
    found = own(lab)
    if found is None:
        raise SettingError("The table is not here.")
    return (found.table,)


def _begun(
    needed: DataLab, part: str, function: Callable[..., Any], *arguments: Any
) -> Future[Any]:
    """The future of a call, from the cache of this session or of all.

    Args:
        needed: All settings on which the result depends.
        part: Tells the calls of one function with the same settings apart.
        function: What is called.
        arguments: With what.
    """
    found = own(needed)
    key = f"{function.__name__} {part} {needed!r} {found.digest if found else ''}"
    cached = _of_own if needed.uploaded else _of_all
    return begun(cached, key, function, arguments)


def changed(lab: DataLab, name: str, value: Value) -> DataLab:
    """The lab with one of its plain values changed."""
    change: dict[str, Any] = {name: value}
    return replace(lab, **change)

"""What the data page shows, computed by the workers and kept for all who ask the same.

The keys are settings, never arrays. What comes of a person's own table is kept in their session
alone, and goes with it.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import streamlit as st

from lossviz import engine
from lossviz.datalab import DataLab, Effect, Seen, effect_of, seen_of
from lossviz.datalab.lab import VALUES
from lossviz.registry import SettingError, Value
from lossviz.ui.datalab.upload import Own, own

#: Settings on which nothing that is computed depends.
VIEW = ("section", "three_d", "log", "surfaces")
#: Settings on which only the effect depends.
TRAINED = ("model", "tune", "share", "lr", "momentum", "steps", "within", "seed")


def for_effect(lab: DataLab) -> DataLab:
    """The lab as far as its effect depends on it."""
    return _usual(replace(lab, file=""), VIEW)


def for_seen(lab: DataLab) -> DataLab:
    """The lab as far as what is shown of its data depends on it."""
    return _usual(for_effect(lab), TRAINED)


def _usual(lab: DataLab, names: tuple[str, ...]) -> DataLab:
    """The lab with some settings at their defaults."""
    usual: dict[str, Any] = {name: VALUES[name].default for name in names}
    return replace(lab, **usual)


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen_of_all(key: str, _lab: DataLab, _own: Own | None) -> Future[Seen]:
    return engine.submit(seen_of, _lab)


@st.cache_resource(max_entries=64, show_spinner=False)
def _effect_of_all(key: str, _lab: DataLab, _own: Own | None) -> Future[Effect]:
    return engine.submit(effect_of, _lab)


@st.cache_resource(max_entries=6, show_spinner=False, scope="session")
def _seen_of_own(key: str, _lab: DataLab, _own: Own) -> Future[Seen]:
    return engine.submit(seen_of, _lab, _own.table)


@st.cache_resource(max_entries=12, show_spinner=False, scope="session")
def _effect_of_own(key: str, _lab: DataLab, _own: Own) -> Future[Effect]:
    return engine.submit(effect_of, _lab, _own.table)


def seen_begun(lab: DataLab) -> Future[Seen]:
    """All that is shown of the data.

    Raises:
        SettingError: When the person's own table is not there.
    """
    return _begun(_seen_of_own if lab.uploaded else _seen_of_all, for_seen(lab))


def effect_begun(lab: DataLab) -> Future[Effect]:
    """What cleaning and scaling do to training; see `seen_begun`."""
    return _begun(_effect_of_own if lab.uploaded else _effect_of_all, for_effect(lab))


def forget() -> None:
    """Drop what came of the session's own table."""
    _seen_of_own.clear()
    _effect_of_own.clear()


def _begun(cached: Any, lab: DataLab) -> Future[Any]:
    """The future for these settings; one that failed or was cancelled is begun anew."""
    found = own(lab)
    if lab.uploaded and found is None:
        raise SettingError("The table is not here.")
    arguments = f"{lab!r} {found.digest if found else ''}", lab, found
    future: Future[Any] = cached(*arguments)
    if future.done() and (future.cancelled() or future.exception() is not None):
        cached.clear(*arguments)
        future = cached(*arguments)
    return future


def changed(lab: DataLab, name: str, value: Value) -> DataLab:
    """The lab with one of its plain values changed."""
    change: dict[str, Any] = {name: value}
    return replace(lab, **change)

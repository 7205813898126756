"""What one session of the landscape page is waiting for, and what has come of it.

A task is begun under the text of the settings that it depends on. What nobody asks for any more is
cancelled; what is finished is kept for all sessions. Every task can be looked at while it goes on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Container
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import streamlit as st

from lossviz import engine
from lossviz.registry import SettingError
from lossviz.ui.landscape import stored
from lossviz.ui.shelf import RUNS_BYTES, Shelf, bytes_of

#: So many results of each kind are kept; runs are large.
MOST_RUNS = 12
USUALLY_KEPT = 96

Phase = Literal["running", "whole", "cancelled", "failed"]


class Task(Protocol):
    """Something that goes on elsewhere."""

    def phase(self) -> Phase:
        """How it stands: "whole" when all of it is there."""
        ...

    def result(self) -> Any:
        """What there is: all of it when it is whole, else as much as can be shown, or None.

        Raises:
            Exception: What it failed with.
        """
        ...

    def cancel(self) -> None:
        """Begin nothing more; what is there stays."""
        ...

    def resume(self) -> None:
        """Go on after a cancel."""
        ...

    def progress(self) -> tuple[float, float]:
        """The share that is done, and the seconds left; not a number where that is unknown."""
        ...


@dataclass(eq=False)
class Call:
    """A function that is called in a worker, in one piece.

    Args:
        function: Of a module.
        arguments: What it is called with.
        key: Under which its result is kept on disk where it took long; "" for never.
        expected: About how many seconds it takes; not a number where that is unknown.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    key: str = ""
    expected: float = math.nan
    future: Future[Any] = field(init=False)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.began = time.monotonic()
        call = (self.function, *self.arguments)
        self.future = engine.submit(*((stored.kept, self.key) if self.key else ()), *call)

    def phase(self) -> Phase:
        """How it stands."""
        if not self.future.done():
            return "running"
        if self.future.cancelled():
            return "cancelled"
        return "whole" if self.future.exception() is None else "failed"

    def result(self) -> Any:
        """What it returned, or None while it has not."""
        return None if self.phase() in ("running", "cancelled") else self.future.result()

    def cancel(self) -> None:
        """Nobody waits for it any more, and where it has not begun, it never does."""
        engine.drop(self.future)
        self.future.cancel()

    def resume(self) -> None:
        """Call it again."""
        if self.future.cancelled():
            self._begin()

    def progress(self) -> tuple[float, float]:
        """By the clock alone: nothing is known of a call under way."""
        if self.phase() != "running":
            return 1.0, math.nan
        if math.isnan(self.expected):
            return 0.0, math.nan
        gone = time.monotonic() - self.began
        # It never stands still, also where what was expected was too little.
        share = 1 - math.exp(-gone / max(self.expected, 1e-3))
        return share, self.expected - gone if gone < self.expected else math.nan


@dataclass(eq=False)
class Chained:
    """A chain of chunks, with what it has come to so far.

    Args:
        chain: What computes it.
        so_far: What can be shown of it, or None.
        key: Under which it is kept on disk when it is whole; "" where the chain sees to that.
        expected: About how many seconds it takes in all, until the chain itself knows better.
    """

    chain: engine.Chain[Any, Any]
    so_far: Callable[[], Any]
    key: str = ""
    expected: float = math.nan

    def phase(self) -> Phase:
        """How it stands."""
        now = self.chain.progress().phase
        if now in ("running", "waiting"):
            return "running"
        return "whole" if now == "finished" else "cancelled" if now == "cancelled" else "failed"

    def result(self) -> Any:
        """What there is so far."""
        now = self.chain.progress()
        if now.phase == "failed":
            raise SettingError(f"The computation stopped: {now.error}")
        found = self.so_far()
        if self.key and now.phase == "finished":
            engine.submit(engine.keep, self.key, found)
            self.key = ""
        return found

    def cancel(self) -> None:
        """Begin no more chunks."""
        self.chain.cancel()

    def resume(self) -> None:
        """Go on where it was cancelled."""
        if self.phase() == "cancelled":
            self.chain.resume()

    def progress(self) -> tuple[float, float]:
        """As far as its chunks are."""
        now = self.chain.progress()
        known = not math.isnan(now.seconds_left)
        return now.share, now.seconds_left if known else self.expected


@dataclass(frozen=True, eq=False)
class Ready:
    """What was known before anybody asked."""

    value: Any

    def phase(self) -> Phase:
        """All of it is there."""
        return "whole"

    def result(self) -> Any:
        """What is known."""
        return self.value

    def cancel(self) -> None:
        """Nothing goes on."""

    def resume(self) -> None:
        """Nothing is left to do."""

    def progress(self) -> tuple[float, float]:
        """All of it."""
        return 1.0, 0.0


@dataclass(frozen=True, eq=False)
class Item:
    """A task with its kind and the words for it."""

    kind: str
    words: str
    task: Task


class Bench:
    """All tasks of one session, by kind and settings."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Item] = {}
        self._wanted: set[tuple[str, str]] = set()

    def of(self, kind: str, key: str, words: str, make: Callable[[], Task]) -> Any:
        """What there is of a task, which is begun where nobody has begun it; None for nothing yet.

        Args:
            kind: What sort of result it is.
            key: The settings that it depends on, as text.
            words: What is being computed, for a person who waits.
            make: Begins it.

        Raises:
            Exception: What the task failed with; the same again until it is no longer wanted.
        """
        name = kind, key
        self._wanted.add(name)
        known = _kept(kind)
        if (kept := known.get(key)) is not None:
            return kept
        if name not in self._items:
            self._items[name] = Item(kind, words, make())
        task = self._items[name].task
        # Asked first: a chain may come to its end between the two questions.
        whole = task.phase() == "whole"
        found = task.result()
        if whole:
            known.put(key, found)
            del self._items[name]
        return found

    def over(self, kind: str, key: str) -> bool:
        """Whether nothing more comes of a task by itself."""
        item = self._items.get((kind, key))
        return item is None or item.task.phase() != "running"

    def sweep(self) -> None:
        """Cancel and forget what was not asked for since the last sweep."""
        for name in [name for name in self._items if name not in self._wanted]:
            self._items.pop(name).task.cancel()
        self._wanted.clear()

    def standing(self, phase: Phase) -> list[Item]:
        """The tasks that stand so."""
        return [item for item in self._items.values() if item.task.phase() == phase]

    @property
    def busy(self) -> bool:
        """Whether anything is going on."""
        return bool(self.standing("running"))

    def wait(self, kinds: Container[str], seconds: float) -> float:
        """Wait until the calls of these kinds have returned, but no longer than so many seconds.

        Returns:
            How long it was; 0 where there is nothing to wait for.
        """
        calls = [
            item.task.future
            for item in self.standing("running")
            if item.kind in kinds and isinstance(item.task, Call)
        ]
        began = time.monotonic()
        if calls:
            wait(calls, timeout=seconds)
        return time.monotonic() - began if calls else 0.0

    def cancel(self) -> None:
        """Cancel all that is going on; what is there stays."""
        for item in self.standing("running"):
            item.task.cancel()

    def resume(self) -> None:
        """Go on with all that was cancelled."""
        for item in self.standing("cancelled"):
            item.task.resume()


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept(kind: str) -> Shelf[Any]:
    if kind == "runs":
        return Shelf(MOST_RUNS, RUNS_BYTES, bytes_of)
    return Shelf(USUALLY_KEPT)

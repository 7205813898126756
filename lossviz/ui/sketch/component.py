"""Mount a sketch in a page, and check what comes back."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from lossviz.ui.dial.component import LARGEST, SEEN
from lossviz.ui.dial.routes import dial_path
from lossviz.ui.sketch.records import Picture
from lossviz.ui.sketch.routes import sketch_path

#: ``change(name, at)`` gets what was moved, and where all of its kind are now.
Change = Callable[[str, tuple[Any, ...]], None]
#: More numbers than any sketch has handles.
MOST = 128
#: The height is kept before any script has come.
RESERVE = ".lv-sketch{min-height:430px}"


@cache
def loader() -> str:
    """The inline script: where the files are is all it knows."""
    text = (Path(__file__).parent / "loader.js").read_text(encoding="utf-8")
    return text.replace("@SKETCH@", sketch_path()).replace("@DIAL@", dial_path())


def sketch(picture: Picture, *, key: str, on_move: Change | None = None) -> None:
    """Charts side by side, whose handles follow the pointer, the finger or the arrow keys at once.

    It is controlled: it shows the picture, except that a handle stays where a person holds it until
    the server has answered. At most one move is under way at a time.

    Args:
        picture: What is shown.
        key: Unique on the page; the same key is the same sketch.
        on_move: Gets a name and all its handles, as finite numbers or pairs of them, before the
            page runs again. Their number and their ranges are for it to check.
    """

    def heard() -> None:
        number, name, at = read_move(st.session_state[key].get("move"))
        if number is None:
            return
        seen = st.session_state.setdefault(SEEN, {})
        seen[key] = number
        seen[""] = max(number, seen.get("", 0))
        if name is not None and on_move is not None:
            on_move(name, at)

    seen = st.session_state.get(SEEN, {}).get(key, 0)
    _component()(key=key, data={**picture.as_plain(), "seen": seen}, on_move_change=heard)


def read_move(move: object) -> tuple[int | None, str | None, tuple[Any, ...]]:
    """The number, the name and the places of a move as a browser sent it; None for nonsense.

    >>> read_move({"n": 3, "v": {"name": "points", "at": [[0, 1], [2.5, 3]]}})
    (3, 'points', ((0.0, 1.0), (2.5, 3.0)))
    >>> read_move({"n": 4, "v": {"name": "points", "at": ["<b>"]}})
    (4, None, ())
    """
    if not isinstance(move, dict):
        return None, None, ()
    number, sent = move.get("n"), move.get("v")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < LARGEST:
        return None, None, ()
    if not isinstance(sent, dict) or not isinstance(sent.get("name"), str):
        return number, None, ()
    places = sent.get("at")
    if not isinstance(places, list) or not 0 < len(places) <= MOST:
        return number, None, ()
    read = tuple(_place(one) for one in places)
    return (number, None, ()) if None in read else (number, sent["name"], read)


def _place(one: object) -> float | tuple[float, float] | None:
    """A finite number, a pair of them, or None."""
    if isinstance(one, list):
        pair = [_place(part) for part in one]
        if len(pair) == 2 and isinstance(pair[0], float) and isinstance(pair[1], float):
            return pair[0], pair[1]
        return None
    if isinstance(one, bool) or not isinstance(one, int | float):
        return None
    # A whole number may be too long for a float.
    number = float(one) if abs(one) < 1e300 else math.inf
    return number if math.isfinite(number) else None


def _component() -> Callable[..., Any]:
    # Registering the same definition again is free and does nothing; it makes the sketch known to
    # whichever runtime is the current one, in tests too.
    return st.components.v2.component(
        "lossviz_sketch",
        html='<div class="lv-sketch"></div>',
        css=RESERVE,
        js=loader(),
        isolate_styles=False,
    )

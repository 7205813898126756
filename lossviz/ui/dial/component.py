"""Mount a dial in a page, check what comes back, and tell the dials when the page is finished."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from lossviz.registry import Param, SettingError, Value
from lossviz.ui.dial.routes import dial_path
from lossviz.ui.dial.stops import decimals, sentence, stops

#: The message numbers that callbacks have dealt with, by key; the largest of all under "".
SEEN = "lossviz.dials"
#: Numbers of messages fit a float of the browser.
LARGEST = 2**53
#: The height is kept before any script has come; it is the one of dial.css.
RESERVE = (
    ".lv-dial{min-height:52px}@media(max-width:720px),(pointer:coarse){.lv-dial{min-height:70px}}"
)


@cache
def loader() -> str:
    """The inline script: where the files are is all it knows."""
    text = (Path(__file__).parent / "loader.js").read_text(encoding="utf-8")
    return text.replace("@DIAL@", dial_path())


def dial(
    param: Param,
    value: Value,
    *,
    key: str,
    on_change: Callable[[Any], None],
    label: str | None = None,
    color: str | None = None,
) -> None:
    """A slider for one number that calls back while it is being dragged.

    It is controlled: it shows ``value``, except while a person holds it or types, and until the
    server has answered what they did. At most one move is under way at a time; the next one leaves
    when the page has been run for the last. Put `settle` at the end of the page, or a dial takes
    the moment when its own line runs for the end, and the next move then cuts short the run that
    was to paint the last one.

    Args:
        param: What is adjusted, a number or a whole number.
        value: What the dial shows.
        key: Unique on the page; the same key is the same dial.
        on_change: Gets each new value, checked against ``param``, before the page runs again.
        label: What stands above it; ``param.label`` by default.
        color: The colour of the track, as CSS; the theme's accent by default.
    """

    def heard() -> None:
        number, moved = read_move(param, st.session_state[key].get("move"))
        if number is not None:
            seen = st.session_state.setdefault(SEEN, {})
            seen[key] = number
            seen[""] = max(number, seen.get("", 0))
        if moved is not None:
            on_change(moved)

    data = {
        "label": label or param.label.capitalize(),
        "help": param.help,
        "value": value,
        "reset": param.default,
        "stops": stops(param),
        "log": param.scale == "log",
        "whole": param.kind == "whole",
        "decimals": decimals(param),
        "low": param.low,
        "high": param.high,
        "off": param.off,
        "sentence": sentence(param),
        "color": color,
        "seen": st.session_state.get(SEEN, {}).get(key, 0),
    }
    _component()(key=key, data=data, on_move_change=heard)


def settle(key: str = "lossviz.settle") -> None:
    """Tell the dials that all before this line has been drawn; call it last on the page.

    A fragment that holds dials is a page of its own in this respect: give it its own `settle`.
    """
    seen = st.session_state.get(SEEN, {}).get("", 0)
    _component()(key=key, data={"settled": seen}, height=1)


def read_move(param: Param, move: object) -> tuple[int | None, Value | None]:
    """The number and the value of a move as a browser sent it; None for what is not allowed.

    >>> read_move(Param("lr", 0.1, 0.01, 1.0), {"n": 7, "v": 0.2})
    (7, 0.2)
    >>> read_move(Param("lr", 0.1, 0.01, 1.0), {"n": 7, "v": "0.2; drop"})
    (7, None)
    """
    if not isinstance(move, dict):
        return None, None
    number = move.get("n")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < LARGEST:
        return None, None
    try:
        return number, param.check(move.get("v"))
    except (SettingError, OverflowError):
        # A whole number too large for a float overflows where its range is checked.
        return number, None


def _component() -> Callable[..., Any]:
    # Registering the same definition again is free and does nothing; it makes the dial known to
    # whichever runtime is the current one, in tests too.
    return st.components.v2.component(
        "lossviz_dial",
        html='<div class="lv-dial"></div>',
        css=RESERVE,
        js=loader(),
        isolate_styles=False,
    )

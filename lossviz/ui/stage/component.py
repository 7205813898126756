"""Mount the stage in a page and hand its events on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import streamlit as st

from lossviz.ui.stage.overlays import ARROWS
from lossviz.ui.stage.routes import plotly_path, stage_path

EVENTS = ("start", "drag", "add", "drop", "choose", "visible", "view", "arrows", "resync")


@cache
def loader() -> str:
    """The inline script: where the files are is all it knows."""
    text: str = (Path(__file__).parent / "loader.js").read_text(encoding="utf-8")
    return text.replace("@STAGE@", stage_path()).replace("@PLOTLY@", plotly_path())


def stage(
    message: bytes,
    *,
    key: str,
    on_start: Callable[[float, float], None] | None = None,
    on_drag: Callable[[int, float, float], None] | None = None,
    on_add: Callable[[float, float], None] | None = None,
    on_drop: Callable[[int], None] | None = None,
    on_choose: Callable[[str], None] | None = None,
    on_visible: Callable[[list[str]], None] | None = None,
    on_view: Callable[[str], None] | None = None,
    on_arrows: Callable[[list[str]], None] | None = None,
    on_resync: Callable[[], None] | None = None,
) -> None:
    """Show a message of `scene_message` or `delta_message` on the stage of this `key`.

    The callbacks run before the next rerun of the page (or of the fragment that holds the stage):

    on_start(x, y)
        The surface was clicked there, in data coordinates.
    on_drag(index, x, y)
        Start number `index` of `Surface.starts` was moved there. Sent while it moves; each waits
        until the stage has been sent something after the one before.
    on_add(x, y)
        One more start was put there.
    on_drop(index)
        That start was taken away.
    on_choose(contender)
        The predictions, or the ledgers, of that contender are asked for.
    on_visible(hidden)
        The ids of the contenders now hidden; the stage has hidden them already.
    on_view(view)
        "2d" or "3d" was chosen; the stage shows it already.
    on_arrows(kinds)
        These of `ARROWS` are on now; the stage shows them already.
    on_resync()
        A delta did not join on: send a whole scene next.
    """
    callers: dict[str, Callable[..., None] | None] = {
        "start": on_start, "drag": on_drag, "add": on_add, "drop": on_drop, "choose": on_choose,
        "visible": on_visible, "view": on_view, "arrows": on_arrows, "resync": on_resync,
    }  # fmt: skip

    def handler(event: str) -> Callable[[], None]:
        def heard() -> None:
            # A stage that the page has taken away in the meantime may still have spoken.
            sent = st.session_state.get(key)
            arguments = read_event(event, sent[event]) if sent else None
            call = callers[event]
            if arguments is not None and call is not None:
                call(*arguments)

        return heard

    # Registering the same definition again is free and does nothing; it makes the stage known to
    # whichever runtime is the current one, in tests too.
    mount = st.components.v2.component("lossviz_stage", js=loader(), isolate_styles=False)
    callbacks: dict[str, Any] = {f"on_{event}_change": handler(event) for event in EVENTS}
    mount(key=key, data=message, **callbacks)


def read_event(event: str, value: Any) -> tuple[Any, ...] | None:
    """What the callback of an event gets; None for what no stage sends, though a browser could.

    >>> read_event("start", {"x": 1, "y": 2.5}), read_event("start", {"x": "a"})
    ((1.0, 2.5), None)
    """
    if value is None:
        return None
    try:
        if event in {"start", "add"}:
            return _point(value)
        if event == "drag":
            return (int(value["index"]), *_point(value))
        if event == "drop":
            return (int(value["index"]),)
        if event == "arrows":
            return ([kind for kind in ARROWS if kind in value["on"]],)
        if event == "choose":
            return (str(value),)
        if event == "view":
            return (value,) if value in {"2d", "3d"} else None
        if event == "visible":
            return ([str(one) for one in value["hidden"]],)
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    return ()


def _point(value: Any) -> tuple[float, float]:
    """Two finite numbers, or ValueError."""
    x, y = float(value["x"]), float(value["y"])
    if not (isfinite(x) and isfinite(y)):
        raise ValueError(f"A point off the plane: {x}, {y}.")
    return x, y

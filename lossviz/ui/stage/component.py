"""Mount the stage in a page and hand its events on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from lossviz.ui.stage.routes import plotly_path, stage_path

EVENTS = ("start", "choose", "visible", "resync")


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
    on_choose: Callable[[str], None] | None = None,
    on_visible: Callable[[list[str]], None] | None = None,
    on_resync: Callable[[], None] | None = None,
) -> None:
    """Show a message of `scene_message` or `delta_message` on the stage of this `key`.

    The callbacks run before the next rerun of the page (or of the fragment that holds the stage):

    on_start(x, y)
        The surface was clicked there, in data coordinates.
    on_choose(contender)
        The predictions of that contender are asked for.
    on_visible(hidden)
        The ids of the contenders now hidden; the stage has hidden them already.
    on_resync()
        A delta did not join on: send a whole scene next.
    """

    def handler(event: str) -> Callable[[], None]:
        return lambda: _dispatch(event, st.session_state[key][event])

    def _dispatch(event: str, value: Any) -> None:
        if value is None:
            return
        if event == "start" and on_start:
            on_start(float(value["x"]), float(value["y"]))
        elif event == "choose" and on_choose:
            on_choose(str(value))
        elif event == "visible" and on_visible:
            on_visible([str(one) for one in value["hidden"]])
        elif event == "resync" and on_resync:
            on_resync()

    # Registering the same definition again is free and does nothing; it makes the stage known to
    # whichever runtime is the current one, in tests too.
    mount = st.components.v2.component("lossviz_stage", js=loader(), isolate_styles=False)
    callbacks: dict[str, Any] = {f"on_{event}_change": handler(event) for event in EVENTS}
    mount(key=key, data=message, **callbacks)

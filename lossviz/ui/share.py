"""What "Share" offers: the link, and the settings as a PyTorch script."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from typing import Any

import streamlit as st
from torch import Tensor

from lossviz import engine
from lossviz.comparison import Comparison
from lossviz.course import Course
from lossviz.export import missing_in, script_of
from lossviz.registry import SettingError
from lossviz.ui import show, state, widgets

#: What the script is called when it is downloaded.
FILE = "lossviz_race.py"
#: The height of the script's window, in pixels.
HEIGHT = 240
#: Packages that are imported by another name than pip knows.
IN_PIP = {"sklearn": "scikit-learn"}


def share(
    kept: state.Kept[Any],
    about: str = "This link opens exactly this picture.",
    script: Comparison | Course | None = None,
) -> None:
    """A button that opens the link to a page's settings, and their script.

    Args:
        kept: The page's settings.
        about: What the link opens, in a sentence.
        script: What the script is of; None where there is none.
    """
    key = f"{kept.name}.share"
    # The script is written when somebody asks for it. Opening this changes no settings.
    popover = st.popover("Share", icon=":material/link:", key=key, on_change=kept.hold)
    with popover:
        st.caption(about)
        st.code(state.address(kept.current().to_url()), language=None, wrap_lines=True)
        if script is not None:
            # The place is taken in any case, so that the window does not jump when it opens.
            with st.container(key=f"{kept.name}_script"):
                if popover.open:
                    _as_script(script, f"{kept.name}.script")


def _as_script(settings: Comparison | Course, key: str) -> None:
    """A section with the script that reproduces the numbers, and a button that downloads it.

    Args:
        settings: What the page shows.
        key: Tells the button from those of other pages.
    """
    st.markdown("##### As a PyTorch script")
    try:
        start = _start_of(settings) if isinstance(settings, Comparison) else None
        script = script_of(settings, start)
    except (SettingError, engine.WorkerDiedError) as error:
        st.caption(widgets.plain(str(error)))
        return
    missing = missing_in(settings)
    if missing:
        st.caption(
            f"Not complete: there is no plain code for {' and '.join(missing)}. The script says "
            "so, and stops there."
        )
    else:
        st.caption(f"It trains the same with {_needed(script)} alone.")
    st.code(script, language="python", height=HEIGHT)
    st.download_button(
        "Download",
        script,
        file_name=FILE,
        mime="text/x-python",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )


def _needed(script: str) -> str:
    """The packages that a script imports, as one asks pip for them, in words."""
    found = set()
    for node in ast.parse(script).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    roots = {name.partition(".")[0] for name in found} - sys.stdlib_module_names
    *others, last = sorted(IN_PIP.get(name, name) for name in roots)
    return f"{', '.join(others)} and {last}" if others else last


def _start_of(comparison: Comparison) -> Tensor | None:
    """The weights of a start that was clicked; it is a point of the plane of other runs.

    Raises:
        SettingError: While these are on their way.
    """
    if comparison.start is None:
        return None
    base = replace(comparison, start=None)
    whole = engine.estimate(base.experiments()) <= engine.WHOLE
    if not whole and show.finished(base) is None:
        raise SettingError("The script is here as soon as the start is known.")
    return show.start_of(comparison)

"""What stands at the top of every page: title, what is worth seeing, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st

from lossviz.settings import Preset

P = TypeVar("P", bound=Preset[Any])


@contextmanager
def header(title: str, about: str) -> Iterator[None]:
    """A row with the page's title and a few words about it; the rest of the row follows inside."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lv_header"):
        st.html(f'<div class="lv-title"><b>{title}</b><span>{about}</span></div>')
        yield


def worth_seeing(presets: Iterable[P], key: str, open_one: Callable[[P], None]) -> None:
    """A button that opens the list of presets; ``open_one`` is called with the one chosen."""
    with st.popover("Worth seeing", icon=":material/school:"):
        for preset in presets:
            st.button(
                preset.title,
                key=f"{key}.preset.{preset.name}",
                on_click=open_one,
                args=(preset,),
                help=preset.claim,
                width="stretch",
            )


def claim(
    presets: Iterable[P], key: str, is_shown: Callable[[P], bool], is_near: Callable[[P], bool]
) -> None:
    """The claim of the preset that was opened last, as long as the settings have to do with it.

    It stays while a person tries other settings, so that nothing moves away from under a hand at a
    dial; then it says that they are others.

    Args:
        presets: Those of the page.
        key: The page's own beginning of keys.
        is_shown: Whether the settings are those of a preset.
        is_near: Whether they still are about what a preset is about.
    """
    every = tuple(presets)
    shown = next((preset for preset in every if is_shown(preset)), None)
    name = shown.name if shown is not None else st.session_state.get(f"{key}.claimed")
    kept = next((preset for preset in every if preset.name == name), None)
    if kept is None or not is_near(kept):
        st.session_state.pop(f"{key}.claimed", None)
        return
    st.session_state[f"{key}.claimed"] = kept.name
    changed = "" if shown else " *You have changed the settings since.*"
    st.info(f"**{kept.title}.** {kept.claim}{changed}", icon=":material/school:")


def reset(key: str, do: Callable[[], None]) -> None:
    """The button that goes back to the opening settings, where no claim is left."""

    def back() -> None:
        st.session_state.pop(f"{key}.claimed", None)
        do()

    st.button(
        "Reset",
        icon=":material/restart_alt:",
        key=f"{key}.reset",
        on_click=back,
        help="Back to the opening settings.",
    )

"""What stands at the top of every page: title, what is worth seeing, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import streamlit as st


class Preset(Protocol):
    """Settings that are worth seeing."""

    @property
    def name(self) -> str:
        """Tells it from the others of its page."""
        ...

    @property
    def title(self) -> str:
        """What the button says."""
        ...

    @property
    def claim(self) -> str:
        """What there is to see, in a sentence or two."""
        ...


P = TypeVar("P", bound=Preset)


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


def reset(key: str, do: Callable[[], None]) -> None:
    """The button that goes back to the opening settings."""
    st.button(
        "Reset",
        icon=":material/restart_alt:",
        key=f"{key}.reset",
        on_click=do,
        help="Back to the opening settings.",
    )

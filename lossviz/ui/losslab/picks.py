"""The losses that are seen together: in the sidebar one row each, with their dials."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lossviz import registry
from lossviz.figures.theme import mark
from lossviz.losslab import LossLab, Pick
from lossviz.losslab.lab import LISTS
from lossviz.losslab.pick import MOST_PICKS, Picks
from lossviz.registry import Value
from lossviz.ui import widgets
from lossviz.ui.losslab.kept import lab, put
from lossviz.ui.style import mode


def rows(now: LossLab, name: str) -> None:
    """One row for each loss of a list, and a button for one more.

    Args:
        now: The settings.
        name: The list, one of `LISTS`.
    """
    picks: Picks = getattr(now, name)
    fits, _ = LISTS[name]
    names = tuple(entry.name for entry in registry.losses if fits(entry))
    for place, pick in enumerate(picks):
        _row(name, place, pick, names, len(picks) > 1)
    unused = [one for one in names if one not in {pick.loss for pick in picks}]
    st.button(
        "Add a loss",
        icon=":material/add:",
        key=f"ll.{name}.add",
        disabled=len(picks) >= MOST_PICKS,
        on_click=lambda: put(**{name: (*picks, Pick((unused or names)[0]))}),
    )


def _row(name: str, place: int, pick: Pick, names: tuple[str, ...], spare: bool) -> None:
    key = f"ll.{name}.{place}"
    color = mark(place).color(mode())
    with st.container(key=f"{key}.row"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<div class="lv-card"><i style="background:{color}"></i></div>', width=16)
            widgets.entry_choice(
                registry.losses, pick.loss, f"Loss {place + 1}", key,
                lambda chosen: _replace(name, place, Pick(chosen)), names, collapsed=True,
            )  # fmt: skip
            st.button(
                "",
                icon=":material/close:",
                key=f"{key}.drop",
                type="tertiary",
                disabled=not spare,
                help="Take this loss away.",
                on_click=_drop,
                args=(name, place),
            )
        widgets.entry_params(
            pick.entry, pick.params, key, partial(_set_param, name, place), color=color
        )


def _set_param(name: str, place: int, param: str, value: Value) -> None:
    pick: Pick = getattr(lab.current(), name)[place]
    _replace(name, place, Pick(pick.loss, {**pick.params, param: value}))


def _replace(name: str, place: int, pick: Pick) -> None:
    picks: Picks = getattr(lab.current(), name)
    put(**{name: (*picks[:place], pick, *picks[place + 1 :])})


def _drop(name: str, place: int) -> None:
    picks: Picks = getattr(lab.current(), name)
    put(**{name: (*picks[:place], *picks[place + 1 :])})

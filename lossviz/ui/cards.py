"""The contenders' cards: optimizer and learning rate at hand, everything else one click away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from lossviz import registry
from lossviz.comparison import Contender, letters
from lossviz.figures.theme import mark
from lossviz.registry import OptimizerEntry, Value
from lossviz.settings import Options
from lossviz.ui import widgets
from lossviz.ui.style import mode

#: The hyperparameters that stand on a card itself; the others are one click away.
ON_CARD = ("lr",)
#: Who joins next, if they are not racing yet.
WELL_KNOWN = ("sgd", "adam", "rmsprop", "adamw", "nadam", "adagrad", "rprop", "lbfgs")

Contenders = tuple[Contender, ...]


@dataclass(frozen=True)
class Cards:
    """How the cards of a page are shown.

    Args:
        contenders: Who races.
        edit: Called with the contenders as they shall be, from what they are then.
        key: The beginning of the widgets' keys.
        most: So many may race.
        fits: Whether an optimizer can be chosen here.
        notes: A few words on a card, by its place.
    """

    contenders: Contenders
    edit: Callable[[Callable[[Contenders], Contenders]], None]
    key: str
    most: int
    fits: Callable[[OptimizerEntry], bool] = lambda entry: True
    notes: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The optimizers that can be chosen."""
        return tuple(entry.name for entry in registry.optimizers if self.fits(entry))


def cards(shown: Cards) -> None:
    """One card for each contender, and a button for one more."""
    with st.container(key="lv_cards"):
        count = len(shown.contenders)
        slots = count + (count < shown.most)
        per_row = min(4, slots)
        columns: list[Any] = []
        for _ in range(-(-slots // per_row)):
            columns += st.columns(per_row, gap="small")
        for index, letter in enumerate(letters(count)):
            with columns[index]:
                _card(shown, index, letter)
        if count < shown.most:
            columns[count].button(
                "Add a contender",
                icon=":material/add:",
                key=f"{shown.key}.add",
                on_click=shown.edit,
                args=(lambda now: (*now, next_contender(now, shown.names())),),
            )


def next_contender(present: Contenders, names: tuple[str, ...]) -> Contender:
    """The first of the well-known optimizers, then of all others, that is not racing yet."""
    used = {contender.optimizer for contender in present}
    for name in (*WELL_KNOWN, *names):
        if name in names and name not in used:
            return Contender(name)
    return replace(present[-1], visible=True)


def _card(shown: Cards, index: int, letter: str) -> None:
    contender = shown.contenders[index]
    entry = registry.optimizers[contender.optimizer]
    key = f"{shown.key}.c{index}"

    def put(**changes: Any) -> None:
        shown.edit(lambda now: _with(now, index, replace(now[index], **changes)))

    def set_param(name: str, value: Value) -> None:
        shown.edit(
            lambda now: _with(
                now, index, replace(now[index], params=Options({**now[index].params, name: value}))
            )
        )

    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            color = mark(index).color(mode())
            st.html(
                f'<div class="lv-card"><i style="background:{color}"></i>{letter}</div>',
                width="content",
            )
            widgets.entry_choice(
                registry.optimizers, entry.name, f"Optimizer of {letter}", f"{key}.optimizer",
                lambda name: put(optimizer=name, params=Options()),
                shown.names(), collapsed=True,
            )  # fmt: skip
            with st.popover("", icon=":material/tune:", help="All hyperparameters"):
                st.markdown(f"**{entry.title}**  \n{entry.about}")
                widgets.entry_params(entry, contender.params, key, set_param, leave_out=ON_CARD)
                _schedule(contender, key, put)
                if entry.formula:
                    st.latex(entry.formula)
                if entry.cite:
                    st.caption(entry.cite)
                _buttons(shown, index, key)
        widgets.entry_params(entry, contender.params, key, set_param, only=ON_CARD, color=color)
        if shown.notes:
            st.caption(shown.notes[index])


def _schedule(contender: Contender, key: str, put: Callable[..., None]) -> None:
    """How the learning rate changes over the steps."""
    entry = widgets.entry_choice(
        registry.schedules,
        contender.schedule,
        "Learning-rate schedule",
        f"{key}.schedule",
        lambda name: put(schedule=name, schedule_params=Options()),
    )
    widgets.entry_params(
        entry,
        contender.schedule_params,
        f"{key}.schedule",
        lambda name, value: put(
            schedule_params=Options({**contender.schedule_params, name: value})
        ),
    )


def _buttons(shown: Cards, index: int, key: str) -> None:
    count = len(shown.contenders)
    with st.container(horizontal=True):
        st.button(
            "Duplicate",
            icon=":material/content_copy:",
            key=f"{key}.copy",
            disabled=count >= shown.most,
            on_click=shown.edit,
            args=(lambda now: (*now[: index + 1], *now[index:]),),
        )
        st.button(
            "Drop",
            icon=":material/delete:",
            key=f"{key}.drop",
            disabled=count == 1,
            on_click=shown.edit,
            args=(lambda now: (*now[:index], *now[index + 1 :]),),
        )


def _with(contenders: Contenders, index: int, contender: Contender) -> Contenders:
    return (*contenders[:index], contender, *contenders[index + 1 :])

"""Widgets from the catalogues: one control for each `Param`, one for each choice of an entry.

The widgets are controlled: what they show always follows the settings, and a change calls back with
the new value. So a setting that was repaired shows as what it became.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from lossviz.registry import Catalogue, Entry, Param, SettingError, Value
from lossviz.ui.dial import dial

Change = Callable[[Any], None]

#: Whole numbers with a wider range than this (seeds) get a box to type in.
WIDEST_DIAL = 2000


def control(param: Param, value: Value, key: str, change: Change, color: str | None = None) -> None:
    """The widget of one parameter, showing ``value``; ``change`` gets the new one."""
    common: dict[str, Any] = {"label": param.label.capitalize(), "help": param.help}
    if param.kind == "switch":
        shown = follow(key, value)
        st.toggle(**common, key=shown, value=bool(value), on_change=_call, args=(shown, change))
    elif param.kind == "choice":
        _choice(param, str(value), key, common, change)
    elif param.kind == "text":
        _text(param, str(value), key, common, change)
    elif param.kind == "whole" and param.high - param.low > WIDEST_DIAL and param.scale != "log":
        shown = follow(key, int(value))
        st.number_input(
            **common, key=shown, value=int(value), min_value=int(param.low),
            max_value=int(param.high), step=1, on_change=_call, args=(shown, change),
        )  # fmt: skip
    else:
        dial(param, value, key=key, on_change=change, color=color)


def _choice(param: Param, value: str, key: str, common: dict[str, Any], change: Change) -> None:
    shown = follow(key, value)
    if len(param.choices) <= 3 and sum(len(param.name_of(c)) for c in param.choices) <= 20:
        st.segmented_control(
            **common, key=shown, options=param.choices, default=value, required=True,
            width="stretch", format_func=param.name_of, on_change=_call, args=(shown, change),
        )  # fmt: skip
    else:
        st.selectbox(
            **common, key=shown, options=param.choices, index=param.choices.index(value),
            format_func=param.name_of, on_change=_call, args=(shown, change),
        )  # fmt: skip


def _text(param: Param, value: str, key: str, common: dict[str, Any], change: Change) -> None:
    """A box to type in; what cannot be read stays in it, with what is wrong said below."""
    wrong = f"{key}.wrong"
    shown = _latest(key) if wrong in st.session_state else follow(key, value)
    st.text_input(
        **common, key=shown, value=value, on_change=_typed, args=(key, shown, param, change)
    )
    if wrong in st.session_state:
        said, pointer = st.session_state[wrong]
        if pointer:
            st.code(pointer, language=None)
        st.error(plain(said), icon=":material/error:")


def _typed(key: str, shown: str, param: Param, change: Change) -> None:
    text = st.session_state[shown]
    st.session_state.pop(f"{key}.wrong", None)
    try:
        change(param.check(text))
    except SettingError as error:
        pointer = getattr(error, "pointer", None)
        st.session_state[f"{key}.wrong"] = str(error), pointer() if pointer else ""


def plain(text: str) -> str:
    """Text from a link or a person as it is: no Markdown in it counts."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:&" else c for c in text)


def entry_choice(
    catalogue: Catalogue[Any],
    name: str,
    label: str,
    key: str,
    change: Change,
    names: tuple[str, ...] | None = None,
    collapsed: bool = False,
) -> Entry:
    """A list to choose an entry from, with its title; gives the chosen entry."""
    shown = follow(key, name)
    options = names or catalogue.names()
    st.selectbox(
        label,
        options=options,
        index=options.index(name),
        format_func=lambda n: catalogue[n].title,
        key=shown,
        help=None if collapsed else catalogue[name].about,
        label_visibility="collapsed" if collapsed else "visible",
        on_change=_call,
        args=(shown, change),
    )
    return catalogue[name]


def entry_params(
    entry: Entry, values: Mapping[str, Value], key: str, change: Callable[[str, Value], None],
    only: tuple[str, ...] | None = None, leave_out: tuple[str, ...] = (), color: str | None = None,
) -> None:  # fmt: skip
    """The controls of an entry's parameters; ``change`` gets the name and the new value."""
    for param in entry.params:
        if (only is None or param.name in only) and param.name not in leave_out:
            control(
                param,
                values[param.name],
                f"{key}.{entry.name}.{param.name}",
                partial(change, param.name),
                color,
            )


def short(number: float, digits: int = 6) -> str:
    """A number as a slider shows it.

    >>> [short(x) for x in (0.01, 1e-05, 300.0, 0.0)]
    ['0.01', '1e-5', '300', '0']
    """
    text = f"{number:.{digits}g}"
    return text.replace("e-0", "e-").replace("e+0", "e")


def follow(key: str, value: Any) -> str:
    """The key under which a widget shows this value, when the value is its default too.

    It is ``key``, until the widget holds something else: what was refused, or what was there before
    a reset. Then it is a new one, and with it the widget. An assignment to `st.session_state` does
    not do: a browser only hears of it while it shows the widget, and sends the old value again from
    a popover that is closed. And where it shows a widget late, it takes the default as chosen.
    """
    shown = _latest(key)
    if shown in st.session_state and st.session_state[shown] != value:
        st.session_state[f"{key}.turn"] = st.session_state.get(f"{key}.turn", 0) + 1
    return _latest(key)


def _latest(key: str) -> str:
    turn = st.session_state.get(f"{key}.turn", 0)
    return f"{key}.{turn}" if turn else key


def _call(key: str, change: Change) -> None:
    change(st.session_state[key])

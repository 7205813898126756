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
    common: dict[str, Any] = {"label": param.label.capitalize(), "key": key, "help": param.help}
    if param.kind == "switch":
        follow(key, value)
        st.toggle(**common, on_change=_call, args=(key, change))
    elif param.kind == "choice":
        _choice(param, value, common, change)
    elif param.kind == "text":
        _text(param, str(value), common, change)
    elif param.kind == "whole" and param.high - param.low > WIDEST_DIAL and param.scale != "log":
        follow(key, int(value))
        st.number_input(
            **common, min_value=int(param.low), max_value=int(param.high), step=1,
            on_change=_call, args=(key, change),
        )  # fmt: skip
    else:
        dial(param, value, key=key, on_change=change, color=color)


def _choice(param: Param, value: Value, common: dict[str, Any], change: Change) -> None:
    key = common["key"]
    follow(key, value)
    if len(param.choices) <= 3 and sum(len(param.name_of(c)) for c in param.choices) <= 20:
        st.segmented_control(
            **common, options=param.choices, required=True, width="stretch",
            format_func=param.name_of,
            on_change=_call, args=(key, change),
        )  # fmt: skip
    else:
        st.selectbox(
            **common, options=param.choices, format_func=param.name_of,
            on_change=_call, args=(key, change),
        )  # fmt: skip


def _text(param: Param, value: str, common: dict[str, Any], change: Change) -> None:
    """A box to type in; what cannot be read stays in it, with what is wrong said below."""
    key = common["key"]
    wrong = f"{key}.wrong"
    if wrong not in st.session_state:
        follow(key, value)
    st.text_input(**common, on_change=_typed, args=(key, param, change))
    if wrong in st.session_state:
        said, pointer = st.session_state[wrong]
        if pointer:
            st.code(pointer, language=None)
        st.error(plain(said), icon=":material/error:")


def _typed(key: str, param: Param, change: Change) -> None:
    text = st.session_state[key]
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
    follow(key, name)
    st.selectbox(
        label,
        options=names or catalogue.names(),
        format_func=lambda n: catalogue[n].title,
        key=key,
        help=None if collapsed else catalogue[name].about,
        label_visibility="collapsed" if collapsed else "visible",
        on_change=_call,
        args=(key, change),
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


def follow(key: str, value: Any) -> None:
    """Make the widget of that key show this value."""
    # Written only when different: an assignment makes the browser put the widget back.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _call(key: str, change: Change) -> None:
    change(st.session_state[key])

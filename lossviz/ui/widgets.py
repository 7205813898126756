"""Widgets from the catalogues: one control for each `Param`, one for each choice of an entry.

The widgets are controlled: what they show always follows the settings, and a change calls back with
the new value. So a setting that was repaired shows as what it became.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from lossviz.registry import Catalogue, Entry, Param, Value

Change = Callable[[Any], None]

#: The steps of a logarithmic slider: the E12 series, twelve nearly equal ratios to a decade.
E12 = (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)
#: Whole numbers with a wider range than this get a box to type in.
WIDEST_SLIDER = 2000


def control(param: Param, value: Value, key: str, change: Change) -> None:
    """The widget of one parameter, showing ``value``; ``change`` gets the new one."""
    common: dict[str, Any] = {"label": param.label.capitalize(), "key": key, "help": param.help}
    if param.kind == "switch":
        follow(key, value)
        st.toggle(**common, on_change=_call, args=(key, change))
    elif param.kind == "choice":
        _choice(param, value, common, change)
    elif param.scale == "log":
        options = log_steps(param, float(value))
        follow(key, _closest(float(value), options))
        st.select_slider(
            **common, options=options, format_func=short, on_change=_call, args=(key, change)
        )
    elif param.kind == "whole":
        _whole(param, int(value), common, change)
    else:
        step = 10 ** math.floor(math.log10((param.high - param.low) / 50))
        follow(key, float(value))
        st.slider(
            **common, min_value=param.low, max_value=param.high, step=step,
            format=f"%.{max(0, -math.floor(math.log10(step)))}f",
            on_change=_call, args=(key, change),
        )  # fmt: skip


def _choice(param: Param, value: Value, common: dict[str, Any], change: Change) -> None:
    key = common["key"]
    follow(key, value)
    if len(param.choices) <= 3 and sum(map(len, param.choices)) <= 20:
        st.segmented_control(
            **common, options=param.choices, required=True, width="stretch",
            on_change=_call, args=(key, change),
        )  # fmt: skip
    else:
        st.selectbox(**common, options=param.choices, on_change=_call, args=(key, change))


def _whole(param: Param, value: int, common: dict[str, Any], change: Change) -> None:
    key = common["key"]
    follow(key, value)
    low, high = int(param.low), int(param.high)
    widget = st.slider if high - low <= WIDEST_SLIDER else st.number_input
    widget(**common, min_value=low, max_value=high, step=1, on_change=_call, args=(key, change))


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
    only: tuple[str, ...] | None = None, leave_out: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """The controls of an entry's parameters; ``change`` gets the name and the new value."""
    for param in entry.params:
        if (only is None or param.name in only) and param.name not in leave_out:
            control(
                param,
                values[param.name],
                f"{key}.{entry.name}.{param.name}",
                partial(change, param.name),
            )


def log_steps(param: Param, value: float) -> list[float]:
    """The stops of a logarithmic slider: the E12 series in the range, its ends, and the value.

    >>> log_steps(Param("lr", 0.1, 0.1, 1.0, "log"), 0.25)[:6]
    [0.1, 0.12, 0.15, 0.18, 0.22, 0.25]
    """
    low, high = param.low, param.high
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    stops = {float(f"{m}e{d}") for d in decades for m in E12}
    stops = {s for s in stops if low <= s <= high} | {low, high, value}
    if param.off is not None:
        stops.add(float(param.off))
    if param.kind == "whole":
        stops = {float(round(s)) for s in stops}
    return sorted(stops)


def short(number: float) -> str:
    """A number as a slider shows it.

    >>> [short(x) for x in (0.01, 1e-05, 300.0, 0.0)]
    ['0.01', '1e-5', '300', '0']
    """
    text = f"{number:.6g}"
    return text.replace("e-0", "e-").replace("e+0", "e")


def _closest(value: float, options: list[float]) -> float:
    return min(options, key=lambda option: abs(option - value))


def follow(key: str, value: Any) -> None:
    """Make the widget of that key show this value."""
    # Written only when different: an assignment makes the browser put the widget back.
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _call(key: str, change: Change) -> None:
    change(st.session_state[key])

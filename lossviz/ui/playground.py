"""The parts of the playground: the sidebar, the header, the cards and the scoreboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from lossviz import registry
from lossviz.comparison import MOST_CONTENDERS, VIEWS, Comparison, Contender, letters
from lossviz.figures.theme import mark
from lossviz.registry import Param, Value
from lossviz.settings import CHOICES, VALUES, Options
from lossviz.ui import state, widgets
from lossviz.ui.style import mode

#: The hyperparameters that stand on a card itself; the others are one click away.
ON_CARD = ("lr",)


# --- changes -----------------------------------------------------------------------------------


def _set_base(**changes: Any) -> None:
    state.edit(lambda c: c.with_base(**changes))


def _set_option(options: str, name: str, value: Value) -> None:
    def change(c: Comparison) -> tuple[Comparison, tuple[str, ...]]:
        return c.with_base(**{options: {**getattr(c.base, options), name: value}})

    state.edit(change)


def _set_view(**changes: Any) -> None:
    state.edit(lambda c: replace(c, **changes))


def _set_one_view(name: str, value: Value) -> None:
    _set_view(**{name: value})


def _set_plane(**changes: Any) -> None:
    # A start is a point of the old plane.
    state.edit(lambda c: replace(c, start=None, **changes))


def _edit_contenders(change: Callable[[list[Contender]], None]) -> None:
    def apply(c: Comparison) -> Comparison:
        contenders = list(c.contenders)
        change(contenders)
        return replace(c, contenders=tuple(contenders))

    state.edit(apply)


# --- sidebar -----------------------------------------------------------------------------------


def sidebar(comparison: Comparison) -> None:
    """Data, model, loss, training and slice: everything that all contenders share."""
    base = comparison.base
    st.markdown("#### Data")
    _choose(comparison, "dataset", "Data set")
    _params(comparison, "dataset")
    _value(comparison, "test_share")
    _value(comparison, "scaling")
    _value(comparison, "data_seed")
    st.markdown("#### Model")
    _choose(comparison, "model", "Model")
    _params(comparison, "model")
    with st.expander("Initial weights"):
        _choose(comparison, "init", "Weights")
        _params(comparison, "init")
        fitting = tuple(e.name for e in registry.initialisers if e.for_bias)
        _choose(comparison, "bias_init", "Biases", fitting)
        _params(comparison, "bias_init")
    st.markdown("#### Loss")
    task = base.shape.task
    _choose(comparison, "loss", "Loss", tuple(e.name for e in registry.losses if task in e.tasks))
    _params(comparison, "loss")
    formula = registry.losses[base.loss].formula
    if formula:
        with st.expander("Formula"):
            st.latex(formula)
    st.markdown("#### Training")
    _value(comparison, "steps")
    _value(comparison, "batch_size")
    widgets.control(
        VIEWS["target"], comparison.target, "pg.target", partial(_set_one_view, "target")
    )
    _value(comparison, "seed")
    _value(comparison, "dtype")


def _choose(
    comparison: Comparison, field: str, label: str, names: tuple[str, ...] | None = None
) -> None:
    catalogue = next(c.catalogue for c in CHOICES if c.field == field)
    widgets.entry_choice(
        catalogue,
        getattr(comparison.base, field),
        label,
        f"pg.{field}",
        lambda name: _set_base(**{field: name}),
        names,
    )


def _params(comparison: Comparison, field: str) -> None:
    choice = next(c for c in CHOICES if c.field == field)
    widgets.entry_params(
        choice.catalogue[getattr(comparison.base, field)],
        getattr(comparison.base, choice.options),
        f"pg.{field}",
        lambda name, value: _set_option(choice.options, name, value),
    )


def _value(comparison: Comparison, name: str) -> None:
    widgets.control(
        VALUES[name],
        getattr(comparison.base, name),
        f"pg.{name}",
        lambda value: _set_base(**{name: value}),
    )


# --- header ------------------------------------------------------------------------------------


def header(comparison: Comparison) -> None:
    """Title, log scale, the slice that is drawn, link and reset."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lv_header"):
        st.html('<div class="lv-title"><b>lossviz</b><span>see how training works</span></div>')
        _view_switch("log", comparison.log)
        with st.popover("Slice", icon=":material/layers:"):
            slice_options(comparison)
        with st.popover("Share", icon=":material/link:"):
            st.caption("This link opens exactly this picture.")
            st.code(state.address(comparison.to_url()), language=None, wrap_lines=True)
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key="pg.reset",
            on_click=lambda: state.edit(lambda _: Comparison()),
            help="Back to the opening settings.",
        )


def _view_switch(name: str, value: bool) -> None:
    widgets.control(VIEWS[name], value, f"pg.{name}", partial(_set_one_view, name))


def slice_options(comparison: Comparison) -> None:
    """Which plane is drawn, how finely, of which data, and the pinned colours."""
    if comparison.plane == "exact":
        st.caption("The model has two parameters, so the plane shows all there is.")
    else:
        plane = VIEWS["plane"]
        offered = replace(plane, choices=plane.choices[:2], names=plane.names[:2])
        widgets.control(offered, comparison.plane, "pg.plane", lambda v: _set_plane(plane=v))
    if comparison.plane == "random":
        _plane_control(comparison, "normalize")
        _plane_control(comparison, "plane_seed")
    for name in ("grid", "split"):
        widgets.control(
            VIEWS[name],
            getattr(comparison, name),
            f"pg.{name}",
            partial(_set_one_view, name),
        )
    pinned = comparison.color_range is not None
    widgets.control(
        Param("pin", False, title="pin colours", help="Keep the range of colours while other "
              "settings change, so that pictures can be compared."),
        pinned,
        "pg.pin",
        lambda on: _set_view(color_range=st.session_state.get("pg.range") if on else None),
    )  # fmt: skip
    if pinned and comparison.color_range:
        low, high = comparison.color_range
        st.caption(f"Colours from {low:.4g} to {high:.4g}.")


def _plane_control(comparison: Comparison, name: str) -> None:
    widgets.control(
        VIEWS[name],
        getattr(comparison, name),
        f"pg.{name}",
        lambda value: _set_plane(**{name: value}),
    )


def notices(sentences: tuple[str, ...]) -> None:
    """What was wrong with a link or a change, and what was done about it."""
    if sentences:
        st.warning("  \n".join(_plain(s) for s in sentences), icon=":material/info:")


def _plain(text: str) -> str:
    """Text from a link as it is: no Markdown in it counts."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-.!|~$:&" else c for c in text)


# --- contenders --------------------------------------------------------------------------------


def cards(comparison: Comparison) -> None:
    """One card for each contender, and a button for one more."""
    with st.container(key="lv_cards"):
        _cards(comparison)


def _cards(comparison: Comparison) -> None:
    count = len(comparison.contenders)
    slots = count + (count < MOST_CONTENDERS)
    per_row = min(4, slots)
    columns: list[Any] = []
    for _ in range(-(-slots // per_row)):
        columns += st.columns(per_row, gap="small")
    for index, (letter, contender) in enumerate(
        zip(letters(count), comparison.contenders, strict=True)
    ):
        with columns[index]:
            _card(index, letter, contender, count)
    if count < MOST_CONTENDERS:
        columns[count].button(
            "Add a contender",
            icon=":material/add:",
            key="pg.add",
            on_click=_edit_contenders,
            args=(lambda all_: all_.append(_next_contender(all_)),),
        )


def _card(index: int, letter: str, contender: Contender, count: int) -> None:
    entry = registry.optimizers[contender.optimizer]
    key = f"pg.c{index}"

    def set_param(name: str, value: Value) -> None:
        def change(all_: list[Contender]) -> None:
            old = all_[index]
            all_[index] = replace(old, params=Options({**old.params, name: value}))

        _edit_contenders(change)

    def set_optimizer(name: str) -> None:
        _edit_contenders(lambda all_: all_.__setitem__(index, Contender(name)))

    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            color = mark(index).color(mode())
            st.html(
                f'<div class="lv-card"><i style="background:{color}"></i>{letter}</div>',
                width="content",
            )
            widgets.entry_choice(
                registry.optimizers, entry.name, f"Optimizer of {letter}", f"{key}.optimizer",
                set_optimizer, collapsed=True,
            )  # fmt: skip
            with st.popover("", icon=":material/tune:", help="All hyperparameters"):
                st.markdown(f"**{entry.title}**  \n{entry.about}")
                widgets.entry_params(entry, contender.params, key, set_param, leave_out=ON_CARD)
                if entry.formula:
                    st.latex(entry.formula)
                if entry.cite:
                    st.caption(entry.cite)
                _card_buttons(index, key, contender, count)
        widgets.entry_params(entry, contender.params, key, set_param, only=ON_CARD, color=color)


def _card_buttons(index: int, key: str, contender: Contender, count: int) -> None:
    with st.container(horizontal=True):
        st.button(
            "Duplicate",
            icon=":material/content_copy:",
            key=f"{key}.copy",
            disabled=count >= MOST_CONTENDERS,
            on_click=_edit_contenders,
            args=(lambda all_: all_.insert(index + 1, contender),),
        )
        st.button(
            "Drop",
            icon=":material/delete:",
            key=f"{key}.drop",
            disabled=count == 1,
            on_click=_edit_contenders,
            args=(lambda all_: all_.pop(index),),
        )


def _next_contender(present: list[Contender]) -> Contender:
    """The first of a list of well-known optimizers that is not racing yet."""
    used = {c.optimizer for c in present}
    well_known = ("sgd", "adam", "rmsprop", "adamw", "nadam", "adagrad", "rprop", "lbfgs")
    for name in (*well_known, *registry.optimizers.names()):
        if name in registry.optimizers and name not in used:
            return Contender(name)
    return present[-1]


# --- scoreboard --------------------------------------------------------------------------------


def scoreboard(rows: list[dict[str, str]], score: str, target: float) -> None:
    """The result of each contender in numbers and in words."""
    numbers = ("train loss", "test loss", score, "steps to target")
    titles = "".join(
        f'<th class="n">{escape(name)}{f" {target:g}" if name == "steps to target" else ""}</th>'
        for name in numbers
    )
    lines = []
    for index, row in enumerate(rows):
        cells = "".join(f'<td class="n">{escape(row[name])}</td>' for name in numbers)
        color = mark(index).color(mode())
        lines.append(
            f'<tr class="n"><td><i style="background:{color}"></i>{escape(row["contender"])}</td>'
            f'{cells}<td class="w">{escape(row["status"])}</td></tr>'
            # On a phone the sentence stands under the numbers instead.
            f'<tr class="s"><td colspan="{len(numbers) + 1}">{escape(row["status"])}</td></tr>'
        )
    st.html(
        f'<div class="lv-table-box"><table class="lv-table"><thead><tr><th>contender</th>{titles}'
        f'<th class="w">status</th></tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
    )

"""The parts of the playground: the sidebar, the header, the cards and the scoreboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lossviz.comparison import MOST_CONTENDERS, VIEWS, Comparison
from lossviz.registry import Param, Value
from lossviz.ui import header as top
from lossviz.ui import share, state, widgets
from lossviz.ui.cards import Cards, Contenders
from lossviz.ui.cards import cards as contender_cards
from lossviz.ui.foundation import Foundation

# --- changes -----------------------------------------------------------------------------------


def _set_base(**changes: Any) -> None:
    state.playground.edit(lambda c: c.with_base(**changes))


def _set_option(options: str, name: str, value: Value) -> None:
    def change(c: Comparison) -> tuple[Comparison, tuple[str, ...]]:
        return c.with_base(**{options: {**getattr(c.base, options), name: value}})

    state.playground.edit(change)


def _set_view(**changes: Any) -> None:
    state.playground.edit(lambda c: replace(c, **changes))


def _set_one_view(name: str, value: Value) -> None:
    _set_view(**{name: value})


def _set_plane(**changes: Any) -> None:
    # A start is a point of the old plane.
    state.playground.edit(lambda c: replace(c, start=None, **changes))


def _edit_contenders(change: Callable[[Contenders], Contenders]) -> None:
    state.playground.edit(lambda c: c.with_contenders(change(c.contenders)))


# --- sidebar -----------------------------------------------------------------------------------


def sidebar(comparison: Comparison) -> None:
    """Data, model, loss, training and slice: everything that all contenders share."""
    shared = Foundation(comparison.base, "pg", _set_base, _set_option)
    st.markdown("#### Data")
    shared.data()
    st.markdown("#### Model")
    shared.model()
    st.markdown("#### Loss")
    shared.loss()
    st.markdown("#### Training")
    shared.value("steps")
    shared.value("batch_size")
    widgets.control(
        VIEWS["target"], comparison.target, "pg.target", partial(_set_one_view, "target")
    )
    shared.regularisation()
    shared.value("seed")
    shared.value("dtype")


# --- header ------------------------------------------------------------------------------------


def header(comparison: Comparison) -> None:
    """Title, log scale, the slice that is drawn, link and reset."""
    with top.header("lossviz", "see how training works"):
        _view_switch("log", comparison.log)
        with st.popover("Slice", icon=":material/layers:"):
            slice_options(comparison)
        share.share(state.playground, script=comparison)
        top.reset("pg", lambda: state.playground.edit(lambda _: Comparison()))


def _view_switch(name: str, value: bool) -> None:
    widgets.control(VIEWS[name], value, f"pg.{name}", partial(_set_one_view, name))


def slice_options(comparison: Comparison) -> None:
    """Which plane is drawn, how finely, of which data, and the pinned colours."""
    if comparison.plane == "exact":
        st.caption("The model has two parameters, so the plane shows all there is.")
    else:
        plane = VIEWS["plane"]
        offered = replace(plane, choices=plane.choices[:3], names=plane.names[:3])
        widgets.control(offered, comparison.plane, "pg.plane", lambda v: _set_plane(plane=v))
    if comparison.plane == "random":
        _plane_control(comparison, "normalize")
        _plane_control(comparison, "plane_seed")
    tested = comparison.base.test_share > 0  # else there is one kind of samples only
    for name in ("grid", *(["split"] if tested else []), "sharpness"):
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


# --- contenders --------------------------------------------------------------------------------


def cards(comparison: Comparison) -> None:
    """One card for each contender, and a button for one more."""
    contender_cards(Cards(comparison.contenders, _edit_contenders, "pg", MOST_CONTENDERS))

"""The parts of the race page: the sidebar, the header, the cards and the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.course import MOST_CONTENDERS, Course
from lossviz.course.presets import PRESETS
from lossviz.course.values import VALUES
from lossviz.registry import Value
from lossviz.settings import Options, Preset
from lossviz.ui import header as top
from lossviz.ui import share, widgets
from lossviz.ui.cards import Cards, Contenders
from lossviz.ui.cards import cards as contender_cards
from lossviz.ui.race.kept import race
from lossviz.ui.race.show import for_heat

#: The session's key of the rectangle in which the paths are, for "fit".
EXTENT = "rc.extent"
LAST_SEED = int(VALUES["start_seed"].high)


def put(**changes: Any) -> None:
    """Change settings of the course."""
    race.edit(lambda course: replace(course, **changes))


def _put_one(name: str, value: Value) -> None:
    put(**{name: value})


def _set_function(name: str) -> None:
    race.edit(lambda course: course.with_function(name))


def _set_param(name: str, value: Value) -> None:
    # A start that was placed stays where it is.
    race.edit(lambda c: replace(c, params=Options({**c.params, name: value})))


def edit_contenders(change: Callable[[Contenders], Contenders]) -> None:
    """Change the contenders."""
    race.edit(lambda course: course.with_contenders(change(course.contenders)))


# --- sidebar -----------------------------------------------------------------------------------


def sidebar(course: Course) -> None:
    """The function, the start, the noise and the budget: all that the contenders share."""
    st.markdown("#### Function")
    widgets.entry_choice(
        registry.functions, course.function, "Function", "rc.function", _set_function
    )
    widgets.entry_params(course.entry, course.params, "rc.function", _set_param)
    formula = course.entry.formula_of(course.params)
    if formula:
        with st.expander("Formula"):
            st.latex(formula)
            if course.entry.cite:
                st.caption(course.entry.cite)
    st.markdown("#### Start")
    _start(course)
    st.markdown("#### Race")
    for name in ("steps", "target"):
        _value(course, name)
    _value(course, "sigma")
    if course.sigma:
        for name in ("batch", "seed", "seeds"):
            _value(course, name)
    st.markdown("#### Fair mode")
    _value(course, "fair")
    if course.fair:
        for name in ("rates", "lowest", "highest"):
            _value(course, name)
    st.markdown("#### Picture")
    _value(course, "grid")
    with st.container(horizontal=True):
        st.button(
            "Fit to paths",
            icon=":material/fit_screen:",
            key="rc.fit",
            on_click=lambda: put(frame=st.session_state.get(EXTENT)),
            help="Draw just the part of the plane in which the visible paths are, finely.",
        )
        st.button(
            "Usual view",
            icon=":material/crop_free:",
            key="rc.unfit",
            disabled=course.frame is None,
            on_click=lambda: put(frame=None),
            help="Draw the function's usual window.",
        )


def _start(course: Course) -> None:
    x, y = course.begin()
    drawn = f", drawn with seed {course.start_seed}" if course.drawn else ""
    st.caption(
        f"({x:.4g}, {y:.4g}){drawn}. Click the picture to move it, or drag it; shift-click puts "
        "one more down."
    )
    with st.container(horizontal=True):
        st.button(
            "Random",
            icon=":material/casino:",
            key="rc.random",
            on_click=lambda: race.edit(
                lambda c: replace(c, start=None, start_seed=c.start_seed % LAST_SEED + 1)
            ),
            help="A start drawn at random; its seed is in the link.",
        )
        st.button(
            "Usual",
            icon=":material/home_pin:",
            key="rc.usual",
            disabled=course.start is None and not course.start_seed and not course.more,
            on_click=lambda: put(start=None, start_seed=0, more=()),
            help="Back to the function's usual start.",
        )
    _value(course, "fan")
    if course.fan != "none":
        _value(course, "fan_count")
    if course.fan == "ring":
        _value(course, "fan_size")


def _value(course: Course, name: str) -> None:
    widgets.control(VALUES[name], getattr(course, name), f"rc.{name}", partial(_put_one, name))


# --- header ------------------------------------------------------------------------------------


def header(course: Course) -> None:
    """Title, log scale, races worth seeing, link and reset."""
    with top.header("Race", "optimizers on known functions"):
        _value(course, "log")
        top.worth_seeing(PRESETS, "rc", _open)
        share.share(race, "This link opens exactly this race.", script=course)
        top.reset("rc", lambda: race.edit(lambda _: Course()))


def _open(preset: Preset[Course]) -> None:
    race.edit(lambda _: preset.settings)


def claim(course: Course) -> None:
    """What to look at in a race worth seeing, also while one tries what comes of other settings."""
    top.claim(
        PRESETS, "rc", partial(_is, course),
        lambda preset: preset.settings.function == course.function,
    )  # fmt: skip


def _is(course: Course, preset: Preset[Course]) -> bool:
    """Whether a course races as a preset does, however it is looked at."""
    return course.fair == preset.settings.fair and for_heat(course) == for_heat(preset.settings)


# --- contenders --------------------------------------------------------------------------------


def cards(course: Course, notes: tuple[str, ...] = ()) -> None:
    """One card for each contender, and a button for one more."""
    contender_cards(
        Cards(
            course.contenders,
            edit_contenders,
            "rc",
            MOST_CONTENDERS,
            fits=lambda entry: not entry.refuses([(2,)]),
            notes=notes,
        )
    )


def elsewhere() -> None:
    """Which optimizers cannot move a point, and why."""
    with st.container(key="lv_foot"):
        for entry in registry.optimizers:
            reason = entry.refuses([(2,)])
            if reason:
                st.caption(f"{entry.title} is not offered here. {reason}")


def hide(names: tuple[str, ...], hidden: list[str]) -> None:
    """Switch contenders on and off."""

    def change(contenders: tuple[Contender, ...]) -> Contenders:
        return tuple(
            replace(one, visible=name not in hidden)
            for name, one in zip(names, contenders, strict=True)
        )

    edit_contenders(change)

"""The controls of the landscape page: the sidebar, the header, the cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lossviz import registry
from lossviz.comparison import Comparison, place_among
from lossviz.registry import Param, SettingError, Value
from lossviz.settings import Preset
from lossviz.surface.layers import split_of
from lossviz.survey import MOST_CONTENDERS, Survey, cost
from lossviz.survey.ground import normalises
from lossviz.survey.presets import PRESETS, alike
from lossviz.survey.slices import layer_of
from lossviz.survey.subjects import SUBJECTS, Subject, subject_of
from lossviz.survey.values import VALUES
from lossviz.ui import header as top
from lossviz.ui import share, widgets
from lossviz.ui.cards import Cards, Contenders
from lossviz.ui.cards import cards as contender_cards
from lossviz.ui.foundation import Foundation
from lossviz.ui.landscape import pictures
from lossviz.ui.landscape.kept import landscape
from lossviz.ui.words import duration

#: The range of colours that "pin" pins.
RANGE = "ls.range"
#: From so many seconds on it is worth a word how long a picture takes.
WORTH_SAYING = 3.0
#: What the list of networks says of settings that are none of its own.
OWN = "own settings"


def put(**changes: Any) -> None:
    """Change settings of the survey; what no longer fits is replaced with a sentence."""
    landscape.edit(lambda survey: survey.changed(**changes))


def _put_one(name: str, value: Value) -> None:
    put(**{name: value})


def _base(**changes: Any) -> None:
    landscape.edit(lambda survey: survey.with_base(**changes))


def _option(options: str, name: str, value: Value) -> None:
    landscape.edit(lambda s: s.with_base(**{options: {**getattr(s.base, options), name: value}}))


def value(survey: Survey, name: str, param: Param | None = None) -> None:
    """The control of a plain value of the survey."""
    widgets.control(
        param or VALUES[name], getattr(survey, name), f"ls.{name}", partial(_put_one, name)
    )


# --- sidebar -----------------------------------------------------------------------------------


def sidebar(survey: Survey) -> None:
    """The networks, the pictures, and what else is computed."""
    st.markdown("#### Network")
    _network(survey)
    st.markdown("#### Second network")
    _second(survey)
    st.markdown("#### Pictures")
    pictures.views(survey)
    st.markdown("#### Surface")
    _surface(survey)
    st.markdown("#### Between two minima")
    _section(survey)
    st.markdown("#### Curvature")
    value(survey, "sharpness")
    value(survey, "spectrum")
    if survey.spectrum:
        if len(survey.contenders) > 1:
            _letter(survey, "chosen")
        value(survey, "moment")


def _network(survey: Survey) -> None:
    known = subject_of(survey)
    names = tuple(subject.name for subject in SUBJECTS)
    choices = names if known else (*names, OWN)
    titles = {subject.name: subject.title for subject in SUBJECTS}
    param = Param(
        "subject", known.name if known else OWN, choices=choices, title="network and data",
        names=tuple(titles.get(name, name) for name in choices),
        help="A model with data, a loss and optimizers that suit it.",
    )  # fmt: skip
    widgets.control(param, str(param.default), "ls.subject", _choose_subject)
    shared = Foundation(survey.base, "ls", _base, _option)
    for name in ("steps", "seed"):
        shared.value(name)
    with st.expander("Data, model, loss"):
        shared.data()
        shared.model()
        shared.loss()
        shared.value("batch_size")
        shared.value("dtype")
        value(survey, "target")


def _choose_subject(name: str) -> None:
    found: Subject | None = next((one for one in SUBJECTS if one.name == name), None)
    if found is not None:
        landscape.edit(found.applied)


def _second(survey: Survey) -> None:
    shape = survey.base.shape
    outputs = registry.losses[survey.base.loss].outputs(shape)
    fitting = [one for one in registry.models if not one.refuses(shape, outputs)]
    param = Param(
        "other", "none", choices=("none", *(one.name for one in fitting)), title="compare with",
        names=("nothing", *(one.title for one in fitting)),
        help="Another model on the same data, trained by the same contenders and drawn in the same "
        "planes beside it.",
    )  # fmt: skip
    widgets.control(param, survey.other or "none", "ls.other", _choose_second)
    if survey.other:
        widgets.entry_params(
            registry.models[survey.other], survey.other_params, "ls.other", _second_option
        )


def _choose_second(name: str) -> None:
    def change(survey: Survey) -> tuple[Survey, tuple[str, ...]]:
        if name == "none":
            return survey.changed(other="", other_params={}, hidden=())
        # The same kind of model begins as it is, so that one turn of a dial is the difference.
        same = name == survey.base.model
        params = survey.base.model_params if same else {}
        return survey.changed(other=name, other_params=params, hidden=())

    landscape.edit(change)


def _second_option(name: str, new: Value) -> None:
    landscape.edit(lambda s: s.changed(other_params={**s.other_params, name: new}))


def _surface(survey: Survey) -> None:
    offered = [
        layer for layer in VALUES["layer"].choices
        if (survey.base.shape.task == "classification" or layer.endswith("loss"))
        and (survey.base.test_share > 0 or layer.startswith("train"))
    ]  # fmt: skip
    layer = VALUES["layer"]
    if len(offered) > 1:
        names = tuple(layer.name_of(choice) for choice in offered)
        value(survey, "layer", replace(layer, choices=tuple(offered), names=names))
    if any(normalises(survey.model(second)) for second in (False, True)[: survey.networks]):
        value(survey, "statistics")
    value(survey, "grid")
    if said := about_time(survey):
        st.caption(said)
    value(survey, "shared")
    pinned = survey.color_range is not None
    widgets.control(
        Param("pin", False, title="pin colours", help="Keep the range of colours while other "
              "settings change, so that pictures can be compared."),
        pinned,
        "ls.pin",
        lambda on: put(color_range=st.session_state.get(RANGE) if on else None),
    )  # fmt: skip
    if survey.color_range:
        low, high = survey.color_range
        st.caption(f"Colours from {low:.4g} to {high:.4g}.")
    value(survey, "lines")
    value(survey, "slices")


def about_time(survey: Survey) -> str:
    """About how long a picture takes at this resolution, where that is worth a word; else ""."""
    split, points = split_of(layer_of(survey)), int(survey.grid)
    try:
        longest = max(
            cost.surface_seconds(survey.model(second), split, points)
            for second in (False, True)[: survey.networks]
        )
    except SettingError:
        return ""  # what is wrong is said where it is trained
    if longest < WORTH_SAYING:
        return ""
    return f"About {duration(longest)} for each picture, the first time; it comes coarsely first."


def _section(survey: Survey) -> None:
    value(survey, "section")
    if survey.section == "none":
        return
    if len(survey.contenders) > 1:
        value(survey, "ends")
    value(survey, "aligned")
    if survey.section == "curve":
        value(survey, "bend_steps")
        value(survey, "bend_rate")


def _letter(survey: Survey, name: str) -> None:
    """The choice of a contender by its letter, where the survey has its place."""
    letters = survey.letters
    chosen = letters[getattr(survey, name)]
    param = Param(name, chosen, choices=letters, title=VALUES[name].label, help=VALUES[name].help)
    widgets.control(
        param, chosen, f"ls.{name}", lambda letter: put(**{name: letters.index(letter)})
    )


# --- header ------------------------------------------------------------------------------------


def header(survey: Survey) -> None:
    """Title, log scale, surveys worth seeing, link and reset."""
    with top.header("Landscape", "slices through the losses of real networks"):
        value(survey, "log")
        top.worth_seeing(PRESETS, "ls", _open)
        share.share(landscape, script=Comparison(survey.base, survey.contenders))
        top.reset("ls", _reset)


def _reset() -> None:
    landscape.edit(lambda _: Survey())


def _open(preset: Preset[Survey]) -> None:
    landscape.edit(lambda _: preset.settings)


def claim(survey: Survey) -> None:
    """What to look at in a survey worth seeing, also while one tries other settings."""
    top.claim(
        PRESETS, "ls", lambda preset: alike(preset.settings, survey),
        lambda preset: _subject(preset.settings) == _subject(survey),
    )  # fmt: skip


def _subject(survey: Survey) -> tuple[str, str]:
    return survey.base.dataset, survey.base.model


# --- contenders --------------------------------------------------------------------------------


def cards(survey: Survey) -> None:
    """One card for each contender, and a button for one more."""

    def edit(change: Callable[[Contenders], Contenders]) -> None:
        def apply(survey: Survey) -> tuple[Survey, tuple[str, ...]]:
            now = change(survey.contenders)
            chosen = place_among(now, survey.contenders, survey.chosen)
            return survey.changed(contenders=now, chosen=chosen, hidden=())

        landscape.edit(apply)

    contender_cards(Cards(survey.contenders, edit, "ls", MOST_CONTENDERS))


def hide(names: list[str]) -> None:
    """Draw all runs but those of these names."""

    def change(survey: Survey) -> Survey:
        hidden = (k for k, one in enumerate(survey.entrants()) if one.name in names)
        return replace(survey, hidden=tuple(hidden))

    landscape.edit(change)

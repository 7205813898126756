"""The parts of the training page: the sidebar, the header, the row of sections, the claims."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lossviz import registry
from lossviz.checkup import MOST_SCHEMES, PRESETS, VIEWS, Checkup, Scheme, weight_names
from lossviz.registry import Value
from lossviz.run.state import problem_of
from lossviz.settings import Options, Preset
from lossviz.ui import header as top
from lossviz.ui import share, widgets
from lossviz.ui.checkup.kept import put, put_base, put_one, put_option, training
from lossviz.ui.checkup.show import as_comparison
from lossviz.ui.foundation import Foundation

#: What only the way of looking decides.
LOOKS = (
    "log", "patience", "three_d", "layer", "unit", "entry", "study", "folds", "runs", "points",
    "spread", "ridge",
)  # fmt: skip


# --- sidebar -----------------------------------------------------------------------------------


def sidebar(checkup: Checkup) -> None:
    """What the section that is open can be adjusted by, then the experiment."""
    shared = Foundation(checkup.base, "tr", put_base, put_option)
    if checkup.show == "degree":
        st.markdown("#### Polynomials")
        _views(checkup, "points", "spread", "ridge")
        return
    if checkup.show == "start":
        st.markdown("#### Initial weights")
        _schemes(checkup)
    elif checkup.show == "hold":
        st.markdown("#### What holds it back")
        _holding(checkup, shared)
    elif checkup.show == "fit":
        st.markdown("#### Early stopping")
        _views(checkup, "patience")
    if checkup.show != "start":
        _weights(checkup)
    _experiment(checkup, shared)


def _experiment(checkup: Checkup, shared: Foundation) -> None:
    """What is trained."""
    st.markdown("#### Optimizer")
    shared.choose("optimizer", "Optimizer")
    shared.params("optimizer")
    with st.expander("Schedule"):
        shared.choose("schedule", "Schedule")
        shared.params("schedule")
    st.markdown("#### Training")
    for name in ("steps", "batch_size", "seed", "dtype"):
        shared.value(name)
    if checkup.show != "hold":
        shared.regularisation()
    st.markdown("#### Model")
    if checkup.show == "start":
        shared.choose("model", "Model")
        shared.params("model")
    else:
        shared.model()
    st.markdown("#### Data")
    shared.data()
    if checkup.show == "hold":
        shared.value("label_noise")  # elsewhere it stands with the rest of the regularisation
    st.markdown("#### Loss")
    shared.loss()


def _views(checkup: Checkup, *names: str) -> None:
    for name in names:
        widgets.control(VIEWS[name], getattr(checkup, name), f"tr.{name}", partial(put_one, name))


def _weights(checkup: Checkup) -> None:
    """Whose weights are drawn, and which single one is followed."""
    st.markdown("#### Weights")
    space = problem_of(checkup.base).space
    shapes = dict(zip(space.names, space.shapes, strict=True))
    names = weight_names(space)
    place = min(checkup.layer, len(names) - 1)
    shown = widgets.follow("tr.layer", place)
    st.selectbox(
        "Of",
        options=range(len(names)),
        index=place,
        format_func=lambda k: f"{names[k]} ({' × '.join(map(str, shapes[names[k]]))})",
        key=shown,
        help=VIEWS["layer"].help,
        on_change=lambda: put(layer=st.session_state[shown]),
    )
    if checkup.show != "weights":
        return
    rows, *rest = shapes[names[place]]
    for name, count in (("unit", rows), ("entry", math.prod(rest))):
        if count > 1:
            param = replace(VIEWS[name], high=min(VIEWS[name].high, count - 1))
            value = min(getattr(checkup, name), int(param.high))
            widgets.control(param, value, f"tr.{name}", partial(put_one, name))


def _holding(checkup: Checkup, shared: Foundation) -> None:
    for name in ("l2", "l1"):
        shared.value(name)
    base = checkup.base
    entry = registry.models[base.model]
    if "dropout" in base.model_params:
        widgets.control(
            entry.param("dropout"),
            base.model_params["dropout"],
            "tr.hold.dropout",
            partial(put_option, "model_params", "dropout"),
        )
    if base.shape.kind != "tokens":
        shared.value("input_noise")
    if "weight_decay" in base.params:
        st.caption(
            "Weight decay is the optimizer's own; AdamW's is apart from the gradient, so that it "
            "is not divided by the gradient's size."
        )


def _schemes(checkup: Checkup) -> None:
    """A list for each contender, with its parameters, and a button for one more."""
    for place, scheme in enumerate(checkup.schemes):
        key = f"tr.scheme.{place}"
        entry = widgets.entry_choice(
            registry.initialisers,
            scheme.init,
            f"Contender {chr(ord('A') + place)}",
            key,
            partial(_set_scheme, place),
        )
        widgets.entry_params(entry, scheme.params, key, partial(_set_scheme_param, place))
    count = len(checkup.schemes)
    with st.container(horizontal=True):
        st.button(
            "One more",
            icon=":material/add:",
            key="tr.more",
            disabled=count >= MOST_SCHEMES,
            on_click=_edit_schemes,
            args=(lambda now: (*now, Scheme("orthogonal")),),
        )
        st.button(
            "One less",
            icon=":material/remove:",
            key="tr.less",
            disabled=count <= 1,
            on_click=_edit_schemes,
            args=(lambda now: now[:-1],),
        )
    st.caption(
        "Biases start at zero; with torch's default they are drawn as torch draws them, and with a "
        "constant they are that constant too."
    )


def _edit_schemes(change: Any) -> None:
    training.edit(lambda checkup: replace(checkup, schemes=change(checkup.schemes)))


def _with(schemes: tuple[Scheme, ...], place: int, scheme: Scheme) -> tuple[Scheme, ...]:
    return (*schemes[:place], scheme, *schemes[place + 1 :])


def _set_scheme(place: int, name: str) -> None:
    _edit_schemes(lambda now: _with(now, place, Scheme(name)))


def _set_scheme_param(place: int, name: str, value: Value) -> None:
    def change(now: tuple[Scheme, ...]) -> tuple[Scheme, ...]:
        old = now[place]
        return _with(now, place, Scheme(old.init, Options({**old.params, name: value})))

    _edit_schemes(change)


# --- header ------------------------------------------------------------------------------------


def header(checkup: Checkup) -> None:
    """Title, log scale, what is worth seeing, link and reset."""
    with top.header("Training", "what goes on inside"):
        _views(checkup, "log")
        top.worth_seeing(PRESETS, "tr", _open)
        _share(checkup)
        top.reset("tr", lambda: training.edit(lambda old: Checkup(show=old.show)))


def _share(checkup: Checkup) -> None:
    link = "This link opens exactly this page."
    if checkup.show == "degree":
        share.share(training, link)
        return
    which = "the first of the contenders" if checkup.show == "start" else "the same"
    exp = checkup.experiments()[0] if checkup.show == "start" else checkup.base
    share.share(training, f"{link} The script trains {which}.", script=as_comparison(exp))


def sections(checkup: Checkup) -> None:
    """The row of sections; what is not seen is not computed."""
    shown = widgets.follow("tr.show", checkup.show)
    st.segmented_control(
        "Section",
        options=VIEWS["show"].choices,
        default=checkup.show,
        required=True,
        key=shown,
        label_visibility="collapsed",
        format_func=VIEWS["show"].name_of,
        on_change=lambda: put(show=st.session_state[shown]),
    )


def _open(preset: Preset[Checkup]) -> None:
    training.edit(lambda _: preset.settings)


def claim(checkup: Checkup) -> None:
    """What to look at in what is worth seeing, also while one tries what other settings do."""
    top.claim(
        PRESETS, "tr", partial(_is, checkup),
        lambda preset: _subject(preset.settings) == _subject(checkup),
    )  # fmt: skip


def _subject(checkup: Checkup) -> tuple[str, str]:
    return checkup.show, checkup.base.dataset


def _is(checkup: Checkup, preset: Preset[Checkup]) -> bool:
    """Whether this is the training of a preset, however it is looked at."""
    plain = Checkup()
    same = {name: getattr(plain, name) for name in LOOKS}
    return replace(checkup, **same) == replace(preset.settings, **same)

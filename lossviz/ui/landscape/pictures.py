"""The controls of the pictures: which planes are drawn, and what each is laid by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from lossviz.registry import Param, Value
from lossviz.survey import PLANES, Survey, View
from lossviz.survey.values import MOST_PICTURES, MOST_VIEWS
from lossviz.survey.views import NAMING
from lossviz.ui import widgets
from lossviz.ui.landscape.kept import landscape


def views(survey: Survey) -> None:
    """A box for each picture: its plane and what the plane is laid by."""
    for place, view in enumerate(survey.views):
        with st.container(border=True, key=f"lv_view_{place}"):
            _view(survey, place, view)
    most = min(MOST_VIEWS, MOST_PICTURES // survey.networks)
    with st.container(horizontal=True):
        st.button(
            "Add a picture",
            icon=":material/add:",
            key="ls.view.add",
            disabled=len(survey.views) >= most,
            on_click=_edit_views,
            args=(lambda s: (*s.views, next_view(s)),),
        )
        st.button(
            "Three random seeds",
            icon=":material/casino:",
            key="ls.view.seeds",
            on_click=_edit_views,
            args=(three_seeds,),
            help="Is one random slice typical? Three of them, side by side.",
        )


def _view(survey: Survey, place: int, view: View) -> None:
    key = f"ls.view{place}"
    widgets.entry_choice(
        PLANES, view.plane, f"Plane {place + 1}", key, partial(_choose_plane, place)
    )
    for param in view.entry.params:
        known = _of_known(param, survey)
        if len(known.choices) == 1:
            continue  # nothing to choose from
        widgets.control(
            known,
            view.params[param.name],
            f"{key}.{view.plane}.{param.name}",
            partial(_plane_option, place, param.name),
        )
    if len(survey.views) > 1:
        st.button(
            "Remove",
            icon=":material/delete:",
            key=f"{key}.drop",
            on_click=_edit_views,
            args=(lambda s: (*s.views[:place], *s.views[place + 1 :]),),
        )


def _of_known(param: Param, survey: Survey) -> Param:
    """A choice of contenders offers only those that are there."""
    if param.name not in NAMING:
        return param
    known = tuple(c for c in param.choices if c in survey.letters or c == "start")
    return replace(param, default=known[0], choices=known, names=())


def _edit_views(change: Callable[[Survey], tuple[View, ...]]) -> None:
    landscape.edit(lambda survey: survey.changed(views=change(survey)))


def _choose_plane(place: int, name: str) -> None:
    def change(survey: Survey) -> tuple[View, ...]:
        views = list(survey.views)
        views[place] = fitting_view(survey, name)
        return tuple(views)

    _edit_views(change)


def _plane_option(place: int, name: str, new: Value) -> None:
    def change(survey: Survey) -> tuple[View, ...]:
        views = list(survey.views)
        views[place] = replace(views[place], params={**views[place].params, name: new})
        return tuple(views)

    _edit_views(change)


def fitting_view(survey: Survey, name: str) -> View:
    """A view of that plane through contenders that are there; Adam's through an Adam."""
    params: dict[str, Value] = {}
    for param in PLANES[name].params:
        if param.name in NAMING and str(param.default) not in survey.letters:
            params[param.name] = "start" if param.name == "c" else survey.letters[-1]
    if name == "adam":
        scaled = [
            letter for letter, one in zip(survey.letters, survey.contenders, strict=True)
            if one.optimizer in ("adam", "adamw")
        ]  # fmt: skip
        params["of"] = (scaled or list(survey.letters))[0]
    return View(name, params)


def next_view(survey: Survey) -> View:
    """The first plane that is not drawn yet, else random directions with a seed of their own."""
    drawn = {view.plane for view in survey.views}
    fresh = next((name for name in PLANES.names() if name not in drawn), "random")
    if fresh != "random" or "random" not in drawn:
        return fitting_view(survey, fresh)
    seeds = [int(v.params["seed"]) for v in survey.views if v.plane == "random"]
    return View("random", {"seed": max(seeds) + 1})


def three_seeds(survey: Survey) -> tuple[View, ...]:
    """Random directions with three seeds that follow each other."""
    first = next((v for v in survey.views if v.plane == "random"), View("random"))
    seed = int(first.params["seed"])
    return tuple(replace(first, params={**first.params, "seed": seed + more}) for more in range(3))

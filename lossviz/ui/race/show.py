"""What the race page shows, computed by the workers and kept for all who ask the same.

The keys are settings, never arrays; what only the view needs is not part of them.
"""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import streamlit as st

from lossviz import engine, registry
from lossviz.course import Course
from lossviz.course.heat import (
    Account,
    Crowd,
    Heat,
    account_of,
    crowd_of,
    heat_of,
    surface_of,
    sweep_of,
)
from lossviz.run.sweep import Sweep
from lossviz.surface import Surface
from lossviz.ui.race import cost

#: So many heats of long races are kept.
MOST_KEPT = 24


def for_heat(course: Course) -> Course:
    """The course as far as its heat depends on it."""
    return replace(
        course,
        contenders=tuple(replace(one, visible=True) for one in course.contenders),
        arrows=(),
        fair=False,
        rates=13,
        lowest=-4.0,
        highest=1.0,
        grid="101",
        three_d=False,
        log=True,
        chosen=0,
    )


def for_sweep(course: Course, contender: int) -> Course:
    """The course as far as the sweep of one contender depends on it."""
    alone = replace(course.contenders[contender], visible=True)
    usual = registry.optimizers[alone.optimizer].param("lr").default
    alone = replace(alone, params={**alone.params, "lr": usual})
    return replace(
        for_heat(replace(course, contenders=(alone,), chosen=0, more=(), fan="none", target=1.0)),
        rates=course.rates,
        lowest=course.lowest,
        highest=course.highest,
    )


@st.cache_resource(max_entries=48, show_spinner=False)
def _heats(key: str, _course: Course) -> Future[Heat]:
    return engine.submit(heat_of, _course)


@st.cache_resource(max_entries=48, show_spinner=False)
def _crowds(key: str, _course: Course) -> Future[Crowd]:
    return engine.submit(crowd_of, _course)


@st.cache_resource(max_entries=96, show_spinner=False)
def _accounts(key: str, _course: Course, contender: int) -> Future[Account]:
    return engine.submit(account_of, _course, contender)


@st.cache_resource(max_entries=96, show_spinner=False)
def _surfaces(key: str, _course: Course) -> Future[Surface]:
    return engine.submit(surface_of, _course)


@st.cache_resource(max_entries=384, show_spinner=False)
def _sweeps(key: str, _course: Course) -> Future[tuple[Sweep, ...]]:
    return engine.submit(sweep_of, _course)


@st.cache_resource(max_entries=1, show_spinner=False)
def _kept() -> OrderedDict[str, Heat]:
    return OrderedDict()


def keep(course: Course, heat: Heat) -> None:
    """Remember the heat of a long race that took all its steps, for `finished`."""
    kept = _kept()
    kept[heat_key(course)] = heat
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def finished(course: Course) -> Heat | None:
    """The heat of a long race that somebody has waited for, or None."""
    return _kept().get(heat_key(course))


def heat_key(course: Course) -> str:
    """What the contenders' ways from the first start depend on, as text."""
    alone = replace(
        for_heat(course), start=course.begin(), start_seed=0, more=(), fan="none", fan_count=16,
        fan_size=0.1, seeds=1, frame=None,
    )  # fmt: skip
    return repr(alone)


def heat_begun(course: Course) -> Future[Heat]:
    """All contenders' ways from the first start."""
    return _begun(_heats, heat_key(course), course)


def crowd_begun(course: Course) -> Future[Crowd]:
    """Their ways from the further starts, and over the seeds."""
    if not cost.replicas(course) or cost.left_out(course):
        nothing: Future[Crowd] = Future()
        nothing.set_result(Crowd())
        return nothing
    return _begun(_crowds, repr(replace(for_heat(course), target=1.0)), course)


def account_begun(course: Course, contender: int) -> Future[Account]:
    """What one contender did, step by step."""
    alone = (course.contenders[contender],)
    own = replace(course, contenders=alone, chosen=0)
    return _begun(_accounts, heat_key(own), own, 0)


def surface_begun(course: Course) -> Future[Surface]:
    """The function over the window."""
    key = repr((course.function, course.params, course.window(), course.grid))
    return _begun(_surfaces, key, course)


def sweep_begun(course: Course, contender: int) -> Future[tuple[Sweep, ...]]:
    """One contender with every learning rate of the sweep."""
    alone = for_sweep(course, contender)
    return _begun(_sweeps, repr(alone), alone)


def _begun(cached: Any, *arguments: Any) -> Future[Any]:
    """The future of these arguments; one that failed or was cancelled is begun anew."""
    future: Future[Any] = cached(*arguments)
    if future.done() and (future.cancelled() or future.exception() is not None):
        cached.clear(*arguments)
        future = cached(*arguments)
    return future

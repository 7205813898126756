"""What the race page shows, computed by the workers and kept for all who ask the same.

The keys are settings, never arrays; what only the view needs is not part of them. What takes long
is kept on disk too, and so is there at once after a restart.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lossviz import engine, registry
from lossviz.course import Course
from lossviz.course.heat import (
    Account,
    Arrows,
    Crowd,
    Fan,
    Heat,
    Trace,
    account_of,
    crowd_of,
    heat_of,
    surface_of,
    sweep_of,
)
from lossviz.curvature.why import Fact, Why
from lossviz.run.sweep import Sweep
from lossviz.run.worked import Line, Worked
from lossviz.surface import Surface
from lossviz.ui.begun import begun
from lossviz.ui.race import cost
from lossviz.ui.shelf import Shelf

#: So many heats of long races are kept.
MOST_KEPT = 24
#: What is expected to take longer (seconds) is kept on disk.
WORTH = 2.0
#: One contender by itself, and what explains each of its steps, takes so many times as long as its
#: share of a race.
EXPLAINED = 3.0

for _kind in (Heat, Trace, Arrows, Crowd, Fan, Account, Why, Fact, Worked, Line, Sweep):
    engine.storable(_kind)


def for_heat(course: Course) -> Course:
    """The course as far as its heat depends on it."""
    return replace(
        course,
        contenders=tuple(replace(one, visible=True) for one in course.contenders),
        arrows=(),
        fair=False,
        rates=Course.rates,
        lowest=Course.lowest,
        highest=Course.highest,
        grid=Course.grid,
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
    return _worked_out(f"crowd {key}", cost.crowd(_course), crowd_of, _course)


@st.cache_resource(max_entries=96, show_spinner=False)
def _accounts(key: str, _course: Course, contender: int) -> Future[Account]:
    seconds = EXPLAINED * cost.alone(_course)
    return _worked_out(f"account {key}", seconds, account_of, _course, contender)


@st.cache_resource(max_entries=96, show_spinner=False)
def _surfaces(key: str, _course: Course) -> Future[Surface]:
    return engine.submit(surface_of, _course)


@st.cache_resource(max_entries=384, show_spinner=False)
def _sweeps(key: str, _course: Course) -> Future[tuple[Sweep, ...]]:
    return _worked_out(f"sweep {key}", cost.swept(_course), sweep_of, _course)


def _worked_out(
    key: str, seconds: float, function: Callable[..., Any], *arguments: Any
) -> Future[Any]:
    """What a worker finds out, or what was found out before where that took long."""
    if seconds <= WORTH:
        return engine.submit(function, *arguments)
    known = engine.recall(key)
    if known is not None:
        ready: Future[Any] = Future()
        ready.set_result(known)
        return ready
    future = engine.submit(function, *arguments)
    future.add_done_callback(partial(_keep_result, key))
    return future


def _keep_result(key: str, future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        engine.keep(key, future.result())


@st.cache_resource(max_entries=1, show_spinner=False)
def _kept() -> Shelf[Heat]:
    return Shelf(MOST_KEPT)


def keep(course: Course, heat: Heat) -> None:
    """Remember the heat of a long race that took all its steps, for `finished`."""
    key = heat_key(course)
    _kept().put(key, heat)
    engine.keep(_on_disk(key), heat)


def finished(course: Course) -> Heat | None:
    """The heat of a long race that somebody has waited for, now or before the last restart."""
    key = heat_key(course)
    found = _kept().get(key)
    if found is None:
        found = engine.recall(_on_disk(key))
        if found is not None:
            _kept().put(key, found)
    return found


def _on_disk(key: str) -> str:
    return f"heat {key}"


def heat_key(course: Course) -> str:
    """What the contenders' ways from the first start depend on, as text."""
    alone = replace(
        for_heat(course), start=course.begin(), start_seed=0, more=(), fan="none", fan_count=16,
        fan_size=0.1, seeds=1, frame=None,
    )  # fmt: skip
    return repr(alone)


def heat_begun(course: Course) -> Future[Heat]:
    """All contenders' ways from the first start."""
    return begun(_heats, heat_key(course), course)


def crowd_begun(course: Course) -> Future[Crowd]:
    """Their ways from the further starts, and over the seeds."""
    if not cost.replicas(course) or cost.left_out(course):
        nothing: Future[Crowd] = Future()
        nothing.set_result(Crowd())
        return nothing
    return begun(_crowds, repr(replace(for_heat(course), target=1.0)), course)


def account_begun(course: Course, contender: int) -> Future[Account]:
    """What one contender did, step by step."""
    alone = (course.contenders[contender],)
    own = replace(course, contenders=alone, chosen=0)
    return begun(_accounts, heat_key(own), own, 0)


def surface_begun(course: Course) -> Future[Surface]:
    """The function over the window."""
    key = repr((course.function, course.params, course.window(), course.grid))
    return begun(_surfaces, key, course)


def sweep_begun(course: Course, contender: int) -> Future[tuple[Sweep, ...]]:
    """One contender with every learning rate of the sweep."""
    alone = for_sweep(course, contender)
    return begun(_sweeps, repr(alone), alone)

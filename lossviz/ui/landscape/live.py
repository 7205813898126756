"""The living part of the landscape page: the stage, and what is said about it.

Everything is asked of the session's bench. What takes long comes coarsely first: a fragment of the
page looks at the bench now and then and shows what is new, until all is there.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import streamlit as st

from lossviz.survey import Survey
from lossviz.ui import widgets
from lossviz.ui.flush import flushed
from lossviz.ui.landscape import between, controls, report, scene
from lossviz.ui.landscape.kept import landscape
from lossviz.ui.landscape.look import Found, Trouble, look
from lossviz.ui.landscape.tasks import Bench, Item
from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import scene_message
from lossviz.ui.style import mode
from lossviz.ui.words import duration

#: How often (seconds) the page looks for what is new.
LOOK = 0.5
#: So long (seconds) a page waits, in all, for what may be there in a moment.
PATIENCE = 0.6
#: What a picture cannot do without.
MAIN = ("runs", "slice", "surface")
#: From so many seconds on the time that is left is worth a word.
WORTH_SAYING = 1.5

STAGE, MESSAGE, BENCH = "ls.stage", "ls.message", "ls.bench"


def bench() -> Bench:
    """The tasks of this session."""
    own: Bench = st.session_state.setdefault(BENCH, Bench())
    return own


def begin(survey: Survey) -> None:
    """Let the workers begin while the page is being drawn; what is wrong is said later."""
    with suppress(*Trouble):
        look(survey, bench())


def show_survey(survey: Survey) -> None:
    """Everything below the cards; what is wrong with the settings is said here."""
    own = bench()
    try:
        _patiently(survey, own)
    except Trouble as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    finally:
        own.sweep()
    waiting = own.busy
    # Always the same fragment at the same place, so that the stage is never mounted anew.
    st.fragment(_draw, run_every=LOOK if waiting else None)(survey, waiting)


def _patiently(survey: Survey, own: Bench) -> Found:
    """What there is, after a moment in which quick things become ready."""
    left = PATIENCE
    while True:
        found = look(survey, own)
        waited = own.wait(MAIN, left) if left > 0 else 0.0
        if not waited:
            return found
        left -= waited


def _draw(survey: Survey, waiting: bool) -> None:
    """The fragment: one look at what there is."""
    if landscape.current() != survey:
        landscape.rerun()  # an event of the stage changed the settings: the whole page follows
    own = bench()
    try:
        found = look(survey, own)
    except Trouble as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    finally:
        own.sweep()
    # Asked once: what comes to its end from here on is not in this picture yet.
    running = own.standing("running")
    if waiting and not running:
        landscape.rerun()  # all is there: this fragment stops running by itself
    with st.container(key="lv_progress"):
        _say_waiting(own, running)
        for sentence in found.troubles:
            st.warning(widgets.plain(sentence), icon=":material/info:")
    _put(found)
    report.say(found)
    between.show(found)
    report.say_more(found)
    flushed()  # the next look begins soon, and must not take away what this one has drawn


def _put(found: Found) -> None:
    """Mount the stage with what there is, or else with its last message."""
    if found.sight.runs:
        shown = scene.scene_of(found.sight, mode())
        st.session_state[MESSAGE] = scene_message(shown)
        surface = shown.surface
        st.session_state[controls.RANGE] = surface.range if surface is not None else None
    message = st.session_state.get(MESSAGE)
    if message is None:
        return
    with st.container(key="lv_stage"):
        stage(
            message,
            key=STAGE,
            on_visible=controls.hide,
            on_view=lambda view: controls.put(three_d=view == "3d"),
        )


def _say_waiting(own: Bench, running: list[Item]) -> None:
    """How far everything is that goes on, with a button to end it."""
    if running:
        shares, left = zip(*(item.task.progress() for item in running), strict=True)
        words = list(dict.fromkeys(item.words for item in running))
        longest = max((s for s in left if np.isfinite(s)), default=np.nan)
        time = f", about {duration(longest)} left" if longest > WORTH_SAYING else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(float(np.mean(shares)), f"{'; '.join(words)}{time}")
            st.button("Cancel", key="ls.cancel", icon=":material/stop:", on_click=own.cancel)
    elif own.standing("cancelled"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                "Cancelled; what was done is kept, and coarse pictures stay coarse.",
                icon=":material/pause_circle:",
            )
            st.button("Go on", key="ls.resume", icon=":material/play_arrow:", on_click=own.resume)

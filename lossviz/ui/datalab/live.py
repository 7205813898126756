"""The living part of the data page: what is computed, and the step that is shown.

A table is looked through while the page waits. The effect on training may take seconds: then a
fragment of the page looks at it now and then, says how far it is, and shows the last picture until
the next one is there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from lossviz import engine
from lossviz.datalab import DataLab, Effect, Seen
from lossviz.datalab.effect import gathered
from lossviz.datalab.pairs import STATES
from lossviz.registry import SettingError
from lossviz.ui import widgets
from lossviz.ui.datalab import panels, show, upload
from lossviz.ui.datalab.kept import data
from lossviz.ui.datalab.onward import onward

CSS = Path(__file__).with_name("data.css")

#: How long (seconds) the page waits for the effect before it says so, and how often it looks then.
PATIENCE = 0.5
LOOK = 0.3

#: The session's key of the effect that was shown last with its settings, and of the work under way.
SHOWN, TASKS = "dl.shown", "dl.tasks"

#: What a person is told instead of a traceback.
Trouble = (SettingError, engine.WorkerDiedError)


def begin(lab: DataLab) -> Seen | str:
    """What is shown of the data, or why there is nothing; the effect is begun beside it."""
    _leave(lab)
    if lab.uploaded and (upload.reading() or upload.own(lab) is None):
        return upload.asked_for(lab)
    try:
        begun = show.seen_begun(lab)
        if lab.section == "effect":
            show.pairs_begun(lab)
        seen: Seen = begun.result()
    except Trouble as error:
        return str(error)
    return seen


def _wait_for_file() -> None:
    """The fragment that looks whether a file has been read."""
    st.markdown(f"{panels.BUSY} {widgets.plain(upload.reading())} is being read.")
    if upload.arrived():
        data.rerun()


def show_lab(lab: DataLab, seen: Seen | str) -> None:
    """The step that was chosen, or a sentence in its place."""
    st.html(CSS)
    if lab.uploaded and upload.reading():
        st.fragment(_wait_for_file, run_every=LOOK)()
        return
    if isinstance(seen, str):
        if lab.uploaded and upload.own(lab) is None and not upload.refused():
            st.info(widgets.plain(seen), icon=":material/upload_file:")
        else:
            _say_trouble(seen)
        return
    if lab.section == "effect":
        _show_effect(lab)
    else:
        {"look": panels.look, "clean": panels.clean, "scale": panels.scale}[lab.section](lab, seen)
    onward(lab, seen)


# --- the effect ----------------------------------------------------------------------------------


def _show_effect(lab: DataLab) -> None:
    try:
        waiting = isinstance(effect_of_begun(lab, PATIENCE), str)
    except Trouble as error:
        _say_trouble(error)
        return
    # Always the same fragment at the same place, so that the stage is never mounted anew.
    st.fragment(_draw, run_every=LOOK if waiting else None)(lab, waiting)


def _draw(lab: DataLab, waiting: bool) -> None:
    """The fragment: one look at what there is."""
    if data.current() != lab:
        data.rerun()  # an event of the stage changed the settings: the whole page follows
    try:
        found = effect_of_begun(lab, 0.0 if waiting else PATIENCE)
    except Trouble as error:
        _say_trouble(error)
        return
    if isinstance(found, Effect):
        if waiting:
            data.rerun()  # all is there: this fragment stops running by itself
        st.session_state[SHOWN] = lab, found
        panels.effect(lab, found)
        return
    before: tuple[DataLab, Effect] | None = st.session_state.get(SHOWN)
    if before is None:
        panels.nothing_yet(found)
        return
    view = {name: getattr(lab, name) for name in show.VIEW}
    panels.effect(replace(before[0], **view), before[1], f"{found} Below: the picture before.")


def effect_of_begun(lab: DataLab, patience: float) -> Effect | str:
    """What cleaning and scaling do to training, or how far that is, in a sentence.

    Args:
        lab: The settings.
        patience: How long to wait for it, in seconds.

    Raises:
        SettingError: When there is nothing to train on.
    """
    end = time.monotonic() + patience
    pairs = show.pairs_begun(lab)
    if not _done([pairs], end):
        return "The data are being made ready."
    cases = show.cases_begun(lab, pairs.result())
    st.session_state[TASKS] = show.for_effect(lab), cases
    done = _done(cases, end)
    if done < len(cases):
        states = f"{', '.join(STATES[:-1])} and {STATES[-1]}"
        return f"Training on the {states} data: {done} of {len(cases)} done."
    return gathered(pairs.result(), (case.result() for case in cases))


def _done(futures: Sequence[Future[Any]], end: float) -> int:
    """Wait until a time for these, and count those that are there; raises what one failed with."""
    done = wait(futures, timeout=max(0.0, end - time.monotonic())).done
    # What another session let go is cancelled, and is begun anew at the next look.
    found = [future for future in done if not future.cancelled()]
    for future in found:
        future.result()
    return len(found)


def _leave(lab: DataLab) -> None:
    """Let go of work that has not begun and that nobody here waits for any more."""
    before = st.session_state.get(TASKS)
    if before is None or (lab.section == "effect" and before[0] == show.for_effect(lab)):
        return
    for future in st.session_state.pop(TASKS)[1]:
        engine.drop(future)


def forget() -> None:
    """Drop all that came of the session's own table."""
    show.forget()
    before: tuple[DataLab, Effect] | None = st.session_state.get(SHOWN)
    if before is not None and before[0].uploaded:
        st.session_state.pop(SHOWN)


def _say_trouble(error: Exception | str) -> None:
    st.error(widgets.plain(str(error)), icon=":material/error:")

"""The living part of the data page: what is computed, and the step that is shown."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from lossviz import engine
from lossviz.datalab import DataLab, Effect, Seen
from lossviz.registry import SettingError
from lossviz.ui import widgets
from lossviz.ui.datalab import panels, show, upload

CSS = Path(__file__).with_name("data.css")


def begin(lab: DataLab) -> Seen | str:
    """What is shown of the data, or why there is nothing; the effect is begun beside it."""
    if lab.uploaded and upload.own(lab) is None:
        return upload.asked_for(lab)
    try:
        begun = show.seen_begun(lab)
        if lab.section == "effect":
            show.effect_begun(lab)
        return begun.result()
    except (SettingError, engine.WorkerDiedError) as error:
        return str(error)


def show_lab(lab: DataLab, seen: Seen | str) -> None:
    """The step that was chosen, or a sentence in its place."""
    st.html(CSS)
    if isinstance(seen, str):
        waiting = lab.uploaded and upload.own(lab) is None
        (st.info if waiting else st.error)(
            widgets.plain(seen),
            icon=":material/upload_file:" if waiting else ":material/error:",
        )
        return
    if lab.section == "effect":
        _effect(lab)
    else:
        {"look": panels.look, "clean": panels.clean, "scale": panels.scale}[lab.section](lab, seen)


def _effect(lab: DataLab) -> None:
    try:
        found: Effect = show.effect_begun(lab).result()
    except (SettingError, engine.WorkerDiedError) as error:
        st.error(widgets.plain(str(error)), icon=":material/error:")
        return
    panels.effect(lab, found)

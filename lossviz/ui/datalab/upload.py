"""The file of a person's own: read once, kept for this session alone, and forgotten on demand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace

import streamlit as st

from lossviz import engine
from lossviz.datalab import LIMITS, DataLab, Table, digest_of, read_table
from lossviz.datalab.lab import UPLOAD, plain_name
from lossviz.datalab.limits import MOST_BYTES
from lossviz.registry import SettingError
from lossviz.ui import widgets
from lossviz.ui.datalab.kept import data

#: The session's keys: the table, what was wrong with a file, the file that is being read, the name
#: of one that was taken away, and the number of uploaders.
TABLE, WRONG, READING = "dl.table", "dl.wrong", "dl.reading"
TAKEN_AWAY, TURN = "dl.taken_away", "dl.turn"
KINDS = ("csv", "tsv", "txt")
#: How long (seconds) a file is waited for before the page says that it is being read.
PATIENCE = 0.5


@dataclass(frozen=True, eq=False)
class Own:
    """A table of the session's own, and what tells its contents."""

    table: Table
    digest: str


@dataclass(frozen=True, eq=False)
class Reading:
    """A file that is being read."""

    name: str
    digest: str
    begun: Future[Table]


def kept() -> Own | None:
    """The session's table, whatever the settings ask for."""
    found: Own | None = st.session_state.get(TABLE)
    return found


def own(lab: DataLab) -> Own | None:
    """The session's table, where the settings ask for it; None where they mean another file."""
    found = kept()
    if found is None or not lab.uploaded:
        return None
    return found if lab.digest in ("", found.digest) else None


def refused() -> bool:
    """Whether the last file could not be read."""
    return WRONG in st.session_state


def uploader(lab: DataLab, on_forget: Callable[[], None]) -> None:
    """The box that takes a file, what was wrong with the last one, and what is there.

    Args:
        lab: The settings.
        on_forget: Drops all that was computed of the table.
    """
    key = f"dl.file.{st.session_state.get(TURN, 0)}"
    st.file_uploader(
        "CSV file",
        type=KINDS,
        key=key,
        help=f"{LIMITS} The file is read here, kept for this session only, and never run.",
        max_upload_size=MOST_BYTES // 1_000_000,
        on_change=_taken,
        args=(key,),
    )
    wrong = st.session_state.get(WRONG)
    if wrong:
        st.error(widgets.plain(wrong), icon=":material/error:")
    found = own(lab)
    if found is None:
        st.caption(LIMITS)
        return
    st.caption(
        f"{widgets.plain(found.table.name)}: {found.table.rows:,} rows, kept until you leave."
    )
    st.button(
        "Forget the file",
        icon=":material/delete:",
        key="dl.forget",
        on_click=_forget,
        args=(on_forget,),
        help="Take the table out of this session's memory.",
    )


def asked_for(lab: DataLab) -> str:
    """What to upload, in a sentence, where the settings need a file that is not here."""
    if WRONG in st.session_state:
        return f"{st.session_state[WRONG]} Choose another file in the sidebar."
    if lab.file and lab.file == st.session_state.get(TAKEN_AWAY):
        return (
            f"The file {lab.file!r} was taken away. Choose it again in the sidebar, or another one."
        )
    if lab.file:
        return (
            f"This link was made with the file {lab.file!r}. A link holds settings, never a file: "
            "upload it again in the sidebar, and all settings of the link hold for it."
        )
    return f"Choose a file in the sidebar. {LIMITS}"


def _taken(key: str) -> None:
    """A file was chosen, or taken away."""
    sent = st.session_state.get(key)
    st.session_state.pop(WRONG, None)
    _read_no_more()
    if sent is None:
        before: Own | None = st.session_state.pop(TABLE, None)
        if before is not None:
            st.session_state[TAKEN_AWAY] = before.table.name
        return
    content = sent.getvalue()
    begun = engine.submit(read_table, content, sent.name)
    st.session_state[READING] = Reading(plain_name(sent.name), digest_of(content), begun)
    wait([begun], timeout=PATIENCE)
    arrived()


def reading() -> str:
    """The name of the file that is being read; empty where there is none."""
    found: Reading | None = st.session_state.get(READING)
    return found.name if found else ""


def arrived() -> bool:
    """Whether the file has been read; it is then the session's table, or what is wrong is told."""
    found: Reading | None = st.session_state.get(READING)
    if found is None or not found.begun.done():
        return False
    st.session_state.pop(READING)
    try:
        table = replace(found.begun.result(), name=found.name)
    except (SettingError, engine.WorkerDiedError) as error:
        st.session_state.pop(TABLE, None)
        st.session_state[WRONG] = str(error)
        return True
    st.session_state[TABLE] = Own(table, found.digest)
    data.edit(lambda lab: named(lab, found.name, found.digest))
    return True


def _read_no_more() -> None:
    before: Reading | None = st.session_state.pop(READING, None)
    if before is not None:
        engine.drop(before.begun)


def named(lab: DataLab, name: str, digest: str) -> tuple[DataLab, tuple[str, ...]]:
    """The lab with a file that has come; names of columns stay for the file they were chosen for.

    >>> named(DataLab(source="upload", target="price"), "houses.csv", "ab")[0].target
    'price'
    """
    name = plain_name(name)
    if not lab.digest or lab.digest == digest:
        return replace(lab, source=UPLOAD, params={}, file=name, digest=digest), ()
    said: tuple[str, ...] = ()
    if lab.file == name:
        said = (f"{name!r} has other contents than before; all settings hold for it as it is now.",)
    else:
        lab = replace(lab, target="", first="", second="")
    return replace(lab, file=name, digest=digest), said


def _forget(on_forget: Callable[[], None]) -> None:
    """Take the session's table out of memory, and all that came of it."""
    on_forget()
    _read_no_more()
    for key in (TABLE, WRONG, TAKEN_AWAY):
        st.session_state.pop(key, None)
    # A new uploader: the old one would go on showing the file's name.
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    data.edit(lambda lab: replace(lab, file="", digest="", target="", first="", second=""))

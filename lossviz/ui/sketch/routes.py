"""The sketch's own files, served beside Streamlit."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import Mount

from lossviz.ui.folders import Folder, address_of, mounts

STATIC = Path(__file__).parent / "static"


def sketch_path() -> str:
    """Where the sketch's files are, from the server's root."""
    return address_of(STATIC, "sketch")


def routes(base: str | None = None) -> list[Mount]:
    """The mounts for `st.App(..., routes=routes())`; `base` is by default `server.baseUrlPath`."""
    return mounts({sketch_path(): Folder(STATIC)}, base)

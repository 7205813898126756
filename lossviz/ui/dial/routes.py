"""The dial's own files, served beside Streamlit."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import Mount

from lossviz.ui.folders import Folder, address_of, mounts

STATIC = Path(__file__).parent / "static"


def dial_path() -> str:
    """Where the dial's files are, from the server's root."""
    return address_of(STATIC, "dial")


def routes(base: str | None = None) -> list[Mount]:
    """The mounts for `st.App(..., routes=routes())`; `base` is by default `server.baseUrlPath`."""
    return mounts({dial_path(): Folder(STATIC)}, base)

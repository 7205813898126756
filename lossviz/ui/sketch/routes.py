"""The sketch's own files, served beside Streamlit and cached for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.routing import Mount

from lossviz.ui.stage.routes import Shelf

STATIC = Path(__file__).parent / "static"


@cache
def sketch_path() -> str:
    """Where the sketch's files are, from the server's root; it changes with their contents."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(STATIC.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return f"/lossviz/{digest.hexdigest()}/sketch"


def routes(base: str | None = None) -> list[Mount]:
    """The mounts for `st.App(..., routes=routes())`; `base` is by default `server.baseUrlPath`."""
    if base is None:
        from streamlit import config

        base = str(config.get_option("server.baseUrlPath") or "")
    prefix = f"/{base.strip('/')}".rstrip("/")
    return [Mount(prefix + sketch_path(), app=Shelf(STATIC, [p.name for p in STATIC.iterdir()]))]

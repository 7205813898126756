"""The stage's own files and Plotly's JavaScript, served beside Streamlit."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from starlette.routing import Mount

from lossviz.ui.folders import Folder, address_of, mounts

STATIC = Path(__file__).parent / "static"


def stage_path() -> str:
    """Where the stage's modules are, from the server's root."""
    return address_of(STATIC, "stage")


def plotly_path() -> str:
    """Where plotly.min.js is, from the server's root."""
    return f"/lossviz/{version('plotly')}/plotly"


def routes(base: str | None = None) -> list[Mount]:
    """The mounts for `st.App(..., routes=routes())`; `base` is by default `server.baseUrlPath`."""
    plotly = Path(str(files("plotly") / "package_data"))
    return mounts(
        {stage_path(): Folder(STATIC), plotly_path(): Folder(plotly, ("plotly.min.js",))}, base
    )

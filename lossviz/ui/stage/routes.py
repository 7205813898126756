"""The stage's own files and Plotly's JavaScript, served beside Streamlit and cached for good.

Every address holds a hash of the contents (or Plotly's version), so a browser may keep a file for a
year and still sees a new one at once.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@cache
def stage_path() -> str:
    """Where the stage's modules are, from the server's root."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(STATIC.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return f"/lossviz/{digest.hexdigest()}/stage"


@cache
def plotly_path() -> str:
    """Where plotly.min.js is, from the server's root."""
    return f"/lossviz/{version('plotly')}/plotly"


def routes(base: str | None = None) -> list[Mount]:
    """The mounts for `st.App(..., routes=routes())`; `base` is by default `server.baseUrlPath`."""
    if base is None:
        from streamlit import config

        base = str(config.get_option("server.baseUrlPath") or "")
    prefix = f"/{base.strip('/')}".rstrip("/")
    plotly = Path(str(files("plotly") / "package_data"))
    return [
        Mount(prefix + stage_path(), app=Shelf(STATIC, sorted(p.name for p in STATIC.iterdir()))),
        Mount(prefix + plotly_path(), app=Shelf(plotly, ["plotly.min.js"])),
    ]


class Shelf:
    """A few named files of one folder, kept in memory and compressed once."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.folder = folder
        self.names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: the file, or a plain 404 or 405."""
        response = await self.answer(Request(scope))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """The file named by the last part of the address."""
        name = request.url.path.rsplit("/", 1)[-1]
        if name not in self.names:
            return PlainTextResponse("Not found", 404)
        if request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("Method not allowed", 405, {"Allow": "GET, HEAD"})
        squeezed = "gzip" in request.headers.get("accept-encoding", "")
        body = await run_in_threadpool(_contents, self.folder / name, squeezed)
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if squeezed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, 200, headers, TYPES[Path(name).suffix])


@cache
def _contents(file: Path, squeezed: bool) -> bytes:
    body = file.read_bytes()
    return gzip.compress(body, 6) if squeezed else body

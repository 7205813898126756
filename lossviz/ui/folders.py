"""Folders of files served beside Streamlit, which a browser may keep for good.

Every address holds a hash of the contents (or a version), so a browser may keep a file for a year
and still sees a new one at once.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@cache
def address_of(folder: Path, name: str) -> str:
    """Where a folder's files are, from the server's root; it changes with their contents."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return f"/lossviz/{digest.hexdigest()}/{name}"


def mounts(folders: Mapping[str, Folder], base: str | None) -> list[Mount]:
    """The folders at their addresses, below ``base``, by default ``server.baseUrlPath``."""
    if base is None:
        from streamlit import config

        base = str(config.get_option("server.baseUrlPath") or "")
    prefix = f"/{base.strip('/')}".rstrip("/")
    return [Mount(prefix + address, app=folder) for address, folder in folders.items()]


class Folder:
    """Some named files of one folder, kept in memory and compressed once.

    Args:
        place: The folder.
        names: The files, by default all that are there now; no other is ever opened.
    """

    def __init__(self, place: Path, names: tuple[str, ...] = ()) -> None:
        self.place = place
        self.names = frozenset(names or (file.name for file in place.iterdir()))

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
        body = await run_in_threadpool(_contents, self.place / name, squeezed)
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if squeezed:
            headers["Content-Encoding"] = "gzip"
        return Response(body, 200, headers, TYPES[Path(name).suffix])


@cache
def _contents(file: Path, squeezed: bool) -> bytes:
    body = file.read_bytes()
    return gzip.compress(body, 6) if squeezed else body

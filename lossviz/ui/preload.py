"""Tell the browser with the page itself what it will need, so that it fetches all at once.

Without it the modules of the stage and the dials are asked for only when Streamlit's own scripts
have run, the session is connected and the first message has come. Plotly's 4.8 MB, of use only when
somebody asks for 3-D, are fetched when the line has nothing better to do.
"""

from __future__ import annotations

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from lossviz.ui.dial.routes import STATIC as DIAL
from lossviz.ui.dial.routes import dial_path
from lossviz.ui.stage.routes import STATIC as STAGE
from lossviz.ui.stage.routes import plotly_path, stage_path


def links(base: str) -> str:
    """The value of the ``Link`` header: the stage and the dials now, Plotly later."""
    plotly = f"<{base}{plotly_path()}/plotly.min.js>; rel=prefetch; as=script"
    modules = [
        f"<{base}{path()}/{file.name}>; rel=modulepreload"
        for path, folder in ((stage_path, STAGE), (dial_path, DIAL))
        for file in sorted(folder.glob("*.js"))
    ]
    return ", ".join([*modules, plotly])


def here(base: str) -> bytes:
    """A script that tells Streamlit where its server is.

    Opened at a page of its own, say ``/race``, Streamlit would first look for the server below that
    address; the browser would note two errors, and the first picture would wait for the answers.
    """
    where = f"location.origin + {json.dumps(f'{base}/')}"
    return (
        f"<script>window.__streamlit = {{BACKEND_BASE_URL: {where}, "
        f"...window.__streamlit}};</script>"
    ).encode()


class Preload:
    """Adds the header, and the script, to every HTML page that the server answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        base = str(config.get_option("server.baseUrlPath") or "").strip("/")
        base = f"/{base}" if base else ""
        self.links = links(base)
        self.here = here(base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and wants_page(scope):
            await self.app(as_it_stands(scope), receive, self._page(send))
        else:
            await self.app(scope, receive, send)

    def _page(self, send: Send) -> Send:
        """A ``send`` that holds a page back until it is whole, and changes it then."""
        begun: list[Message] = []
        body = bytearray()

        async def change(message: Message) -> None:
            if message["type"] == "http.response.start":
                if is_page(message):
                    begun.append(message)
                    return
            elif begun and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                start = begun.pop()
                whole = bytes(body).replace(b"<head>", b"<head>" + self.here, 1)
                headers = MutableHeaders(scope=start)
                headers["Link"] = self.links
                if whole:  # a request for the headers alone has none
                    headers["Content-Length"] = str(len(whole))
                await send(start)
                message = {**message, "body": whole}
            await send(message)

        return change


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for a page, not for one of the files that belong to it."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def as_it_stands(scope: Scope) -> Scope:
    """The request without leave to pack the answer, which could not be changed then."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": kept}


def is_page(start: Message) -> bool:
    """Whether a response begins here that is an HTML page."""
    return MutableHeaders(scope=start).get("content-type", "").startswith("text/html")

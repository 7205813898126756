"""Tell the browser with the page itself what it will need, so that it fetches all at once.

Without it the modules of the stage and the dials are asked for only when Streamlit's own scripts
have run, the session is connected and the first message has come. Plotly's 4.8 MB, of use only when
somebody asks for 3-D, are fetched when the line has nothing better to do.
"""

from __future__ import annotations

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


class Preload:
    """Adds the header to every HTML page that the server answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        base = str(config.get_option("server.baseUrlPath") or "").strip("/")
        self.links = links(f"/{base}" if base else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def with_links(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Link"] = self.links
            await send(message)

        await self.app(scope, receive, with_links if scope["type"] == "http" else send)

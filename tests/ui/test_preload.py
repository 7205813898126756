"""The page that the server answers with, as a browser asks for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from lossviz.ui.preload import Preload, here

PAGE = "<!doctype html><html><head><title>a page</title></head><body>" + "x" * 2000 + "</body>"


async def page(request: Request) -> Response:
    return HTMLResponse(PAGE)


async def streamed(request: Request) -> Response:
    return StreamingResponse(iter([PAGE[:20], PAGE[20:]]), media_type="text/html")


async def text(request: Request) -> Response:
    return PlainTextResponse("x" * 2000)


def answer(path: str, accept: str = "text/html,*/*") -> tuple[dict[str, str], bytes]:
    inner = Starlette(routes=[Route("/", page), Route("/race", streamed), Route("/text", text)])
    app = Preload(GZipMiddleware(inner))
    sent: list[Message] = []
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "server": ("here", 80), "client": ("there", 1),
        "headers": [(b"accept", accept.encode()), (b"accept-encoding", b"gzip")],
    }  # fmt: skip

    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in asked:
            return message
        await asyncio.sleep(60)  # the browser stays
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(app(scope, receive, send))).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_page_tells_what_it_needs_and_where_its_server_is():
    for path in ("/", "/race"):
        headers, body = answer(path)
        assert body == PAGE.encode().replace(b"<head>", b"<head>" + here(""))
        assert headers["content-length"] == str(len(body))
        assert "modulepreload" in headers["link"]
        assert "plotly.min.js>; rel=prefetch" in headers["link"]


def test_other_answers_are_left_as_they_are():
    headers, body = answer("/text", accept="*/*")
    assert headers["content-encoding"] == "gzip"
    assert "link" not in headers
    headers, body = answer("/text")
    assert body == b"x" * 2000
    assert "link" not in headers


def test_the_script_names_the_folder_of_the_server():
    assert b'location.origin + "/teach/"' in here("/teach")

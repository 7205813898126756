"""The app as a server: its routes, its start and end, and what a failing page says."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import app
from lossviz import engine
from lossviz.engine import program
from lossviz.ui import server


def run_alone(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it in a thread of its own: this one may have an event loop (Playwright's) already."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(serve())).result()


def test_the_app_serves_the_stage_the_dial_and_plotly() -> None:
    paths = [getattr(route, "path", "") for route in app.app._user_routes]
    assert any("plotly" in path for path in paths)
    assert any("stage" in path for path in paths)
    assert any("dial" in path for path in paths)
    assert app.FRAME.is_file()


def test_the_workers_live_as_long_as_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(engine, "start", lambda **options: calls.append(options))
    monkeypatch.setattr(engine, "stop", lambda: calls.append("stopped"))
    monkeypatch.setattr(server.gc, "freeze", lambda: calls.append("frozen"))

    async def live() -> None:
        async with server.lifespan(None):
            calls.append("serving")

    run_alone(live)
    assert calls == [{"preload": server.WORKERS}, "frozen", "serving", "stopped"]
    assert set(server.PRELOAD) <= set(sys.modules)


def test_the_workers_stop_when_serving_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(engine, "start", lambda **_: None)
    monkeypatch.setattr(engine, "stop", lambda: calls.append("stopped"))
    monkeypatch.setattr(server.gc, "freeze", lambda: None)

    async def live() -> None:
        async with server.lifespan(None):
            raise RuntimeError("the port is taken")

    with pytest.raises(RuntimeError, match="port"):
        run_alone(live)
    assert calls == ["stopped"]
    assert program.current().inline  # the tests' own work stays in this process


def test_a_failing_page_gives_a_sentence_and_the_log_has_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def page() -> None:
        from lossviz.ui.server import explain

        try:
            _ = 1 / 0
        except ZeroDivisionError as error:
            explain(error)

    with caplog.at_level(logging.ERROR, logger="lossviz"):
        at = AppTest.from_function(page).run()
    assert not at.exception
    (said,) = [error.value for error in at.error]
    assert said.startswith("Something went wrong")
    assert "ZeroDivision" not in said
    assert "Traceback" not in said
    assert "ZeroDivisionError" in caplog.text

"""The end of a run waits until the browser has been sent all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from lossviz.ui import flush


class Loop:
    """An event loop that comes to what it was given a moment later."""

    def __init__(self, *before: Callable[[], None]) -> None:
        self.before = before

    def is_running(self) -> bool:
        return True

    def call_soon_threadsafe(self, call: Callable[[], None]) -> None:
        def turn() -> None:
            for earlier in self.before:
                earlier()
            call()

        threading.Timer(0.03, turn).start()


def serve(monkeypatch: pytest.MonkeyPatch, session: Any) -> None:
    server = SimpleNamespace(get_app_session=lambda name: session)
    monkeypatch.setattr(flush, "get_script_run_ctx", lambda: SimpleNamespace(session_id="one"))
    monkeypatch.setattr(
        flush, "runtime", SimpleNamespace(exists=lambda: True, get_instance=lambda: server)
    )


def test_waits_for_what_is_not_even_in_the_queue_yet(monkeypatch: pytest.MonkeyPatch):
    queue: list[str] = []
    sent: list[str] = []

    def send() -> None:
        sent.extend(queue)
        queue.clear()

    def come() -> None:
        queue.append("drawn")
        threading.Timer(0.05, send).start()

    serve(monkeypatch, SimpleNamespace(_browser_queue=queue, _event_loop=Loop(come)))
    monkeypatch.setattr(flush, "LONGEST", 60)
    flush.flushed()
    assert sent == ["drawn"]


def test_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    looked: list[float] = []
    now = iter(range(10_000))
    serve(monkeypatch, SimpleNamespace(_browser_queue=["stuck"], _event_loop=Loop()))
    clock = SimpleNamespace(monotonic=lambda: next(now) * 0.01, sleep=looked.append)
    monkeypatch.setattr(flush, "time", clock)
    flush.flushed()
    assert 10 < len(looked) <= flush.LONGEST / 0.01


def test_waits_for_a_machine_that_has_more_to_do_than_it_can(monkeypatch: pytest.MonkeyPatch):
    queue, now = ["drawn"], [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 0.1
        if now[0] > 3:
            queue.clear()  # sent at last

    serve(monkeypatch, SimpleNamespace(_browser_queue=queue, _event_loop=Loop()))
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    monkeypatch.setattr(flush, "time", clock)
    flush.flushed()
    assert queue == []


@pytest.mark.parametrize("known", [{}, {"_browser_queue": ["one"]}, {"_event_loop": Loop()}])
def test_waits_a_fixed_time_where_the_queue_is_hidden(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, Any]
):
    slept: list[float] = []
    serve(monkeypatch, SimpleNamespace(**known))
    monkeypatch.setattr(flush, "time", SimpleNamespace(sleep=slept.append))
    flush.flushed()
    assert slept == [flush.BLIND]


def test_does_nothing_without_a_server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waited"))
    flush.flushed()


def test_streamlit_still_has_these_names():
    from streamlit.runtime.app_session import AppSession

    assert {"_browser_queue", "_event_loop"} <= set(AppSession.__init__.__code__.co_names)


def test_a_loop_that_stands_still_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    # Streamlit's own harness for tests has such a loop, which is a mock.
    loop = MagicMock()
    serve(monkeypatch, SimpleNamespace(_browser_queue=["stuck"], _event_loop=loop))
    flush.flushed()
    loop.call_soon_threadsafe.assert_not_called()

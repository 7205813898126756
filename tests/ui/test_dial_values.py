"""The dial's Python side: its stops, what it accepts from a browser, its answers and its files."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from lossviz.registry import Param
from lossviz.ui.dial.component import LARGEST, RESERVE, loader, read_move
from lossviz.ui.dial.routes import STATIC, dial_path, routes
from lossviz.ui.dial.stops import LINEAR_STOPS, decimals, sentence, stops


@st.composite
def params(draw: st.DrawFn) -> Param:
    whole = draw(st.booleans())
    log = draw(st.booleans())
    if whole:
        low = draw(st.integers(1 if log else -1000, 10_000))
        high = low + draw(st.integers(0, 1_000_000))
        default: Any = draw(st.integers(low, high))
    else:
        low = draw(st.floats(1e-16, 1e3) if log else st.floats(-1e3, 1e3))
        high = low * 10 ** draw(st.floats(0, 12)) if log else low + draw(st.floats(1e-6, 1e6))
        default = draw(st.floats(low, high))
    off = draw(st.sampled_from([None, 0.0])) if log else None
    return Param("x", default, low, high, "log" if log else "linear", off=off)


@given(params())
def test_every_stop_is_allowed_and_survives_the_way_there_and_back(param: Param) -> None:
    found = stops(param)
    assert list(found) == sorted(set(found))
    assert {param.low, param.high, param.default} <= set(found)
    assert param.off is None or param.off in found
    for number, stop in enumerate(json.loads(json.dumps(found)), 1):
        assert read_move(param, {"n": number, "v": stop}) == (number, found[number - 1])
        assert isinstance(found[number - 1], int if param.kind == "whole" else float)


@given(params())
def test_stops_are_near_to_each_other(param: Param) -> None:
    found = [s for s in stops(param) if s != param.off]
    if param.scale == "log":
        assert all(b <= a * 1.26 or b - a <= 1 for a, b in pairwise(found))
    else:
        assert len(found) <= LINEAR_STOPS + 6
        span = param.high - param.low
        assert all(b - a <= max(span / 35, 1.0000001) for a, b in pairwise(found))


@given(params())
def test_stops_are_round(param: Param) -> None:
    special = {param.low, param.high, param.default, param.off}
    digits = 2 if param.scale == "log" else 17
    for stop in stops(param):
        if stop not in special:
            assert float(f"{stop:.{digits}g}") == stop
            if param.scale == "linear":
                assert round(stop, decimals(param)) == stop


def test_the_stops_of_a_learning_rate() -> None:
    found = stops(Param("lr", 0.003, 1e-5, 10.0, "log"))
    assert found[:4] == (1e-5, 1.1e-5, 1.2e-5, 1.4e-5)
    assert {1e-4, 1e-3, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 10.0} <= set(found)


def test_a_default_between_the_stops_is_one() -> None:
    assert stops(Param("beta", 0.999, 0.0, 0.99999))[-3:] == (0.99, 0.999, 0.99999)


@pytest.mark.parametrize("value", [True, "a"])
def test_only_numbers_have_stops(value: Any) -> None:
    choices = ("a",) if value == "a" else ()
    with pytest.raises(ValueError, match="a dial is for numbers"):
        stops(Param("x", value, choices=choices))


def test_the_sentence_says_what_is_allowed() -> None:
    assert sentence(Param("x", 0.1, 1e-5, 10.0, "log", off=0)) == "From 1e-5 to 10, or 0."
    assert sentence(Param("x", 3, 1, 50_000)) == "Whole, 1 to 50000."


LR = Param("lr", 0.1, 0.01, 1.0, "log", off=0.0)


@pytest.mark.parametrize(
    ("move", "result"),
    [
        ({"n": 5, "v": 0.3}, (5, 0.3)),
        ({"n": 5, "v": 0}, (5, 0.0)),
        ({"n": 5, "v": 3}, (5, None)),
        ({"n": 5, "v": "0.3"}, (5, None)),
        ({"n": 5, "v": True}, (5, None)),
        ({"n": 5, "v": math.nan}, (5, None)),
        ({"n": 5, "v": 10**400}, (5, None)),
        ({"n": 5}, (5, None)),
        ({"n": 0, "v": 0.3}, (None, None)),
        ({"n": LARGEST, "v": 0.3}, (None, None)),
        ({"n": True, "v": 0.3}, (None, None)),
        ({"n": "5", "v": 0.3}, (None, None)),
        ({"v": 0.3}, (None, None)),
        ([5, 0.3], (None, None)),
        (None, (None, None)),
    ],
)
def test_a_forged_move_does_not_pass(move: object, result: object) -> None:
    assert read_move(LR, move) == result


def page() -> None:
    import streamlit as st

    from lossviz.registry import Param
    from lossviz.ui.dial import dial, settle

    def keep(value: object) -> None:
        st.session_state.value = value

    lr = Param("lr", 0.1, 0.01, 1.0, "log", help="How far.")
    dial(lr, st.session_state.get("value", 0.1), key="lr", on_change=keep, color="#D55E00")
    settle()


def test_a_page_has_the_dial_and_the_mark() -> None:
    at = AppTest.from_function(page).run()
    assert not at.exception
    shown, mark = (one.proto for one in at.get("bidi_component"))
    data = json.loads(shown.json)
    assert (data["value"], data["reset"], data["label"], data["seen"]) == (0.1, 0.1, "Lr", 0)
    assert (data["help"], data["color"]) == ("How far.", "#D55E00")
    assert json.loads(mark.json) == {"settled": 0}
    at.session_state.value = 0.5
    at.run()
    assert json.loads(at.get("bidi_component")[0].proto.json)["value"] == 0.5


def test_what_goes_with_each_message_is_small() -> None:
    assert len(loader()) + len(RESERVE) < 700


def test_the_files_are_served_under_an_address_that_may_be_cached_for_good() -> None:
    app = Starlette(routes=routes("/base/"))
    for file in STATIC.iterdir():
        status, headers, body = run(fetch(app, f"/base{dial_path()}/{file.name}"))
        assert (status, body) == (200, file.read_bytes())
        assert "immutable" in headers["cache-control"]
    assert run(fetch(app, f"/base{dial_path()}/../component.py"))[0] == 404
    assert f"{dial_path()}/index.js" in loader()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    # In a thread of its own: the browser tests keep a loop running in this one.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


async def fetch(app: Starlette, path: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": [],
        "query_string": b"", "root_path": "", "scheme": "http", "server": ("test", 80),
        "client": ("test", 1), "http_version": "1.1",
    }  # fmt: skip
    assert Request(scope).url.path == path
    await app(scope, receive, send)
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])

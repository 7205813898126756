"""The dial in a real browser: it sends while it is dragged, and never jumps under the hand."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from lossviz.registry import Param
from lossviz.ui.dial.stops import stops

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
LR = stops(Param("lr", 0.01, 1e-5, 10.0, "log"))


@pytest.fixture
def show(app_server: Callable[..., str], open_page: Callable[..., Page]) -> Callable[..., Page]:
    def opened(query: str = "", **more: Any) -> Page:
        page = open_page(f"{app_server(HERE / 'dial_app.py')}/?{query}", **more)
        expect(page.locator(".lv-dial-range").first).to_be_visible(timeout=20_000)
        # The mark at the end of the page is there too.
        expect(page.get_by_text("painted")).to_be_visible(timeout=20_000)
        page.wait_for_timeout(200)
        return page

    return opened


def slider(page: Page, name: str = "Learning rate") -> Locator:
    return page.get_by_role("slider", name=name)


def number(page: Page, name: str = "Learning rate") -> Locator:
    return page.get_by_role("textbox", name=f"{name}, exact number")


def painted(page: Page) -> dict[str, Any]:
    return json.loads(page.get_by_text("painted").inner_text().removeprefix("painted "))


def values_of(page: Page, name: str) -> list[float]:
    return [value for who, value, _ in painted(page)["heard"] if who == name]


def until(page: Page, what: Callable[[], bool], seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"in vain; the page says {painted(page)}"
        page.wait_for_timeout(20)


def grab(page: Page, dial: Locator) -> tuple[float, float, float]:
    """Take the thumb; gives its place and the width of the track."""
    box = dial.bounding_box()
    assert box
    share = dial.evaluate("e => e.valueAsNumber / e.max")
    x, y = box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y, box["width"] - 16


def test_a_drag_sends_before_it_ends_and_its_end_exactly(show: Callable[..., Page]) -> None:
    page = show()
    lr = slider(page)
    expect(number(page)).to_have_value("0.01")
    x, y, width = grab(page, lr)
    for k in range(1, 21):
        page.mouse.move(x + k * width / 50, y)
        page.wait_for_timeout(40)
    until(page, lambda: len(values_of(page, "lr")) >= 5)
    sent = values_of(page, "lr")
    assert sent == sorted(sent)
    assert set(sent) <= set(LR)
    page.mouse.move(x + width / 8, y)
    page.mouse.up()
    last = LR[int(lr.input_value())]
    until(page, lambda: values_of(page, "lr")[-1] == last and painted(page)["values"]["lr"] == last)
    expect(lr).to_have_attribute("aria-valuetext", re.compile(rf"^{last:g}$"))


def test_one_move_is_under_way_at_a_time(show: Callable[..., Page]) -> None:
    page = show("slow=400")
    lr = slider(page)
    x, y, width = grab(page, lr)
    begin = time.time()
    for k in range(1, 61):
        page.mouse.move(x + k * width / 150, y)
        page.wait_for_timeout(25)
    # Each move that the server heard was painted before the next one left.
    times = [at for _, _, at in painted(page)["heard"] if at > begin]
    assert len(times) >= 2
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.38
    page.mouse.up()
    last = LR[int(lr.input_value())]
    until(page, lambda: painted(page)["values"]["lr"] == last)


@pytest.mark.parametrize("query", ["slow=400", "slow=400&unsettled"])
def test_the_thumb_never_jumps_back(show: Callable[..., Page], query: str) -> None:
    page = show(query)
    lr = slider(page)
    page.evaluate(
        """() => {
          const slider = document.querySelector(".lv-dial-range");
          window.places = [];
          const look = () => {
            window.places.push(slider.valueAsNumber);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    x, y, width = grab(page, lr)
    for k in range(1, 61):
        page.mouse.move(x + k * width / 180, y)
        page.wait_for_timeout(25)
    page.mouse.up()
    last = LR[int(lr.input_value())]
    until(page, lambda: painted(page)["values"]["lr"] == last)
    page.wait_for_timeout(600)
    places = page.evaluate("window.places")
    assert places == sorted(places)
    assert LR[places[-1]] == last


def test_keys(show: Callable[..., Page]) -> None:
    page = show()
    lr = slider(page)
    lr.focus()
    start = LR.index(0.01)
    shown = []
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "PageUp", "PageDown", "Home", "End"):
        page.keyboard.press(key)
        shown.append(int(lr.input_value()))
    assert shown[:3] == [start + 1, start + 2, start + 1]
    assert shown[3] > shown[2] + 5
    assert shown[4] == shown[2]
    assert shown[5:] == [0, len(LR) - 1]
    until(page, lambda: painted(page)["values"]["lr"] == 10.0)


def test_a_call_replaced_on_its_way_leaves_the_dial_alone(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page()
    # Each call of the page takes longer than the page takes for a run, so that all but the last of
    # a row are replaced by the next before they come through.
    late = """
      import show from "./index.js?on=time";
      export default (args) => new Promise((done) => setTimeout(() => done(show(args)), 400));"""
    page.route(
        "**/dial/index.js", lambda route: route.fulfill(body=late, content_type="text/javascript")
    )
    page.goto(f"{app_server(HERE / 'dial_app.py')}/?count=1")
    lr = slider(page)
    expect(lr).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)
    lr.focus()
    lr.evaluate("e => { e.kept = true; }")
    for k in range(1, 16):
        page.keyboard.press("ArrowRight")
        assert int(lr.input_value()) == LR.index(0.01) + k
        page.wait_for_timeout(100)
    page.keyboard.press("End")
    assert int(lr.input_value()) == len(LR) - 1
    until(page, lambda: painted(page)["values"]["lr"] == 10.0)
    page.wait_for_timeout(600)
    assert int(lr.input_value()) == len(LR) - 1
    assert lr.evaluate("e => [e.kept, document.activeElement === e]") == [True, True]


def test_a_key_that_is_held_waits_for_answers_and_ends_exactly(show: Callable[..., Page]) -> None:
    page = show("slow=300")
    lr = slider(page)
    lr.focus()
    for _ in range(30):
        page.keyboard.down("ArrowRight")
        page.wait_for_timeout(30)
    page.keyboard.up("ArrowRight")
    last = LR[LR.index(0.01) + 30]
    until(page, lambda: painted(page)["values"]["lr"] == last)
    assert 2 <= len(values_of(page, "lr")) <= 8


@pytest.mark.parametrize(
    ("text", "value"), [("0.0123", 0.0123), ("3e-4", 3e-4), ("0,5", 0.5), ("1e-5", 1e-5)]
)
def test_an_exact_number(show: Callable[..., Page], text: str, value: float) -> None:
    page = show()
    number(page).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    until(page, lambda: painted(page)["values"]["lr"] == value)
    slider(page).focus()
    expect(number(page)).to_have_value("1e-5" if value == 1e-5 else f"{value:g}")
    nearest = min(LR, key=lambda stop: abs(stop / value - 1))
    assert LR[int(slider(page).input_value())] == nearest
    assert values_of(page, "lr") == [value]


@pytest.mark.parametrize(
    ("name", "old", "text", "sentence"),
    [
        ("Learning rate", "0.01", "20", "From 1e-5 to 10."),
        ("Learning rate", "0.01", "fast", "From 1e-5 to 10."),
        ("Depth", "2", "2.5", "Whole, 1 to 10."),
        ("Weight decay", "0", "11", "From 1e-6 to 10, or 0."),
    ],
)
def test_a_bad_number_says_what_is_allowed_and_keeps_the_old(
    show: Callable[..., Page], name: str, old: str, text: str, sentence: str
) -> None:
    page = show()
    field = number(page, name)
    field.click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").get_by_text(sentence)).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value(text)
    page.keyboard.press("Escape")
    expect(field).to_have_value(old)
    expect(page.get_by_text(sentence)).to_be_hidden()
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(field).to_have_value(old)
    assert painted(page)["heard"] == []


def test_off_is_the_stop_at_the_left_end(show: Callable[..., Page]) -> None:
    page = show()
    decay = slider(page, "Weight decay")
    expect(decay).to_have_value("0")
    decay.focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: values_of(page, "decay") == [1e-6])
    page.keyboard.press("Home")
    until(page, lambda: values_of(page, "decay") == [1e-6, 0.0])


def test_it_follows_the_server(show: Callable[..., Page]) -> None:
    page = show()
    page.get_by_role("button", name="Put one").click()
    expect(slider(page)).to_have_value(str(LR.index(1.0)))
    expect(number(page)).to_have_value("1")
    assert painted(page)["heard"] == []


def test_a_value_that_the_server_refuses_goes_back(show: Callable[..., Page]) -> None:
    page = show("refuse")
    number(page, "Noise").click()
    page.keyboard.type("0.99")
    page.keyboard.press("Enter")
    until(page, lambda: values_of(page, "noise") == [0.99])
    slider(page, "Noise").focus()
    expect(number(page, "Noise")).to_have_value("0.20")
    # The same value once more is a new move.
    number(page, "Noise").click()
    page.keyboard.type("0.99")
    page.keyboard.press("Enter")
    until(page, lambda: values_of(page, "noise") == [0.99, 0.99])


def test_reset_by_button_and_by_double_click(show: Callable[..., Page]) -> None:
    page = show()
    noise = slider(page, "Noise")
    reset = page.get_by_role("button", name="Noise: Reset to 0.20")
    expect(reset).to_be_hidden()
    noise.focus()
    page.keyboard.press("End")
    until(page, lambda: painted(page)["values"]["noise"] == 1.0)
    reset.click()
    until(page, lambda: painted(page)["values"]["noise"] == 0.2)
    expect(reset).to_be_hidden()
    noise.dblclick(position={"x": 150, "y": 12})
    # The first click moves the thumb; the server may hear of it together with the reset.
    until(page, lambda: len(values_of(page, "noise")) >= 3)
    until(page, lambda: painted(page)["values"]["noise"] == 0.2)
    expect(noise).to_have_attribute("aria-valuetext", "0.20")


def test_another_widgets_run_neither_calls_back_nor_remounts(show: Callable[..., Page]) -> None:
    page = show()
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: len(painted(page)["heard"]) == 1)
    page.evaluate("document.querySelectorAll('.lv-dial-range').forEach(e => { e.kept = true; })")
    runs = painted(page)["runs"]
    page.get_by_role("button", name="Run again").click()
    until(page, lambda: painted(page)["runs"] == runs + 1)
    page.wait_for_timeout(300)
    assert len(painted(page)["heard"]) == 1
    kept = page.evaluate("[...document.querySelectorAll('.lv-dial-range')].map(e => e.kept)")
    assert kept == [True] * 4


def test_two_dials_are_independent(show: Callable[..., Page]) -> None:
    page = show()
    slider(page, "Noise").focus()
    page.keyboard.press("ArrowRight")
    slider(page, "Depth").focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: len(painted(page)["heard"]) == 2)
    said = painted(page)["values"]
    assert (said["lr"], said["noise"], said["depth"], said["decay"]) == (0.01, 0.21, 3, 0.0)
    assert isinstance(said["depth"], int)


def test_a_dial_that_comes_back_works(show: Callable[..., Page]) -> None:
    page = show()
    noise = slider(page, "Noise")
    for turn in range(2):
        noise.focus()
        page.keyboard.press("ArrowRight")
        until(page, lambda turn=turn: len(values_of(page, "noise")) == turn + 1)
        gone = noise.locator("..").element_handle()
        page.get_by_role("button", name="Drop it").click()
        expect(noise).to_have_count(0)
        until(page, lambda gone=gone: gone.evaluate("e => !e.isConnected && !e.firstChild"))
        page.get_by_role("button", name="Bring it").click()
        expect(noise).to_be_visible()
    assert values_of(page, "noise") == [0.21, 0.22]


def test_it_is_never_jammed_when_no_answer_comes(show: Callable[..., Page]) -> None:
    page = show("slow=4600&count=1")
    lr = slider(page)
    x, y, width = grab(page, lr)
    page.mouse.move(x + width / 20, y)
    page.mouse.move(x + width / 10, y)
    page.mouse.up()
    last = LR[int(lr.input_value())]
    until(page, lambda: painted(page)["values"]["lr"] == last, 20)


def test_nothing_moves_while_it_loads(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page()
    held: list[Any] = []
    page.route("**/dial/index.js", lambda route: held.append(route))
    page.goto(f"{app_server(HERE / 'dial_app.py')}/")
    button = page.get_by_role("button", name="Run again")
    expect(button).to_be_visible(timeout=20_000)
    until(page, lambda: bool(held))
    page.wait_for_timeout(500)
    before = button.bounding_box()
    # A value that comes while the script is still under way overtakes the first one.
    page.get_by_role("button", name="Put one").click()
    until(page, lambda: painted(page)["runs"] == 2)
    for route in held:
        route.continue_()
    expect(slider(page)).to_have_value(str(LR.index(1.0)))
    page.wait_for_timeout(300)
    assert button.bounding_box() == before
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: values_of(page, "lr") == [1.1])


def test_by_touch_on_a_narrow_screen(show: Callable[..., Page]) -> None:
    page = show(width=390, height=844, has_touch=True, is_mobile=True)
    lr = slider(page)
    box = lr.bounding_box()
    assert box
    assert box["height"] >= 40
    page.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    until(page, lambda: len(values_of(page, "lr")) == 1)
    assert abs(int(lr.input_value()) - len(LR) / 4) < 4
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *places: float) -> None:
        points = [{"x": x, "y": box["y"] + box["height"] / 2} for x in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    middle = box["x"] + box["width"] / 2
    touch("touchStart", middle)
    for step in range(1, 11):
        touch("touchMove", middle + 10 * step)
        page.wait_for_timeout(50)
    until(page, lambda: len(values_of(page, "lr")) >= 4)
    touch("touchEnd")
    last = LR[int(lr.input_value())]
    until(page, lambda: painted(page)["values"]["lr"] == last)
    page.get_by_role("button", name="Explanation").first.tap()
    tip = page.get_by_text("How far a step goes")
    expect(tip).to_be_visible()
    spot = tip.bounding_box()
    assert spot
    assert 0 <= spot["x"] < spot["x"] + spot["width"] <= 390

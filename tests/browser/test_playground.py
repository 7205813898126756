"""The playground in a real browser, as a visitor uses it, on the real app."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import READY, Show

pytestmark = pytest.mark.browser


@pytest.fixture
def show(visit: Show) -> Show:
    """Open the playground at these URL fields and wait for its picture."""
    return partial(visit, "")


def probe(page: Page, what: str) -> Any:
    return page.evaluate(f"() => window.lossvizStage.{what}")


def same_stage(page: Page) -> bool:
    return bool(
        page.evaluate("() => document.querySelector('.lv-stage').parentElement.lvMark === 1")
    )


def repainted(page: Page, act: Callable[[], object], seconds: float = 20) -> None:
    """Do something and wait until the stage has new data, on the same element."""
    before = probe(page, "revision")
    act()
    page.wait_for_function(
        "before => window.lossvizStage?.revision > before", arg=before, timeout=seconds * 1000
    )
    assert same_stage(page), "the stage was mounted anew"


def asked(page: Page) -> dict[str, str]:
    """The fields of the address bar."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def says(page: Page, name: str, value: str | None, seconds: float = 10) -> None:
    """Wait until the address bar has a field with this value, or lacks it for None."""
    until = time.monotonic() + seconds
    while asked(page).get(name) != value:
        assert time.monotonic() < until, f"{name} is not {value!r} in {page.url}"
        page.wait_for_timeout(50)


def table(page: Page) -> str:
    return page.locator(".lv-table").inner_text()


def shown(page: Page, step: int = 100) -> dict[str, Any]:
    """What the stage shows at a step, in numbers: its read-out and where its heads are."""
    probe(page, f"seek({step})")
    page.wait_for_timeout(300)
    look = json.loads(json.dumps(probe(page, "look()")))
    return {"look": look, "readout": page.locator(".lv-readout").inner_text(), "table": table(page)}


def learning_rate(page: Page, which: int = 0) -> Any:
    return page.get_by_role("slider", name="Learning rate").nth(which)


# --- the way most people take ------------------------------------------------------------------


def test_the_first_picture_stands_ready_and_plays(show: Show) -> None:
    page = show()
    assert probe(page, "steps") == 300
    assert probe(page, "playing") is False
    expect(page.locator(".lv-chip")).to_have_count(2)
    assert "A SGD" in table(page)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => window.lossvizStage.step > 5")
    assert probe(page, "playing") is True
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("slider", name="Step", exact=True).fill("200")
    assert probe(page, "step") == 200
    expect(page.locator(".lv-readout caption")).to_have_text("At step 200")
    page.keyboard.press("End")
    assert probe(page, "step") == 300
    page.keyboard.press("ArrowLeft")
    assert probe(page, "step") == 299
    page.keyboard.press("Home")
    assert probe(page, "step") == 0
    # Playing and scrubbing never ask the server.
    assert probe(page, "revision") == 1


def test_dragging_the_learning_rate_repaints_the_same_stage_while_it_is_dragged(show: Show) -> None:
    page = show()
    probe(page, "seek(120)")
    dial = learning_rate(page)
    before, numbers = probe(page, "revision"), table(page)
    box = dial.bounding_box()
    assert box
    share = dial.evaluate("e => e.valueAsNumber / e.max")
    x, y = box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    # The hand goes on until it has seen two pictures, however busy the machine is.
    for k in range(150):
        page.mouse.move(x - 6 * (1 + k % 15), y)
        page.wait_for_timeout(90)
        if k >= 15 and probe(page, "revision") > before + 1:
            break
    during = probe(page, "revision")
    page.mouse.up()
    assert during > before + 1, "nothing was painted during the drag"
    page.wait_for_function("before => window.lossvizStage.revision > before", arg=before)
    says_lr = page.get_by_role("textbox", name="Learning rate, exact number").first.input_value()
    until = time.monotonic() + 10
    while f"sgd(lr={says_lr})" not in asked(page).get("race", ""):
        assert time.monotonic() < until, (says_lr, page.url)
        page.wait_for_timeout(50)
    expect(page.locator(".lv-table")).to_contain_text(f"lr {says_lr}")
    assert table(page) != numbers
    assert same_stage(page)
    # The step that was looked at is still looked at.
    assert probe(page, "step") == 120


def test_contenders_come_and_go(show: Show) -> None:
    page = show()
    repainted(page, lambda: page.get_by_role("button", name="Add a contender").click())
    expect(page.locator(".lv-chip")).to_have_count(3)
    says(page, "race", "sgd(lr=0.5);adam(lr=0.02);rmsprop")
    page.locator(".lv-chip[data-contender=B]").click()
    says(page, "hidden", "1")
    expect(page.locator(".lv-chip[data-contender=B]")).to_have_attribute("aria-pressed", "false")
    assert probe(page, "hidden") == ["B"]
    page.locator(".lv-chip[data-contender=B]").click()
    says(page, "hidden", None)
    repainted(page, lambda: page.get_by_role("button", name="Reset", exact=True).click())
    expect(page.locator(".lv-chip")).to_have_count(2)
    says(page, "race", None)


def test_a_click_on_the_surface_starts_there_and_a_button_goes_back(show: Show) -> None:
    page = show()
    host = page.locator(".lv-surface .lv-host").bounding_box()
    assert host
    box = probe(page, "look()")["surface"]["box"]
    at = (
        host["x"] + box["left"] + box["width"] * 0.8,
        host["y"] + box["top"] + box["height"] * 0.8,
    )
    repainted(page, lambda: page.mouse.click(*at))
    assert asked(page)["start"].count(",") == 1
    probe(page, "seek(0)")
    page.wait_for_timeout(200)
    start = [float(part) for part in asked(page)["start"].split(",")]
    x, y = on_plot(page, *start)
    for head in probe(page, "look()")["surface"]["heads"]:
        assert abs(head["x"] - x) < 1.5
        assert abs(head["y"] - y) < 1.5
    back = page.get_by_role("button", name="Start at the initial weights")
    repainted(page, back.click)
    says(page, "start", None)


def on_plot(page: Page, x: float, y: float) -> tuple[float, float]:
    """The pixels of a point of the plane, counted from the plot's corner."""
    place = page.evaluate(
        """([x, y]) => {
          const { box, x: [x0, x1], y: [y0, y1] } = lossvizStage.look().surface;
          return [box.left + box.width * (x - x0) / (x1 - x0),
                  box.top + box.height * (1 - (y - y0) / (y1 - y0))];
        }""",
        [x, y],
    )
    return place[0], place[1]


def test_views_are_in_the_address(show: Show) -> None:
    page = show()
    page.locator(".lv-surface").get_by_role("button", name="3-D").click()
    says(page, "three_d", "true", seconds=30)  # without a graphics card the browser is busy
    page.wait_for_function("() => lossvizStage.view === '3d'")
    repainted(page, lambda: page.get_by_text("Log scale").click())
    says(page, "log", "true")
    assert probe(page, "view") == "3d"
    repainted(page, lambda: page.get_by_label("Whose predictions").select_option(label="B Adam"))
    says(page, "chosen", "1")
    assert same_stage(page)


def test_a_shared_link_opens_the_same_picture_in_another_tab(
    show: Show, open_page: Callable[..., Page]
) -> None:
    page = show(dataset="circles", race="sgd(lr=0.3);adam(lr=0.05)", seed="3")
    repainted(page, lambda: page.get_by_text("Log scale").click())
    page.get_by_role("button", name="Share").click()
    link = page.locator("[data-testid=stPopoverBody] code").first.inner_text()
    says(page, "log", "true")
    assert parse_qs(urlsplit(link).query) == parse_qs(urlsplit(page.url).query)
    page.keyboard.press("Escape")
    page.mouse.move(5, 890)
    mine = shown(page)
    other = open_page(link)
    other.wait_for_function(READY, timeout=60_000)
    assert shown(other) == mine


def test_back_goes_back(show: Show) -> None:
    page = show()
    numbers = table(page)
    repainted(page, lambda: page.get_by_role("button", name="Add a contender").click())
    says(page, "race", "sgd(lr=0.5);adam(lr=0.02);rmsprop")
    page.go_back()
    page.wait_for_function(READY, timeout=30_000)
    expect(page.locator(".lv-chip")).to_have_count(2, timeout=10_000)
    assert "race" not in asked(page)
    assert table(page) == numbers


def test_a_link_with_nonsense_opens_and_names_it_as_plain_text(show: Show) -> None:
    page = show(
        dataset="<img src=x onerror=window.hacked=1>",
        steps="-5",
        race="**sgd**(lr=$1$)",
        colour="1",
    )
    notice = page.get_by_test_id("stAlert")
    expect(notice).to_contain_text("<img src=x onerror=window.hacked=1>")
    expect(notice).to_contain_text("**sgd**")
    expect(notice).to_contain_text("steps")
    expect(notice).to_contain_text("colour")
    assert notice.locator("img, strong, .katex").count() == 0
    assert page.evaluate("() => window.hacked") is None
    assert probe(page, "steps") == 1


# --- long, diverged, impossible ----------------------------------------------------------------

LONG = {"dataset": "digits", "steps": "20000", "race": "sgd(lr=0.1);adam(lr=0.001)"}
#: How much of the stage's colour can be seen through all that it stands in.
OPACITY = """() => {
  let [node, product] = [document.querySelector('.lv-stage'), 1];
  for (; node; node = node.parentElement) product *= Number(getComputedStyle(node).opacity);
  return product;
}"""


def test_a_long_run_shows_its_progress_and_the_page_still_answers(show: Show) -> None:
    page = show(**LONG)
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text(
        re.compile(r"[\d,]+ of 20,000 steps, [\d,]+ steps/s, about .+ left"), timeout=30_000
    )
    first = probe(page, "steps")
    page.wait_for_function("before => window.lossvizStage.steps > before", arg=first)
    assert same_stage(page)
    faintest = 1.0
    for _ in range(30):
        faintest = min(faintest, page.evaluate(OPACITY))
        page.wait_for_timeout(80)
    assert faintest > 0.95, "the stage fades while more is on its way"
    page.get_by_text("Log scale").click()
    says(page, "log", "true")
    expect(progress).to_be_visible()  # it was answered while the run goes on
    page.get_by_role("button", name="Cancel").click()
    said = page.get_by_text("of 20,000 steps; what was done is kept")
    expect(said).to_be_visible(timeout=15_000)
    done = int(re.sub(r"\D", "", said.inner_text().split(" of ")[0]))
    assert 0 < done < 20_000
    page.wait_for_function("done => window.lossvizStage.steps >= done - 1", arg=done)
    assert same_stage(page)
    kept = table(page)
    page.wait_for_timeout(1200)
    assert table(page) == kept
    expect(page.get_by_test_id("stProgress")).to_have_count(0)


def test_divergence_is_shown_and_explained(show: Show) -> None:
    page = show(dataset="diabetes", loss="mse", race="sgd(lr=10);adam(lr=0.02)")
    expect(page.locator(".lv-chip[data-contender=A]")).to_contain_text("diverged at step")
    expect(page.locator(".lv-table")).to_contain_text("A smaller learning rate usually helps")
    expect(page.locator(".lv-table")).to_contain_text("All 300 steps were taken.")
    assert probe(page, "steps") == 300


def test_what_cannot_be_is_a_sentence_and_the_way_back_works(show: Show) -> None:
    page = show(dataset="blobs(samples=20,classes=6)")
    dial = page.get_by_role("textbox", name="Test share, exact number")
    dial.fill("0.9")
    dial.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("take more samples, or another share")
    dial.fill("0.5")
    dial.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator(".lv-stage")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_has_no_sideways_scroll(show: Show, dark: bool) -> None:
    page = show(
        look={"width": 390, "height": 844, "dark": dark},
        race=";".join(["sgd(lr=0.5,momentum=0.9)", "adam(lr=0.02)", "rmsprop", "adamw"]),
    )
    for element in ("html", "[data-testid=stMain]", "[data-testid=stMainBlockContainer]"):
        wide = page.evaluate(f"() => document.querySelector('{element}').scrollWidth")
        assert wide <= 390, element
    wider = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, .lv-chip, h4, canvas')]
          .filter(e => e.offsetParent && !e.closest('[data-testid=stSidebar], .lv-table-box'))
          .filter(e => e.getBoundingClientRect().right > 391)
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert wider == []
    # The picture comes first, then the cards.
    surface, card = page.locator(".lv-surface"), learning_rate(page)
    assert surface.bounding_box()["y"] < card.bounding_box()["y"]  # type: ignore[index]
    # The transport stands under the thumb.
    play = page.get_by_role("button", name="Play", exact=True)
    assert play.bounding_box()["y"] < 844  # type: ignore[index]

"""The data page in a real browser, from a look to the effect, with a file of one's own."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.lvOwned=1>"
ROWS = [f'{k * k},{3 * k % 17 + 300 * (k == 7)},"{HOSTILE}{k % 2}",{5 * k % 23}' for k in range(60)]
FILE = "\n".join(["area,rooms,heating,price", *ROWS]).encode()
BROKEN = b"a,b\n1,2\n3\n4,5\n6,7\n"


@pytest.fixture(scope="module")
def server(app_server: Callable[..., str]) -> str:
    return app_server(ROOT / "app.py")


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def step(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).click()


def send(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def test_from_a_look_to_the_effect(server: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{server}/data")
    strips = page.locator(".lv-strips figure")
    expect(strips).to_have_count(14, timeout=60_000)
    assert page.locator(".lv-strips svg rect").count() > 100
    node = page.locator(".lv-drawing").last
    node.evaluate("node => { node.lvMark = 1; }")
    # A dial's move repaints the same node while it is held.
    before = strips.first.inner_html()
    dial = page.get_by_role("slider", name="Outliers put in")
    box = dial.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.wait_for_function(
        "before => document.querySelector('.lv-strips figure').innerHTML !== before", arg=before
    )
    page.mouse.up()
    assert page.locator(".lv-drawing").last.evaluate("node => node.lvMark") == 1
    step(page, "Clean")
    expect(page.locator(".lv-balance")).to_have_count(2)
    step(page, "Effect")
    page.wait_for_function("() => window.lossvizStage?.revision > 0", timeout=60_000)
    expect(page.get_by_text("Cleaned and scaled data: condition number")).to_be_visible()
    assert page.evaluate("() => window.lossvizStage.steps") == 200
    assert asked(page)["section"] == "effect"
    # From any path of a server the playground is the page above.
    address = page.get_by_role("link", name="Open in the playground").evaluate("a => a.href")
    assert address.startswith(f"{server}/?")
    assert "dataset=wine" in address


def test_a_file_of_ones_own(server: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{server}/data?data=upload&file=houses.csv&target=price")
    expect(page.get_by_text("This link was made with the file")).to_be_visible(timeout=60_000)
    send(page, "broken.csv", BROKEN)
    expect(page.get_by_text("Line 3 has 1 field").first).to_be_visible()
    send(page, "houses.csv", FILE)
    expect(page.locator(".lv-strips figure")).to_have_count(4)
    expect(page.get_by_text("60 rows and 4 columns. To predict: 'price'")).to_be_visible()
    page.wait_for_function("() => location.search.includes('digest=')")
    # What is in the cells is words, and nothing else.
    assert page.evaluate("() => window.lvOwned") is None
    assert page.locator(".lv-drawing img").count() == 0
    step(page, "Effect")
    page.wait_for_function("() => window.lossvizStage?.revision > 0", timeout=60_000)
    step(page, "Look")
    page.get_by_role("button", name="Forget the file").click()
    expect(page.get_by_text("Choose a file in the sidebar")).to_be_visible()
    assert "digest" not in asked(page)
    # Another visitor with the link is asked for the file.
    other = open_page(f"{server}/data?data=upload&file=houses.csv")
    expect(other.get_by_text("upload it again in the sidebar")).to_be_visible(timeout=60_000)
    assert other.locator(".lv-strips").count() == 0


def test_it_fits_a_phone(server: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{server}/data?section=clean", width=390, height=844, dark=True)
    expect(page.locator(".lv-strips figure")).to_have_count(14, timeout=60_000)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth <= node.clientWidth")
    for name in ("1 Look", "4 Effect"):
        expect(page.get_by_role("radio", name=name)).to_be_visible()

"""A stage that is clicked faster than the page can follow stays the same stage."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
COUNT_MOUNTS = """() => {
  const seen = new Set();
  window.lvMounts = () => seen.size;
  window.lvGone = 0;
  const look = () => {
    const host = document.querySelector(".lv-stage")?.parentElement;
    if (host) seen.add(host); else window.lvGone += 1;
    requestAnimationFrame(look);
  };
  look();
}"""


def test_a_stage_that_is_hammered_is_never_mounted_anew(
    app_server: Callable[..., str], open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{app_server(ROOT / 'app.py')}/race?v=1&start=0.5,2.0")
    page.wait_for_function("() => window.lossvizStage?.revision > 0", timeout=60_000)
    page.evaluate(COUNT_MOUNTS)
    before = page.evaluate("window.lossvizStage.revision")
    box = page.locator(".lv-stage").bounding_box()
    assert box is not None
    for k in range(28):
        # With Shift a click puts down one more start, at once.
        page.keyboard.down("Shift") if k % 3 == 0 else page.keyboard.up("Shift")
        page.mouse.click(box["x"] + 200 + 37 * k % 300, box["y"] + 150 + 53 * k % 250)
        page.wait_for_timeout(120 + 31 * k % 200)
    page.keyboard.up("Shift")
    page.wait_for_function(
        "before => window.lossvizStage.revision > before + 3", arg=before, timeout=20_000
    )
    assert page.evaluate("window.lvMounts()") == 1
    assert page.evaluate("window.lvGone") == 0

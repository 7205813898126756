"""What a visitor waits for, in a real Chromium: the first picture, a slider, and playing.

Besides a picture of the app, one of four surfaces with four contenders each is played.

python -m benchmarks.browser
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.classroom import quantile
from benchmarks.server import Server, serve
from tests.browser.chromium import FLAGS, find_chromium

#: A stage with several surfaces and made-up runs.
SEVERAL = "tests/browser/stage_several_app.py"
CHANGES = 40
OPENINGS = 7
EIGHT = ";".join(
    (
        "sgd(lr=0.5)",
        "sgd(lr=0.2,momentum=0.9)",
        "adam(lr=0.02)",
        "adamw(lr=0.02)",
        "rmsprop(lr=0.01)",
        "nadam(lr=0.02)",
        "adagrad(lr=0.1)",
        "rprop(lr=0.01)",
    )
)

#: Note for every key the milliseconds until the stage has repainted with new data.
WATCH = """() => {
  window.repaints = [];
  addEventListener('keydown', () => {
    const before = lossvizStage.revision, began = performance.now();
    const look = () => {
      const passed = performance.now() - began;
      if (lossvizStage.revision !== before) repaints.push(passed);
      else if (passed > 10000) repaints.push(Infinity);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
}"""


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """A Chromium with a fresh profile."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_chromium(),
            args=list(FLAGS),
            viewport={"width": 1440, "height": 900},
        )
        try:
            yield context
        finally:
            context.close()


def wait_for_picture(page: Page) -> None:
    """Wait until the stage has painted its data."""
    page.wait_for_function("() => window.lossvizStage?.revision > 0", timeout=60_000)


def opening(server: Server) -> float:
    """Seconds from asking for the page to its first picture, in a fresh profile."""
    with browser() as context:
        page = context.pages[0]
        began = time.perf_counter()
        page.goto(server.url)
        wait_for_picture(page)
        return time.perf_counter() - began


def slider(page: Page) -> list[float]:
    """Seconds from a key on A's learning rate to the repainted picture; all rates are different."""
    page.get_by_role("slider", name="Learning rate").first.focus()
    page.evaluate(WATCH)
    for change in range(CHANGES):
        page.keyboard.press("ArrowLeft")
        page.wait_for_function(f"() => repaints.length > {change}")
        page.wait_for_timeout(300)
    times: list[float] = page.evaluate("() => repaints")
    return [milliseconds / 1000 for milliseconds in times]


def playing(page: Page) -> float:
    """Frames a second of the stage on the page, over four seconds."""
    page.evaluate("() => { window.lossvizStage.seek(0); window.lossvizStage.play(); }")
    page.wait_for_timeout(1500)
    rates = []
    for _ in range(5):
        page.wait_for_timeout(500)
        rates.append(page.evaluate("() => window.lossvizStage.fps"))
    page.evaluate("() => window.lossvizStage.pause()")
    return statistics.median(rates)


def playing_several(errors: list[str]) -> float:
    """Frames a second with four surfaces beside each other, four contenders on each."""
    with serve(script=SEVERAL) as server, browser() as context:
        page = listened_to(context.pages[0], errors)
        page.goto(f"{server.url}/?views=3&count=4")
        wait_for_picture(page)
        page.wait_for_timeout(2000)
        return playing(page)


def listened_to(page: Page, errors: list[str]) -> Page:
    """The page, whose complaints are added to these."""
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    return page


def main() -> None:
    """Run all of them and print them."""
    errors: list[str] = []
    with serve() as server:
        with browser() as context:  # the server's first visitor warms it up
            page = listened_to(context.pages[0], errors)
            page.goto(server.url)
            wait_for_picture(page)
            page.wait_for_timeout(2000)
            changes = slider(page)
            page.goto(f"{server.url}/?v=1&race={EIGHT}")
            wait_for_picture(page)
            page.wait_for_timeout(2000)
            fps = playing(page)
        first = [opening(server) for _ in range(OPENINGS)]
    several = playing_several(errors)
    print(
        f"first picture, fresh profile, warm server: median {statistics.median(first):.2f} s, "
        f"min {min(first):.2f}, max {max(first):.2f} (n {OPENINGS})"
    )
    print(
        f"slider to repainted picture: median {statistics.median(changes):.3f} s, "
        f"p95 {quantile(changes, 0.95):.3f} s, min {min(changes):.3f} (n {CHANGES})"
    )
    print(f"playing 8 contenders, three panels: {fps:.1f} frames/s")
    print(f"playing 4 surfaces with 4 contenders each: {several:.1f} frames/s")
    print(f"console errors: {len(errors)} {errors[:3] if errors else ''}")


if __name__ == "__main__":
    main()

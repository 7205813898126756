"""A real Chromium and real servers for the tests of what only a browser shows.

`app_server(script)` starts a script with `streamlit run` on a free port and gives its address;
`open_page(url, ...)` opens it; `page` is an empty tab of a laptop's size. Every tab fails its test
when anything was logged as an error, or thrown.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    sync_playwright,
)

from tests.browser.chromium import SOFTWARE_GL, TEST_FLAGS, find_chromium

ROOT = Path(__file__).parents[2]
#: Opens a page at URL fields.
Show = Callable[..., Page]
#: The stage has its first picture.
READY = "() => window.lossvizStage?.revision > 0"
#: A server imports torch in each of its processes; a busy machine takes its time (seconds).
COMES_UP = 180
#: Scripts for Streamlit; importing them would run them.
collect_ignore_glob = ["*_app.py", "*_page.py"]


#: A wait that was too short for a busy machine. Whatever a test asserts is never tried again.
TOO_SLOW = r"TimeoutError: (Page|Locator)\."


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One more try where waiting for the browser timed out; the summary names each of them."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=[TOO_SLOW]))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def launch(playwright: Playwright, *more: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*TEST_FLAGS, *more])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    yield from launch(playwright)


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """Where tests open their tabs one after the other: what one has fetched, the next one has."""
    context = browser.new_context()
    context.new_page()  # keeps the window open between two tests
    yield context
    context.close()


@pytest.fixture(scope="session")
def app_server() -> Iterator[Callable[..., str]]:
    """Start a script once for all tests of a run; its address, without a slash at the end."""
    running: dict[tuple[str, ...], tuple[subprocess.Popen[bytes], str]] = {}

    def start(script: str | Path, port: int | None = None, *options: str) -> str:
        wanted = (str(script), *options)
        if wanted not in running:
            running[wanted] = serve(Path(script), port or free_port(), options)
        return running[wanted][1]

    yield start
    for process, _ in running.values():
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(script: Path, port: int, options: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], str]:
    command = [
        sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port),
        "--server.headless", "true", "--browser.gatherUsageStats", "false",
        "--server.fileWatcherType", "none", *options,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    base = next((o for o in options if o.startswith("--server.baseUrlPath=")), "=").split("=")[1]
    url += f"/{base}" if base else ""
    until = time.monotonic() + COMES_UP
    while not healthy(f"{url}/_stcore/health"):
        if process.poll() is not None or time.monotonic() > until:
            why = "was too slow" if process.returncode is None else f"ended: {process.returncode}"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            pytest.fail(f"{script} did not come up at {url}, it {why}.")
        time.sleep(0.1)
    return process, url


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def open_page(browser: Browser, profile: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Open an address in a tab of its own; at the end no tab may have complained.

    The first tab is one of the shared profile, which saves half of the time to its picture; a test
    that wants a second one, another browser or a device of its own gets a fresh profile for it.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []
    tabs: list[Page] = []

    def heard(message: ConsoleMessage) -> None:
        plotly_gl = any(words in message.text for words in SOFTWARE_GL)
        ours = "/lossviz/" in message.location.get("url", "")
        if message.type == "error" or (message.type == "warning" and ours and not plotly_gl):
            complaints.append(f"{message.type}: {message.text}")

    def opened(
        url: str | None = None, *, width: int = 1440, height: int = 900, dark: bool = False,
        in_browser: Browser | None = None, **more: object,
    ) -> Page:  # fmt: skip
        size = {"width": width, "height": height}
        scheme = "dark" if dark else "light"
        if tabs or contexts or in_browser or more:
            where = in_browser or browser
            context = where.new_context(viewport=size, color_scheme=scheme, **more)
            contexts.append(context)
            page = context.new_page()
        else:
            page = profile.new_page()
            tabs.append(page)
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"thrown: {error}"))
        if url:
            page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    for tab in tabs:
        forget(tab)
    assert not complaints, "the browser's console is not empty:\n" + "\n".join(complaints)


def forget(tab: Page) -> None:
    """Close a tab of the shared profile, and what its page had stored there."""
    if not tab.is_closed():
        if tab.url.startswith("http"):
            tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        tab.context.clear_cookies()
        tab.close()


@pytest.fixture
def visit(app_server: Callable[..., str], open_page: Callable[..., Page]) -> Show:
    """Open a page of the real app at these URL fields, and wait for its picture."""

    def opened(path: str = "", *, look: dict[str, Any] | None = None, **ask: str) -> Page:
        address = f"{app_server(ROOT / 'app.py')}/{path}?{urlencode(ask)}"
        page = open_page(address, **(look or {}))
        page.wait_for_function(READY, timeout=60_000)
        # Whether the stage is still the same one is told by this mark.
        page.evaluate("() => { document.querySelector('.lv-stage').parentElement.lvMark = 1; }")
        return page

    return opened


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()

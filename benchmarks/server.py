"""A server of the app for a benchmark: started fresh, stopped after, its memory read from /proc."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    """A running app."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Its home page."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> dict[str, float]:
        """Memory in MB: of the server, and of all its worker processes together.

        Proportional set sizes: what processes share (the workers are forked) is counted once.
        """
        pids = {self.pid}
        while more := {p for p in _processes() if _parent(p) in pids} - pids:
            pids |= more
        return {
            "server": _proportional(self.pid),
            "workers": sum(_proportional(p) for p in pids - {self.pid}),
        }


@contextmanager
def serve(*options: str, script: str = "app.py") -> Iterator[Server]:
    """The app, or another script of it, on a free port, as `make run` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _ending_as_by_hand(signal.SIGTERM, signal.SIGHUP):
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port),
             "--server.address", "127.0.0.1", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        server = Server(port, process.pid)
        try:
            _wait_until_up(server, process)
            yield server
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, and the workers that it may leave behind: they are of its process group."""
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(process.pid, signal.SIGTERM)
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def _ending_as_by_hand(*signals: signal.Signals) -> Iterator[None]:
    """Let these signals end the program as Ctrl-C does, by way of each `finally`."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_up(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError(f"The app stopped with exit code {process.returncode}.")
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("The app did not come up within a minute.")


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return -1


def _proportional(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1000
    except OSError:
        pass
    return 0.0

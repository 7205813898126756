"""The peak of a process's resident memory, as Linux counts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

CLEAR = Path("/proc/self/clear_refs")


def counted() -> bool:
    """Whether this machine counts it."""
    return CLEAR.exists()


def growth(work: Callable[[], object]) -> int:
    """KiB by which the peak during ``work`` is above what was resident before it."""
    before = reset_peak()
    work()
    return peak_memory() - before


def reset_peak() -> int:
    """Forget the peak of the resident memory so far; gives the memory now, in KiB."""
    CLEAR.write_text("5")
    return peak_memory()


def peak_memory() -> int:
    """The peak of the resident memory since it was last forgotten, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])

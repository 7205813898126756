"""Futures that are kept for all who ask the same."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any


def begun(cached: Any, *arguments: Any) -> Future[Any]:
    """The future of these arguments; one that failed or was cancelled is begun anew.

    Args:
        cached: A function under `st.cache_resource` that submits work and gives its future.
        arguments: What it is asked with.
    """
    future: Future[Any] = cached(*arguments)
    if future.done() and (future.cancelled() or future.exception() is not None):
        cached.clear(*arguments)
        future = cached(*arguments)
    return future

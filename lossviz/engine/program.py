"""The engine of this program: started with the server, in-process before and without it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from lossviz.engine import executors
from lossviz.engine.engine import Engine, engine_for

_lock = threading.Lock()
_engine = Engine()


def start(workers: int | None = None, preload: Sequence[str] = executors.PRELOAD) -> Engine:
    """Start the workers and wait until they are there; what was started before is kept.

    Where the environment variable ``LOSSVIZ_SCHEDULER`` names a Dask scheduler, work goes there.

    Args:
        workers: How many processes; None for one for each core, 0 to work in the thread that asks.
        preload: What the workers have imported before their first task.

    Raises:
        SettingError: When a scheduler is named that cannot be reached.
    """
    global _engine
    with _lock:
        if not _engine.inline:
            return _engine
        engine, count = engine_for(workers, preload, os.environ.get(executors.SCHEDULER))
        if not engine.inline:
            executors.warm_up(engine.executor(), count)
        _engine = engine
        return engine


def stop() -> None:
    """Stop the workers; from here on, work is done in the thread that asks."""
    global _engine
    with _lock:
        engine, _engine = _engine, Engine()
    engine.stop()


def current() -> Engine:
    """The program's engine."""
    return _engine


def executor() -> Executor:
    """The `concurrent.futures.Executor` in use."""
    return _engine.executor()


def submit(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """See `Engine.submit`."""
    return _engine.submit(function, *arguments)


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """See `Engine.run`.

    >>> run(pow, 2, 10)
    1024
    """
    return _engine.run(function, *arguments)


def drop(future: Future[Any]) -> bool:
    """See `Engine.drop`."""
    return _engine.drop(future)


def pids() -> tuple[int, ...]:
    """See `Engine.pids`."""
    return _engine.pids()


def memory() -> dict[int, int]:
    """See `Engine.memory`."""
    return _engine.memory()

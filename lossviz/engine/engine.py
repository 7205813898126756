"""`Engine`: hands work to an executor, and survives the death of its workers."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, InvalidStateError
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from lossviz.engine import executors
from lossviz.engine.inline import InlineExecutor
from lossviz.engine.pack import call, pack, unpack

#: How often a task is tried whose worker dies.
MOST_TRIES = 3


class WorkerDiedError(RuntimeError):
    """A task whose worker died each time it was tried, or could not be started."""


class Engine:
    """Work to be done elsewhere: `submit` it, or `run` it and wait.

    Work whose worker dies (killed for want of memory, say) is done again on a new pool. Until
    `start`, and where there is one worker or none, everything is done in the thread that asks.
    Functions and arguments must be picklable; tensors travel as plain arrays.

    Args:
        make: Builds the executor, and builds it again when its workers have died.
    """

    def __init__(self, make: Callable[[], Executor] | None = None) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._executor: Executor | None = None
        self._generation = 0
        self._stopped = False
        #: The executor's own futures of those that were handed out, until they have arrived: with
        #: them would stay what was sent and what came back.
        self._sent: dict[Future[Any], Future[bytes]] = {}

    @property
    def inline(self) -> bool:
        """Whether work is done in the thread that asks."""
        return self._make is None

    def executor(self) -> Executor:
        """The executor in use."""
        return self._current()[0]

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Begin ``function(*arguments)``; the future gives its result or its exception."""
        if self.inline:
            return InlineExecutor().submit(function, *arguments)
        future: Future[Any] = Future()
        self._send(future, pack((function, arguments)), 1)
        return future

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Do ``function(*arguments)`` and wait for its result.

        Raises:
            WorkerDiedError: When its worker died each time it was tried, or could not be started.
        """
        return self.submit(function, *arguments).result()

    def drop(self, future: Future[Any]) -> bool:
        """Let go of work that has not begun; it is then cancelled. What has begun goes on.

        Args:
            future: From `submit`.

        Returns:
            Whether it was let go.
        """
        sent = self._sent.get(future)
        return sent is not None and sent.cancel()

    def stop(self) -> None:
        """Let the workers go; work that has not begun is cancelled."""
        with self._lock:
            executor, self._executor = self._executor, None
            self._stopped = True
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    def pids(self) -> tuple[int, ...]:
        """The process numbers of the workers on this machine."""
        if self.inline:
            return ()
        return tuple(child.pid for child in multiprocessing.active_children() if child.pid)

    def memory(self) -> dict[int, int]:
        """The resident memory in bytes of each worker on this machine, as Linux reports it.

        Workers share what was imported before they were forked, and it is counted in each.
        """
        known = {pid: resident(pid) for pid in self.pids()}
        return {pid: size for pid, size in known.items() if size is not None}

    def _current(self) -> tuple[Executor, int]:
        with self._lock:
            if self._stopped:
                raise RuntimeError("The engine was stopped; start it again to give it work.")
            if self._executor is None:
                self._executor = self._make() if self._make else InlineExecutor()
            return self._executor, self._generation

    def _send(self, future: Future[Any], data: bytes, attempt: int) -> None:
        """Give packed work to the executor; called again when a worker has died."""
        try:
            executor, generation = self._current()
        except RuntimeError as error:
            _settle(future, error=error)
            return
        try:
            inner = executor.submit(call, data)
        except (BrokenExecutor, RuntimeError) as error:
            # The pool broke, or was stopped, since we asked for it.
            self._lost(future, data, attempt, generation, error)
            return
        except (OSError, EOFError) as error:
            # Without memory or process numbers, or while the program ends.
            _settle(future, error=_died(f"No worker could be started ({error}).", error))
            return
        self._sent[future] = inner
        inner.add_done_callback(partial(self._arrived, future, data, attempt, generation))

    def _arrived(
        self, future: Future[Any], data: bytes, attempt: int, generation: int, inner: Future[bytes]
    ) -> None:
        """Pass a result on. This is a thread of the executor, so nothing may wait for that here."""
        self._sent.pop(future, None)
        try:
            result = unpack(inner.result())
        except CancelledError:
            future.cancel()
        except BrokenExecutor as error:
            self._lost(future, data, attempt, generation, error)
        except Exception as error:
            _settle(future, error=error)
        else:
            _settle(future, result=result)

    def _lost(
        self,
        future: Future[Any],
        data: bytes,
        attempt: int,
        generation: int,
        error: BaseException,
    ) -> None:
        """Begin again what was lost with a worker, on a new pool that all lost work shares."""
        with self._lock:
            if generation == self._generation:
                # The old pool is left to end by itself: it may be calling us with its lock held.
                self._generation += 1
                self._executor = None
        if attempt < MOST_TRIES:
            self._send(future, data, attempt + 1)
            return
        words = (
            f"The worker died in each of {attempt} attempts, perhaps because there is too little "
            "memory; try fewer steps, fewer contenders or a smaller model."
        )
        _settle(future, error=_died(words, error))


def _died(words: str, cause: BaseException) -> WorkerDiedError:
    died = WorkerDiedError(words)
    died.__cause__ = cause
    return died


def _settle(future: Future[Any], result: Any = None, error: BaseException | None = None) -> None:
    # Where it was cancelled meanwhile, nobody waits for it.
    with suppress(InvalidStateError):
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def resident(pid: int) -> int | None:
    """The resident memory of a process in bytes, or None where that cannot be read."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:  # the process has ended, or this is not Linux
        return None
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[:1] == ["VmRSS:"]), None)


def engine_for(
    workers: int | None, preload: Sequence[str], scheduler: str | None
) -> tuple[Engine, int]:
    """The engine for this machine or for a cluster, and how many workers there are to wait for."""
    if scheduler:
        return Engine(partial(executors.cluster, scheduler)), 0
    count = executors.cores() if workers is None else workers
    if count < 1:
        return Engine(), 0
    return Engine(partial(executors.process_pool, count, tuple(preload))), count

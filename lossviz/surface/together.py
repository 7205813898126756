"""Portions of a work on several threads, each of them on one core."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from functools import cache

import torch

from lossviz.run.threads import one_thread


def shared(work: Callable[[slice], object], parts: Iterable[slice], threads: int) -> Generator[int]:
    """Do the work of each part; gives how much is done, now and then and at the end.

    Whoever closes the iterator before its end lets no more parts begin, and waits for those that
    have begun.

    Args:
        work: What is done with a part, on any thread.
        parts: The parts; how much each is, is its length.
        threads: How many work at once, this one among them, with one core each; for 1 it is this
            one alone, with all that torch may use.

    >>> list(shared(print, [slice(0, 2), slice(2, 3)], 1))
    slice(0, 2, None)
    slice(2, 3, None)
    [2, 3]
    """
    waiting, lock, done = deque(parts), threading.Lock(), 0

    def take_turns() -> Generator[int]:
        nonlocal done
        try:
            while waiting:
                try:
                    part = waiting.popleft()
                except IndexError:  # another thread was quicker
                    break
                work(part)
                with lock:
                    done += part.stop - part.start
                yield done
        except BaseException:
            waiting.clear()
            raise

    with one_thread() if threads > 1 else nullcontext():
        pool = _pool(os.getpid(), threads - 1) if threads > 1 else None
        # Into a queue of length 0: each goes through its turns and keeps nothing.
        others = [pool.submit(deque, take_turns(), 0) for _ in range(threads - 1)] if pool else []
        try:
            for much in take_turns():
                if waiting:
                    yield much
        finally:
            waiting.clear()
            for other in others:
                other.cancel()
            wait(others)
    for other in others:
        if not other.cancelled():
            other.result()
    yield done


@cache
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """Threads that stay: to begin one takes as long as a small surface. A fork has its own."""
    return ThreadPoolExecutor(
        threads, "lossviz-surface", initializer=torch.set_num_threads, initargs=(1,)
    )

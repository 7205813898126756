"""One core for one race: small products are slower on several, and could differ in their bits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_inside = 0
_before = 1
#: Whether a thread is in such a block.
_own = threading.local()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread in the block; afterwards torch has as many as before.

    >>> before = torch.get_num_threads()
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    global _inside, _before
    if getattr(_own, "inside", False):  # the end of this one is not that of the one around it
        yield
        return
    with _lock:
        if not _inside:
            _before = torch.get_num_threads()
        _inside += 1
    _own.inside = True
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _own.inside = False
        # The number belongs to a thread, and new threads take that of the last call.
        torch.set_num_threads(_before)
        with _lock:
            _inside -= 1

"""The executors to choose from: worker processes of this machine, or a Dask cluster."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from multiprocessing import spawn
from multiprocessing.context import ForkServerContext, ForkServerProcess
from time import sleep
from typing import Any

import torch

from lossviz.registry import SettingError

#: The environment variable that names a Dask scheduler, such as tcp://10.0.0.5:8786.
SCHEDULER = "LOSSVIZ_SCHEDULER"

#: How long (seconds) a pool that is shut down waits for the work that is under way.
GRACE = 10.0

#: What every worker has imported before its first task; data sets need the last two.
PRELOAD = ("lossviz", "lossviz.engine.work", "sklearn.datasets", "sklearn.model_selection")


def process_pool(workers: int, preload: Sequence[str] = PRELOAD) -> Executor:
    """A pool of processes that are forked from one that has imported everything already.

    Args:
        workers: How many processes.
        preload: The modules that this one imports; what was said first in this program counts.
    """
    context = _Context()
    context.set_forkserver_preload(list(preload))
    return _Pool(workers, mp_context=context, initializer=one_thread)


class _Pool(ProcessPoolExecutor):
    """A pool whose shutdown comes to an end whatever its workers do.

    A worker that is killed while it sends a result leaves half of it in the pipe, and the thread
    that reads the results waits for the rest: for ever, because this process could write it too.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As the pool's own, but waits for `GRACE` seconds at most before it kills the workers."""
        reader: Any = getattr(self, "_executor_manager_thread", None)
        results: Any = getattr(self, "_result_queue", None)
        workers = list((getattr(self, "_processes", None) or {}).values())
        super().shutdown(wait=wait and reader is None, cancel_futures=cancel_futures)
        if not wait or reader is None:
            return
        reader.join(GRACE)
        if not reader.is_alive():
            return
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.join()
        results._writer.close()  # nobody is left who could write: the reader is told so
        reader.join(GRACE)


class _Worker(ForkServerProcess):
    """A process that does not run the program's main file again.

    Workers take everything from modules. What stands as the main file when one is started may not
    be fit for it: Streamlit puts the page that runs at the moment there.
    """

    def start(self) -> None:
        with _STARTING:
            usual = spawn.get_preparation_data
            spawn.get_preparation_data = _without_main
            try:
                super().start()
            finally:
                spawn.get_preparation_data = usual


class _Context(ForkServerContext):
    Process = _Worker


_STARTING = threading.Lock()
_preparation_data = spawn.get_preparation_data


def _without_main(name: str) -> dict[str, Any]:
    data: dict[str, Any] = _preparation_data(name)
    return {key: value for key, value in data.items() if not key.startswith("init_main")}


def one_thread() -> None:
    """Let a worker compute on one core: the others have their own workers."""
    torch.set_num_threads(1)


def warm_up(executor: Executor, workers: int) -> None:
    """Wait until all workers are there."""
    # Tasks that last a moment, so that no worker takes two while another is still to be started.
    wait([executor.submit(_moment) for _ in range(workers)])


def _moment() -> int:
    sleep(0.02)
    return os.getpid()


def cluster(address: str) -> Executor:
    """The executor of a Dask cluster.

    Raises:
        SettingError: When the package ``distributed`` is not installed, or no scheduler answers.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise SettingError(
            f"{SCHEDULER} names the scheduler {address!r}, but the package 'distributed' is not "
            f"installed; install it, or unset {SCHEDULER} to work on this machine."
        ) from None
    try:
        executor: Executor = distributed.Client(address).get_executor()
    except (OSError, TimeoutError, ValueError) as error:
        raise SettingError(
            f"No scheduler answers at {address!r} ({error}); start it, correct {SCHEDULER}, or "
            "unset it to work on this machine."
        ) from error
    return executor


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1

"""Pools of workers come to their end whatever happens in them."""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
import time
from types import FrameType

import pytest

from lossviz.engine import executors


def half_a_result() -> None:
    """In a worker: begin to send a result, and be killed before its end."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    pipe = frame.f_locals["result_queue"]._writer
    os.write(pipe.fileno(), struct.pack("!i", 1000) + b"the beginning")
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_long() -> None:
    time.sleep(600)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> executors.ProcessPoolExecutor:
    monkeypatch.setattr(executors, "GRACE", 1.0)
    return executors.process_pool(1)


def ended(pool: executors.ProcessPoolExecutor) -> bool:
    """Whether the pool is shut down within a time in which a sound one is many times over."""
    done = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
    done.start()
    done.join(60)
    return not done.is_alive()


@pytest.mark.parametrize("task", [half_a_result, sleep_long])
def test_a_pool_ends_though_its_worker_does_not_answer(pool, task):
    pool.submit(executors.one_thread).result(60)
    reader = pool._executor_manager_thread
    future = pool.submit(task)
    while not (future.running() or future.done()):
        time.sleep(0.01)
    time.sleep(0.3)
    assert ended(pool)
    assert not reader.is_alive(), "a thread is left that keeps the program from ending"
    assert future.exception(0) is not None


def test_a_pool_waits_for_the_work_under_way(pool):
    future = pool.submit(time.sleep, 0.3)
    while not future.running():
        time.sleep(0.01)
    pool.shutdown()
    assert future.result(0) is None

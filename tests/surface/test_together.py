"""Surfaces on several threads: the same numbers, and a clear end."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import torch

from lossviz import Experiment, Problem, build, evaluate, random_plane
from lossviz.plane import Plane
from lossviz.surface import ScanCancelledError, Surface
from lossviz.surface.together import shared

PARTS = [slice(k, k + 1) for k in range(40)]


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def small() -> tuple[Problem, Plane]:
    problem = build(Experiment())
    return problem, random_plane(problem, problem.params0)


def surface(problem: Problem, plane: Plane, **hooks: object) -> Surface:
    return evaluate(problem, plane, torch.linspace(-1, 1, 41), torch.linspace(-2, 1, 30), **hooks)


def test_two_threads_give_the_bits_of_one(two_threads):
    problem, plane = small()
    told: list[int] = []
    both = surface(problem, plane, on_progress=lambda done, of: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 41 * 30
    torch.set_num_threads(1)
    alone = surface(problem, plane)
    torch.set_num_threads(2)
    assert torch.equal(both.loss, alone.loss)


def test_several_surfaces_at_once_do_not_meet(two_threads):
    problem, plane = small()
    expected = surface(problem, plane).loss
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(surface, problem, plane) for _ in range(12)]:
            assert torch.equal(future.result(timeout=60).loss, expected)


def test_a_scan_on_two_threads_can_be_cancelled(two_threads):
    problem, plane = small()
    looks: list[None] = []

    def enough() -> bool:
        looks.append(None)
        return len(looks) > 2

    with pytest.raises(ScanCancelledError, match="of 1230 points"):
        surface(problem, plane, cancelled=enough)
    assert len(looks) == 3


def test_each_part_is_done_once_by_both_threads():
    seen: list[int] = []
    whole = threading.Barrier(2)

    def work(part: slice) -> None:
        if part.start < 2:
            whole.wait(timeout=30)  # both threads work
        seen.append(part.start)

    assert list(shared(work, PARTS, 2))[-1] == len(PARTS)
    assert sorted(seen) == list(range(40))


def test_no_part_begins_after_the_end():
    seen: list[int] = []
    held = threading.Event()

    def work(part: slice) -> None:
        if threading.current_thread() is not threading.main_thread():
            held.wait(timeout=30)
        seen.append(part.start)

    with closing(shared(work, PARTS, 2)) as steps:
        next(steps)
        before = len(seen)
        threading.Timer(0.3, held.set).start()
    assert len(seen) <= before + 1  # what the other thread had in hand was waited for


@pytest.mark.parametrize("bad", [0, 1, 39])
def test_what_goes_wrong_on_any_thread_is_raised(bad: int):
    def work(part: slice) -> None:
        if part.start == bad:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(shared(work, PARTS, 2))

"""Tasks of a session: begun once, looked at while they go on, cancelled when nobody asks."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from lossviz import engine
from lossviz.engine import program
from lossviz.registry import SettingError
from lossviz.ui.landscape import tasks
from lossviz.ui.landscape.tasks import Bench, Call, Chained, Phase, Ready


@dataclass(eq=False)
class Fake:
    """A task that stands as it is told to."""

    stands: Phase = "running"
    value: Any = None
    calls: list[str] = field(default_factory=list)

    def phase(self) -> Phase:
        return self.stands

    def result(self) -> Any:
        if self.stands == "failed":
            raise SettingError("It cannot be.")
        return self.value

    def cancel(self) -> None:
        self.calls.append("cancel")
        self.stands = "cancelled"

    def resume(self) -> None:
        self.calls.append("resume")
        self.stands = "running"

    def progress(self) -> tuple[float, float]:
        return 0.5, math.nan


@pytest.fixture
def bench() -> Bench:
    tasks._kept.clear()
    return Bench()


def ask(bench: Bench, task: Any, key: str = "k", kind: str = "thing") -> Any:
    return bench.of(kind, key, "Something", lambda: task)


def test_a_task_is_begun_once_and_gives_what_there_is(bench: Bench):
    begun = []

    def begin() -> Fake:
        begun.append(Fake(value="half"))
        return begun[-1]

    assert bench.of("thing", "k", "Something", begin) == "half"
    assert bench.of("thing", "k", "Something", begin) == "half"
    assert len(begun) == 1
    assert bench.busy
    assert not bench.over("thing", "k")
    begun[0].stands, begun[0].value = "whole", "all"
    assert bench.of("thing", "k", "Something", begin) == "all"
    assert not bench.busy
    assert bench.over("thing", "k")
    # Another session finds it.
    assert Bench().of("thing", "k", "Something", begin) == "all"
    assert len(begun) == 1


def test_what_nobody_asks_for_is_cancelled_and_forgotten(bench: Bench):
    old, new = Fake(), Fake()
    ask(bench, old, "old")
    bench.sweep()
    assert old.calls == []
    ask(bench, new, "new")
    bench.sweep()
    assert old.calls == ["cancel"]
    assert [item.task for item in bench.standing("running")] == [new]
    again = Fake()
    ask(bench, again, "old")
    assert again in [item.task for item in bench.standing("running")]


def test_a_failure_is_the_same_until_nobody_asks(bench: Bench):
    failed = Fake("failed")
    for _ in range(2):
        with pytest.raises(SettingError, match="cannot be"):
            ask(bench, failed)
        bench.sweep()
    assert not bench.busy
    bench.sweep()
    assert ask(bench, Fake(value=1)) == 1


def test_cancel_keeps_what_is_there_and_resume_goes_on(bench: Bench):
    first, second = Fake(value="coarse"), Fake("failed")
    ask(bench, first, "a")
    with pytest.raises(SettingError):
        ask(bench, second, "b")
    bench.cancel()
    assert (first.calls, second.calls) == (["cancel"], [])
    assert ask(bench, first, "a") == "coarse"
    assert bench.over("thing", "a")
    assert len(bench.standing("cancelled")) == 1
    bench.resume()
    assert (first.calls, second.calls) == (["cancel", "resume"], [])
    assert bench.busy


def test_a_call_returns_fails_or_is_known_already(bench: Bench):
    assert ask(bench, Call(pow, (2, 10)), "call") == 1024
    with pytest.raises(ZeroDivisionError):
        ask(bench, Call(divmod, (1, 0)), "wrong")
    assert ask(bench, Ready("known"), "ready") == "known"
    assert bench.wait(("thing",), 1.0) == 0.0


BEGUN, GATE = threading.Event(), threading.Event()


def wait_for_gate() -> bool:
    return GATE.wait(60)


def test_a_call_under_way_is_told_by_the_clock(monkeypatch: pytest.MonkeyPatch):
    threads = ThreadPoolExecutor(1)
    monkeypatch.setattr(program, "_engine", engine.Engine(lambda: threads))
    long, short, unknown = (Call(wait_for_gate, (), expected=s) for s in (100.0, 1e-9, math.nan))
    share, left = long.progress()
    assert 0 <= share < 0.5
    assert 50 < left <= 100
    # Longer than it was thought to take: further and further, and nobody knows when it ends.
    time.sleep(0.01)
    share, left = short.progress()
    assert 0.9 < share < 1
    assert math.isnan(left)
    assert unknown.progress() == (0.0, pytest.approx(math.nan, nan_ok=True))
    GATE.set()
    assert long.future.result()
    assert long.progress()[0] == 1.0
    engine.stop()


def test_a_call_that_is_cancelled_before_it_begins_never_does(monkeypatch: pytest.MonkeyPatch):
    threads, gate = ThreadPoolExecutor(1), threading.Event()
    monkeypatch.setattr(program, "_engine", engine.Engine(lambda: threads))
    threads.submit(gate.wait)
    call = Call(set_begun, ())
    call.cancel()
    assert call.phase() == "cancelled"
    gate.set()
    assert engine.run(pow, 2, 10) == 1024  # it stood in the queue behind the call
    engine.stop()
    assert not BEGUN.is_set()


def set_begun() -> None:
    BEGUN.set()


@dataclass(frozen=True)
class Count:
    step: int = 0
    steps: int = 40

    @property
    def done(self) -> bool:
        return self.step == self.steps


def count(state: Count, n: int) -> tuple[Count, int]:
    more = min(n, state.steps - state.step, 3)
    return Count(state.step + more, state.steps), more


def broken(state: Count, n: int) -> tuple[Count, int]:
    raise ValueError("no way")


def test_a_chain_is_seen_while_it_grows_and_says_about_how_long_it_takes(bench: Bench):
    chain = engine.Chain(count, Count(), begin=False)
    task = Chained(chain, lambda: sum(chain.chunks()), expected=7.0)
    assert task.phase() == "running"
    assert task.progress() == (0.0, 7.0)
    chain.resume()
    seen = [ask(bench, task)]
    while bench.busy:
        seen.append(ask(bench, task))
    assert seen == sorted(seen)
    assert 0 < seen[0] < 40
    assert ask(bench, task) == 40
    assert task.progress() == (1.0, 0.0)


def test_a_chain_that_breaks_is_a_sentence():
    chain = engine.Chain(broken, Count())
    task = Chained(chain, lambda: None)
    assert task.phase() == "failed"
    with pytest.raises(SettingError, match="The computation stopped: no way"):
        task.result()


def test_a_chain_is_cancelled_and_resumed():
    chain = engine.Chain(count, Count())
    task = Chained(chain, lambda: sum(chain.chunks()))
    task.cancel()
    assert task.phase() == "cancelled"
    there = task.result()
    assert there < 40
    task.resume()
    while task.phase() == "running":
        pass
    assert task.result() == 40

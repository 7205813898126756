"""Chains: any pure `advance` in chunks, whatever the cuts and whatever happens meanwhile."""

import math
from concurrent.futures import Future
from dataclasses import dataclass, replace

import pytest

from lossviz.engine import Chain, Engine
from lossviz.engine import chain as chain_module
from lossviz.engine.inline import InlineExecutor


@dataclass(frozen=True)
class Count:
    """Sums 0, 1, 2, ...; ends early where it meets ``stop``."""

    steps: int = 100
    step: int = 0
    total: int = 0
    stop: int = -1

    @property
    def done(self) -> bool:
        return self.step >= self.steps or self.step == self.stop


def add(state: Count, n: int) -> tuple[Count, list[int]]:
    end = min(state.steps, state.step + n)
    if state.stop >= 0:
        end = min(end, state.stop)
    numbers = list(range(state.step, end))
    return replace(state, step=end, total=state.total + sum(numbers)), numbers


class Held(InlineExecutor):
    """Does nothing before it is let go."""

    def __init__(self):
        self.waiting = []

    def submit(self, fn, /, *args, **kwargs):
        self.waiting.append((Future(), fn, args))
        return self.waiting[-1][0]

    def go(self):
        future, fn, args = self.waiting.pop(0)
        future.set_result(fn(*args))


def held_chain(state: Count, each: float = 0.03) -> tuple[Chain, Held]:
    """A chain whose first chunk has about 0.1 / each steps."""
    held = Held()
    return Chain(add, state, seconds_per_step=each, engine=Engine(lambda: held)), held


def flat(chunks: list[list[int]]) -> list[int]:
    return [number for chunk in chunks for number in chunk]


def numbers_of(chain: Chain) -> list[int]:
    return flat(chain.chunks())


def test_nothing_is_lost_or_done_twice():
    chain = Chain(add, Count(1000), engine=Engine(), chunk_seconds=1e-6)
    assert flat(chain.wait()) == list(range(1000))
    assert chain.state == Count(1000, 1000, 499500)
    assert chain.done
    progress = chain.progress()
    assert (progress.phase, progress.done, progress.total) == ("finished", 1000, 1000)
    assert progress.share == 1
    assert progress.seconds_left == 0
    assert progress.rate > 0


def test_a_chain_needs_a_state():
    with pytest.raises(ValueError, match="a state"):
        Chain(add)


def test_one_that_is_done_before_it_begins_is_finished():
    chain = Chain(add, Count(5, 5), engine=Engine())
    assert chain.progress().phase == "finished"
    assert chain.wait() == []


def test_a_state_may_end_before_its_last_step():
    chain = Chain(add, Count(100, stop=30), engine=Engine())
    assert flat(chain.wait()) == list(range(30))
    assert chain.progress().share == 1


def test_of_several_states_the_one_behind_has_the_next_turn():
    chain = Chain(add, Count(10), Count(1000), engine=Engine(), chunk_seconds=1e-9, begin=False)
    for link in chain._links:
        link.seconds_per_step = 1.0
    chain.resume()
    for _ in range(30):
        shares = [link.share for link in chain._links]
        assert max(shares) - min(shares) <= 0.1
        chain.progress()
    assert chain.progress().total == 1010
    chain.wait()
    assert [link.state.total for link in chain._links] == [45, 499500]


def test_the_first_step_is_alone_where_nothing_is_known():
    held = Held()
    chain = Chain(add, Count(), engine=Engine(lambda: held))
    held.go()
    assert chain.chunks() == [[0]]


def test_it_waits_to_be_begun():
    held = Held()
    chain = Chain(add, Count(), engine=Engine(lambda: held), begin=False)
    progress = chain.progress()
    assert progress.phase == "waiting"
    assert math.isnan(progress.seconds_left)
    assert not chain.done
    assert not held.waiting
    chain.resume()
    chain.resume()  # nothing more
    assert chain.progress().phase == "running"
    assert len(held.waiting) == 1
    waiting = Chain(add, Count(), engine=Engine(), begin=False)
    assert flat(waiting.wait()) == list(range(100))


def test_what_comes_after_a_cancel_is_thrown_away_even_when_it_goes_on():
    chain, held = held_chain(Count())
    held.go()
    assert numbers_of(chain) == [0, 1, 2]
    chain.cancel()
    assert chain.progress().phase == "cancelled"
    assert chain.done
    chain.resume()
    assert len(held.waiting) == 2  # the one from before, and its successor
    held.go()
    assert numbers_of(chain) == [0, 1, 2]
    held.go()
    while held.waiting:
        held.go()
    assert numbers_of(chain) == list(range(100))
    assert chain.progress().phase == "finished"
    chain.cancel()
    assert chain.progress().phase == "finished"
    chain.resume()
    assert not held.waiting


def test_the_rate_is_that_of_the_last_chunks_and_not_of_the_first(monkeypatch):
    seconds = iter([100.0] + [1.0] * 9 + [2.0] * 8)

    def timed(advance, state, n):
        return *advance(state, n), next(seconds)

    monkeypatch.setattr(chain_module.work, "timed", timed)
    chain = Chain(add, Count(), engine=Engine(), chunk_seconds=1e-9, begin=False)
    assert chain.progress().rate == 0
    chain.resume()
    progress = chain.progress()
    while progress.done < 2:
        assert math.isnan(progress.seconds_left)
        progress = chain.progress()
    rates = {progress.done: progress.rate}
    while progress.done < 18:
        rates[progress.done] = progress.rate
        assert progress.seconds_left == pytest.approx((100 - progress.done) / progress.rate)
        progress = chain.progress()
    assert rates[2] == rates[10] == 1.0
    assert progress.rate == 0.5
    chain.cancel()


def test_one_that_nobody_looks_at_rests(monkeypatch):
    chain, held = held_chain(Count())
    monkeypatch.setattr(chain_module, "PATIENCE", -1.0)
    held.go()
    assert not held.waiting
    monkeypatch.setattr(chain_module, "PATIENCE", 30.0)
    assert chain.progress().phase == "running"
    assert len(held.waiting) == 1


def test_waiting_has_an_end():
    chain, _ = held_chain(Count())
    with pytest.raises(TimeoutError, match=r"after 0\.02 seconds"):
        chain.wait(timeout=0.02)
    assert chain.progress().phase == "running"


unlucky = True


def lucky(state: Count, n: int) -> tuple[Count, list[int]]:
    if unlucky and state.step:
        raise RuntimeError("out of luck")
    return add(state, n)


def test_one_that_was_interrupted_goes_on(monkeypatch):
    def interrupted(advance, state, n):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(chain_module.work, "timed", interrupted)
        chain = Chain(add, Count(), engine=Engine(), begin=False)
        with pytest.raises(KeyboardInterrupt):
            chain.wait(timeout=5)
    assert flat(chain.wait(timeout=5)) == list(range(100))


def test_a_failure_is_told_and_can_be_tried_again(monkeypatch):
    chain = Chain(lucky, Count(), engine=Engine(), chunk_seconds=1e-9)
    with pytest.raises(RuntimeError, match="out of luck"):
        chain.wait()
    progress = chain.progress()
    assert (progress.phase, progress.error, progress.done) == ("failed", "out of luck", 1)
    monkeypatch.setitem(globals(), "unlucky", False)
    chain.resume()
    assert chain.progress().error == ""
    assert flat(chain.wait()) == list(range(100))

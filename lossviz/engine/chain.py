"""`Chain`: any long work as a chain of chunks, watched while it grows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, Generic, Literal, Protocol, TypeVar

from lossviz.engine import program, work
from lossviz.engine.engine import Engine

#: How long a chunk should take.
CHUNK_SECONDS = 0.3

#: The rate is that of so many last chunks.
RECENT = 8

#: A chain that nobody has looked at for so many seconds begins no new chunk until somebody does.
PATIENCE = 30.0

Phase = Literal["waiting", "running", "finished", "cancelled", "failed"]


class Countable(Protocol):
    """What is asked of a state: how far it is."""

    @property
    def step(self) -> int:
        """How many steps were taken."""
        ...

    @property
    def steps(self) -> int:
        """How many there are in all."""
        ...

    @property
    def done(self) -> bool:
        """Whether nothing is left to do, which may be so before all steps are taken."""
        ...


S = TypeVar("S", bound=Countable)
C = TypeVar("C")

#: Takes up to so many steps more, and gives the state after them and what came of them.
Advance = Callable[[S, int], tuple[S, C]]


@dataclass(frozen=True)
class Progress:
    """How far a work is.

    Args:
        phase: "waiting" (to be begun), "running", "finished", "cancelled" or "failed".
        done: Steps taken, over all states; exact.
        total: Steps in all.
        rate: Steps a second in the last chunks, over the time in which they were computed (0 before
            the first).
        seconds_left: What remains at that rate; not a number while it is unknown, as it is after
            the first chunk, in which everything is made ready.
        error: Why it failed, or "".
    """

    phase: Phase
    done: int
    total: int
    rate: float
    seconds_left: float
    error: str = ""

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.done / self.total if self.total else 1.0


@dataclass(eq=False)
class Link(Generic[S, C]):
    """One state of a chain, with what came of it so far."""

    state: S
    seconds_per_step: float
    chunks: list[C] = field(default_factory=list)

    @property
    def share(self) -> float:
        """From 0 to 1; all of it when nothing is left to do."""
        return 1.0 if self.state.done else self.state.step / self.state.steps


class Chain(Generic[S, C]):
    """Work that is computed in chunks, at most one of them at a time.

    Many chains so share the workers fairly. A chunk that is lost with its worker is computed again.
    Nothing depends on how the work was cut, as long as ``advance`` is a pure function for which
    taking 10 steps and then 20 gives what taking 30 gives. Each look (asking for anything) keeps a
    chain going; one that nobody looks at for half a minute rests until somebody does. Where work is
    done in the thread that asks (see `lossviz.engine.start`), each look computes one chunk.

    Args:
        advance: ``advance(state, n)`` takes up to n steps more and gives the state after them and
            what came of them: a function of a module, for it travels to the workers by its name.
        states: Where it begins, as plain data with the numbers ``step`` and ``steps``, and ``done``
            when nothing is left to do. Of several the one that is behind has the next turn.
        seconds_per_step: What is expected; None when it is not known.
        engine: Where to work; the program's own where none is given.
        chunk_seconds: How long a chunk should take.
        begin: Whether to begin at once, and not at `resume`.

    Raises:
        ValueError: When there is no state.

    >>> from dataclasses import dataclass, replace
    >>> @dataclass(frozen=True)
    ... class Sum:
    ...     step: int = 0
    ...     steps: int = 100
    ...     total: int = 0
    ...
    ...     @property
    ...     def done(self):
    ...         return self.step == self.steps
    >>> def add(state, n):
    ...     numbers = range(state.step, state.steps)[:n]
    ...     state = replace(
    ...         state, step=state.step + len(numbers), total=state.total + sum(numbers)
    ...     )
    ...     return state, list(numbers)
    >>> chain = Chain(add, Sum())
    >>> sum(chain.wait(), []) == list(range(100)), chain.state.total
    (True, 4950)
    """

    def __init__(
        self,
        advance: Advance[S, C],
        *states: S,
        seconds_per_step: float | None = None,
        engine: Engine | None = None,
        chunk_seconds: float = CHUNK_SECONDS,
        begin: bool = True,
    ) -> None:
        if not states:
            raise ValueError("A chain needs a state to begin with.")
        # One step at first, where nothing is known.
        each = chunk_seconds if seconds_per_step is None else max(seconds_per_step, 1e-9)
        self._advance = advance
        self._links = [Link[S, C](state, each) for state in states]
        self._engine = engine or program.current()
        self._chunk_seconds = chunk_seconds
        self._changed = threading.Condition()
        self._phase: Phase = "waiting"
        self._error: BaseException | None = None
        self._busy = False
        #: Counts the beginnings, so that a chunk which was thrown away is known when it comes.
        self._turn = 0
        #: Steps and seconds of the last chunks, and how many came in all.
        self._recent: deque[tuple[int, float]] = deque(maxlen=RECENT)
        self._came = 0
        self._looked = monotonic()
        if begin:
            self.resume()

    # --- looking -----------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether nothing more will come by itself: finished, cancelled or failed."""
        return self._phase in ("finished", "cancelled", "failed")

    @property
    def state(self) -> S:
        """Where the first state stands."""
        self._look()
        return self._links[0].state

    def chunks(self) -> list[C]:
        """All that came of the first state so far, in order; the list only grows."""
        self._look()
        with self._changed:
            return list(self._links[0].chunks)

    def progress(self) -> Progress:
        """How far it is."""
        self._look()
        with self._changed:
            states = [link.state for link in self._links]
            total = sum(state.steps for state in states)
            # A state that ended before its last step has nothing left to do.
            left = sum(state.steps - state.step for state in states if not state.done)
            rate = self._rate()
            known = rate > 0 and self._came > 1
            return Progress(
                phase=self._phase,
                done=total - left,
                total=total,
                rate=rate,
                seconds_left=0.0 if self.done else left / rate if known else float("nan"),
                error=str(self._error or ""),
            )

    def _rate(self) -> float:
        seconds = sum(seconds for _, seconds in self._recent)
        return sum(steps for steps, _ in self._recent) / seconds if seconds else 0.0

    def wait(self, timeout: float | None = None) -> Any:
        """Wait until it is over; gives `chunks`.

        Raises:
            TimeoutError: When it is not over in time; the work goes on.
            Exception: What a chunk failed with.
        """
        self._wait(timeout)
        return self.chunks()

    def _wait(self, timeout: float | None) -> None:
        until = None if timeout is None else monotonic() + timeout
        if self._phase == "waiting":
            self.resume()
        while True:
            self._look()
            with self._changed:
                if self.done:
                    break
                left = None if until is None else until - monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f"The work was not over after {timeout:g} seconds.")
                if self._busy or not self._engine.inline:
                    self._changed.wait(min(1.0, left or 1.0))
        if self._error is not None:
            raise self._error

    # --- steering ----------------------------------------------------------------------------

    def cancel(self) -> None:
        """Begin no more chunks; what is there stays. The chunk under way is thrown away."""
        with self._changed:
            if not self.done:
                self._turn += 1
                self._busy = False
                self._end("cancelled")

    def resume(self) -> None:
        """Begin what waits to be begun, and go on after a cancel or a failure."""
        with self._changed:
            if self._phase in ("running", "finished"):
                return
            self._phase, self._error = "running", None
            self._turn += 1
        self._look()

    # --- working -----------------------------------------------------------------------------

    def _look(self) -> None:
        """Note that somebody looks, and go on where the work waits for that."""
        self._looked = monotonic()
        self._go_on()

    def _go_on(self) -> None:
        """Begin the next chunk, unless one is under way or nothing is left."""
        with self._changed:
            if self._busy or self._phase != "running":
                return
            if monotonic() - self._looked > PATIENCE:
                return
            waiting = [link for link in self._links if not link.state.done]
            if not waiting:
                self._end("finished")
                return
            link = min(waiting, key=lambda link: link.share)
            n = self._steps_for(link)
            self._busy = True
            turn = self._turn
        try:
            future = self._engine.submit(work.timed, self._advance, link.state, n)
        except BaseException:
            # Say, a person at a notebook interrupts the thread that works; it can go on later.
            with self._changed:
                if turn == self._turn:
                    self._busy = False
            raise
        future.add_done_callback(partial(self._arrived, link, turn))

    def _steps_for(self, link: Link[S, C]) -> int:
        # The first chunk is a short one: something is seen at once, and the time gets known.
        seconds = self._chunk_seconds if link.chunks else self._chunk_seconds / 3
        return max(1, int(seconds / link.seconds_per_step))

    def _arrived(self, link: Link[S, C], turn: int, future: Future[Any]) -> None:
        with self._changed:
            if turn != self._turn:
                return  # it was cancelled meanwhile
            self._busy = False
            try:
                state, chunk, seconds = future.result()
            except BaseException as error:
                self._error = error
                self._end("failed")
                return
            self._add(link, state, chunk, seconds)
            if all(link.state.done for link in self._links):
                self._end("finished")
            self._changed.notify_all()
        if not self._engine.inline:
            self._go_on()

    def _add(self, link: Link[S, C], state: S, chunk: C, seconds: float) -> None:
        steps = state.step - link.state.step
        link.seconds_per_step = max(seconds, 1e-9) / max(1, steps)
        link.state = state
        link.chunks.append(chunk)
        self._came += 1
        if self._came == 2:
            # The first one took the time in which a worker builds the problem, too.
            self._recent.clear()
        self._recent.append((steps, seconds))

    def _end(self, phase: Phase) -> None:
        self._phase = phase
        self._changed.notify_all()

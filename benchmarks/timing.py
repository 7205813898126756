"""Timing things side by side: interleaved repeats, so that a busy moment hits all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """The seconds of one contender's repeats."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def minimum(self) -> float:
        return min(self.seconds)


def interleaved(
    contenders: Mapping[str, Callable[[], object]],
    repeats: int = 9,
    warm_ups: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Times]:
    """Time each contender once, then each once again, and so on; the first rounds do not count.

    Args:
        contenders: What is called, by name.
        repeats: Rounds that count.
        warm_ups: Rounds before them.
        clock: Gives seconds. Where all work is done by this thread, `time.thread_time` does not
            count the time in which a busy machine does something else.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(warm_ups + repeats):
        for name, call in contenders.items():
            start = clock()
            call()
            if turn >= warm_ups:
                seconds[name].append(clock() - start)
    return {name: Times(tuple(s)) for name, s in seconds.items()}


def table(
    title: str, times: Mapping[str, Times], against: str, each: int = 1, unit: str = "us"
) -> str:
    """Median and minimum of each contender, and how many times as fast it is as one of them.

    Args:
        title: The first line.
        times: What `interleaved` gives.
        against: The contender that the ratios are against.
        each: The number of things done in one call; times are per thing.
        unit: "us", "ms" or "s".
    """
    scale = {"us": 1e6, "ms": 1e3, "s": 1.0}[unit] / each
    base = times[against]
    width = max(len(name) for name in times)
    lines = [
        title,
        f"  {'':{width}}  {'median':>9} {'minimum':>9} {unit:<3} {'times as fast as ' + against}",
    ]
    for name, t in times.items():
        lines.append(
            f"  {name:{width}}  {t.median * scale:9.2f} {t.minimum * scale:9.2f}     "
            f"{base.median / t.median:6.2f} (medians) {base.minimum / t.minimum:6.2f} (minima)"
        )
    return "\n".join(lines)

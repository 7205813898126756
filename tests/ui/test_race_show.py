"""What took long on the race page is found again after a restart, and computed but once."""

import numpy as np
import pytest

from lossviz.comparison import Contender
from lossviz.course import Course, heat_of
from lossviz.ui.race import cost, show

COURSE = Course(
    "himmelblau", steps=6, fan="grid", fan_count=4, contenders=(Contender("sgd"), Contender("adam"))
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSVIZ_CACHE", str(tmp_path))
    restart()
    yield tmp_path
    restart()


def restart() -> None:
    """Forget what this process remembers."""
    for cached in (show._kept, show._accounts, show._crowds, show._sweeps):
        cached.clear()


def refuse(*arguments):
    raise AssertionError("This was computed before.")


def test_a_long_race_is_found_after_a_restart(cache):
    heat = heat_of(COURSE)
    assert show.finished(COURSE) is None
    show.keep(COURSE, heat)
    restart()
    again = show.finished(COURSE)
    assert again is not None
    assert [str(s) for s in again.statuses] == [str(s) for s in heat.statuses]
    for one, other in zip(again.traces, heat.traces, strict=True):
        assert np.array_equal(one.points, other.points)
    assert show.finished(COURSE) is again  # now it is remembered


def test_what_belongs_to_a_long_race_is_found_too(cache, monkeypatch):
    monkeypatch.setattr(show, "WORTH", 0.0)
    account = show.account_begun(COURSE, 1).result()
    crowd = show.crowd_begun(COURSE).result()
    (sweep,) = show.sweep_begun(COURSE, 0).result()
    restart()
    for name in ("account_of", "crowd_of", "sweep_of"):
        monkeypatch.setattr(show, name, refuse)
    again = show.account_begun(COURSE, 1).result()
    assert [again.why.text(k) for k in range(7)] == [account.why.text(k) for k in range(7)]
    assert again.worked.text(3) == account.worked.text(3)
    fan, known = show.crowd_begun(COURSE).result().fans[0], crowd.fans[0]
    assert np.array_equal(fan.points, known.points, equal_nan=True)
    assert show.sweep_begun(COURSE, 0).result()[0].best == sweep.best


def test_a_quick_race_is_not_written_down(cache):
    assert cost.alone(COURSE) < show.WORTH
    show.account_begun(COURSE, 0).result()
    show.crowd_begun(COURSE).result()
    assert not list(cache.iterdir())

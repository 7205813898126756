"""What a page shows is found again after a restart: runs, fine surfaces and the sharpness."""

import numpy as np
import pytest
import torch

from lossviz import picture
from lossviz.comparison import Comparison
from lossviz.settings import Experiment
from lossviz.ui import show

COMPARISON = Comparison(base=Experiment(steps=6))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSVIZ_CACHE", str(tmp_path))
    restart()
    yield tmp_path
    restart()


def restart() -> None:
    """Forget what this process remembers."""
    show._kept.clear()
    show._cached_sharpness.clear()


def refuse(*arguments):
    raise AssertionError("This was computed before.")


def test_runs_of_a_job_are_found_after_a_restart(cache, monkeypatch):
    runs = picture.race_of(COMPARISON)
    assert show.finished(COMPARISON) is None
    show.keep(COMPARISON, runs)
    restart()
    monkeypatch.setattr(picture, "race_of", refuse)
    again = show.runs_of(COMPARISON)
    for one, other in zip(again, runs, strict=True):
        assert torch.equal(one.weights, other.weights)
        assert one.experiment == other.experiment
        assert np.array_equal(one.metrics["test_loss"], other.metrics["test_loss"])
    assert show.finished(COMPARISON) is again  # now it is remembered
    assert show.finished(Comparison(base=Experiment(steps=7))) is None


def test_very_large_runs_are_not_kept_on_disk(cache, monkeypatch):
    monkeypatch.setattr(show, "MOST_BYTES", 1000)
    show.keep(COMPARISON, picture.race_of(COMPARISON))
    assert show.finished(COMPARISON) is not None
    assert not list(cache.iterdir())


def test_fine_surfaces_and_the_sharpness_are_found_after_a_restart(cache, monkeypatch):
    runs = picture.race_of(COMPARISON)
    cut = picture.slice_of(COMPARISON, runs)
    surface = show.fine_surface_begun(COMPARISON, cut, 9).result()
    sharp = [future.result() for future in show.sharpness_begun(COMPARISON, runs)]
    restart()
    monkeypatch.setattr(picture, "surface_on", refuse)
    monkeypatch.setattr(picture, "sharpness_of", refuse)
    assert torch.equal(show.fine_surface_begun(COMPARISON, cut, 9).result().loss, surface.loss)
    for future, known in zip(show.sharpness_begun(COMPARISON, runs), sharp, strict=True):
        assert np.array_equal(future.result().sharpness, known.sharpness)
    # Runs that were cut short are others than those that the settings mean.
    with pytest.raises(AssertionError, match="computed before"):
        show.fine_surface_begun(COMPARISON, cut, 9, "cut at 3").result()
    with pytest.raises(AssertionError, match="computed before"):
        show.sharpness_begun(COMPARISON, runs, "cut at 3")[0].result()

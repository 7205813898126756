"""Results for all sessions: the longest unused goes first, and the newest never."""

import torch

from lossviz import Experiment, train
from lossviz.ui.shelf import Shelf, bytes_of


def test_the_longest_unused_goes_first():
    shelf = Shelf(2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (1, None, 3)


def test_all_together_are_within_the_bound_but_for_the_newest():
    shelf = Shelf(9, most_bytes=10, size_of=len)
    shelf.put("a", b"1234")
    shelf.put("b", b"123456")
    assert shelf.get("a") == b"1234"
    shelf.put("c", b"1")
    assert shelf.get("b") is None
    shelf.put("d", b"much too long for it")
    assert shelf.get("a") is shelf.get("c") is None
    assert shelf.get("d") == b"much too long for it"
    shelf.put("d", b"short")
    assert shelf.get("d") == b"short"


def test_runs_are_as_large_as_their_numbers():
    run = train(Experiment(steps=3))
    size = 4 * (run.weights.numel() + run.loss.numel())
    assert run.weights.dtype == torch.float32
    assert bytes_of((run, run)) == 2 * size

"""Loss and accuracy of many mixtures of a few networks, on both splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.problem.problem import Problem, Split
from lossviz.surface.losses import MixtureLosses, Progress, counted
from lossviz.surface.scores import has_accuracy

SPLITS: tuple[Split, Split] = ("train", "test")


@dataclass(frozen=True, eq=False)
class Profile:
    """What is known at n points; None for a split without samples, or a score that there is not.

    Args:
        loss, test_loss: (n,), the mean loss over all samples of the split.
        accuracy, test_accuracy: (n,), the share of samples that are classed right.
    """

    loss: Tensor
    test_loss: Tensor | None = None
    accuracy: Tensor | None = None
    test_accuracy: Tensor | None = None


def profile_of(
    prob: Problem,
    vectors: Tensor,
    mix: Tensor,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Profile:
    """Loss and accuracy of mixtures (n, R) of vectors (R, P), from one look at each split."""
    splits = [split for split in SPLITS if len(prob.batch(split)[0])]
    found: list[Tensor | None] = []
    for place, split in enumerate(splits):
        losses = MixtureLosses(prob, vectors, split)
        progress = counted(on_progress, place * len(mix), len(splits) * len(mix))
        if has_accuracy(prob):
            found += losses.with_accuracy(mix, progress, cancelled)
        else:
            found += [losses.at(mix, progress, cancelled), None]
    loss, accuracy, test_loss, test_accuracy = (*found, None, None)[:4]
    assert loss is not None
    return Profile(loss, test_loss, accuracy, test_accuracy)


def straight(t: Tensor) -> Tensor:
    """The shares (n, 2) of both ends at t (n,) of the straight line between them."""
    return torch.stack([1 - t, t], dim=1)

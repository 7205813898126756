"""`Line`: the loss on the straight way from one network to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lossviz.connect.barrier import Barrier, barrier_of
from lossviz.connect.ends import end_of, places
from lossviz.connect.profile import profile_of, straight
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem, Split
from lossviz.problem.vector import Point
from lossviz.registry import SettingError
from lossviz.surface.losses import Progress


@dataclass(frozen=True, eq=False)
class Line:
    """Loss and accuracy at ``(1 - t) a + t b``.

    Args:
        t: (n,) float64; 0 and 1 are among them exactly.
        loss: (n,), over the training samples, in the problem's dtype.
        test_loss: (n,), over the test samples; None where there are none.
        accuracy, test_accuracy: (n,), the share of samples that are classed right; None where the
            problem has no classes, does not say how to tell them, or has no test samples.
        distance: The euclidean distance between a and b.
        split: The samples whose loss makes the barrier.
    """

    t: Tensor
    loss: Tensor
    test_loss: Tensor | None
    accuracy: Tensor | None
    test_accuracy: Tensor | None
    distance: float
    split: Split = "train"

    @property
    def height(self) -> Barrier:
        """The barrier and where it is; see `lossviz.connect.barrier_of`."""
        return barrier_of(self.t, self._chosen)

    @property
    def barrier(self) -> float:
        """The highest rise of the loss over the straight line between its ends' values."""
        return self.height.height

    @property
    def where(self) -> float:
        """The t at which the loss rises highest."""
        return self.height.where

    @property
    def ends(self) -> tuple[float, float]:
        """The losses at a and at b."""
        loss = self._chosen
        return float(loss[self.t == 0][0]), float(loss[self.t == 1][0])

    @property
    def _chosen(self) -> Tensor:
        if self.split == "train":
            return self.loss
        assert self.test_loss is not None
        return self.test_loss


def line(
    prob: Problem,
    a: Point,
    b: Point,
    points: int = 101,
    split: Split = "train",
    margin: float = 0.25,
    statistics: Statistics | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Line:
    r"""The true loss on the straight line through two networks, and the barrier between them.

    $$\theta(t) = (1 - t) \, a + t \, b, \qquad
    \mathrm{barrier} = \max_{t \in [0, 1]} L(\theta(t)) - ((1 - t) L(a) + t L(b))$$

    Source: Goodfellow, Vinyals and Saxe 2015 for the line; Frankle et al. 2020 for the barrier.

    How to read it: a hill between two minima says that the *straight* way is blocked. It does not
    say that they lie in different valleys: a bent way may be open (`low_loss_curve`), and often
    the hill comes from the order of the hidden units alone (`align`).

    Args:
        prob: The problem.
        a: The network at t = 0, as named tensors or one vector (P,).
        b: The network at t = 1.
        points: So many from a to b, both among them.
        split: Whose loss makes the barrier, "train" or "test"; both are computed where both are.
        margin: How far to go on beyond both ends, in lengths of the line.
        statistics: What batch normalisation uses, "frozen", "batch" or "recomputed"; the problem's
            own choice when it is not given. Between two networks the statistics of neither fit, so
            that "frozen" shows a hill for that alone.
        on_progress: Called with the points done and all points, those of both splits together.
        cancelled: Asked now and then; when true, `ScanCancelledError` is raised.

    Raises:
        SettingError: When an end does not fit the model or is not finite, there are too few points,
            or no test samples where they are wanted.

    >>> from lossviz.problem import point_problem
    >>> wells = point_problem(lambda x, y: (x**2 - 1) ** 2 + y**2, (0.0, 0.0))
    >>> between = line(wells, torch.tensor([-1.0, 0.0]), torch.tensor([1.0, 0.0]), points=5)
    >>> between.barrier, between.where, between.ends, between.distance
    (1.0, 0.5, (0.0, 0.0), 2.0)
    """
    ends = torch.stack([end_of(prob, a, "a"), end_of(prob, b, "b")])
    t = places(points, margin)
    if split not in ("train", "test"):
        raise SettingError(f"split is {split!r}, but must be train or test.")
    if split == "test" and not len(prob.batch("test")[0]):
        raise SettingError('This problem has no test samples; take split="train".')
    if statistics is not None:
        prob = prob.with_statistics(statistics)
    seen = profile_of(prob, ends, straight(t), on_progress, cancelled)
    distance = float((ends[1].double() - ends[0].double()).norm())
    return Line(t, seen.loss, seen.test_loss, seen.accuracy, seen.test_accuracy, distance, split)

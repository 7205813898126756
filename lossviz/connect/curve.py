"""`Curve`: a bent way from one network to another, trained to be low."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lossviz.connect.advance import advance_curve
from lossviz.connect.barrier import Barrier, barrier_of
from lossviz.connect.profile import Profile
from lossviz.connect.shape import Shape, shares
from lossviz.connect.state import CurvePiece, CurveState, start_curve
from lossviz.plane import Plane, through_plane
from lossviz.problem.normalise import Statistics
from lossviz.problem.problem import Problem
from lossviz.problem.space import ParamSpace
from lossviz.problem.vector import Point
from lossviz.registry import Value
from lossviz.run.state import Method
from lossviz.run.status import Status
from lossviz.surface.losses import Progress

Floats = NDArray[np.float64]

#: Steps between two looks at the ``cancelled`` hook.
CHUNK = 10


@dataclass(frozen=True, eq=False)
class Curve:
    """What training did to a curve between two networks, frame by frame.

    Frame 0 is the straight line, so that ``profile[0]`` and ``barrier[0]`` are those of `line`.

    How to read it: where the barrier falls to nothing, the two networks are joined by a way on
    which the loss stays low, although the straight line between them crosses a hill: they lie in
    one valley that is bent. It says nothing about the loss beside the curve.

    Args:
        a, b: (P,), the ends, which stay where they are.
        bends: (F, B, P), the trained points between them at each recorded step.
        steps: (F,), the numbers of these steps.
        t: (n,) float64 from 0 to 1, where the profiles are taken.
        profile: (F, n), the loss over all training samples along the curve.
        loss: (S,), what each step saw: the mean loss over the places that it drew.
        end: Loss and accuracy on both splits along the last curve; None while it is in training.
        shape: "bezier" or "chain".
        method: The optimizer and its schedule.
        status: How the training ended; a curve that has diverged ends where that was seen.
        space: Names and shapes of the parameters.
    """

    a: Tensor
    b: Tensor
    bends: Tensor
    steps: NDArray[np.int64]
    t: Tensor
    profile: Tensor
    loss: Tensor
    end: Profile | None
    shape: Shape
    method: Method
    status: Status
    space: ParamSpace

    # --- what is read off ------------------------------------------------------------------------

    @property
    def mean(self) -> Floats:
        """The mean of the profile over t (F,), what training lowers; by trapezoids."""
        return np.asarray(torch.trapezoid(self.profile.double(), self.t, dim=1))

    @property
    def highest(self) -> Floats:
        """The highest loss on the curve (F,); NaN where one is not a number."""
        return np.asarray(self.profile.double().amax(dim=1))

    @property
    def barriers(self) -> tuple[Barrier, ...]:
        """The barrier of each frame; see `lossviz.connect.barrier_of`."""
        return tuple(barrier_of(self.t, row) for row in self.profile)

    @property
    def barrier(self) -> Floats:
        """The heights of the barriers (F,)."""
        return np.array([barrier.height for barrier in self.barriers])

    @property
    def test_profile(self) -> Tensor | None:
        """The test loss along the last curve (n,); None without test samples, or in training."""
        return None if self.end is None else self.end.test_loss

    # --- where it is -----------------------------------------------------------------------------

    def points(self, frame: int = -1, t: Tensor | None = None) -> Tensor:
        """The networks (n, P) on the curve of one frame, at its own t or at others."""
        mix = shares(self.shape, self.t if t is None else t.double(), self.bends.shape[1])
        control = torch.cat([self.a[None], self.bends[frame], self.b[None]]).double()
        return (mix.to(control) @ control).to(self.a)

    def length(self, frame: int = -1) -> float:
        """How long the way of one frame is, in euclidean distance along its n places."""
        return float(self.points(frame).double().diff(dim=0).norm(dim=1).sum())

    def plane(self, seed: int = 0) -> Plane:
        """The plane through both ends and the last frame's (middle) bend.

        A Bezier curve with one bend lies in it wholly. While the curve is straight, the second axis
        is a random direction, drawn with the seed; then ``info["filled"]`` is 1.
        """
        middle = self.bends[-1][self.bends.shape[1] // 2]
        try:
            plane = through_plane(self.a, self.b, middle, self.space)
        except ValueError:
            generator = torch.Generator().manual_seed(seed)
            drawn = torch.randn(len(self.a), dtype=torch.float64, generator=generator)
            apart = float((self.b.double() - self.a.double()).norm())
            aside = self.a.double() + apart * (drawn / drawn.norm()).to(self.a.device)
            plane = through_plane(self.a, self.b, aside.to(self.a), self.space)
            second, filled = "distance in a random direction (the curve is straight)", 1
        else:
            second, filled = "distance towards the bend", 0
        return replace(
            plane,
            kind="curve",
            titles=(plane.titles[0], second),
            info={**plane.info, "filled": filled},
        )

    def project(self, plane: Plane | None = None) -> tuple[Tensor, Tensor]:
        """Every frame's curve in one plane: coordinates (F, n, 2), distances from it (F, n).

        How to read it: the distance says how far the curve of an earlier step was from the picture;
        where it is large, the surface under it is not the loss that is on the curve.

        Args:
            plane: That of `plane` when it is not given.
        """
        plane = self.plane() if plane is None else plane
        mix = shares(self.shape, self.t, self.bends.shape[1])
        coords, residual = [], []
        for bends in self.bends:
            # Places are mixtures of a few points, and so are their projections and what is left.
            control = torch.cat([self.a[None], bends, self.b[None]]).to("cpu", torch.float64)
            at, _ = plane.project(control)
            left = control - plane.origin - at @ plane.axes
            coords.append(mix @ at)
            residual.append((mix @ torch.linalg.qr(left.T).R.T).norm(dim=1))
        return torch.stack(coords), torch.stack(residual)


def curve_of(state: CurveState, pieces: Sequence[CurvePiece], space: ParamSpace) -> Curve:
    """The curve as far as it is, from the pieces of all its chunks.

    Args:
        state: Where it stands; what is still running then counts as cancelled.
        pieces: At least one, the first one from the start.
        space: Names and shapes of the parameters, the problem's ``space``.

    Raises:
        ValueError: When there is no piece yet.
    """
    if not pieces:
        raise ValueError("There is nothing of the curve yet; advance it first.")
    status = state.status
    if status.kind == "running":
        status = replace(status, kind="cancelled")
    return Curve(
        a=state.a,
        b=state.b,
        bends=torch.cat([piece.bends for piece in pieces]),
        steps=np.concatenate([piece.recorded for piece in pieces]),
        t=state.t,
        profile=torch.cat([piece.profile for piece in pieces]),
        loss=torch.cat([piece.loss for piece in pieces]),
        end=pieces[-1].end,
        shape=state.shape,
        method=state.method,
        status=status,
        space=space,
    )


def low_loss_curve(
    prob: Problem,
    a: Point,
    b: Point,
    steps: int = 300,
    lr: float = 0.02,
    seed: int = 0,
    *,
    optimizer: str = "adam",
    params: Mapping[str, Value] | None = None,
    shape: Shape = "bezier",
    bends: int = 1,
    draws: int = 8,
    batch_size: int = 0,
    points: int = 41,
    frames: int = 101,
    statistics: Statistics | None = None,
    on_progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Curve:
    r"""A bent way between two networks on which the loss is low, found by training.

    With one bend $\theta$, which starts halfway between the ends, the curve is

    $$\phi_\theta(t) = (1 - t)^2 \, a + 2 t (1 - t) \, \theta + t^2 \, b$$

    and $\theta$ is trained by a real optimizer of `torch.optim` on $E_{t \sim U(0, 1)}
    L(\phi_\theta(t))$. Each step draws one t in each of so many equal stretches of [0, 1]. Nothing
    else is drawn: no noise and no dropout.

    Source: Garipov, Izmailov, Podoprikhin, Vetrov and Wilson, "Loss Surfaces, Mode Connectivity,
    and Fast Ensembling of DNNs", 2018. They also use the polygonal chain (``shape="chain"``).

    How to read it: see `Curve`. To compute it in chunks, in workers, or with a stop and a
    continuation, take `lossviz.connect.start_curve` and `lossviz.connect.advance_curve`.

    Args:
        prob: The problem.
        a: The network at t = 0, as named tensors or one vector (P,).
        b: The network at t = 1.
        steps: How many steps to take, at least 1.
        lr: The optimizer's learning rate.
        seed: Of the places that are looked at, and of the order of the batches.
        optimizer: Its name in the catalogue.
        params: Its other parameters; those left out are at their defaults.
        shape: As for `lossviz.connect.start_curve`, like all that follow but the hooks.
        bends: How many points between the ends are trained.
        draws: How many places of the curve each step looks at.
        batch_size: Samples for each step, 0 for all.
        points: So many places from 0 to 1 have a profile.
        frames: How many steps are recorded, at most.
        statistics: What batch normalisation uses; None for the problem's own choice.
        on_progress: Called with the steps done and all steps.
        cancelled: Asked every few steps; when true, the curve so far is given, as "cancelled".

    Raises:
        SettingError: As `lossviz.connect.start_curve`.

    >>> from lossviz.problem import point_problem
    >>> hill = point_problem(lambda x, y: (-(x**2) - y**2).exp(), (0.0, 0.0))
    >>> ends = torch.tensor([[-2.0, 0.1], [2.0, 0.1]])
    >>> curve = low_loss_curve(hill, *ends, steps=200, lr=0.05)
    >>> bool(curve.barrier[0] > 0.9), bool(curve.barrier[-1] < 0.1), str(curve.status)
    (True, True, 'finished after 200 steps')
    """
    state = start_curve(
        prob,
        a,
        b,
        Method(optimizer, {**(params or {}), "lr": lr}),
        steps=steps,
        seed=seed,
        shape=shape,
        bends=bends,
        draws=draws,
        batch_size=batch_size,
        points=points,
        frames=frames,
        statistics=statistics,
    )
    pieces: list[CurvePiece] = []
    while not state.done and not (pieces and cancelled is not None and cancelled()):
        state, piece = advance_curve(state, CHUNK, prob)
        pieces.append(piece)
        if on_progress is not None:
            on_progress(state.step, steps)
    return curve_of(state, pieces, prob.space)

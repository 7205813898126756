"""The numbers behind an explanation: slope, curvature, limit and movement at each frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossviz.curvature.frames import after, before, last_filled
from lossviz.curvature.hessian import derivatives
from lossviz.curvature.spectrum import Floats, Spectrum, spectra
from lossviz.registry import optimizers
from lossviz.run.stability import Stability, stability
from lossviz.run.worked import worked

if TYPE_CHECKING:
    from lossviz.problem.problem import Problem
    from lossviz.run.record import Run

Flags = NDArray[np.bool_]

#: A point this near to a minimum, as a share of the whole path's extent, counts as there.
NEAR = 1e-4

#: Of the slope so much is left where the weight decay cancels it.
BALANCED = 1e-3

#: A curvature below this share of the largest one counts as none.
FLAT = 1e-6


@dataclass(frozen=True, eq=False)
class View:
    """A run with the derivatives of its problem along it; everything else follows from these.

    Args:
        problem: What was lowered.
        run: A watched run.
        x: (F, P), its weights.
        gradient: (F, P), the slope of the loss, without noise.
        spectrum: The Hessian's eigenvalues and eigenvectors.
        scaled_sharpness: (F,), the largest eigenvalue of D^1/2 (H + decay I) D^1/2, with D the
            optimizer's own scales.
        found: The optimizer's stability, or None.
    """

    problem: Problem
    run: Run
    x: Floats
    gradient: Floats
    spectrum: Spectrum
    scaled_sharpness: Floats
    found: Stability | None

    @classmethod
    def of(cls, problem: Problem, run: Run, hessian: Any = None) -> View:
        """The view of a run; see `lossviz.curvature.explain`."""
        if run.gradient is None or run.memory is None or run.rates is None:
            raise ValueError("This run was not watched; race it with watch=True.")
        if hessian is None:
            along = derivatives(problem, run.weights)
            slope, matrices = along.gradient.numpy(), along.hessian.numpy()
        else:
            slope, matrices = _gradient(problem, run), np.asarray(hessian, dtype=np.float64)
        found = stability(run)
        spectrum = spectra(matrices)
        sharpness = spectrum.highest
        if found is not None:
            root = np.sqrt(found.scale)
            decayed = matrices + found.decay * np.eye(matrices.shape[-1])
            if found.decay or not (root == 1).all():
                sharpness = spectra(root[:, :, None] * decayed * root[:, None, :]).highest
        x = run.weights.numpy().astype(np.float64)
        return cls(problem, run, x, slope, spectrum, sharpness, found)

    # --- the optimizer -----------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The optimizer's name for a person."""
        return optimizers[self.run.method.optimizer].title

    @property
    def unlimited(self) -> str:
        """Why no stability limit is known for it, as the rest of a sentence; "" for no reason."""
        reason = optimizers[self.run.method.optimizer].unlimited
        return reason[:1].lower() + reason[1:]

    @property
    def has_limit(self) -> bool:
        """Whether a stability limit is known for it."""
        return self.found is not None

    @property
    def rule(self) -> str:
        """The limit as a formula."""
        return "" if self.found is None else self.found.rule

    @property
    def decay(self) -> float:
        """What weight decay adds to every curvature."""
        return 0.0 if self.found is None else self.found.decay

    @property
    def scaled(self) -> bool:
        """Whether it scales coordinates."""
        return self.found is not None and not (self.found.scale == 1).all()

    @cached_property
    def rate(self) -> Floats:
        """The learning rate in force (F,)."""
        assert self.run.rates is not None
        return last_filled(self.run.rates.numpy().astype(np.float64))

    @cached_property
    def limit(self) -> Floats:
        """The limit (F,) of rate times scaled sharpness; NaN where none is known, and 0 where the
        steps grow whatever the curvature, by a weight decay that is too strong.
        """
        if self.found is None:
            return np.full(len(self.x), np.nan)
        return np.maximum(self.found.limit, 0.0)

    @cached_property
    def own_limit(self) -> Floats:
        """The limit as a learning rate (F,); infinite where no direction curves upwards."""
        with np.errstate(divide="ignore", invalid="ignore"):
            limit = self.limit / self.scaled_sharpness
        return np.where(self.scaled_sharpness <= 0, np.where(self.has_limit, np.inf, np.nan), limit)

    @cached_property
    def ratio(self) -> Floats:
        """The learning rate over its limit (F,)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(np.isinf(self.own_limit), 0.0, self.rate / self.own_limit)

    @cached_property
    def has_momentum(self) -> bool:
        """Whether the optimizer steps along a memory of gradients."""
        shown = worked(self.run)
        return shown is not None and bool(shown.momentum) and self._keeps

    @property
    def _keeps(self) -> bool:
        params = self.run.method.params
        return any(float(params.get(name, 0.0)) > 0 for name in ("momentum", "beta1"))

    # --- the surface -------------------------------------------------------------------------

    @property
    def lowest(self) -> Floats:
        """The smallest eigenvalue (F,)."""
        return self.spectrum.lowest

    @property
    def highest(self) -> Floats:
        """The largest eigenvalue (F,)."""
        return self.spectrum.highest

    @cached_property
    def curved(self) -> Floats:
        """What counts as curvature (F,) beside the largest one."""
        return FLAT * np.abs(self.spectrum.values).max(1)

    @cached_property
    def level(self) -> Flags:
        """Whether the direction that curves least is flat, and the others curve upwards."""
        with np.errstate(invalid="ignore"):
            return (np.abs(self.lowest) <= self.curved) & (self.highest > 0)

    @cached_property
    def extent(self) -> float:
        """How far the path reaches along the axis where it reaches farthest."""
        return float(np.ptp(self.x, axis=0).max()) or 1.0

    @cached_property
    def near(self) -> Floats:
        """How near (F,) to a point counts as there, beside the extent of the path so far: where it
        was thrown later says nothing about what is near now.
        """
        wide = np.maximum.accumulate(self.x) - np.minimum.accumulate(self.x)
        return NEAR * wide.max(1)

    @cached_property
    def condition(self) -> Floats:
        """The condition number (F,), where every direction curves upwards."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.lowest > 0, self.highest / self.lowest, np.nan)

    @cached_property
    def slope(self) -> Floats:
        """The length (F,) of the loss's gradient."""
        return np.linalg.norm(self.gradient, axis=1)

    @cached_property
    def noise(self) -> Floats:
        """The root mean square (F,) of the noise's length; one number for the whole run."""
        assert self.run.gradient is not None
        given = self.run.gradient.numpy().astype(np.float64)
        apart = np.linalg.norm(given - self.gradient, axis=1)
        # The gradient of the run and that of the stack may be rounded differently.
        apart = np.where(apart > 1e-9 * self.slope, apart, 0.0)
        return np.full(len(self.x), np.sqrt(np.nanmean(apart**2)))

    def _along(self, vectors: Floats, which: int) -> Floats:
        """The components (F,) along an eigenvector."""
        return np.einsum("fp,fp->f", vectors, self.spectrum.vectors[:, :, which])

    @cached_property
    def way_out(self) -> Floats:
        """The slope (F,) along the direction that curves least."""
        return np.abs(self._along(self.gradient, 0))

    # --- the steps ---------------------------------------------------------------------------

    @cached_property
    def step(self) -> Floats:
        """The step (F, P) from each frame; NaN at the last."""
        step = np.full_like(self.x, np.nan)
        step[:-1] = np.diff(self.x, axis=0)
        return step

    @cached_property
    def length(self) -> Floats:
        """The length (F,) of each step."""
        return np.linalg.norm(self.step, axis=1)

    @cached_property
    def moving(self) -> Flags:
        """Whether a step is made, or was made to the last frame."""
        moved = self.length > 0
        if len(moved) > 1:
            moved[-1] = moved[-2]
        return moved

    @cached_property
    def along_lowest(self) -> Floats:
        """The share (F,) of each step that goes along the direction that curves least."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.abs(self._along(self.step, 0)) / self.length

    @cached_property
    def weight_decay(self) -> float:
        """What the optimizer shrinks the weights by, in one way or another."""
        return float(self.run.method.params.get("weight_decay", 0.0))

    @cached_property
    def pull(self) -> Floats:
        """What a step without momentum and noise goes against (F, P), in units of the learning
        rate: the scaled slope and the weight decay; not a number where the scales are not known.
        """
        if self.found is None:
            return np.full_like(self.x, np.nan)
        apart = 0.0 if self.found.decay else self.weight_decay
        return self.found.scale * (self.gradient + self.found.decay * self.x) + apart * self.x

    @cached_property
    def decays(self) -> Flags:
        """Whether the weight decay is stronger than the slope, so that a step goes up, or the slope
        is none.
        """
        with np.errstate(invalid="ignore"):
            up = np.einsum("fp,fp->f", self.gradient, self.pull) < 0
        return self.moving & (self.weight_decay > 0) & (up | (self.slope == 0))

    @cached_property
    def balanced(self) -> Flags:
        """Whether slope and weight decay cancel each other."""
        scale = np.ones_like(self.x) if self.found is None else self.found.scale
        with np.errstate(invalid="ignore"):
            left = np.linalg.norm(self.pull, axis=1)
            return (left <= BALANCED * np.linalg.norm(scale * self.gradient, axis=1)) & (
                (self.weight_decay > 0) & (self.slope > 0) & (self.noise == 0)
            )

    @cached_property
    def growing(self) -> Flags:
        """Whether a step is longer than the one before."""
        with np.errstate(invalid="ignore"):
            return self.length > before(self.length)

    @cached_property
    def climb(self) -> Floats:
        """The slope along each step (F,); above 0 where it goes uphill from its first bit on."""
        return np.einsum("fp,fp->f", self.gradient, self.step)

    @cached_property
    def rises(self) -> Flags:
        """Whether the loss is higher after the step."""
        loss = self.run.loss.numpy().astype(np.float64)[np.asarray(self.run.recorded)]
        higher = np.zeros(len(loss), dtype=bool)
        higher[:-1] = loss[1:] > loss[:-1]
        return higher

    @cached_property
    def recent(self) -> Floats:
        """The length of each step (F,) where it is more than rounding, else 0."""
        size = 1e-12 * np.abs(self.x).max(1)
        return np.where(self.length > size, self.length, 0.0)

    @cached_property
    def bounces(self) -> Flags:
        """Whether the slope along the sharpest direction has another sign than one step before,
        and than one step after.
        """
        top = self.spectrum.vectors[:, :, -1]
        # The same direction looked at from three points: an eigenvector's own sign means nothing.
        here = np.einsum("fp,fp->f", self.gradient, top)
        past = np.einsum("fp,fp->f", before(self.gradient), top)
        next_ = np.einsum("fp,fp->f", after(self.gradient), top)
        with np.errstate(invalid="ignore"):
            turned = here * past < 0
            turns = (here * next_ < 0) | np.isnan(next_)
            matters = np.abs(here) > 0.1 * self.slope
            return turned & turns & matters & (self.highest > 0)

    @cached_property
    def stretched(self) -> Flags:
        """Whether the step goes mostly across the valley, not along it."""
        with np.errstate(invalid="ignore"):
            return self.along_lowest < 0.5

    @cached_property
    def left(self) -> Floats:
        """What is left (F, P) to the stationary point of the quadratic that fits here, in
        eigenvectors; 0 along flat directions without a slope.
        """
        slopes = np.einsum("fp,fpi->fi", self.gradient, self.spectrum.vectors)
        flat = np.abs(self.spectrum.values) <= self.curved[:, None]
        gone = flat & (np.abs(slopes) <= 1e-9 * np.nanmax(self.slope))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(gone, 0.0, slopes / np.where(flat, 0.0, self.spectrum.values))

    @cached_property
    def distance(self) -> Floats:
        """The length (F,) of what is left."""
        return np.linalg.norm(self.left, axis=1)

    @cached_property
    def share(self) -> Floats:
        """The share (F,) of what is left along the flattest direction that each step removes."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return last_filled(-self._along(self.step, 0) / self.left[:, 0])

    @cached_property
    def at_rest(self) -> Flags:
        """Whether that point is next to nothing away, a minimum, and nothing shakes."""
        with np.errstate(invalid="ignore"):
            still = (self.distance <= self.near) & ~(self.length > self.near) & (self.noise == 0)
            return still & ((self.lowest > self.curved) | self.level)

    @cached_property
    def held(self) -> Flags:
        """Whether the step leads out of the allowed box and is put back."""
        box = self.problem.box
        if box is None:
            return np.zeros(len(self.x), dtype=bool)
        low, high = (np.asarray(side, dtype=np.float64) for side in box)
        following = after(self.x)
        following[-1] = self.x[-1]
        with np.errstate(invalid="ignore"):
            return (((following <= low) | (following >= high)) & (following == self.x)).any(1)

    # --- the end -----------------------------------------------------------------------------

    @property
    def diverged(self) -> bool:
        """Whether the run diverged."""
        return self.run.status.kind == "diverged"

    @cached_property
    def over_from(self) -> int:
        """The first of the last frames that are all over the limit; F when there are none."""
        with np.errstate(invalid="ignore"):
            # Where the Hessian is no longer finite it was over before.
            below = np.flatnonzero((self.ratio <= 1) | (not self.has_limit))
        return int(below[-1]) + 1 if len(below) else 0

    @cached_property
    def falls_from(self) -> int:
        """The first of the last frames from which on it fell for ever; F where it did not.

        A run fell where its loss diverged to below 0, or stopped being a number while it was
        falling; it did so for as long as every step went down along a way that does not curve up.
        """
        count, bad = len(self.x), self.run.status.loss
        ways = np.einsum("fp,fpi->fi", np.nan_to_num(self.step), self.spectrum.vectors)
        with np.errstate(invalid="ignore", over="ignore"):
            along = (self.spectrum.values * ways**2).sum(1)
            falling = (along <= 0) & (self.climb < 0) & ~self.rises
        falling[-1] = bad < 0 or (not np.isfinite(bad) and count > 1 and bool(falling[-2]))
        if not self.diverged or not falling[-1]:
            return count
        stops = np.flatnonzero(~falling)
        return int(stops[-1]) + 1 if len(stops) else 0

    def values(self) -> dict[str, Floats]:
        """The columns that sentences and facts fill in."""
        steps = np.asarray(self.run.recorded, dtype=np.float64)
        first = steps[min(self.over_from, len(steps) - 1)]
        with np.errstate(divide="ignore", invalid="ignore"):
            allowed = self.limit / self.rate
        return {
            "slope": self.slope,
            "highest": self.highest,
            "lowest": self.lowest,
            "condition": self.condition,
            "seen": self.scaled_sharpness,
            "allowed": allowed,
            "rate": self.rate,
            "own_limit": self.own_limit,
            "ratio": self.ratio,
            "share": 100 * self.share,
            "way_out": self.way_out,
            "noise": self.noise,
            "first": np.full(len(steps), first),
            "last": np.full(len(steps), steps[-1]),
        }


def _gradient(problem: Problem, run: Run) -> Floats:
    """The slope of the loss (F, P), without noise."""
    leaf = run.weights.detach().clone().requires_grad_()
    problem.stacked_loss(leaf).sum().backward()
    assert leaf.grad is not None
    return leaf.grad.numpy().astype(np.float64)

"""The plane of the directions that are sharpest to an optimizer that scales coordinates."""

from __future__ import annotations

from dataclasses import replace

import torch

from lossviz.curvature.scales import scale_at
from lossviz.plane.hessian import AXES, Pick, hessian_plane
from lossviz.plane.plane import Plane
from lossviz.problem.problem import Problem
from lossviz.registry import optimizers
from lossviz.run.record import Run


def preconditioned_plane(
    prob: Problem,
    run: Run,
    step: int = -1,
    seed: int = 0,
    *,
    pick: Pick = "top",
    dtype: torch.dtype | None = None,
) -> Plane:
    r"""The plane of the sharpest directions as Adam measures them, through one step of its path.

    Adam multiplies the learning rate of each weight by a scale $D_i$, about
    $1 / \sqrt{v_i}$, from its own mean squares of the gradient. In the coordinates
    $D^{-1/2} \theta$ it is plain descent with momentum, so that there the Hessian is

    $$D^{1/2} H D^{1/2} \, u = \lambda u, \qquad \text{axis} = D^{1/2} u.$$

    One unit along an axis is a step of length 1 in these coordinates, and the loss curves by
    $\lambda$ per unit. The largest $\lambda$ is the sharpness that decides about Adam's steps:
    they die out below (2 + 2 beta1) / ((1 - beta1) learning rate) (Cohen et al. 2022, "Adaptive
    Gradient Methods at the Edge of Stability"). A weight decay is not in H, as it is not in the
    loss that is drawn.

    How to read it: beside `hessian_plane` it shows what Adam has evened out. Two valleys that look
    very unlike there may look alike here; what is still narrow here is narrow to Adam.

    ``info`` holds what that of `hessian_plane` does, the ``step``, and the ``lengths`` of the axes
    in weight space.

    Args:
        prob: The problem.
        run: A run of Adam or AdamW of which every step is recorded, or a watched run of any
            optimizer whose scales are known.
        step: The number of a recorded step; -1 is the last one.
        seed: Of Lanczos' start vector.
        pick: "top", "bottom" or "top and bottom", as for `hessian_plane`.
        dtype: The precision of the products; the problem's own when it is not given.

    Raises:
        SettingError: When the scales are not known (`lossviz.curvature.scale_at`), the step was not
            recorded, or the curvature there is not finite.

    >>> import lossviz as lv
    >>> exp = lv.Experiment(optimizer="adam", params={"lr": 0.01}, steps=30)
    >>> plane = preconditioned_plane(lv.build(exp), lv.train(exp))
    >>> plane.titles[0].partition(";")[0]
    'sharpest to Adam (own units'
    """
    theta, scale = scale_at(prob, run, step)
    plane = hessian_plane(prob, theta, seed, pick=pick, scale=scale.sqrt(), dtype=dtype)
    name = optimizers[run.method.optimizer].title
    first, second = (
        f"{axis.removesuffix(' direction')} to {name} (own units; curvature {value:.4g})"
        for axis, value in zip(AXES[pick], plane.info["eigenvalues"], strict=True)
    )
    lengths = tuple(float(length) for length in plane.axes.norm(dim=1))
    return replace(
        plane,
        kind="preconditioned",
        titles=(first, second),
        info={**plane.info, "step": step, "lengths": lengths},
    )

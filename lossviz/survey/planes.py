"""How each plane of a survey is laid: functions of the ground, one for each entry of `PLANES`."""

from __future__ import annotations

from dataclasses import replace

from lossviz import plane as planes
from lossviz.plane import Plane
from lossviz.plane.hessian import Pick
from lossviz.plane.random import Normalize
from lossviz.registry import SettingError
from lossviz.survey.ground import Ground


def of_paths(ground: Ground) -> Plane:
    """The first two principal components of all paths."""
    return planes.pca_plane(list(ground.runs.values()))


def at_random(ground: Ground, of: str, normalize: Normalize, seed: int, reach: float) -> Plane:
    """Two random directions through the end of one path; ``reach`` only counts for the window."""
    space = ground.problem.space
    return planes.random_plane(
        ground.problem, space.unflatten(ground.end(of)), seed=seed, normalize=normalize
    )


def of_curvature(ground: Ground, of: str, pick: Pick) -> Plane:
    """Two eigenvectors of the Hessian at the end of one path."""
    return planes.hessian_plane(ground.problem, ground.end(of), pick=pick)


def of_adam(ground: Ground, of: str) -> Plane:
    """Two eigenvectors of the Hessian as Adam scales it, at the end of its path.

    Raises:
        SettingError: When the run is none of Adam's, or its scales are not known.
    """
    return planes.preconditioned_plane(ground.problem, ground.run(of))


def start_to_finish(ground: Ground, of: str) -> Plane:
    """The way from the first weights of one path to its last, and where the paths leave it most."""
    others = [run for name, run in ground.runs.items() if name != of]
    return planes.start_end_plane([ground.run(of), *others])


def through_ends(ground: Ground, a: str, b: str, c: str) -> Plane:
    """The plane through the ends of two runs, and that of a third or the start of the first.

    Raises:
        SettingError: When the points do not span a plane.
    """
    third = ground.run(a).weights[0] if c == "start" else ground.end(c)
    last = "the start" if c == "start" else c
    try:
        plane = planes.through_plane(ground.end(a), ground.end(b), third, ground.problem.space)
    except ValueError:
        point = "their start" if c == "start" else f"the end of {c}"
        raise SettingError(
            f"The ends of {a} and {b} and {point} lie on a line, so there is no one plane through "
            "them; choose other points."
        ) from None
    return replace(plane, titles=(f"distance from {a} towards {b}", f"distance towards {last}"))

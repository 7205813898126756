"""Planes in parameter space: how they are chosen, and what lies outside of them."""

from lossviz.plane.exact import exact_plane
from lossviz.plane.hessian import hessian_plane
from lossviz.plane.pca import pca_plane
from lossviz.plane.plane import Plane
from lossviz.plane.preconditioned import preconditioned_plane
from lossviz.plane.random import random_plane
from lossviz.plane.random_walk import random_walk_shares
from lossviz.plane.start_end import start_end_plane
from lossviz.plane.through import through_plane
from lossviz.plane.window import grid, window

__all__ = [
    "Plane",
    "exact_plane",
    "grid",
    "hessian_plane",
    "pca_plane",
    "preconditioned_plane",
    "random_plane",
    "random_walk_shares",
    "start_end_plane",
    "through_plane",
    "window",
]

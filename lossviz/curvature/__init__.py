"""Curvature along a path: Hessians, their eigenvalues, and what they say about the steps."""

from lossviz.curvature.hessian import Derivatives, derivatives, hessians
from lossviz.curvature.spectrum import Spectrum, eigenvalues_along, spectra
from lossviz.curvature.why import Why, explain

__all__ = [
    "Derivatives",
    "Spectrum",
    "Why",
    "derivatives",
    "eigenvalues_along",
    "explain",
    "hessians",
    "spectra",
]

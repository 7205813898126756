"""Curvature along a path: Hessians, their eigenvalues, and what they say about the steps."""

from lossviz.curvature.hessian import Derivatives, derivatives, hessians
from lossviz.curvature.spectrum import Spectrum, eigenvalues_along, spectra

__all__ = [
    "Derivatives",
    "Spectrum",
    "derivatives",
    "eigenvalues_along",
    "hessians",
    "spectra",
]

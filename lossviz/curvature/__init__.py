"""Curvature: at a point of any network, and along a path; and what it says about the steps."""

from lossviz.curvature.along import Along, sharpness_along
from lossviz.curvature.density import SpectralDensity, spectral_density
from lossviz.curvature.eigenpairs import Eigenpairs, top_eigenpairs
from lossviz.curvature.hessian import Derivatives, derivatives, hessians
from lossviz.curvature.products import HessianProducts
from lossviz.curvature.scales import adam_scale, scale_at
from lossviz.curvature.sharpness import WorstCase, sharpness, worst_case
from lossviz.curvature.spectrum import Spectrum, eigenvalues_along, spectra
from lossviz.curvature.trace import Trace, trace
from lossviz.curvature.why import Why, explain

__all__ = [
    "Along",
    "Derivatives",
    "Eigenpairs",
    "HessianProducts",
    "SpectralDensity",
    "Spectrum",
    "Trace",
    "Why",
    "WorstCase",
    "adam_scale",
    "derivatives",
    "eigenvalues_along",
    "explain",
    "hessians",
    "scale_at",
    "sharpness",
    "sharpness_along",
    "spectra",
    "spectral_density",
    "top_eigenpairs",
    "trace",
    "worst_case",
]

"""Polynomials of rising degree on the stage: its time line is the degree."""

from __future__ import annotations

import hashlib

import numpy as np
import streamlit as st

from lossviz.checkup import Checkup, PolynomialFit, polynomial_fit
from lossviz.figures.theme import Mode, as_plain
from lossviz.ui.stage import message as stage
from lossviz.ui.table import number, table

#: The degrees that are drawn.
DEGREES = np.arange(15)
#: Of the truth, so many points are drawn.
TRUTH = 50
#: An error below this is none but rounding, and has no place on a logarithmic axis.
NOTHING = 1e-12
#: The degrees in the table.
TOLD = (1, 3, 9, 14)

TEXTS = {
    "stage": "Polynomials, degree by degree",
    "losses": "errors",
    "step": "degree",
    "scrub": "Degree",
    "atCursor": "At degree {step}",
    "frameStep": "degree {step}",
    "pausedAt": "Degree {step} of {last}",
    "back": "One degree back",
    "forward": "One degree on",
    "train": "truth",
    "test": "noisy points",
}


def fits_of(checkup: Checkup) -> list[PolynomialFit]:
    """The best polynomial of each degree."""
    given = checkup.points, checkup.spread, 0, checkup.ridge
    return [polynomial_fit(int(degree), *given) for degree in DEGREES]


def scene_of(checkup: Checkup, mode: Mode) -> stage.Scene:
    """Errors and polynomials over the degree."""
    fits = fits_of(checkup)
    last = int(DEGREES[-1])
    text = repr((checkup.points, checkup.spread, checkup.ridge, checkup.log))
    return stage.Scene(
        revision=hashlib.blake2b(text.encode(), digest_size=8).hexdigest(),
        planned=last,
        theme=as_plain(mode),
        contenders=(
            stage.Contender("points", "Error at the points", mark=0, last=last),
            stage.Contender("truth", "Error against the truth", mark=1, last=last),
        ),
        losses=stage.Losses(
            (
                _curve("points", np.array([fit.train for fit in fits])),
                _curve("truth", np.array([fit.test for fit in fits])),
            ),
            log=checkup.log,
            title="mean squared error",
        ),
        side=(stage.Tab("polynomial", _fit(fits)),),
        cue=stage.Cue("opening degree", "end"),
        height=430,
        texts=TEXTS,
    )


def _curve(name: str, errors: np.ndarray) -> stage.Curve:
    return stage.Curve(name, f"error, {name}", DEGREES, np.where(errors < NOTHING, np.nan, errors))


def _fit(fits: list[PolynomialFit]) -> stage.Fit:
    first = fits[0]
    true = np.linspace(0, len(first.grid) - 1, TRUTH).round().astype(int)
    # Dots for the truth; rings, which show below a curve that goes through them, for the points.
    x = np.concatenate([first.grid[true], first.x])
    return stage.Fit(
        "points",
        first.grid,
        DEGREES,
        np.stack([fit.fitted for fit in fits]),
        stage.Points(
            x,
            np.concatenate([first.truth[true], first.y]),
            np.zeros(len(x), dtype=int),
            np.arange(len(x)) >= len(true),
        ),
        x_title="x",
        y_title="y",
    )


def say(checkup: Checkup) -> None:
    """How to read it, and the errors of a few degrees."""
    st.caption(
        "No training here: each degree has its best polynomial at once. The time line is the "
        "degree. The error at the points can only fall; against the truth it falls, and rises "
        "again where the polynomial begins to follow the noise. Raise **ridge**, the penalty on "
        "the coefficients, and the highest degrees calm down. More points do the same."
    )
    fits = fits_of(checkup)
    rows = [
        ("", f"error {where}", [_error(getattr(fits[degree], name)) for degree in TOLD])
        for where, name in (("at the points", "train"), ("against the truth", "test"))
    ]
    table(("", *(f"degree {degree}" for degree in TOLD)), rows)


def _error(error: float) -> str:
    return number(error, 3) if error >= NOTHING else "0"

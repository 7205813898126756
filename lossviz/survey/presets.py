"""Surveys worth seeing: each with the claim that it shows, which a test checks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lossviz.comparison import Contender
from lossviz.registry import Value
from lossviz.settings import Experiment, Options
from lossviz.survey.survey import Survey
from lossviz.survey.views import View


@dataclass(frozen=True)
class Preset:
    """A survey with something to learn from it.

    Args:
        name: Tells the presets apart.
        title: What a person reads in the list.
        claim: What comes out, and why, in a sentence or two.
        survey: The settings.
    """

    name: str
    title: str
    claim: str
    survey: Survey

    def is_of(self, survey: Survey) -> bool:
        """Whether a survey computes what this one does, however it is looked at."""
        return _seen_plainly(survey) == _seen_plainly(self.survey)


def _seen_plainly(survey: Survey) -> Survey:
    """A survey without what only changes how it is looked at."""
    return replace(
        survey, hidden=(), color_range=None, log=True, three_d=False, shared=True, grid="41",
        target=0.1, chosen=0,
    )  # fmt: skip


def _sgd(lr: float, momentum: float = 0.0, **more: Value) -> Contender:
    return Contender("sgd", Options(lr=lr, momentum=momentum, **more))


def _adam(lr: float) -> Contender:
    return Contender("adam", Options(lr=lr))


_WAVE = Experiment(
    dataset="sine",
    dataset_params={"samples": 20, "noise": 0.0},
    test_share=0.0,
    model="mlp",
    model_params={"depth": 2, "width": 20},
    loss="mse",
    steps=3000,
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "edge",
        "The edge of stability",
        "Gradient descent with three learning rates on one network. The sharpness climbs until it "
        "meets 2 / learning rate, the thin line, and stays there: the larger the rate, the flatter "
        "the place that is reached.",
        Survey(
            base=_WAVE,
            contenders=(_sgd(0.05), _sgd(0.08), _sgd(0.15)),
            views=(View("pca"), View("hessian")),
            sharpness=True,
        ),
    ),
)

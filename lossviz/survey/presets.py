"""Surveys worth seeing: each with the claim that it shows, which a test checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lossviz.comparison import Contender
from lossviz.registry import Value
from lossviz.settings import Experiment, Options, Preset
from lossviz.survey.survey import Survey
from lossviz.survey.views import View


def alike(survey: Survey, other: Survey) -> bool:
    """Whether two surveys compute the same, however they are looked at."""
    return _seen_plainly(survey) == _seen_plainly(other)


def _seen_plainly(survey: Survey) -> Survey:
    """A survey without what only changes how it is looked at."""
    return replace(
        survey, hidden=(), color_range=None, log=True, three_d=False, shared=True, grid="41",
        target=0.1, chosen=0, moment=100,
    )  # fmt: skip


def _sgd(lr: float, momentum: float = 0.0, **more: Value) -> Contender:
    return Contender("sgd", Options(lr=lr, momentum=momentum, **more))


def _adam(lr: float) -> Contender:
    return Contender("adam", Options(lr=lr))


def _images(params: Mapping[str, Value]) -> Experiment:
    """A convolutional network on few digits: each point of a surface is a pass over all of them."""
    return Experiment(
        dataset="digits", dataset_params={"samples": 100}, model="cnn", model_params=params,
        steps=60,
    )  # fmt: skip


_WAVE = Experiment(
    dataset="sine",
    dataset_params={"samples": 20, "noise": 0.0},
    test_share=0.0,
    model="mlp",
    model_params={"depth": 2, "width": 20},
    loss="mse",
    steps=3000,
)
_DEEP: dict[str, Value] = {"depth": 12, "batch_norm": True}
_DIGITS = Experiment(dataset="digits", model="mlp", steps=150)

PRESETS: tuple[Preset[Survey], ...] = (
    Preset(
        "edge",
        "The edge of stability",
        "Gradient descent with three learning rates on one network. Open the tab sharpness: it "
        "climbs until it meets 2 / learning rate, the thin line, and stays there. The larger the "
        "rate, the flatter the place that is reached.",
        Survey(
            base=_WAVE,
            contenders=(_sgd(0.05), _sgd(0.08), _sgd(0.15)),
            views=(View("pca"), View("hessian", {"of": "C"})),
            sharpness=True,
        ),
    ),
    Preset(
        "shortcuts",
        "With and without shortcuts",
        "A network of 13 convolutions, with shortcuts around each block and without, trained alike "
        "and cut alike. With them there is one wide basin; without them it is narrower, and has "
        "hollows of its own beside it.",
        Survey(
            base=_images({**_DEEP, "skip": True}),
            other="cnn",
            other_params={**_DEEP, "skip": False},
            contenders=(_sgd(0.1, 0.9),),
            views=(View("random"),),
        ),
    ),
    Preset(
        "two-minima",
        "Two minima and the way between them",
        "One network trained from two seeds. On the straight line between the two a hill of 0.87 "
        "stands, and a bent way with a single free point leads around it: the two minima lie in "
        "one valley.",
        Survey(
            base=_DIGITS,
            contenders=(_adam(0.01),),
            views=(View("pca"),),
            section="curve",
        ),
    ),
    Preset(
        "order",
        "A hill that is only an order",
        "The hidden units of a network may stand in any order. With those of the second network "
        "in the order nearest to the first's, the hill on the straight line between them falls "
        "from 0.87 to 0.08, though neither network computes anything else.",
        Survey(
            base=_DIGITS,
            contenders=(_adam(0.01),),
            views=(View("pca"),),
            section="line",
            aligned=True,
        ),
    ),
    Preset(
        "statistics",
        "What batch normalisation remembers",
        "The surface is drawn with the means and spreads that the training left behind. They fit "
        "at the middle alone: towards the edges the loss is above 100. Choose recomputed "
        "instead, and the same slice is a bowl that stays below 15.",
        Survey(
            base=_images({"batch_norm": True}),
            contenders=(_sgd(0.1, 0.9),),
            views=(View("random"),),
            statistics="frozen",
        ),
    ),
    Preset(
        "walk",
        "Where nothing is learnt",
        "Half of the labels are wrong, and each step looks at a single sample: the loss stays "
        "where it was. Yet two directions hold three quarters of the path's variance, as those of "
        "a pure random walk do. A high share alone proves nothing.",
        Survey(
            base=Experiment(label_noise=0.5, batch_size=1, steps=1000),
            contenders=(_sgd(0.02),),
            views=(View("pca"), View("direct")),
        ),
    ),
    Preset(
        "seeds",
        "Is one random slice typical?",
        "Three pairs of random directions through the same minimum, filter by filter on the scale "
        "of the weights. Below, the loss over the distance in eight of them: they rise alike, and "
        "yet are apart by a quarter of their rise or more: one tells the size, not the shape.",
        Survey(
            base=_DIGITS,
            contenders=(_adam(0.01),),
            views=tuple(View("random", {"seed": seed}) for seed in range(3)),
            slices=8,
        ),
    ),
)  # fmt: skip

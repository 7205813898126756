"""The networks that can be chosen at one stroke: a model with data, a loss and a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossviz.comparison import Contender
from lossviz.settings import Experiment, Options
from lossviz.survey.survey import Survey


@dataclass(frozen=True)
class Subject:
    """A network with all that it needs to be trained.

    Args:
        name: Tells the subjects apart.
        title: What a person reads in the list.
        base: Data, model, loss and training.
        contenders: Who trains it, at rates that suit it.
    """

    name: str
    title: str
    base: Experiment
    contenders: tuple[Contender, ...] = field(default_factory=tuple)

    def fits(self, survey: Survey) -> bool:
        """Whether a survey is of this network, on whatever number of steps and seeds."""
        mine, its = self.base, survey.base
        same = ("dataset", "model", "model_params", "loss")
        return all(getattr(mine, name) == getattr(its, name) for name in same)

    def applied(self, survey: Survey) -> tuple[Survey, tuple[str, ...]]:
        """The survey with this network, its training and its contenders, seen as before."""
        base = replace(self.base, seed=survey.base.seed, data_seed=survey.base.data_seed)
        return survey.changed(
            base=base, contenders=self.contenders, other="", other_params={}, hidden=(),
            color_range=None,
        )  # fmt: skip


def _of(**values: Any) -> Experiment:
    return Experiment(**values)


def _pair(sgd: Mapping[str, float], adam: float) -> tuple[Contender, ...]:
    return Contender("sgd", Options(**sgd)), Contender("adam", Options(lr=adam))


#: The digits with few samples: each point of a surface costs as much as one pass over them.
_FEW = {"samples": 200}

SUBJECTS: tuple[Subject, ...] = (
    Subject("mlp", "MLP on two moons", _of(), _pair({"lr": 0.2}, 0.02)),
    Subject(
        "digits",
        "MLP on digits",
        _of(dataset="digits", model="mlp", steps=150),
        _pair({"lr": 0.2}, 0.01),
    ),
    Subject(
        "cnn",
        "CNN on digits",
        _of(dataset="digits", dataset_params=_FEW, model="cnn", steps=100),
        _pair({"lr": 0.05, "momentum": 0.9}, 0.01),
    ),
    Subject(
        "cnn-bn",
        "CNN with batch norm on digits",
        _of(dataset="digits", dataset_params=_FEW, model="cnn",
            model_params={"batch_norm": True}, steps=100),
        _pair({"lr": 0.05, "momentum": 0.9}, 0.01),
    ),
    Subject(
        "gru",
        "GRU on waves",
        _of(dataset="waves", model="gru", loss="mse", steps=150),
        _pair({"lr": 0.1, "momentum": 0.9}, 0.01),
    ),
    Subject(
        "lstm",
        "LSTM on adding",
        _of(dataset="adding", model="lstm", loss="mse", steps=150),
        _pair({"lr": 0.1, "momentum": 0.9}, 0.01),
    ),
    Subject(
        "transformer",
        "Transformer on letters",
        _of(dataset="characters", dataset_params=_FEW, model="transformer", steps=100),
        _pair({"lr": 0.1, "momentum": 0.9}, 0.01),
    ),
)  # fmt: skip


def subject_of(survey: Survey) -> Subject | None:
    """The subject that a survey is of, or None for settings of one's own."""
    return next((subject for subject in SUBJECTS if subject.fits(survey)), None)

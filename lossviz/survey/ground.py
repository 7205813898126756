"""What is surveyed: a problem and the runs on it; and the problems that an experiment means."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from lossviz.problem import Problem, build
from lossviz.problem.architecture import LayerRow, architecture
from lossviz.problem.model import ModuleModel
from lossviz.problem.normalise import Statistics, norm_layers
from lossviz.registry import SettingError
from lossviz.run import Run
from lossviz.run.buffers import buffers_of
from lossviz.settings import Experiment


@dataclass(frozen=True, eq=False)
class Ground:
    """A problem, and the runs on it by the names of their entrants."""

    problem: Problem
    runs: Mapping[str, Run]

    def run(self, name: str) -> Run:
        """The run of that name.

        Raises:
            SettingError: When there is none.
        """
        try:
            return self.runs[name]
        except KeyError:
            known = ", ".join(self.runs)
            raise SettingError(f"There is no contender {name!r}; known are {known}.") from None

    def end(self, name: str) -> Tensor:
        """The last weights (P,) of a run."""
        return self.run(name).weights[-1]


def recipe_of(experiment: Experiment) -> Experiment:
    """The experiment without what only training uses: what its problem is built from."""
    return replace(
        experiment, steps=1, batch_size=0, optimizer="sgd", params={}, schedule="constant",
        schedule_params={},
    )  # fmt: skip


def problem_of(experiment: Experiment) -> Problem:
    """The problem of an experiment, kept for the next one who asks."""
    return _built(recipe_of(experiment))


@functools.lru_cache(maxsize=24)
def _built(recipe: Experiment) -> Problem:
    return build(recipe)


def layers_of(experiment: Experiment) -> tuple[LayerRow, ...]:
    """The layers of the model of an experiment, as rows of a table."""
    return _layers(recipe_of(experiment))


@functools.lru_cache(maxsize=24)
def _layers(recipe: Experiment) -> tuple[LayerRow, ...]:
    return tuple(architecture(_built(recipe)))


def normalises(experiment: Experiment) -> bool:
    """Whether the model has batch normalisation, so that its statistics are a choice."""
    try:
        model = problem_of(experiment).model
    except SettingError:
        return False  # what is wrong is said where it is trained
    return isinstance(model, ModuleModel) and bool(norm_layers(model.module))


def buffers_for(experiment: Experiment, statistics: Statistics, run: Run) -> dict[str, Tensor]:
    """The running statistics with which "frozen" surfaces are drawn: those that a run leaves.

    Empty for other choices and for models without batch normalisation.

    Raises:
        SettingError: When the run is too long for them to be found.
    """
    if statistics != "frozen" or not normalises(experiment):
        return {}
    try:
        return buffers_of(problem_of(experiment), run)
    except ValueError as error:
        raise SettingError(str(error)) from None

"""From settings to the script that reproduces their numbers."""

from __future__ import annotations

import functools
from dataclasses import replace

from torch import Tensor

from lossviz.comparison import Comparison
from lossviz.course import Course
from lossviz.export.racing import Racing
from lossviz.export.training import MOST_NUMBERS, Training
from lossviz.registry import SettingError
from lossviz.run import Method
from lossviz.settings import Experiment

Settings = Experiment | Comparison | Course
#: A script, and what it lacks.
Written = tuple[str, tuple[str, ...]]


def script_of(settings: Settings, start: Tensor | None = None) -> str:
    """The PyTorch script that reproduces the numbers of an experiment, a comparison or a course.

    It stands alone, with torch, numpy and scikit-learn (and pytorch_optimizer, where a contender is
    of that package) and without lossviz: data, model, initial weights, loss, optimizers, schedules,
    the order of the batches, the noise, and a table of what comes out. It ends with the dictionary
    ``results``.

    How to read it: from top to bottom, as one would write it. Where an entry of a catalogue has no
    `lossviz.registry.Code`, the script says so and raises NotImplementedError at that place.

    Args:
        settings: What is reproduced.
        start: The weights (P,) at which all contenders start, for a comparison whose start is a
            point of a plane; None for the initial weights.

    Raises:
        SettingError: When the start of a comparison is not given, or too long to be written down.

    >>> import lossviz as lv
    >>> script = script_of(lv.Experiment(steps=5, params={"lr": 0.5}))
    >>> [line for line in script.splitlines() if "SGD(" in line]
    ['    return torch.optim.SGD(parameters, lr=0.5)']
    """
    return _written(settings, start)[0]


def missing_in(settings: Settings) -> tuple[str, ...]:
    """What the script of these settings lacks, in words: entries without code.

    >>> missing_in(Experiment())
    ()
    """
    if isinstance(settings, Comparison):
        settings = replace(settings, start=None)
    return _written(settings, None)[1]


def _written(settings: Settings, start: Tensor | None) -> Written:
    return _kept(settings) if start is None else _new(settings, start)


@functools.lru_cache(maxsize=32)
def _kept(settings: Settings) -> Written:
    return _new(settings, None)


def _new(settings: Settings, start: Tensor | None) -> Written:
    if isinstance(settings, Course):
        return Racing(settings).script()
    if isinstance(settings, Comparison):
        if settings.start is not None and start is None:
            raise SettingError(
                "This race starts at a point of a plane; a script needs its weights, the argument "
                "`start`."
            )
        base, experiments = settings.base, settings.experiments()
    else:
        base, experiments = settings, (settings,)
    if start is not None and start.numel() > MOST_NUMBERS:
        raise SettingError(
            f"The start has {start.numel()} weights; a script holds at most {MOST_NUMBERS}."
        )
    methods = [Method.of(experiment) for experiment in experiments]
    return Training(base, methods, settings.to_url(), start).script()

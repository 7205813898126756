"""`train` and `race`: from settings to runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lossviz.problem.problem import Problem
from lossviz.registry import SettingError
from lossviz.run.advance import advance
from lossviz.run.record import Run, runs_of
from lossviz.run.state import (
    Start,
    State,
    Trained,
    problem_of,
    shared_by,
    start_on,
    start_state,
)
from lossviz.settings import Experiment


def train(exp: Experiment, start: Start = None) -> Run:
    """Train one experiment from its initial weights, or from a start of one's own.

    Args:
        exp: What to train, and how.
        start: Named tensors, or one vector (P,); None for the initial weights.

    Raises:
        SettingError: When the start does not fit, or the optimizer refuses the model.

    >>> import lossviz as lv
    >>> print(lv.train(lv.Experiment(optimizer="sgd", params={"lr": 0.1}, steps=5)).status)
    finished after 5 steps
    """
    return race([exp], start)[0]


def race(
    exps: Iterable[Experiment], start: Start = None, problem: Problem | None = None
) -> list[Run]:
    """Train several experiments, those that differ only in their optimizers together.

    Contenders on one problem start at the same weights and see the same batches in the same order
    (see `lossviz.run.batches.Batches`). Each run equals what `train` gives for it alone: to the bit
    for the built-in dense networks, where the processor's products do not depend on where in memory
    their operands lie (with ``MKL_CBWR=AVX2`` in the environment they never do), else up to the
    rounding of products.

    Args:
        exps: What to train; the runs come back in this order.
        start: Where all of them start; see `train`.
        problem: Their problem, where it is there already; it saves building it.

    Raises:
        SettingError: When there is nothing to train, a start does not fit, or an optimizer refuses
            the model.
    """
    experiments = list(exps)
    if not experiments:
        raise SettingError("There is no experiment to train; give at least one.")
    runs: dict[int, Run] = {}
    for places in together(experiments):
        group = [experiments[place] for place in places]
        its_problem = problem or problem_of(group[0])
        state = start_state(group, start, its_problem)
        runs.update(zip(places, _to_the_end(state, its_problem, group), strict=True))
    return [runs[place] for place in range(len(experiments))]


def race_on(
    problem: Problem,
    contenders: Iterable[Trained],
    steps: int,
    batch_size: int = 0,
    seed: int = 0,
    start: Start = None,
    watch: bool = False,
) -> list[Run]:
    """Race several optimizers on any problem, say one made by `Problem.from_module`.

    Where the problem has noise, each step's is drawn once for all contenders, from
    ``torch.Generator().manual_seed(seed)``.

    Args:
        problem: What to lower.
        contenders: Anything with an optimizer and a schedule, such as `Method`.
        steps: How many steps each takes.
        batch_size: Samples for each step, 0 for all.
        seed: Of the order of the batches, and of the noise.
        start: See `train`.
        watch: Keep every gradient and all that the optimizers remember, for few weights: see
            `Run`. The weights are the same to the bit.

    Raises:
        SettingError: When there is nothing to train, a start does not fit, an optimizer refuses
            the model, or there is too much to watch.

    >>> import torch
    >>> from lossviz import Problem
    >>> from lossviz.run import Method, race_on
    >>> data = torch.ones(4, 1), torch.zeros(4, 1)
    >>> bowl = Problem.from_module(torch.nn.Linear(1, 1), torch.nn.MSELoss(), data)
    >>> slow, fast = race_on(bowl, [Method("sgd", {"lr": 0.01}), Method("sgd", {"lr": 0.2})], 30)
    >>> bool(fast.loss[-1] < slow.loss[-1])
    True
    """
    state = start_on(
        problem,
        contenders,
        steps=steps,
        batch_size=batch_size,
        seed=seed,
        start=start,
        watch=watch,
    )
    return _to_the_end(state, problem, [None] * len(state.methods))


def together(experiments: Sequence[Experiment]) -> list[list[int]]:
    """The places of the experiments that differ only in their optimizers, group by group.

    >>> slow, fast = Experiment(params={"lr": 0.01}), Experiment(params={"lr": 0.1})
    >>> together([slow, Experiment(seed=1), fast])
    [[0, 2], [1]]
    """
    groups: dict[Experiment, list[int]] = {}
    for place, experiment in enumerate(experiments):
        groups.setdefault(shared_by(experiment), []).append(place)
    return list(groups.values())


def _to_the_end(
    state: State, problem: Problem, experiments: Sequence[Experiment | None]
) -> list[Run]:
    # A race of no steps still looks at its start.
    state, chunk = advance(state, max(1, state.steps), problem)
    return runs_of(state, [chunk.pieces], experiments, problem)

"""Many small runs that tell what a model lacks: learning curves, complexity curves, folds.

Each run is one call of a plain function of plain data, so that it can be a task of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossviz import registry
from lossviz.checkup.early import stopping
from lossviz.problem.build import Rows, build, split
from lossviz.registry import SettingError, Value
from lossviz.run import Run, race_on
from lossviz.run.metrics import score_of
from lossviz.settings import Experiment, Options

#: What a run comes to: losses at its end, the score there, and the lowest test loss on the way.
NUMBERS = ("train_loss", "test_loss", "train_score", "test_score", "best_test_loss")


@dataclass(frozen=True)
class Outcome:
    """What one run comes to.

    Args:
        train_loss, test_loss: The mean loss over each split at the end, without a penalty.
        train_score, test_score: Accuracy or R² there; not a number where there is none.
        best_test_loss: The lowest test loss on the way: what early stopping would have kept.
        samples: How many samples it was trained on.
    """

    train_loss: float
    test_loss: float
    train_score: float
    test_score: float
    best_test_loss: float
    samples: int


@dataclass(frozen=True, eq=False)
class CurveOfRuns:
    """Outcomes along something that is varied, with several runs at each value.

    How to read it: the mean and its band (one standard deviation over the runs). A gap between
    training and test that closes with more samples asks for more samples; two high curves that
    have met ask for a larger model. Along the size of the model the training loss falls all the
    way, and the test loss turns where the model begins to learn the noise.

    Args:
        x: (V,), the values.
        title: What they are.
        outcomes: (V), for each value the outcomes of its runs.
    """

    x: np.ndarray
    title: str
    outcomes: tuple[tuple[Outcome, ...], ...]

    def mean(self, name: str) -> np.ndarray:
        """The mean (V,) of one of `NUMBERS` over the runs of each value."""
        return np.array([np.mean([getattr(o, name) for o in runs]) for runs in self.outcomes])

    def spread(self, name: str) -> np.ndarray:
        """The standard deviation (V,) of one of `NUMBERS` over the runs of each value."""
        return np.array([np.std([getattr(o, name) for o in runs]) for runs in self.outcomes])


# --- single runs -------------------------------------------------------------------------------


def outcome_on(exp: Experiment, rows: Rows | None = None) -> Outcome:
    """Train once, perhaps on other rows of the data set, and say what came of it.

    A run that diverges comes to what its last finite weights give.

    Args:
        exp: The settings.
        rows: Numbers of the training and of the test rows; those of the settings without.
    """
    problem = build(exp, rows)
    (run,) = race_on(problem, [exp], exp.steps, exp.batch_size, exp.seed)
    return outcome_of(run, score_of(problem), len(problem.data.inputs))


def outcome_of(run: Run, score: str | None, samples: int) -> Outcome:
    """What a run came to."""
    metrics = run.metrics

    def last(name: str) -> float:
        return float(metrics[name][-1]) if name in metrics else float("nan")

    tests = metrics["test_loss"]
    best = (
        stopping(run.recorded, tests, run.status.step + 1).loss
        if len(tests) and np.isfinite(tests).any()
        else float("nan")
    )
    return Outcome(
        last("train_loss"),
        last("test_loss"),
        last(f"train_{score}"),
        last(f"test_{score}"),
        best,
        samples,
    )


def with_samples(exp: Experiment, samples: int, seed: int) -> Outcome:
    """Train on some of the training samples, drawn by a seed; the test samples stay the same.

    Args:
        exp: The settings.
        samples: How many; all of them where there are no more.
        seed: Of the choice, and of the initial weights.
    """
    train, test = rows_of(exp)
    chosen = np.random.default_rng(seed).permutation(train)[:samples]
    return outcome_on(replace(exp, seed=seed), (chosen, test))


def with_width(exp: Experiment, width: int, seed: int) -> Outcome:
    """Train a model of another width.

    Raises:
        SettingError: When the model has no width, or not such a one.
    """
    params = Options({**exp.model_params, "width": width})
    return outcome_on(replace(exp, model_params=params, seed=seed))


def on_fold(exp: Experiment, fold: int, folds: int) -> Outcome:
    """Train on all samples but those of one fold, and test on these.

    The folds are scikit-learn's `StratifiedKFold` for classes and `KFold` for values, shuffled by
    ``data_seed``, over the whole data set. Scalings are fitted on the training rows of each fold.

    Args:
        exp: The settings; ``test_share`` does not count.
        fold: From 0.
        folds: How many there are.
    """
    return outcome_on(exp, folds_of(exp, folds)[fold])


# --- what is varied ----------------------------------------------------------------------------


def rows_of(exp: Experiment) -> Rows:
    """The training and the test rows of the settings."""
    return split(_targets(exp), exp.test_share, exp.data_seed, exp.shape.classes)


def _targets(exp: Experiment) -> np.ndarray:
    """The targets (N,) of the whole data set."""
    draw = np.random.default_rng(exp.data_seed)
    targets: np.ndarray = registry.datasets[exp.dataset].make(draw, **exp.dataset_params).targets
    return targets


def folds_of(exp: Experiment, folds: int) -> list[Rows]:
    """The training and the test rows of each fold.

    Raises:
        SettingError: When there are fewer samples, of all or of a class, than folds.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    targets, classes = _targets(exp), exp.shape.classes
    fewest = int(np.bincount(targets).min()) if classes else len(targets)
    if not 2 <= folds <= fewest:
        each = "of the rarest class " if classes else ""
        raise SettingError(
            f"There are {folds} folds and {fewest} samples {each}to spread over them; take at "
            "least 2 folds, and no more than there are samples."
        )
    kind = StratifiedKFold if classes else KFold
    parts = kind(folds, shuffle=True, random_state=exp.data_seed)
    return [(train, test) for train, test in parts.split(targets[:, None], targets)]


def sample_counts(exp: Experiment, count: int = 8) -> tuple[int, ...]:
    """Numbers of training samples in even ratios, up to all there are."""
    most = len(rows_of(exp)[0])
    fewest = min(most, max(4, 2 * exp.shape.classes))
    return tuple(dict.fromkeys(np.geomspace(fewest, most, count).round().astype(int).tolist()))


def widths(exp: Experiment, count: int = 8) -> tuple[int, ...]:
    """Widths in even ratios over the range of the model; empty where it has no width."""
    entry = registry.models[exp.model]
    if "width" not in exp.model_params:
        return ()
    param = entry.param("width")
    most = min(param.high, 128)
    return tuple(dict.fromkeys(np.geomspace(param.low, most, count).round().astype(int).tolist()))


def gathered(x: Sequence[Value], title: str, outcomes: Iterable[Outcome]) -> CurveOfRuns:
    """The curve of outcomes that come value by value, the same number of runs for each."""
    every = tuple(outcomes)
    each = len(every) // max(1, len(x))
    runs = tuple(every[place * each : (place + 1) * each] for place in range(len(x)))
    return CurveOfRuns(np.array(x, dtype=float), title, runs)


def learning_curve(
    exp: Experiment, counts: Sequence[int] | None = None, seeds: Sequence[int] = (0, 1, 2)
) -> CurveOfRuns:
    """Outcomes over the number of training samples.

    Args:
        exp: The settings.
        counts: The numbers of samples; `sample_counts` without.
        seeds: Of the choice of samples and of the initial weights.

    >>> import lossviz as lv
    >>> curve = learning_curve(lv.Experiment(steps=30, params={"lr": 0.5}), (10, 100), seeds=(0, 1))
    >>> curve.x.tolist(), len(curve.outcomes[0])
    ([10.0, 100.0], 2)
    """
    counts = counts or sample_counts(exp)
    runs = (with_samples(exp, count, seed) for count in counts for seed in seeds)
    return gathered(counts, "training samples", runs)


def width_curve(
    exp: Experiment, sizes: Sequence[int] | None = None, seeds: Sequence[int] = (0, 1, 2)
) -> CurveOfRuns:
    """Outcomes over the width of the model.

    Raises:
        SettingError: When the model has no width.
    """
    sizes = sizes or widths(exp)
    if not sizes:
        raise SettingError(f"The model {exp.model!r} has no width that could be varied.")
    return gathered(sizes, "width", (with_width(exp, w, seed) for w in sizes for seed in seeds))


def cross_validate(exp: Experiment, folds: int = 5) -> tuple[Outcome, ...]:
    """The outcome of each fold; see `on_fold`.

    How to read it: the mean is what to expect for new samples, the spread over the folds says how
    far a single split can mislead. Two models whose means differ by less are not told apart.

    Raises:
        SettingError: When there are fewer samples than folds.
    """
    folds_of(exp, folds)
    return tuple(on_fold(exp, fold, folds) for fold in range(folds))

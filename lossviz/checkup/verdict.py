"""What a run says about its settings, in words, with the numbers and the cures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from lossviz import registry
from lossviz.checkup.scores import scores_of
from lossviz.problem.problem import Split
from lossviz.registry import Param
from lossviz.run import Run
from lossviz.settings import Experiment, Options

Kind = Literal[
    "diverging", "stuck", "unsteady", "over-fit", "unfinished", "under-fit", "good", "unknown"
]

TITLES: dict[Kind, str] = {
    "diverging": "Diverging",
    "stuck": "Stuck",
    "unsteady": "Unsteady",
    "unfinished": "Not finished",
    "over-fit": "Over-fit",
    "under-fit": "Under-fit",
    "good": "A good fit",
    "unknown": "No verdict",
}

#: A training loss that fell by this share in the last fifth of the steps is still on its way.
STILL_FALLING = 0.1
#: A test loss this many times its lowest value has turned.
TURNED = 1.1
#: The rise of a test loss matters if it is this share of what the loss was at the start.
MATTERS = 0.1
#: A training loss this many times its lowest value is one that jumps.
JUMPS = 1.5
#: With this share right there is nothing left to wait for.
ALL_RIGHT = 0.995
#: A score on the training samples this far above that on the test samples is learnt by heart.
GAP = 0.1
#: Of what guessing gets wrong, a model that gets more than this share wrong has learnt too little.
TOO_MUCH_WRONG = 0.2
#: A score this close to guessing is guessing.
GUESSING = 0.02
#: Where guessing is right this much more often than among even classes, a class is rare.
RARE = 0.15


@dataclass(frozen=True)
class Cure:
    """A change of the settings that may help.

    Args:
        title: What a button says.
        why: Why it helps.
        changes: The changed fields of an `Experiment`, for `lossviz.settings.with_choice`.
    """

    title: str
    why: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What a run says about its settings.

    Args:
        kind: One word for it.
        sentence: What was found, with its numbers.
        numbers: These numbers by name.
        cures: What may help, the first one first.
    """

    kind: Kind
    sentence: str
    numbers: Mapping[str, float]
    cures: tuple[Cure, ...] = ()

    @property
    def title(self) -> str:
        """The verdict in a word or two."""
        return TITLES[self.kind]


def verdict_of(run: Run, guess: float | None = None) -> Verdict:
    """The verdict on a run of an experiment.

    The rules, of which the first that holds is taken:

    * *diverging*: the run ended in numbers that are not finite, or too large;
    * *stuck*: the training score is within 0.02 of guessing, and the loss no longer falls;
    * *over-fit*: the test loss is 10 % above its lowest value, and by 10 % of what it was at the
      start, while the training loss went on falling; or the training score is 0.1 above the test
      score;
    * *unsteady*: the training loss is more than half as much again as its lowest value;
    * *not finished*: the training loss fell by 10 % or more in the last fifth of the steps, and
      not all is right yet;
    * *under-fit*: the model leaves more than a fifth of the errors of guessing, on the samples that
      it was trained on;
    * else a good fit.

    Guessing always says the most frequent class, or the mean. Where classes are uneven, and so
    guessing is right more often than one in the number of classes by 0.15, *stuck* and *under-fit*
    are judged by balanced accuracy, in which all classes count alike: accuracy hardly notices the
    rare ones.

    How to read it: the verdict is about this run. Where noise in the data does not let the loss be
    any lower, it looks like under-fitting; the complexity curve tells whether a larger model helps.

    Args:
        run: Of an experiment.
        guess: The score of guessing on the training samples; read off the data without.

    >>> import lossviz as lv
    >>> verdict_of(lv.train(lv.Experiment(dataset="line", loss="mse", params={"lr": 20.0}))).kind
    'diverging'
    """
    exp = run.experiment
    numbers = _numbers(run, guess)
    kind = _kind(run, numbers)
    cures = () if exp is None else tuple(_cures(kind, exp, numbers))
    return Verdict(kind, _sentence(kind, run, numbers), numbers, cures)


def _numbers(run: Run, guess: float | None) -> dict[str, float]:
    metrics = run.metrics
    train, test = metrics["train_loss"], metrics["test_loss"]
    known = np.isfinite(test)
    best = int(np.nanargmin(test)) if known.any() else len(test) - 1
    numbers = {
        "train loss": float(train[-1]),
        "test loss": float(test[-1]),
        "lowest test loss": float(test[best]),
        "its step": float(run.recorded[best]),
        "first test loss": float(test[0]),
        "training loss then": float(train[best]),
        "lowest train loss": float(train.min()),
        "fell lately": _fall(run.recorded, train),
    }
    score = next((name for name in ("accuracy", "r2") if f"train_{name}" in metrics), None)
    if score is not None:
        numbers["train score"] = float(metrics[f"train_{score}"][-1])
        numbers["test score"] = float(metrics[f"test_{score}"][-1])
        numbers["guessing"] = _guess(run) if guess is None else guess
    if score == "accuracy" and guess is None:
        numbers |= _balanced(run, numbers["guessing"])
    return numbers


def _fall(steps: np.ndarray, losses: np.ndarray) -> float:
    """The share by which a loss fell in the last fifth of the steps."""
    begin = int(np.searchsorted(steps, 0.8 * steps[-1]))
    before = abs(float(losses[begin]))
    return float((losses[begin] - losses[-1]) / before) if before else 0.0


def _guess(run: Run) -> float:
    problem = run.its_problem()
    if problem.data.shape.task == "regression":
        return 0.0
    counts = np.bincount(problem.data.targets.numpy().astype(np.int64).ravel())
    return float(counts.max() / counts.sum())


def _balanced(run: Run, guess: float) -> dict[str, float]:
    """The balanced accuracies, where a class is so rare that accuracy says little; else nothing."""
    problem = run.its_problem()
    even = 1 / len(np.unique(problem.data.targets.numpy()))
    if guess < even + RARE:
        return {}
    splits: tuple[Split, ...] = ("train", "test") if len(problem.batch("test")[0]) else ("train",)
    return {
        "balanced guessing": even,
        **{
            f"balanced {split} score": scores_of(problem, run.weights[-1], split)[
                "balanced accuracy"
            ]
            for split in splits
        },
    }


def _kind(run: Run, numbers: Mapping[str, float]) -> Kind:
    train, test = numbers.get("train score", np.nan), numbers.get("test score", np.nan)
    judged = numbers.get("balanced train score", train)
    guess = numbers.get("balanced guessing", numbers.get("guessing", np.nan))
    falling = numbers["fell lately"] >= STILL_FALLING
    if run.status.kind == "diverged":
        return "diverging"
    if judged - guess <= GUESSING and not falling:
        return "stuck"
    turned = _turned(numbers)
    fell_on = numbers["train loss"] <= numbers["training loss then"]
    if (turned and fell_on) or train - test >= GAP:
        return "over-fit"
    if numbers["train loss"] > JUMPS * numbers["lowest train loss"] > 0:
        return "unsteady"
    if falling and not train >= ALL_RIGHT:
        return "unfinished"
    if (1 - judged) > TOO_MUCH_WRONG * (1 - guess):
        return "under-fit"
    return "good" if np.isfinite(train) else "unknown"


def _turned(numbers: Mapping[str, float]) -> bool:
    """Whether the test loss has risen again, by as much as matters."""
    now, lowest = numbers["test loss"], numbers["lowest test loss"]
    return now > TURNED * lowest and now - lowest > MATTERS * abs(numbers["first test loss"])


def _sentence(kind: Kind, run: Run, numbers: Mapping[str, float]) -> str:
    train, test = numbers["train loss"], numbers["test loss"]
    losses = f"The training loss is {train:.3g}"
    losses += f", the test loss {test:.3g}." if np.isfinite(test) else "."
    scores = _scores(run, numbers)
    lowest = f"{numbers['lowest test loss']:.3g} at step {numbers['its step']:.0f}"
    rare = "balanced guessing" in numbers
    learnt = "It never says a rare class" if rare else "Nothing has been learnt"
    said: dict[Kind, str] = {
        "diverging": run.status.sentence,
        "stuck": f"{losses}{scores} {learnt}, and nothing moves any more.",
        "unsteady": f"{losses}{scores} The training loss had been down at "
        f"{numbers['lowest train loss']:.3g}: the steps are too long to settle.",
        "over-fit": f"{losses} The test loss had been {lowest}.{scores} What was learnt "
        "since then holds for these samples only.",
        "unfinished": f"{losses} It fell by {100 * numbers['fell lately']:.0f} % in the last fifth "
        f"of the steps.{scores} There is more to come.",
        "under-fit": f"{losses}{scores} The model is not good even on the samples that it has "
        f"seen: it is too small, it is held back, {'the rare count too little, ' if rare else ''}"
        "or the rest is noise.",
        "good": f"{losses}{scores} Both are close together and have settled.",
        "unknown": f"{losses} This loss has no score to judge by.",
    }
    return said[kind]


def _scores(run: Run, numbers: Mapping[str, float]) -> str:
    if "train score" not in numbers:
        return ""
    train, test, guess = (numbers[name] for name in ("train score", "test score", "guessing"))
    tested = np.isfinite(test)
    if "train_accuracy" in run.metrics:
        said = f" {100 * train:.1f} % of the training samples are right"
        said += f", and {100 * test:.1f} % of the test samples" if tested else ""
        return f"{said}; guessing gets {100 * guess:.1f} %.{_of_rare(numbers)}"
    said = f" R² is {train:.3g} on the training samples"
    said += f" and {test:.3g} on the test samples" if tested else ""
    return f"{said}; guessing has {guess:.3g}."


def _of_rare(numbers: Mapping[str, float]) -> str:
    """What accuracy hides where a class is rare, as a sentence."""
    if "balanced guessing" not in numbers:
        return ""
    both = [numbers.get(f"balanced {split} score", np.nan) for split in ("train", "test")]
    known = [f"{100 * score:.1f} %" for score in both if np.isfinite(score)]
    return (
        " The classes are uneven: with all of them counting alike (balanced accuracy) it is "
        f"{' and '.join(known) or 'unknown'}, and guessing gets "
        f"{100 * numbers['balanced guessing']:.1f} %."
    )


# --- cures -------------------------------------------------------------------------------------


def _cures(kind: Kind, exp: Experiment, numbers: Mapping[str, float]) -> Iterator[Cure]:
    if kind == "diverging":
        yield from _rate(exp, 1 / 3, "Shorter steps stay where the surface is flat enough.")
    elif kind == "stuck":
        if exp.init in ("zero", "constant"):
            changes = {"init": "xavier_normal", "bias_init": "zero"}
            yield Cure("Xavier weights", "Units that start alike stay alike.", changes)
        yield from _weigh(exp, numbers)
        yield from _rate(exp, 10, "Longer steps leave a plateau sooner.")
        yield from _adam(exp)
    elif kind == "unsteady":
        yield from _rate(exp, 1 / 3, "Shorter steps settle.")
        if exp.schedule != "cosine":
            calm = {"schedule": "cosine", "schedule_params": Options({})}
            yield Cure("Cosine schedule", "Long steps first, short ones in the end.", calm)
        if exp.batch_size:
            batch = {"batch_size": 0}
            yield Cure("All samples", "Every step sees the same loss.", batch)
    elif kind == "over-fit":
        yield from _less(exp, numbers)
    elif kind == "unfinished":
        yield from _longer(exp)
        yield from _rate(exp, 3, "Longer steps need fewer of them.")
    elif kind == "under-fit":
        yield from _weigh(exp, numbers)
        yield from _more(exp)


def _weigh(exp: Experiment, numbers: Mapping[str, float]) -> Iterator[Cure]:
    if "balanced guessing" in numbers and exp.loss not in ("weighted_cross_entropy", "soft_f1"):
        changes = {"loss": "weighted_cross_entropy", "loss_params": Options({})}
        yield Cure("Weigh the classes", "A rare class then counts as much as the others.", changes)


def _less(exp: Experiment, numbers: Mapping[str, float]) -> Iterator[Cure]:
    yield from _scaled(exp, "dataset", "samples", 2, "More samples", "More to learn from, and less "
                       "to learn by heart.")  # fmt: skip
    l2 = min(10.0, 3 * exp.l2) if exp.l2 else 0.01
    yield Cure("L2 penalty", "Small weights make smooth functions.", {"l2": l2})
    dropout = float(exp.model_params.get("dropout", 1.0))
    if dropout < 0.5:
        params = {**exp.model_params, "dropout": min(0.5, dropout + 0.2)}
        yield Cure("Dropout", "No unit can rely on another one.", {"model_params": Options(params)})
    best = int(numbers["its step"])
    if 0 < best < exp.steps:
        yield Cure("Stop early", "The test loss was lowest then.", {"steps": best})
    yield from _scaled(exp, "model", "width", 0.5, "Narrower", "A smaller model has less room for "
                       "noise.")  # fmt: skip


def _more(exp: Experiment) -> Iterator[Cure]:
    held: dict[str, Any] = {n: 0.0 for n in ("l1", "l2", "input_noise") if getattr(exp, n)}
    if exp.model_params.get("dropout"):
        held["model_params"] = Options({**exp.model_params, "dropout": 0.0})
    if held:
        yield Cure("No regularisation", "Nothing holds the model back then.", held)
    wide = "More units can follow more of the data."
    yield from _scaled(exp, "model", "width", 2, "Wider", wide)
    yield from _scaled(exp, "model", "depth", 2, "Deeper", "More layers bend more.")
    if exp.model in ("linear", "deep_linear", "two_parameter"):
        yield Cure("A network", "A straight line cannot bend.", {"model": "mlp"})
    yield from _longer(exp)
    yield from _adam(exp)


def _rate(exp: Experiment, factor: float, why: str) -> Iterator[Cure]:
    entry = registry.optimizers[exp.optimizer]
    if "lr" not in exp.params:
        return
    rate = _within(entry.param("lr"), float(f"{float(exp.params['lr']) * factor:.3g}"))
    title = f"Learning rate {rate:.3g}"
    if rate != exp.params["lr"]:
        yield Cure(title, why, {"params": Options({**exp.params, "lr": rate})})


def _adam(exp: Experiment) -> Iterator[Cure]:
    if exp.optimizer != "adam":
        changes = {"optimizer": "adam", "params": Options({})}
        yield Cure("Adam", "It gives every weight steps of its own length.", changes)


def _longer(exp: Experiment) -> Iterator[Cure]:
    if exp.steps < 50_000:
        steps = min(50_000, 3 * exp.steps)
        yield Cure(f"{steps:,} steps", "More of the way.", {"steps": steps})


def _scaled(
    exp: Experiment, choice: str, name: str, factor: float, title: str, why: str
) -> Iterator[Cure]:
    """A number of an entry times a factor, where the entry has it and its range allows it."""
    options = getattr(exp, f"{choice}_params")
    if name not in options:
        return
    catalogue: Any = registry.datasets if choice == "dataset" else registry.models
    entry = catalogue[getattr(exp, choice)]
    value = round(_within(entry.param(name), float(options[name]) * factor))
    if value != options[name]:
        yield Cure(title, why, {f"{choice}_params": Options({**options, name: value})})


def _within(param: Param, value: float) -> float:
    return min(max(value, param.low), param.high)

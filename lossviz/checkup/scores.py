"""How good predictions are, in scikit-learn's measures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lossviz.problem.problem import Problem, Split
from lossviz.registry import SettingError

CLASSIFICATION = ("accuracy", "balanced accuracy", "precision", "recall", "F1")
REGRESSION = ("R²", "mean absolute error")


def scores_of(problem: Problem, theta: Tensor, split: Split = "test") -> dict[str, float]:
    """The scores of one point of weight space on a split, as scikit-learn computes them.

    A classification has accuracy, the mean recall over the classes ("balanced accuracy"), and
    precision, recall and F1: of class 1 where there are two classes, else the mean over all of
    them. A regression has R² and the mean absolute error, in the units of the scaled targets.

    How to read them: with rare positives accuracy is high for a model that never finds one; recall
    says how many were found, precision how many of the finds were right, F1 is their harmonic mean,
    and balanced accuracy is 1/2 for any guessing.

    Args:
        problem: Data and model.
        theta: (P,).
        split: "train" or "test".

    Raises:
        SettingError: When the split has no samples, or the loss has neither classes nor values.

    >>> import lossviz as lv
    >>> exp = lv.Experiment(steps=200, optimizer="adam")
    >>> run = lv.train(exp)
    >>> found = scores_of(lv.build(exp), run.weights[-1])
    >>> bool(found["accuracy"] == run.metrics["test_accuracy"][-1])
    True
    """
    inputs, targets = problem.batch(split)
    if not len(inputs):
        raise SettingError(f"There are no samples in the split {split!r}.")
    outputs = problem.outputs(theta[None], inputs)[0]
    if not torch.isfinite(outputs).all():
        names = CLASSIFICATION if problem.probabilities is not None else REGRESSION
        return dict.fromkeys(names, float("nan"))
    if problem.data.shape.task == "regression":
        return _of_values(problem.predicted(outputs), targets)
    if problem.probabilities is None:
        raise SettingError("The loss of this problem does not say which class an output means.")
    found = problem.probabilities(outputs).argmax(-1).numpy()
    return _of_classes(found, targets.numpy(), problem.data.shape.classes)


def _of_values(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    from sklearn import metrics

    found, wanted = outputs.double().numpy(), targets.double().numpy()
    r2 = metrics.r2_score(wanted, found) if len(wanted) > 1 else float("nan")
    numbers = (r2, metrics.mean_absolute_error(wanted, found))
    return dict(zip(REGRESSION, map(float, numbers), strict=True))


def _of_classes(found: np.ndarray, wanted: np.ndarray, classes: int) -> dict[str, float]:
    from sklearn import metrics

    average = "binary" if classes == 2 else "macro"
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        wanted, found, average=average, zero_division=0
    )
    recalls = metrics.recall_score(
        wanted, found, labels=np.unique(wanted), average="macro", zero_division=0
    )
    numbers = (metrics.accuracy_score(wanted, found), recalls, precision, recall, f1)
    return dict(zip(CLASSIFICATION, map(float, numbers), strict=True))

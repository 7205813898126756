"""Rare positives: where each loss draws the line between two normal distributions.

Negatives are N(-1, 1), positives N(1, 1), a share of all. With enough data a model comes to the
function of x that lowers the expected loss at every x by itself: the loss decides what it says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import log_ndtr, ndtr

from lossviz.losslab.neuron import sigmoid
from lossviz.losslab.pick import Pick
from lossviz.registry import SettingError, Shape

SHAPE = Shape("classification", 1, 2)
#: The x that are drawn.
REACH = 5.0
POINTS = 401
#: Logits are looked for between minus and plus this; beyond it probabilities are 0 or 1 in print.
FARTHEST = 30.0


@dataclass(frozen=True, eq=False)
class Decision:
    """What one loss makes of the two distributions.

    Args:
        name: What a person reads.
        threshold: The x from which it says positive.
        x: (F,) the x that are drawn.
        chance: (F,) the probability of positive that the model says there, or None for a bare
            threshold.
        scores: The scores of the whole population, see `scores_of`.
        confusion: The shares of the population ((true negatives, false positives), (false
            negatives, true positives)).
    """

    name: str
    threshold: float
    x: np.ndarray
    chance: np.ndarray | None
    scores: dict[str, float]
    confusion: tuple[tuple[float, float], tuple[float, float]]


def decisions(share: float, weight: float, gamma: float, alpha: float) -> tuple[Decision, ...]:
    """Plain, weighted and focal cross-entropy, and soft F1.

    How to read it: plain cross-entropy says the true probabilities, and so hardly ever "positive"
    where positives are rare. A weight w shifts the threshold by $-\\frac12 \\log w$. Focal loss
    without alpha flattens the probabilities and leaves the threshold. Soft F1 goes to where F1 is
    greatest.

    Args:
        share: The share of positives.
        weight: The weight of positives in the weighted cross-entropy.
        gamma: How soon the focal loss stops caring for what is nearly right.
        alpha: The focal loss's weight of positives; 0 for no weighting.

    Raises:
        SettingError: For a share that is not between 0 and 1, or what the losses do not allow.
    """
    if not 0 < share < 1:
        raise SettingError(f"The share of positives is {share}, but must lie between 0 and 1.")
    picks = {
        "Cross-entropy": Pick("bce_with_logits"),
        "Weighted": Pick("bce_with_logits", {"pos_weight": weight}),
        "Focal": Pick("focal", {"gamma": gamma, "alpha": alpha}),
    }
    x = np.linspace(-REACH, REACH, POINTS)
    found = [_of_pick(name, pick, share, x) for name, pick in picks.items()]
    return (*found, _soft_f1(share, x))


def at_threshold(share: float, threshold: float, name: str = "Yours") -> Decision:
    """A threshold that nobody learnt."""
    confusion = confusion_of(share, threshold)
    x = np.linspace(-REACH, REACH, POINTS)
    return Decision(name, threshold, x, None, scores_of(confusion), confusion)


def posterior_logit(share: float, x: np.ndarray) -> np.ndarray:
    """The true log-odds of positive at x: $2 x + \\log \\frac{\\pi}{1 - \\pi}$."""
    return 2 * x + math.log(share / (1 - share))


def confusion_of(share: float, threshold: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """The shares of the population, rows true and columns said, negatives first."""
    hits = share * float(ndtr(1 - threshold))
    alarms = (1 - share) * float(ndtr(-1 - threshold))
    return (1 - share - alarms, alarms), (share - hits, hits)


def scores_of(confusion: tuple[tuple[float, float], tuple[float, float]]) -> dict[str, float]:
    """Scores of a confusion matrix, of counts or of shares; NaN where there is nothing to divide.

    >>> scores_of(((8, 1), (0, 1)))["precision"]
    0.5
    """
    (tn, fp), (fn, tp) = confusion
    recall, kept = _over(tp, tp + fn), _over(tn, tn + fp)
    return {
        "accuracy": _over(tp + tn, tn + fp + fn + tp),
        "balanced": (recall + kept) / 2,
        "precision": _over(tp, tp + fp),
        "recall": recall,
        "f1": _over(2 * tp, 2 * tp + fp + fn),
    }


def _over(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def rates(share: float, thresholds: np.ndarray) -> dict[str, np.ndarray]:
    """The curves over all thresholds (T,): false and true positive rate, precision.

    Returns:
        "false" and "true" for the ROC curve, "precision" beside "true" (which is the recall).
    """
    hit, alarm = ndtr(1 - thresholds), ndtr(-1 - thresholds)
    # Far out both vanish; the quotient of the tails is the ratio of the densities.
    logs = log_ndtr(-1 - thresholds) - log_ndtr(1 - thresholds)
    odds = (1 - share) / share * np.exp(logs)
    return {"false": alarm, "true": hit, "precision": 1 / (1 + odds)}


def best_f1(share: float) -> float:
    """The threshold with the greatest F1.

    >>> share = 0.05
    >>> t = best_f1(share)
    >>> f1 = scores_of(confusion_of(share, t))["f1"]
    >>> round(f1, 3), bool(abs(f1 / 2 - sigmoid(posterior_logit(share, np.array(t)))) < 1e-6)
    (0.518, True)
    """
    # At the optimum the posterior is half the F1 (Lipton, Elkan and Naryanaswamy 2014). Going to
    # and fro between the two (Dinkelbach 1967) never goes down, and gains digits ever faster.
    f1, threshold = 1.0, 0.0
    for _ in range(60):
        threshold = (math.log(f1 / (2 - f1)) - math.log(share / (1 - share))) / 2
        last, f1 = f1, scores_of(confusion_of(share, threshold))["f1"]
        if abs(f1 - last) < 1e-15:
            break
    return threshold


def _of_pick(name: str, pick: Pick, share: float, x: np.ndarray) -> Decision:
    logits, odds = balance(pick)
    chance = sigmoid(np.interp(posterior_logit(share, x), odds, logits))
    # It says positive where its logit is above 0.
    torn = float(np.interp(0.0, logits, odds))
    threshold = (torn - math.log(share / (1 - share))) / 2
    confusion = confusion_of(share, threshold)
    return Decision(name, threshold, x, chance, scores_of(confusion), confusion)


def _soft_f1(share: float, x: np.ndarray) -> Decision:
    threshold = best_f1(share)
    confusion = confusion_of(share, threshold)
    # Over all functions soft F1 is greatest for decisions: it is linear in each probability over a
    # linear denominator, so an end is best.
    chance = (x >= threshold).astype(np.float64)
    return Decision("Soft F1", threshold, x, chance, scores_of(confusion), confusion)


def balance(pick: Pick) -> tuple[np.ndarray, np.ndarray]:
    r"""Logits (G,) and the true log-odds (G,) for which each of them is the best, both rising.

    The expected loss $\eta\,\ell_1(f) + (1 - \eta)\,\ell_0(f)$ is lowest where its slope is zero,
    which is where $\log \frac{\eta}{1 - \eta} = \log \frac{\ell_0'(f)}{-\ell_1'(f)}$.

    >>> logits, odds = balance(Pick("bce_with_logits"))
    >>> bool(np.allclose(logits, odds))
    True
    """
    logits = np.linspace(-FARTHEST, FARTHEST, 4001)
    criterion = pick.criterion(SHAPE)
    leaf = torch.tensor(logits, requires_grad=True)
    slopes = []
    for label in (0, 1):
        loss = criterion(leaf[:, None, None], torch.tensor([label]))
        slopes.append(torch.autograd.grad(loss.sum(), leaf)[0].numpy())
    return logits, np.log(slopes[0]) - np.log(-slopes[1])


@dataclass(frozen=True, eq=False)
class Sample:
    """People drawn from the two distributions.

    Args:
        x: (N,) what is measured.
        positive: (N,) whether each is one.
    """

    x: np.ndarray
    positive: np.ndarray


def sample_of(share: float, count: int, seed: int) -> Sample:
    """A sample with exactly the rounded share of positives, at least one of each kind."""
    rng = np.random.default_rng(seed)
    positives = min(max(round(share * count), 1), count - 1)
    positive = np.arange(count) < positives
    return Sample(rng.standard_normal(count) + np.where(positive, 1.0, -1.0), positive)


def sample_scores(sample: Sample, threshold: float) -> dict[str, float]:
    """The scores of a threshold on a sample, named as by `scores_of`, by scikit-learn."""
    from sklearn import metrics

    true, said = sample.positive, sample.x >= threshold
    return {
        "accuracy": float(metrics.accuracy_score(true, said)),
        "balanced": float(metrics.balanced_accuracy_score(true, said)),
        "precision": float(metrics.precision_score(true, said, zero_division=np.nan)),
        "recall": float(metrics.recall_score(true, said)),
        "f1": float(metrics.f1_score(true, said)),
    }


def sample_confusion(sample: Sample, threshold: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """The counts of a threshold on a sample, rows true and columns said, negatives first."""
    from sklearn.metrics import confusion_matrix

    (tn, fp), (fn, tp) = confusion_matrix(sample.positive, sample.x >= threshold).tolist()
    return (tn, fp), (fn, tp)

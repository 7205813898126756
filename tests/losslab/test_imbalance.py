"""Thresholds and scores: closed forms, quadrature, scikit-learn, and real training."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.stats import norm

from lossviz.losslab import Pick
from lossviz.losslab.imbalance import (
    SHAPE,
    at_threshold,
    balance,
    best_f1,
    confusion_of,
    decisions,
    posterior_logit,
    rates,
    sample_confusion,
    sample_of,
    sample_scores,
    scores_of,
    sigmoid,
)
from lossviz.registry import SettingError


@pytest.fixture(scope="module")
def twentieth():
    return {one.name: one for one in decisions(0.05, 19.0, 2.0, 0.0)}


def test_one_in_twenty(twentieth):
    """The known values for two normals N(+-1, 1) with 5 % positives."""
    plain, weighted = twentieth["Cross-entropy"].scores, twentieth["Weighted"].scores
    found = [plain[name] for name in ("recall", "f1", "accuracy")]
    assert found == pytest.approx([0.318, 0.440, 0.960], abs=5e-4)
    found = [weighted[name] for name in ("recall", "f1", "accuracy")]
    assert found == pytest.approx([0.841, 0.347, 0.841], abs=5e-4)
    assert twentieth["Soft F1"].scores["f1"] == pytest.approx(0.518, abs=5e-4)
    assert twentieth["Focal"].threshold == pytest.approx(twentieth["Cross-entropy"].threshold)


def test_no_threshold_has_a_better_f1(twentieth):
    scores = [scores_of(confusion_of(0.05, t))["f1"] for t in np.linspace(-4, 4, 801)]
    assert twentieth["Soft F1"].scores["f1"] >= max(scores) - 1e-9


@settings(max_examples=25)
@given(share=st.floats(0.001, 0.5), weight=st.floats(1, 100), alpha=st.floats(0.01, 0.99))
def test_thresholds_in_closed_form(share, weight, alpha):
    plain, weighted, focal, f1 = decisions(share, weight, 1.5, alpha)
    even = -np.log(share / (1 - share)) / 2
    assert plain.threshold == pytest.approx(even, abs=1e-9)
    assert weighted.threshold == pytest.approx(even - np.log(weight) / 2, abs=1e-9)
    assert focal.threshold == pytest.approx(even - np.log(alpha / (1 - alpha)) / 2, abs=1e-9)
    # Lipton et al. 2014: the posterior at the best threshold is half the best F1.
    posterior = sigmoid(posterior_logit(share, np.array(f1.threshold)))
    assert posterior == pytest.approx(f1.scores["f1"] / 2, abs=1e-4)
    assert best_f1(share) <= even


def test_shares_are_the_integrals_of_the_densities():
    (kept, alarms), (missed, hits) = confusion_of(0.2, 0.3)

    def area(share, mean, low, high):
        return share * integrate.quad(lambda x: norm.pdf(x, mean), low, high)[0]

    expected = [area(0.8, -1, -12, 0.3), area(0.8, -1, 0.3, 12), area(0.2, 1, -12, 0.3),
                area(0.2, 1, 0.3, 12)]  # fmt: skip
    assert [kept, alarms, missed, hits] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("pick", [Pick("bce_with_logits", {"pos_weight": 5.0}), Pick("focal")])
def test_the_best_logit_is_least_in_the_expected_loss(pick):
    logits, odds = balance(pick)
    criterion = pick.criterion(SHAPE)
    grid = torch.linspace(-12, 12, 4801, dtype=torch.float64)[:, None, None]
    for share in (0.01, 0.3, 0.5, 0.9):
        costs = [criterion(grid, torch.tensor([label])) for label in (0, 1)]
        expected = (1 - share) * costs[0] + share * costs[1]
        found = np.interp(np.log(share / (1 - share)), odds, logits)
        assert found == pytest.approx(grid.flatten()[expected.argmin()].item(), abs=0.006)


def test_weighting_and_focusing_bend_the_probabilities(twentieth):
    """Plain cross-entropy says the truth; the weight lifts it, the focus flattens it."""
    x = twentieth["Cross-entropy"].x
    truth = sigmoid(posterior_logit(0.05, x))
    np.testing.assert_allclose(twentieth["Cross-entropy"].chance, truth, atol=1e-9)
    assert (twentieth["Weighted"].chance >= truth).all()
    flat = twentieth["Focal"].chance
    assert (np.abs(flat - 0.5) <= np.abs(truth - 0.5) + 1e-9).all()
    assert set(twentieth["Soft F1"].chance.tolist()) == {0.0, 1.0}


def trained(pick, start):
    """The threshold of a line in x that was really trained, on quantiles of the population."""
    x = np.concatenate([norm.ppf((np.arange(n) + 0.5) / n) + m for n, m in ((1900, -1), (100, 1))])
    inputs = torch.from_numpy(x)[:, None]
    targets = torch.tensor([0] * 1900 + [1] * 100)
    weights = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    criterion = pick.criterion(SHAPE)
    optimizer = torch.optim.LBFGS([weights], max_iter=120, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = criterion(weights[0] * inputs + weights[1], targets)
        loss.backward()
        return loss

    optimizer.step(closure)
    slope, intercept = weights.tolist()
    return -intercept / slope


@pytest.mark.parametrize(
    ("name", "pick", "start"),
    [
        ("Cross-entropy", Pick("bce_with_logits"), (2.0, -2.0)),
        ("Weighted", Pick("bce_with_logits", {"pos_weight": 19.0}), (2.0, -2.0)),
        ("Focal", Pick("focal"), (2.0, -2.0)),
        ("Soft F1", Pick("soft_f1", {"smooth": 1e-6}), (8.0, -4.0)),
    ],
)
def test_real_training_comes_to_the_same_thresholds(twentieth, name, pick, start):
    assert trained(pick, start) == pytest.approx(twentieth[name].threshold, abs=0.03)


def test_rates_are_those_of_the_thresholds_and_stay_numbers_far_out():
    thresholds = np.array([-30.0, -1.0, 0.5, 30.0])
    found = rates(0.05, thresholds)
    for k in (1, 2):
        scores = scores_of(confusion_of(0.05, thresholds[k]))
        assert found["true"][k] == pytest.approx(scores["recall"])
        assert found["precision"][k] == pytest.approx(scores["precision"])
    assert np.isfinite(found["precision"]).all()
    assert found["precision"][0] == pytest.approx(0.05)
    assert found["precision"][-1] == pytest.approx(1)


@settings(max_examples=20)
@given(
    share=st.floats(0.001, 0.5), count=st.integers(50, 400), seed=st.integers(0, 99),
    cut=st.floats(-4, 4),
)  # fmt: skip
def test_what_is_counted_is_what_the_counts_say(share, count, seed, cut):
    sample = sample_of(share, count, seed)
    assert len(sample.x) == count
    assert 1 <= sample.positive.sum() < count
    confusion = sample_confusion(sample, cut)
    found = sample_scores(sample, cut)
    assert np.sum(confusion) == count
    # By hand from the counts, and by scikit-learn, are the same.
    for name, value in scores_of(confusion).items():
        assert found[name] == pytest.approx(value, nan_ok=True), name


def test_a_threshold_by_hand():
    one = at_threshold(0.05, 0.0)
    assert one.chance is None
    assert one.scores["recall"] == pytest.approx(norm.cdf(1))


@pytest.mark.parametrize("share", [0.0, 1.0, float("nan")])
def test_without_both_kinds_nothing_is_decided(share):
    with pytest.raises(SettingError, match="must lie between 0 and 1"):
        decisions(share, 19.0, 2.0, 0.0)

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lossviz.problem.data import Data
from lossviz.problem.model import ModuleModel
from lossviz.problem.problem import Problem
from lossviz.registry import Shape
from lossviz.surface import (
    Confusion,
    Fit,
    Parity,
    Regions,
    confusion_counts,
    decision_regions,
    fitted_curves,
    input_ranges,
    parity,
    predictions,
)
from lossviz.surface import frames as frames_module


@dataclass
class Recording:
    weights: Tensor
    recorded: np.ndarray


def problem(inputs: int, classes: int, width: int = 5) -> Problem:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, max(1, classes)))
    model = ModuleModel(net)
    x = torch.randn(12, inputs)
    y = torch.randint(classes, (12,)) if classes else torch.randn(12, 1)
    shape = Shape("classification" if classes else "regression", inputs, classes)
    data = Data(x[:8], y[:8], x[8:], y[8:], shape)
    probabilities = (lambda outputs: outputs.softmax(dim=-1)) if classes else None
    return Problem(model, nn.MSELoss(), data, model.start(), probabilities=probabilities)


def path(prob: Problem, frames: int = 7) -> Recording:
    torch.manual_seed(1)
    return Recording(torch.randn(frames, prob.space.size), 10 * np.arange(frames))


def said(prob: Problem, row: Tensor, inputs: Tensor) -> Tensor:
    return prob.model.forward(prob.space.unflatten(row), inputs)


@pytest.mark.parametrize("activations", [1, 2**20])
def test_regions_equal_a_loop_over_frames_and_cells(activations, monkeypatch):
    monkeypatch.setattr(frames_module, "ACTIVATIONS", activations)
    prob = problem(2, 3)
    weights = path(prob).weights
    x, y = torch.linspace(-1, 1, 3), torch.linspace(-2, 3, 5)
    found = decision_regions(prob, weights, x, y)
    assert found.shape == (7, 5, 3, 3)
    for f in (0, 6):
        for j in range(5):
            for i in range(3):
                cell = said(prob, weights[f], torch.stack([x[i], y[j]])[None])[0].softmax(-1)
                torch.testing.assert_close(found[f, j, i], cell)


def test_curves_equal_a_loop_over_frames():
    prob = problem(1, 0)
    weights = path(prob).weights
    x = torch.linspace(-1, 1, 4)
    found = fitted_curves(prob, weights, x)
    assert found.shape == (7, 4)
    for row, curve in zip(weights, found, strict=True):
        torch.testing.assert_close(curve, said(prob, row, x[:, None])[:, 0])


@pytest.mark.parametrize("split", ["train", "test"])
def test_confusion_counts_equal_a_loop_over_samples(split):
    prob = problem(4, 3)
    weights = path(prob).weights
    inputs, targets = prob.batch(split)
    expected = torch.zeros(7, 3, 3, dtype=torch.int64)
    for f, row in enumerate(weights):
        for sample, target in zip(inputs, targets, strict=True):
            expected[f, target, said(prob, row, sample[None]).argmax()] += 1
    assert torch.equal(confusion_counts(prob, weights, split), expected)


def test_frames_that_are_not_finite_are_seen():
    prob = problem(2, 3)
    weights = torch.full((2, prob.space.size), torch.nan)
    weights[1] = 0
    assert confusion_counts(prob, weights).sum(dim=(1, 2)).tolist() == [0, 8]
    regions = predictions(prob, Recording(weights, np.array([0, 5])), [0, 1], points=3)
    assert isinstance(regions, Regions)
    assert (regions.winner[0] == -1).all()
    assert (regions.winner[1] >= 0).all()
    assert regions.confidence[0].isnan().all()
    torch.testing.assert_close(regions.confidence[1], torch.full((3, 3), 1 / 3))


def test_the_kind_suits_the_problem():
    frames = [0, 2, 6]
    for (inputs, classes), kind in {
        (2, 3): Regions,
        (1, 0): Fit,
        (4, 2): Confusion,
        (1, 2): Confusion,
        (2, 0): Parity,
    }.items():
        prob = problem(inputs, classes)
        found = predictions(prob, path(prob), frames, points=5)
        assert isinstance(found, kind), (inputs, classes)
        assert found.steps.tolist() == [0, 20, 60]
    prob = problem(2, 3)
    assert predictions(replace(prob, probabilities=None), path(prob), frames) is None


def test_parity_is_what_the_model_says_of_every_sample():
    prob = problem(3, 0)
    recorded = path(prob)
    found = predictions(prob, recorded, [1, 5])
    assert isinstance(found, Parity)
    inputs = torch.cat([prob.data.inputs, prob.data.test_inputs])
    for values, frame in zip(found.values, (1, 5), strict=True):
        params = prob.space.unflatten(recorded.weights[frame])
        torch.testing.assert_close(values, prob.model.forward(params, inputs)[:, 0])
    targets = torch.cat([prob.data.targets, prob.data.test_targets])
    assert torch.equal(found.actual, targets[:, 0])
    assert found.test.tolist() == [False] * 8 + [True] * 4


def test_parity_is_not_for_classes():
    prob = problem(3, 2)
    with pytest.raises(ValueError, match="has classes"):
        parity(prob, path(prob).weights, np.arange(7))


def test_confusion_is_of_the_training_samples_where_there_are_no_others():
    prob = problem(4, 2)
    assert predictions(prob, path(prob), [0]).split == "test"
    data = replace(prob.data, test_inputs=prob.data.inputs[:0], test_targets=prob.data.targets[:0])
    found = predictions(replace(prob, data=data), path(prob), [0])
    assert found.split == "train"
    assert found.counts.sum() == 8


def test_input_ranges_have_a_margin_and_are_never_empty():
    prob = problem(2, 2)
    data = replace(
        prob.data,
        inputs=torch.tensor([[0.0, 5.0], [1.0, 5.0]]),
        test_inputs=torch.tensor([[2.0, 5.0]]),
    )
    low_high = input_ranges(replace(prob, data=data))
    assert np.allclose(low_high, [(-0.2, 2.2), (4.9, 5.1)])
    empty = replace(data, inputs=data.inputs[:0], test_inputs=data.inputs[:0])
    with pytest.raises(ValueError, match="no samples"):
        input_ranges(replace(prob, data=empty))


def test_no_frames_give_empty_results():
    for prob in (problem(2, 3), problem(4, 3)):
        none = torch.zeros(0, prob.space.size)
        assert len(confusion_counts(prob, none)) == 0
    assert decision_regions(problem(2, 3), torch.zeros(0, 33), [0, 1], [0]).shape[:3] == (0, 1, 2)


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match=r"2 input\(s\); this one has 4"):
        decision_regions(problem(4, 3), torch.zeros(1, 43), [0], [0])
    with pytest.raises(ValueError, match=r"1 input\(s\); this one has 2"):
        fitted_curves(problem(2, 0), torch.zeros(1, 21), [0])
    with pytest.raises(ValueError, match="this problem has classes"):
        fitted_curves(problem(1, 2), torch.zeros(1, 22), [0])
    with pytest.raises(ValueError, match="this problem is a regression"):
        confusion_counts(problem(2, 0), torch.zeros(1, 21))
    with pytest.raises(ValueError, match=r"shape \(1, 3\), expected \(F, 21\)"):
        confusion_counts(problem(2, 1), torch.zeros(1, 3))
    with pytest.raises(ValueError, match="build it with probabilities="):
        confusion_counts(replace(problem(2, 3), probabilities=None), torch.zeros(1, 33))

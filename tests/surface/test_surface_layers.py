"""Loss and accuracy from one look equal two looks, by each way, on a grid of unequal sides."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz.problem.penalty import Penalty
from lossviz.surface import LAYERS, PlaneLosses, ScanCancelledError, layers_of
from tests.connect.nets import Own, classes, naive, normed, regression, stack

X, Y = [-0.4, 0.1, 0.9], [-1.0, -0.3, 0.0, 0.2, 1.1]


class Branching(nn.Module):
    """A module that vmap cannot take: its forward looks at a value."""

    def __init__(self) -> None:
        super().__init__()
        self.net = stack()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        out = self.net(inputs)
        return out if out.sum().item() > 0 else 2 * out


WAYS = {"layers": stack, "batched": lambda: Own(stack()), "one by one": Branching}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("way", WAYS)
def test_every_layer_equals_evaluate_and_a_naive_loop(way: str, dtype: torch.dtype):
    module = WAYS[way]()
    prob = classes(module, dtype)
    plane = lv.random_plane(prob, prob.params0, one_dimensional="scale")
    found = lv.evaluate_layers(prob, plane, X, Y)
    assert tuple(found.values) == LAYERS == layers_of(prob)
    points = [plane.at(x, y) for y in Y for x in X]
    points = [prob.space.flatten(point) for point in points]
    close = {"rtol": 1e-10, "atol": 0} if dtype == torch.float64 else {"rtol": 2e-5, "atol": 1e-6}
    for split in ("train", "test"):
        loss, right = naive(prob, module, points, split)
        assert found[f"{split} loss"].shape == (5, 3)
        torch.testing.assert_close(found[f"{split} loss"].double(), loss.reshape(5, 3), **close)
        torch.testing.assert_close(
            found[f"{split} accuracy"].double(), right.reshape(5, 3), rtol=1e-6, atol=0
        )
        alone = lv.evaluate(prob, plane, X, Y, split=split)
        torch.testing.assert_close(found[f"{split} loss"], alone.loss, rtol=1e-6, atol=1e-7)
        surface = found.surface(f"{split} loss")
        assert (surface.split, surface.plane) == (split, plane)
        assert torch.equal(surface.loss, found[f"{split} loss"])


def test_outputs_are_computed_once_for_loss_and_accuracy(monkeypatch: pytest.MonkeyPatch):
    calls = []
    own = PlaneLosses._portion

    def count(self, mix, scored):
        calls.append((len(mix), scored))
        return own(self, mix, scored)

    monkeypatch.setattr(PlaneLosses, "_portion", count)
    prob = classes(stack())
    plane = lv.random_plane(prob, prob.params0)
    lv.evaluate_layers(prob, plane, X, Y)
    assert calls == [(15, True), (15, True)]
    calls.clear()
    lv.evaluate_layers(prob, plane, X, Y, layers=["test loss"])
    assert calls == [(15, False)]


def test_only_the_layers_that_there_are():
    prob = regression(stack(outputs=1))
    plane = lv.random_plane(prob, prob.params0)
    assert layers_of(prob) == ("train loss",)
    assert tuple(lv.evaluate_layers(prob, plane, X, Y).values) == ("train loss",)
    with pytest.raises(ValueError, match="this problem is a regression"):
        lv.evaluate_layers(prob, plane, X, Y, layers=["train accuracy"])
    with pytest.raises(ValueError, match="no test samples"):
        lv.evaluate_layers(prob, plane, X, Y, layers=["test loss"])
    untold = replace(classes(stack()), probabilities=None)
    assert layers_of(untold) == ("train loss", "test loss")
    with pytest.raises(ValueError, match="build it with probabilities="):
        lv.evaluate_layers(untold, plane=lv.random_plane(untold, untold.params0), x=X, y=Y,
                           layers=["test accuracy"])  # fmt: skip
    for wrong in ([], ["loss"]):
        with pytest.raises(ValueError, match="must be one or more of train loss, test loss"):
            lv.evaluate_layers(prob, plane, X, Y, layers=wrong)


def test_two_classes_and_outputs_that_are_no_numbers():
    # Two outputs: a tie goes to the first class, as argmax has it.
    prob = classes(nn.Linear(2, 2, bias=False))
    targets = (prob.data.inputs[:, 0] > 0).long()
    prob = replace(prob, data=replace(prob.data, targets=targets))
    plane = lv.Plane(torch.zeros(4), torch.eye(2, 4), prob.space, dtype=torch.float64)
    found = lv.evaluate_layers(prob, plane, [0.0, 1.0], [0.0, 1e308], layers=["train accuracy"])
    accuracy = found["train accuracy"]
    assert accuracy[0, 0] == pytest.approx(float((targets == 0).double().mean()))
    # The first class's output is the first feature.
    said = (prob.data.inputs[:, 0] < 0).long()
    assert accuracy[0, 1] == pytest.approx(float((said == targets).double().mean()))
    wild = replace(prob, probabilities=lambda outputs: (outputs * 1e10).softmax(-1))
    found = lv.evaluate_layers(wild, plane, [0.0, 1.0], [0.0, 1e308], layers=["train accuracy"])
    assert found["train accuracy"][1].isnan().all()


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_batch_normalisation_gives_finite_cells_under_each_policy(statistics):
    prob = classes(normed())
    plane = lv.random_plane(prob, prob.params0, one_dimensional="scale")
    found = lv.evaluate_layers(prob, plane, X, Y, statistics=statistics)
    own = prob.with_statistics(statistics)
    for name, values in found.values.items():
        assert values.isfinite().all(), name
    for split in ("train", "test"):
        expected = own.loss(plane.at(X[1], Y[3]), prob.batch(split))
        torch.testing.assert_close(found[f"{split} loss"][3, 1], expected)


def test_a_penalty_is_in_the_loss_and_not_in_the_accuracy():
    plain = classes(stack())
    prob = replace(plain, penalty=Penalty(plain.space, l1=0.3, l2=0.2))
    plane = lv.random_plane(prob, prob.params0)
    with_it, without = (lv.evaluate_layers(p, plane, X, Y) for p in (prob, plain))
    extra = torch.stack([torch.stack([prob.penalty.at(plane.at(x, y)) for x in X]) for y in Y])
    torch.testing.assert_close(with_it["train loss"], without["train loss"] + extra)
    assert torch.equal(with_it["test accuracy"], without["test accuracy"])


def test_progress_is_told_for_both_splits_and_it_can_be_cancelled():
    prob = classes(Own(stack()))
    plane = lv.random_plane(prob, prob.params0)
    told: list[tuple[int, int]] = []
    lv.evaluate_layers(prob, plane, X, Y, chunk=10, on_progress=lambda *now: told.append(now))
    assert told == [(10, 30), (15, 30), (25, 30), (30, 30)]
    with pytest.raises(ScanCancelledError):
        lv.evaluate_layers(prob, plane, X, Y, cancelled=lambda: True)

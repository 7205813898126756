"""Lines between two networks equal a naive loop; barriers are what their formula says."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import lossviz as lv
from lossviz import SettingError
from lossviz.connect import Barrier, barrier_of
from lossviz.problem.penalty import Penalty
from lossviz.surface import ScanCancelledError
from tests.connect.nets import Own, classes, naive, normed, regression, somewhere, stack, trained

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]

# --- barriers -----------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12))
def test_a_barrier_is_the_highest_rise_over_the_mixed_ends(losses: list[float]):
    count = len(losses)
    t = [i / (count - 1) for i in range(count)]
    rises = [
        loss - ((1 - s) * losses[0] + s * losses[-1]) for s, loss in zip(t, losses, strict=True)
    ]
    found = barrier_of(*torch.tensor([t, losses], dtype=torch.float64))
    assert found.height == pytest.approx(max(0.0, *rises), rel=1e-9, abs=1e-8)
    assert 0 <= found.where <= 1
    at = t.index(pytest.approx(found.where))
    assert max(0.0, rises[at]) == pytest.approx(found.height, rel=1e-9, abs=1e-8)


def test_what_lies_beyond_the_ends_is_no_barrier():
    t = torch.tensor([-0.5, 0.0, 0.5, 1.0, 1.5])
    assert barrier_of(t, torch.tensor([99.0, 1.0, 0.5, 2.0, 99.0])).height == 0
    assert barrier_of(t, torch.tensor([99.0, 1.0, 4.5, 2.0, 99.0])) == Barrier(3.0, 0.5)


def test_a_loss_that_is_not_finite_is_an_infinite_barrier_between_and_unknown_at_an_end():
    t = torch.tensor([0.0, 0.25, 0.5, 1.0])
    for bad in (math.nan, math.inf):
        found = barrier_of(t, torch.tensor([0.0, 1.0, bad, 0.0]))
        assert (found.height, found.where) == (math.inf, 0.5)
        found = barrier_of(t, torch.tensor([bad, 1.0, 2.0, 0.0]))
        assert math.isnan(found.height)
        assert math.isnan(found.where)


def test_a_barrier_needs_both_ends():
    with pytest.raises(ValueError, match="both ends"):
        barrier_of(torch.tensor([0.0, 0.5]), torch.tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match="one for each"):
        barrier_of(torch.tensor([0.0, 1.0]), torch.tensor([1.0]))


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("wrap", [lambda net: net, Own], ids=["layers", "batched"])
def test_a_line_equals_a_naive_loop(wrap, dtype: torch.dtype, device: str):
    module = wrap(stack())
    prob = classes(module, dtype, device)
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    found = lv.line(prob, a, prob.space.unflatten(b), points=7, margin=0.4)
    assert found.t.tolist() == pytest.approx([i / 6 for i in range(-2, 9)])
    points = [(1 - t) * a.double() + t * b.double() for t in found.t]
    close = {"rtol": 1e-12, "atol": 0} if dtype == torch.float64 else {"rtol": 2e-5, "atol": 1e-6}
    for split, loss, accuracy in (
        ("train", found.loss, found.accuracy),
        ("test", found.test_loss, found.test_accuracy),
    ):
        losses, right = naive(prob, module, points, split)
        torch.testing.assert_close(loss.double(), losses, **close)
        torch.testing.assert_close(accuracy.double(), right, rtol=1e-6, atol=0)
    assert found.distance == pytest.approx(float((a - b).double().norm()))
    assert found.loss.dtype == dtype


def test_the_barrier_is_that_of_the_chosen_split():
    prob, a, b = trained()
    train, test = (lv.line(prob, a, b, split=split, points=11) for split in ("train", "test"))
    for found, loss, batch in (
        (train, train.loss, prob.batch()),
        (test, test.test_loss, prob.batch("test")),
    ):
        own = [float(prob.loss(prob.space.unflatten(end), batch)) for end in (a, b)]
        assert found.ends == pytest.approx(own)
        between = (found.t >= 0) & (found.t <= 1)
        rise = (loss - (1 - found.t) * own[0] - found.t * own[1])[between]
        assert found.barrier == pytest.approx(float(rise.max()))
        assert found.where == pytest.approx(float(found.t[between][rise.argmax()]))
    assert 0.1 < train.barrier != test.barrier > 0.1


def test_the_same_network_twice_is_a_flat_line():
    prob = classes(stack())
    found = lv.line(prob, prob.theta0, prob.theta0, points=5)
    assert found.barrier == pytest.approx(0, abs=1e-15)
    assert found.distance == 0


def test_a_regression_has_no_accuracy_and_no_test_samples_no_test_loss():
    prob = regression(stack(outputs=1))
    found = lv.line(prob, somewhere(prob, 1), somewhere(prob, 2), points=3, margin=0)
    assert (found.accuracy, found.test_loss, found.test_accuracy) == (None, None, None)
    assert found.loss.shape == (3,)
    point = lv.point_problem(lambda x, y: x * y, (0.0, 0.0))
    assert lv.line(point, torch.zeros(2), torch.ones(2), 3, margin=0).loss.tolist() == [0, 0.25, 1]


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_batch_normalisation_gives_finite_lines_under_each_policy(statistics):
    module = normed()
    prob = classes(module)
    a, b = prob.theta0, prob.theta0 + somewhere(prob, 3)
    found = lv.line(prob, a, b, points=5, statistics=statistics)
    for values in (found.loss, found.test_loss, found.accuracy, found.test_accuracy):
        assert values.isfinite().all()
    if statistics == "frozen":
        points = [(1 - t) * a + t * b for t in found.t]
        torch.testing.assert_close(found.loss, naive(prob, module, points)[0])


def test_nothing_is_moved():
    module = normed().train()
    before = copy.deepcopy(module.state_dict())
    prob = classes(module, torch.float32)
    theta0, state = prob.theta0.clone(), torch.random.get_rng_state()
    inside = copy.deepcopy(prob.model.module.state_dict())
    lv.line(prob, somewhere(prob, 1), somewhere(prob, 2), points=3)
    lv.low_loss_curve(prob, somewhere(prob, 1), somewhere(prob, 2), steps=3, points=3)
    lv.slice_1d(prob, prob.theta0, t=[0, 1])
    lv.random_slices(prob, prob.theta0, [0], points=2, radii=2)
    assert module.training
    assert torch.equal(prob.theta0, theta0)
    assert torch.equal(state, torch.random.get_rng_state())
    for now, then in ((module.state_dict(), before), (prob.model.module.state_dict(), inside)):
        assert all(torch.equal(now[name], value) for name, value in then.items())


def test_penalties_are_part_of_the_line():
    plain = classes(stack())
    prob = replace(plain, penalty=Penalty(plain.space, l1=0.01, l2=0.1))
    a, b = prob.theta0, 2 * prob.theta0
    found = lv.line(prob, a, b, points=3, margin=0)
    own = [float(prob.loss(prob.space.unflatten(s * a))) for s in (1, 1.5, 2)]
    np.testing.assert_allclose(found.loss, own, rtol=1e-12)


def test_progress_is_told_for_both_splits_and_a_line_can_be_cancelled():
    prob = classes(Own(stack()))
    told: list[tuple[int, int]] = []
    ends = somewhere(prob, 1), somewhere(prob, 2)
    lv.line(prob, *ends, points=5, margin=0, on_progress=lambda done, of: told.append((done, of)))
    assert told == [(5, 10), (10, 10)]
    with pytest.raises(ScanCancelledError):
        lv.line(prob, *ends, cancelled=lambda: True)


def test_errors_say_what_is_wrong():
    prob = regression(stack(outputs=1))
    good = prob.theta0
    for call, words in (
        (lambda: lv.line(prob, good[:3], good), r"end a has the shape \(3,\)"),
        (lambda: lv.line(prob, good, good * math.nan), "end b has weights that are not finite"),
        (lambda: lv.line(prob, {"w": good}, good), "end a does not fit"),
        (lambda: lv.line(prob, good, good, points=1), "points is 1"),
        (lambda: lv.line(prob, good, good, margin=-1), "margin is -1"),
        (lambda: lv.line(prob, good, good, split="test"), "no test samples"),
        (lambda: lv.line(prob, good, good, split="all"), "must be train or test"),
    ):
        with pytest.raises(SettingError, match=words):
            call()


def test_a_line_of_one_linear_layer_under_squares_is_a_parabola():
    # Where the loss is convex there is no barrier anywhere.
    prob = regression(nn.Linear(2, 1))
    found = lv.line(prob, somewhere(prob, 1), somewhere(prob, 2), points=9)
    assert found.barrier == pytest.approx(0, abs=1e-12)
    second = found.loss.diff(n=2)
    torch.testing.assert_close(second, second[:1].expand_as(second))

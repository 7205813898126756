"""Low-loss curves equal a plain loop, whatever way they are cut, and are as low as they say."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import lossviz as lv
from lossviz import Method, Problem, SettingError
from lossviz.connect import Curve, advance_curve, curve_of, start_curve
from lossviz.connect.shape import shares, straight_bends
from lossviz.engine.pack import pack, unpack
from lossviz.problem.penalty import Penalty
from lossviz.run.batches import Batches
from tests.connect.nets import Own, classes, naive, normed, regression, somewhere, stack, trained

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@pytest.fixture(scope="module")
def curve() -> Curve:
    """Between the two trained networks."""
    prob, a, b = trained()
    return lv.low_loss_curve(prob, a, b, steps=150, lr=0.05, points=21, frames=31)


# --- the shape ------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.sampled_from(["bezier", "chain"]), st.integers(1, 5), st.floats(0, 1), st.integers(0, 10**6)
)
def test_a_curve_is_that_of_its_construction(shape, bends: int, t: float, seed: int):
    generator = torch.Generator().manual_seed(seed)
    control = torch.randn(bends + 2, 3, generator=generator, dtype=torch.float64)
    mix = shares(shape, torch.tensor([t], dtype=torch.float64), bends)
    if shape == "bezier":  # de Casteljau: mix neighbours until one point is left
        left = control
        while len(left) > 1:
            left = (1 - t) * left[:-1] + t * left[1:]
        expected = left[0]
    else:
        piece = min(int(t * (bends + 1)), bends)
        within = t * (bends + 1) - piece
        expected = (1 - within) * control[piece] + within * control[piece + 1]
    torch.testing.assert_close((mix @ control)[0], expected, rtol=1e-9, atol=1e-9)
    assert float(mix.sum()) == pytest.approx(1)


@pytest.mark.parametrize("shape", ["bezier", "chain"])
@pytest.mark.parametrize("bends", [1, 3])
def test_straight_bends_are_the_straight_line(shape, bends: int):
    a, b = torch.randn(2, 4, dtype=torch.float64)
    control = torch.cat([a[None], straight_bends(a, b, bends), b[None]])
    t = torch.linspace(0, 1, 9, dtype=torch.float64)
    expected = (1 - t[:, None]) * a + t[:, None] * b
    torch.testing.assert_close(shares(shape, t, bends) @ control, expected)


# --- the training ---------------------------------------------------------------------------------


def plain_loop(
    prob: Problem, module: nn.Module, a, b, steps: int, lr: float, seed: int, batch_size: int
) -> tuple[torch.Tensor, list[float]]:
    """One bend of a Bezier curve, trained on a module in float64 in the most obvious way."""
    bend = nn.Parameter((a + b) / 2)
    optimizer = torch.optim.Adam([bend], lr=lr)
    generator = torch.Generator().manual_seed(seed)
    batches = Batches(prob.batch(), batch_size, Batches.begin(seed))
    seen = []
    for _ in range(steps):
        inputs, targets = batches.current()
        drawn = torch.rand(4, dtype=torch.float64, generator=generator)
        loss = torch.zeros((), dtype=torch.float64)
        for i in range(4):
            t = (i + drawn[i]) / 4
            point = (1 - t) ** 2 * a + 2 * t * (1 - t) * bend + t**2 * b
            named = prob.space.unflatten(point)
            outputs = torch.func.functional_call(module, named, (inputs,))
            loss = loss + prob.criterion(outputs, targets)
            if prob.penalty is not None:
                loss = loss + prob.penalty.at(named)
        optimizer.zero_grad()
        (loss / 4).backward()
        optimizer.step()
        batches.advance()
        seen.append(float(loss.detach() / 4))
    return bend.detach(), seen


@pytest.mark.parametrize(("batch_size", "penalised"), [(0, False), (8, False), (0, True)])
@pytest.mark.parametrize("wrap", [lambda net: net, Own], ids=["stack", "own"])
def test_training_equals_a_plain_loop(wrap, batch_size: int, penalised: bool):
    module = wrap(stack()).double()
    prob = classes(module)
    if penalised:
        prob = replace(prob, penalty=Penalty(prob.space, l1=0.02, l2=0.1))
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    options = {"steps": 12, "lr": 0.03, "seed": 5, "batch_size": batch_size}
    found = lv.low_loss_curve(prob, a, b, draws=4, points=5, **options)
    bend, seen = plain_loop(prob, module, a, b, **options)
    torch.testing.assert_close(found.bends[-1][0], bend, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.loss, seen, rtol=1e-9)
    assert found.steps.tolist() == list(range(13))
    # The profile of each frame is the loss of really moved networks.
    for frame in (0, 5, -1):
        places = found.points(frame)
        losses, _ = naive(prob, module, places)
        extra = prob.penalty.value(places) if penalised else 0.0
        torch.testing.assert_close(found.profile[frame], losses + extra)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        (Method("adam", {"lr": 0.02}), {}),
        (Method("sgd", {"lr": 0.1, "momentum": 0.9}, "cosine", {"warmup": 3}), {"batch_size": 7}),
        (Method("rmsprop", {"lr": 0.01}), {"shape": "chain", "bends": 3}),
        (Method("muon", {"lr": 0.02}), {"bends": 2, "frames": 4}),
    ],
    ids=lambda value: getattr(value, "optimizer", ""),
)
def test_ten_and_twenty_steps_are_thirty_to_the_bit(method: Method, options):
    prob, a, b = trained()
    start = start_curve(prob, a, b, method, steps=30, draws=3, points=4, **options)
    before = pack(start)
    whole, pieces = advance_curve(start, 99, prob)
    assert pack(start) == before
    once = curve_of(whole, [pieces], prob.space)
    parts, state = [], start
    for n in (10, 1, 19):
        state, piece = advance_curve(unpack(pack(state)), n, prob)
        parts.append(unpack(pack(piece)))
    cut = curve_of(state, parts, prob.space)
    assert state.done
    for name in ("bends", "profile", "loss", "t"):
        assert torch.equal(getattr(cut, name), getattr(once, name)), name
    assert cut.steps.tolist() == once.steps.tolist()
    assert cut.steps[-1] == 30
    assert len(cut.steps) <= start.frames
    assert torch.equal(cut.end.test_loss, once.end.test_loss)
    assert str(cut.status) == "finished after 30 steps"


def test_a_chain_of_chunks_takes_it_as_it_is():
    exp = lv.Experiment(steps=20)
    prob = lv.build(exp)
    ends = [lv.train(replace(exp, seed=seed)).weights[-1] for seed in (0, 1)]
    state = start_curve(prob, *ends, Method("adam"), steps=9, points=3, recipe=exp)
    chain = lv.engine.Chain(advance_curve, state)
    found = curve_of(chain.state, chain.wait(), prob.space)
    same = lv.low_loss_curve(prob, *ends, steps=9, lr=Method("adam").params["lr"], points=3)
    assert torch.equal(found.bends, same.bends)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("make", [stack, normed, lambda: Own(stack())])
def test_any_model_in_any_precision(make, dtype: torch.dtype, device: str):
    prob = classes(make(), dtype, device)
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    found = lv.low_loss_curve(prob, a, b, steps=4, points=3, draws=2)
    assert found.bends.dtype == dtype
    assert found.bends.device.type == device
    assert found.profile.isfinite().all()
    coords, residual = found.project()
    assert coords.shape == (5, 3, 2)
    assert residual.shape == (5, 3)


@given(st.integers(1, 5000), st.integers(3, 400))
def test_as_many_frames_as_are_allowed_and_the_last_step_among_them(steps: int, frames: int):
    line = lv.point_problem(lambda x, y: x, (0.0, 0.0))
    state = start_curve(line, torch.zeros(2), torch.ones(2), Method("sgd"), steps=1)
    state = replace(state, steps=steps, frames=frames)
    recorded = {*range(0, steps + 1, state.stride), steps}
    assert len(recorded) <= frames
    if state.stride > 1:  # the next smaller stride would be too many
        assert len({*range(0, steps + 1, state.stride - 1), steps}) > frames
    wide = replace(state, bends=torch.zeros(1, 2**20, dtype=torch.float64))
    assert len(range(0, steps + 1, wide.stride)) * 2**23 <= 2**26


# --- what it finds --------------------------------------------------------------------------------


def test_the_barrier_falls_to_a_fraction_and_frame_0_is_the_line(curve: Curve):
    prob, a, b = trained()
    straight = lv.line(prob, a, b, points=21, margin=0)
    torch.testing.assert_close(curve.profile[0], straight.loss, rtol=1e-9, atol=1e-12)
    assert curve.barrier[0] == pytest.approx(straight.barrier)
    assert curve.barrier[-1] < straight.barrier / 10
    assert curve.mean[-1] < curve.mean[0] / 2
    np.testing.assert_allclose(curve.highest, curve.profile.max(dim=1).values)
    assert curve.length() > curve.length(0) == pytest.approx(straight.distance)
    assert len(curve.steps) == 31


def test_the_end_is_seen_on_both_splits(curve: Curve):
    prob = trained()[0]
    for split, loss, accuracy in (
        ("train", curve.end.loss, curve.end.accuracy),
        ("test", curve.test_profile, curve.end.test_accuracy),
    ):
        losses, right = naive(prob, stack(), curve.points(), split)
        torch.testing.assert_close(loss, losses)
        torch.testing.assert_close(accuracy.double(), right)


def test_a_quadratic_curve_lies_in_its_plane_and_earlier_ones_beside_it(curve: Curve):
    plane = curve.plane()
    coords, residual = curve.project()
    assert residual[-1].max() < 1e-9
    assert residual[0].max() < 1e-9  # the straight line lies in every plane through its ends
    middle = len(curve.steps) // 4
    away = curve.points(middle) - plane.points(coords[middle, :, 0], coords[middle, :, 1])
    torch.testing.assert_close(residual[middle], away.norm(dim=1))
    assert residual[middle].max() > 1e-3
    at_ends = plane.project(torch.stack([curve.a, curve.b, curve.bends[-1, 0]]))[0]
    torch.testing.assert_close(at_ends, torch.tensor(plane.info["points"]).double())
    assert plane.titles[1] == "distance towards the bend"
    assert plane.info["filled"] == 0


@pytest.mark.parametrize(("shape", "bends"), [("bezier", 1), ("bezier", 3), ("chain", 2)])
def test_projections_are_those_of_the_places_themselves(shape, bends: int):
    prob, a, b = trained()
    found = lv.low_loss_curve(prob, a, b, steps=6, shape=shape, bends=bends, points=5, lr=0.1)
    plane = lv.random_plane(prob, prob.params0)
    for seen in (plane, found.plane()):
        coords, residual = found.project(seen)
        for frame in range(7):
            at, away = seen.project(found.points(frame))
            torch.testing.assert_close(coords[frame], at)
            torch.testing.assert_close(residual[frame], away, rtol=1e-9, atol=1e-9)


def test_a_straight_curve_has_a_plane_all_the_same():
    prob = regression(nn.Linear(2, 1))
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    state = start_curve(prob, a, b, Method("sgd", {"lr": 1e-6}), steps=5, points=3)
    state, piece = advance_curve(replace(state, status=lv.run.Status("cancelled", 0)), 1, prob)
    found = curve_of(state, [piece], prob.space)
    assert len(found.steps) == 1
    plane = found.plane()
    assert plane.info["filled"] == 1
    assert "straight" in plane.titles[1]
    assert found.project(plane)[1].max() < 1e-12


def test_noise_and_dropout_of_training_are_left_out():
    bowl = lv.point_problem(lambda x, y: (x**2 - 1) ** 2 + y**2, (0.0, 0.0), noise=5.0)
    still = lv.point_problem(lambda x, y: (x**2 - 1) ** 2 + y**2, (0.0, 0.0))
    ends = torch.tensor([[-1.0, 0.0], [1.0, 0.1]])
    noisy, plain = (lv.low_loss_curve(prob, *ends, steps=5) for prob in (bowl, still))
    assert torch.equal(noisy.bends, plain.bends)


def test_bends_stay_in_a_problems_box():
    cliff = lv.point_problem(lambda x, y: -(y**2) + 0 * x, (0.0, 0.5), box=(-9, 9, -1, 1))
    ends = torch.tensor([[-1.0, 0.1], [1.0, 0.1]])
    found = lv.low_loss_curve(cliff, *ends, steps=60, lr=0.1)
    assert found.bends[-1, 0, 1] == 1


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_batch_normalisation_is_as_it_was_asked_for(statistics):
    prob = classes(normed())
    a, b = prob.theta0, prob.theta0 + somewhere(prob, 2)
    found = lv.low_loss_curve(prob, a, b, steps=3, points=3, statistics=statistics)
    own = prob.with_statistics(statistics)
    for t in (0, 1, 2):
        params = prob.space.unflatten(found.points()[t])
        torch.testing.assert_close(found.profile[-1][t], own.loss(params))


# --- divergence, hooks, errors --------------------------------------------------------------------


def test_divergence_is_a_result():
    prob = regression(stack(outputs=1, activation=nn.ReLU))
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    found = lv.low_loss_curve(prob, a, b, steps=60, lr=90.0, optimizer="sgd", points=3)
    assert found.status.kind == "diverged"
    assert found.status.step == len(found.loss)
    assert found.loss.isfinite().all()
    assert found.bends.isfinite().all()
    assert found.steps[-1] <= found.status.step
    assert "step" in found.status.sentence


def test_a_loss_that_is_not_finite_between_the_ends_diverges_at_once():
    prob = lv.point_problem(lambda x, y: torch.log(x.abs() - 0.5) + y, (1.0, 0.0))
    found = lv.low_loss_curve(prob, torch.tensor([-1.0, 0.0]), torch.tensor([1.0, 0.0]), steps=5)
    assert str(found.status) == "diverged at step 0"
    assert found.barrier.tolist() == [math.inf]
    assert len(found.loss) == 0


def test_progress_is_told_and_what_was_done_before_a_cancel_is_kept():
    prob, a, b = trained()
    told: list[tuple[int, int]] = []
    found = lv.low_loss_curve(
        prob, a, b, steps=35, points=3,
        on_progress=lambda done, of: told.append((done, of)),
        cancelled=lambda: len(told) == 2,
    )  # fmt: skip
    assert told == [(10, 35), (20, 35)]
    assert found.status.kind == "cancelled"
    assert found.steps[-1] == 20
    assert found.test_profile is None


def test_errors_say_what_is_wrong():
    prob = regression(stack(outputs=1))
    a, b = somewhere(prob, 1), somewhere(prob, 2)
    for change, words in (
        ({"b": a}, "same network"),
        ({"a": a[:2]}, "end a has the shape"),
        ({"steps": 0}, "steps is 0"),
        ({"batch_size": -1}, "batch_size -1"),
        ({"draws": 0}, "draws is 0"),
        ({"frames": 2}, "frames 2"),
        ({"bends": 9}, "bends is 9"),
        ({"shape": "spline"}, "one of bezier, chain"),
        ({"points": 1}, "points is 1"),
        ({"optimizer": "lbfgs"}, "evaluates the loss itself"),
        ({"optimizer": "adamm"}, "no optimizer 'adamm'"),
        ({"lr": -1.0}, "lr"),
    ):
        with pytest.raises(SettingError, match=words):
            lv.low_loss_curve(**{"prob": prob, "a": a, "b": b, "steps": 3, **change})
    with pytest.raises(ValueError, match="must be one of frozen"):
        lv.low_loss_curve(prob, a, b, statistics="mine")
    state = start_curve(prob, a, b, Method("adam"), steps=3)
    with pytest.raises(ValueError, match="hand that problem over"):
        advance_curve(state, 1)
    with pytest.raises(SettingError, match="at least one step"):
        advance_curve(state, 0, prob)
    with pytest.raises(ValueError, match="nothing of the curve yet"):
        curve_of(state, [], prob.space)

"""Together equals one by one; chunks equal one go; divergence concerns only who diverges."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz import Experiment, Problem, SettingError
from lossviz.problem.build import build_module
from lossviz.registry import optimizers
from lossviz.run import Method, advance, race_on, start_on, start_state
from lossviz.run.state import MOST_BYTES, MOST_FRAMES, stride_of
from tests.run.bits import agree, printed_with_steady_products, same

EVERY = tuple(optimizers.names())


def all_of(**settings) -> list[Experiment]:
    return [Experiment(optimizer=name, steps=12, **settings) for name in EVERY]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [0, 32])
def test_together_equals_one_by_one(dtype: str, batch_size: int):
    exps = all_of(dtype=dtype, batch_size=batch_size)
    for run, exp in zip(lv.race(exps), exps, strict=True):
        assert run.experiment == exp
        assert agree(run, lv.train(exp))


IN_A_PROCESS = """
import lossviz as lv
from tests.run.bits import same
from tests.run.test_race import all_of

for dtype in ("float32", "float64"):
    for batch_size in (0, 32):
        for run in lv.race(exps := all_of(dtype=dtype, batch_size=batch_size)):
            print(len(exps), same(run, lv.train(run.experiment)), dtype, run.experiment.optimizer)
"""


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="torch is built without MKL")
def test_together_equals_one_by_one_to_the_bit_where_products_do():
    lines = printed_with_steady_products(IN_A_PROCESS)
    assert len(lines) == 4 * len(EVERY)
    assert all(f"{len(EVERY)} True" in line for line in lines), lines


@pytest.mark.parametrize("batch_size", [0, 32])
def test_chunks_equal_one_go_to_the_bit_and_leave_the_state_alone(batch_size: int):
    exps = all_of(batch_size=batch_size, dtype="float64")
    runs = lv.race(exps)
    state = start_state(exps)
    pieces = []
    while not state.done:
        kept = pickle.loads(pickle.dumps(state))
        after, chunk = advance(state, 5)
        for once_more in (state, kept):
            again, _ = advance(once_more, 5)
            assert torch.equal(again.theta, after.theta)
        assert torch.equal(state.theta, kept.theta)
        assert (chunk.start, chunk.stop) == (state.step, after.step)
        pieces.append(chunk.pieces)
        state = after
    for k, run in enumerate(runs):
        own = [chunk[k] for chunk in pieces]
        assert torch.equal(torch.cat([p.weights for p in own]), run.weights)
        assert torch.equal(torch.cat([p.loss for p in own]), run.loss)
        assert np.array_equal(np.concatenate([p.recorded for p in own]), run.recorded)


@pytest.mark.parametrize("batch_size", [0, 50])
def test_a_run_equals_a_plain_loop(batch_size: int):
    exp = Experiment(
        optimizer="adam", params={"lr": 0.02}, batch_size=batch_size, steps=20, dtype="float64"
    )
    run = lv.train(exp)
    data = lv.build(exp).data
    net = build_module(exp).double()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    generator = torch.Generator().manual_seed(exp.seed)
    order: list[torch.Tensor] = []
    for step in range(21):
        inputs, targets = data.inputs, data.targets
        if batch_size:
            if not order:
                order = list(torch.randperm(len(inputs), generator=generator).split(batch_size))
            chosen = order.pop(0)
            inputs, targets = inputs[chosen], targets[chosen]
        weights = nn.utils.parameters_to_vector(net.parameters()).detach()
        torch.testing.assert_close(run.weights[step], weights, rtol=1e-9, atol=1e-10)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), targets)
        torch.testing.assert_close(run.loss[step], loss.detach(), rtol=1e-9, atol=1e-10)
        loss.backward()
        optimizer.step()


def test_a_batch_as_large_as_the_data_is_the_whole_of_it():
    whole, large = lv.train(Experiment(steps=5)), lv.train(Experiment(steps=5, batch_size=10_000))
    assert torch.equal(whole.weights, large.weights)


def test_the_order_of_the_results_is_that_of_the_experiments():
    exps = [Experiment(steps=3, seed=s, optimizer=o) for o in ("sgd", "adam") for s in (0, 1)]
    assert [run.experiment for run in lv.race(exps)] == exps


def test_contenders_with_different_schedules_share_a_stack():
    exps = [
        Experiment(steps=9, optimizer=o, schedule=s, schedule_params={"warmup": 2})
        for o in ("sgd", "adam", "muon")
        for s in ("constant", "cosine", "one_cycle")
    ]
    state = start_state(exps)
    assert state.recipe == start_state(exps[:1]).recipe
    for run, exp in zip(lv.race(exps), exps, strict=True):
        assert run.experiment == exp
        assert agree(run, lv.train(exp))
    ends = {tuple(run.weights[-1, :3].tolist()) for run in lv.race(exps)}
    assert len(ends) == len(exps)


def test_an_unknown_recipe_is_told():
    problem = lv.build(Experiment())
    state = start_on(problem, [Method("sgd")], steps=3, recipe=("no", "recipe"))
    with pytest.raises(TypeError, match="from tuple; register it"):
        advance(state, 1)
    after, _ = advance(state, 1, problem)
    assert after.step == 1


def test_a_race_can_start_anywhere():
    exp = Experiment(steps=3)
    problem = lv.build(exp)
    vector = problem.theta0 + 1
    named = problem.space.unflatten(vector)
    runs = [lv.train(exp, vector), lv.train(exp, named), lv.race([exp], vector, problem)[0]]
    assert all(torch.equal(run.weights[0], vector) for run in runs)
    assert torch.equal(problem.theta0 + 1, vector)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (torch.zeros(3), "shape"),
        ({"w": torch.zeros(2)}, "expected"),
        (torch.full((354,), torch.nan), "not finite"),
    ],
)
def test_a_start_that_does_not_fit(start, message: str):
    exp = Experiment(model_params={"width": 16, "depth": 2})
    if isinstance(start, torch.Tensor) and len(start) > 3:
        start = torch.full_like(lv.build(exp).theta0, torch.nan)
    with pytest.raises(SettingError, match=message):
        lv.train(exp, start)


def test_nothing_to_train():
    problem = lv.build(Experiment())
    with pytest.raises(SettingError, match="at least one"):
        lv.race([])
    with pytest.raises(SettingError, match="at least one"):
        start_state([])
    with pytest.raises(SettingError, match="at least one"):
        race_on(problem, [], 3)
    with pytest.raises(SettingError, match="below 0"):
        race_on(problem, [Method("sgd")], -1)


def test_a_state_is_of_one_problem():
    with pytest.raises(SettingError, match="groups"):
        start_state([Experiment(seed=0), Experiment(seed=1)])
    problem = lv.build(Experiment())
    state = start_on(problem, [Method("sgd")], steps=3)
    with pytest.raises(ValueError, match="hand advance"):
        advance(state, 1)
    with pytest.raises(SettingError, match="at least one step"):
        advance(state, 0, problem)


def test_no_steps_still_show_the_start():
    run = race_on(lv.build(Experiment()), [Method("adam")], 0)[0]
    assert run.weights.shape[0] == len(run.loss) == 1
    assert str(run.status) == "finished after 0 steps"


def test_training_leaves_the_program_as_it_was():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    net[0].weight.requires_grad_(False)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    data = torch.ones(4, 2), torch.zeros(4, 1)
    race_on(Problem.from_module(net, nn.MSELoss(), data), [Method("sgd"), Method("lbfgs")], 5, 2)
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.get_num_threads() == threads
    assert net.training
    assert not net[0].weight.requires_grad
    assert all(p.grad is None for p in net.parameters())
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


# --- divergence ----------------------------------------------------------------------------------


def bowl(curvature: float = 10.0) -> Problem:
    """curvature x^2 / 2, from x = 1."""
    net = nn.Linear(1, 1, bias=False).double()
    nn.init.ones_(net.weight)
    data = torch.ones(1, 1).double(), torch.zeros(1, 1).double()
    return Problem.from_module(net, lambda out, y: curvature / 2 * (out - y).square().sum(), data)


def test_a_diverging_contender_leaves_and_the_others_go_on():
    methods = [Method("sgd", {"lr": 0.05}), Method("sgd", {"lr": 50.0}), Method("adam")]
    calm, wild, adam = race_on(bowl(), methods, 40)
    assert wild.status.kind == "diverged"
    # The loss is multiplied by 499^2 in each step: 1e16 times 5 is passed at the third.
    assert str(wild.status) == "diverged at step 3"
    assert wild.status.loss == pytest.approx(5 * 499.0**6)
    assert len(wild.loss) == len(wild.weights) == 3
    assert torch.isfinite(wild.weights).all()
    for k, run in ((0, calm), (2, adam)):
        assert same(run, race_on(bowl(), [methods[k]], 40)[0])
        assert len(run.loss) == 41


def test_divergence_is_the_same_in_chunks():
    exps = [
        Experiment(loss="mse", params={"lr": lr, "momentum": 1.0}, steps=30) for lr in (0.1, 100.0)
    ]
    runs = lv.race(exps)
    assert runs[1].status.kind == "diverged"
    for size in (1, 2, 3, 7):
        state, chunks = start_state(exps), []
        while not state.done:
            state, chunk = advance(state, size)
            chunks.append(chunk.pieces)
        assert [str(s) for s in state.statuses] == [str(r.status) for r in runs]
        for k, run in enumerate(runs):
            assert torch.equal(torch.cat([c[k].loss for c in chunks]), run.loss)
            assert torch.equal(torch.cat([c[k].weights for c in chunks]), run.weights)
            assert torch.equal(state.theta[k], run.weights[-1])


def test_a_race_whose_contenders_have_all_diverged_is_done():
    state = start_on(bowl(), [Method("sgd", {"lr": 50.0})], steps=1000)
    state, chunk = advance(state, 100, bowl())
    assert state.done
    state, chunk = advance(state, 100, bowl())
    assert len(chunk.pieces[0].loss) == 0


def test_weights_that_are_not_finite_count_although_the_loss_is():
    class Saturated(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.tensor([1.0, 0.0]))

        def forward(self, inputs):
            # The slope at w[1] is infinite while its value is 0.
            return self.w[0] ** 2 + torch.nan_to_num(self.w[1].abs().sqrt(), 0.0, 0.0, 0.0)

    data = torch.ones(1, 1), torch.zeros(1, 1)
    problem = Problem.from_module(Saturated(), lambda out, y: out, data)
    bad, good = race_on(problem, [Method("sgd"), Method("rprop", {"lr": 1e-3})], 5)
    assert str(bad.status) == "diverged at step 1"
    assert len(bad.loss) == len(bad.weights) == 1
    assert "stopped being finite" in bad.status.sentence
    assert good.status.kind in ("finished", "diverged")


def test_a_run_that_is_bad_from_the_start():
    net = nn.Linear(1, 1)
    problem = Problem.from_module(
        net, lambda out, y: (out * torch.nan).sum(), (torch.ones(1, 1), torch.ones(1, 1))
    )
    run = race_on(problem, [Method("sgd")], 5)[0]
    assert str(run.status) == "diverged at step 0"
    assert len(run.loss) == len(run.weights) == 1
    assert "starting weights" in run.status.sentence


# --- thinning ------------------------------------------------------------------------------------


def test_every_step_is_recorded_while_there_is_room():
    assert stride_of(2000, 8) == 1
    assert stride_of(2001, 8) == 2
    for steps in (2001, 4000, 49_999):
        stride = stride_of(steps, 100_000)
        frames = len(range(0, steps + 1, stride)) + (steps % stride > 0)
        assert frames <= MOST_FRAMES
        assert frames * 100_000 <= MOST_BYTES


def test_a_long_run_is_thinned_and_keeps_its_last_step():
    run = race_on(bowl(), [Method("sgd", {"lr": 0.01})], 5001)[0]
    assert run.recorded[:3].tolist() == [0, 3, 6]
    assert run.recorded[-1] == 5001
    assert len(run.loss) == 5002
    x = 0.9 ** torch.from_numpy(run.recorded).double()
    torch.testing.assert_close(run.weights[:, 0], x)
    assert run.params(3)["weight"].shape == (1, 1)
    with pytest.raises(SettingError, match="nearest recorded step is 3 "):
        run.params(4)
    assert torch.equal(run.params(-1)["weight"][0], run.weights[-1])
    count = len(run.recorded)
    assert torch.equal(run.params(-count)["weight"][0], run.weights[0])
    for outside in (-count - 1, 5002):
        with pytest.raises(SettingError, match=f"step {outside} were not recorded"):
            run.params(outside)


@pytest.mark.parametrize("lr", [0.201, 0.203])
def test_a_thinned_run_that_diverges_keeps_its_last_good_step(lr: float):
    run = race_on(bowl(), [Method("sgd", {"lr": lr})], 5001)[0]
    last = run.status.step - 1
    assert run.status.kind == "diverged"
    assert run.recorded[-1] == last
    assert len(run.loss) == last + 1
    assert run.weights[-1].item() == pytest.approx((1 - 10 * lr) ** last)


def test_blocks_do_not_change_anything(monkeypatch):
    exps = [Experiment(steps=30, optimizer=o) for o in ("sgd", "adam")]
    exps.append(Experiment(loss="cross_entropy", params={"lr": 100.0, "momentum": 1.0}, steps=30))
    whole = lv.race(exps)
    import sys

    monkeypatch.setattr(sys.modules["lossviz.run.stacked"], "BLOCK_BYTES", 1)
    assert all(same(a, b) for a, b in zip(whole, lv.race(exps), strict=True))

"""Watched races: the same weights, and beside them what the optimizers were given and remember."""

import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import lossviz as lv
from lossviz import Experiment, Problem, Run, SettingError
from lossviz.problem import function_problem
from lossviz.registry import optimizers
from lossviz.run import Method, advance, race_on, start_on
from lossviz.run.gradient import bind
from lossviz.run.record import runs_of

STEPS = 15
# L-BFGS takes its steps alone and Muon wants a matrix.
EVERY = tuple(name for name in optimizers.names() if name != "muon")


def point(**more) -> Problem:
    return function_problem("rosenbrock", **more)


def net() -> Problem:
    """A matrix and two vectors, 11 weights in all."""
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    data = torch.randn(8, 2).double(), torch.randn(8, 1).double()
    return Problem.from_module(module, nn.MSELoss(), data)


def methods(names=EVERY) -> list[Method]:
    """Each optimizer at its defaults, and with all that it can remember."""
    more = {
        "sgd": {"momentum": 0.9},
        "adam": {"amsgrad": True},
        "rmsprop": {"momentum": 0.9, "centered": True},
    }
    usual = [Method(name, {"lr": 1e-3}) for name in names if "lr" in able(name)]
    return usual + [Method(name, {"lr": 1e-3, **more[name]}) for name in more if name in names]


def able(name: str) -> set[str]:
    return {param.name for param in optimizers[name].params}


def same_memory(a, b) -> bool:
    return a.keys() == b.keys() and all(
        np.array_equal(a[name].numpy(), b[name].numpy(), equal_nan=True) for name in a
    )


@pytest.mark.parametrize("make", [point, net])
def test_watching_changes_nothing(make):
    problem = make()
    watched = race_on(problem, methods(), STEPS, watch=True)
    for run, plain in zip(watched, race_on(problem, methods(), STEPS), strict=True):
        assert torch.equal(run.weights, plain.weights)
        assert torch.equal(run.loss, plain.loss)
        assert (plain.gradient, plain.memory, plain.rates) == (None, None, None)
        assert len(run.gradient) == len(run.rates) == len(run.weights)
        assert all(len(values) == len(run.weights) for values in run.memory.values())


@pytest.mark.parametrize("method", methods(), ids=lambda m: f"{m.optimizer} {dict(m.params)}"[:40])
def test_what_is_watched_equals_a_plain_loop(method: Method):
    problem = point()
    (run,) = race_on(problem, [method], STEPS, watch=True)
    tensor = nn.Parameter(problem.theta0.clone())
    optimizer = optimizers[method.optimizer].make([tensor], **method.params)

    def closure():
        optimizer.zero_grad()
        loss = problem.loss({"point": tensor})
        loss.backward()
        return loss

    for step in range(STEPS + 1):
        assert torch.equal(run.weights[step], tensor.detach())
        closure()
        assert torch.equal(run.gradient[step], tensor.grad)
        check_row(run, step, optimizer.state[tensor])
        optimizer.step(closure)


def check_row(run: Run, step: int, state: dict) -> None:
    """The row of a step against the optimizer's state."""
    for name, values in run.memory.items():
        if name not in state or state[name] is None:
            assert torch.isnan(values[step]).all()
        else:
            wanted = torch.as_tensor(state[name], dtype=torch.float64)
            assert torch.equal(values[step], wanted)
    recorded = {
        name
        for name, value in state.items()
        if isinstance(value, int | float)
        or (isinstance(value, torch.Tensor) and value.shape in ((), (2,)))
    }
    assert recorded <= run.memory.keys()


def test_the_names_and_shapes_are_torchs_own():
    runs = {
        run.method.optimizer: run
        for run in race_on(point(), [Method(name) for name in EVERY], STEPS, watch=True)
    }
    shapes = {name: tuple(v.shape) for name, v in runs["adam"].memory.items()}
    frames = len(runs["adam"].weights)
    assert shapes == {"step": (frames,), "exp_avg": (frames, 2), "exp_avg_sq": (frames, 2)}
    assert runs["sgd"].memory == {}
    assert {"d", "t", "prev_flat_grad"} <= runs["lbfgs"].memory.keys()
    assert not {"old_dirs", "old_stps", "ro", "al"} & runs["lbfgs"].memory.keys()
    assert torch.equal(runs["adagrad"].memory["sum"][0], torch.zeros(2).double())
    assert runs["adam"].memory["step"][1:].tolist() == list(range(1, frames))


def test_several_tensors_stand_side_by_side():
    names = ("sgd", "muon", "adafactor")
    sgd, muon, _ = race_on(
        net(), [Method("sgd", {"momentum": 0.5}), *map(Method, names[1:])], STEPS, watch=True
    )
    sizes = [np.prod(shape, dtype=int) for shape in muon.space.shapes]
    matrix = np.repeat([len(shape) == 2 for shape in muon.space.shapes], sizes)
    seen = {name: torch.isfinite(v[1:]).all(0).numpy() for name, v in muon.memory.items()}
    assert np.array_equal(seen["momentum_buffer"], matrix)
    assert np.array_equal(seen["exp_avg"], ~matrix)
    assert muon.memory["step"].shape == (STEPS + 1,)
    for step in range(STEPS):
        # The buffer is the whole gradient at first, and 0.5 of it later.
        before = sgd.memory["momentum_buffer"][step].nan_to_num(0)
        wanted = 0.5 * before + sgd.gradient[step]
        torch.testing.assert_close(sgd.memory["momentum_buffer"][step + 1], wanted)


@pytest.mark.parametrize("size", [4, STEPS])
@pytest.mark.parametrize("make", [point, net])
def test_chunks_equal_one_go_to_the_bit(size: int, make):
    problem = make()
    runs = race_on(problem, methods(), STEPS, watch=True)
    state, pieces = start_on(problem, methods(), steps=STEPS, watch=True), []
    while not state.done:
        state, chunk = advance(pickle.loads(pickle.dumps(state)), size, problem)
        pieces.append(pickle.loads(pickle.dumps(chunk)).pieces)
    for run, again in zip(runs, runs_of(state, pieces, [None] * len(runs), problem), strict=True):
        assert torch.equal(run.weights, again.weights)
        assert torch.equal(run.gradient, again.gradient)
        assert torch.equal(run.rates, again.rates)
        assert same_memory(run.memory, again.memory)


def test_a_chunk_in_which_a_contender_takes_no_steps_has_empty_pieces():
    problem = point()
    both = [Method("sgd", {"lr": 100.0}), Method("sgd", {"lr": 1e-4})]
    state = start_on(problem, both, steps=60, watch=True)
    pieces = []
    while not state.done:
        state, chunk = advance(state, 20, problem)
        pieces.append(chunk.pieces)
    assert len(pieces[-1][0].gradient) == len(pieces[-1][0].rates) == 0
    runs = runs_of(state, pieces, [None, None], problem)
    for run, whole in zip(runs, race_on(problem, both, 60, watch=True), strict=True):
        assert torch.equal(run.gradient, whole.gradient)


@pytest.mark.parametrize("block", [1, 200])
def test_a_diverged_run_ends_with_its_weights(block: int, monkeypatch):
    monkeypatch.setattr(sys.modules["lossviz.run.stacked"], "BLOCK_BYTES", block)
    momentum = {"momentum": 0.9}
    wild, adam, calm = race_on(
        point(),
        [Method("sgd", {"lr": 0.01, **momentum}), Method("adam"), Method("sgd", {"lr": 1e-4})],
        40,
        watch=True,
    )
    assert wild.status.kind == "diverged"
    frames = wild.status.step
    assert frames == len(wild.weights) == len(wild.gradient) == len(wild.rates)
    assert len(wild.memory["momentum_buffer"]) == frames
    for run in (adam, calm):
        (alone,) = race_on(point(), [run.method], 40, watch=True)
        assert torch.equal(run.gradient, alone.gradient)
        assert same_memory(run.memory, alone.memory)


def test_the_gradient_is_the_one_that_was_taken_when_the_stack_has_shrunk(monkeypatch):
    """After a contender has left, the others are evaluated anew, and perhaps rounded otherwise."""
    module = sys.modules["lossviz.run.stacked"]

    def bind_by_size(problem, theta, grad, step_of):
        evaluate = bind(problem, theta, grad, step_of)

        def shifted(batch):
            losses = evaluate(batch)
            grad.add_(len(theta))
            return losses

        return shifted

    monkeypatch.setattr(module, "bind", bind_by_size)
    calm, wild = (Method("sgd", {"lr": lr}) for lr in (1e-4, 9.0))
    run, fallen = race_on(point(), [calm, wild], 30, watch=True)
    assert 0 < fallen.status.step < 20
    taken = (run.weights[:-1] - run.weights[1:]) / 1e-4
    torch.testing.assert_close(run.gradient[:-1], taken, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("schedule", "options", "rates"),
    [
        ("constant", {}, [0.1] * 5),
        ("constant", {"warmup": 2}, [0.05, 0.1, 0.1, 0.1, 0.1]),
        ("linear", {"end": 0.0}, [0.1, 0.075, 0.05, 0.025, 0.025]),
    ],
)
def test_rates_are_those_of_the_step_that_follows(schedule, options, rates):
    method = Method("adam", {"lr": 0.1}, schedule, options)
    (run,) = race_on(point(), [method], 4, watch=True)
    assert run.rates.tolist() == pytest.approx(rates)


def test_a_watched_run_is_plain_data_and_its_file_leaves_that_out(tmp_path):
    (run,) = race_on(point(), [Method("adam")], 5, watch=True)
    again = pickle.loads(pickle.dumps(run))
    assert torch.equal(again.gradient, run.gradient)
    assert same_memory(again.memory, run.memory)
    run.save(tmp_path / "run")
    loaded = Run.load(tmp_path / "run")
    assert (loaded.gradient, loaded.memory, loaded.rates) == (None, None, None)
    assert torch.equal(loaded.weights, run.weights)


def test_too_much_to_watch_is_told():
    with pytest.raises(SettingError, match="up to 64"):
        race_on(lv.build(Experiment()), [Method("sgd")], 5, watch=True)
    with pytest.raises(SettingError, match="at most 4194304 steps"):
        race_on(point(), [Method("sgd")], 5_000_000, watch=True)


def test_a_long_watched_race_records_every_step():
    (run,) = race_on(point(), [Method("adam", {"lr": 1e-3})], 2500, watch=True)
    assert run.recorded.tolist() == list(range(2501))


def test_an_optimizer_may_replace_what_it_remembers():
    class Replacing(torch.optim.Optimizer):
        """Counts in a number, and keeps its last two gradients in new tensors."""

        def __init__(self, params):
            super().__init__(params, {"lr": 1e-4})

        @torch.no_grad()
        def step(self, closure=None):
            for tensor in self.param_groups[0]["params"]:
                state = self.state[tensor]
                state["count"] = state.get("count", 0) + 1
                if "last" in state:
                    state["older"] = state["last"]
                # Not contiguous, so that it cannot be read in place.
                state["last"] = torch.stack([tensor.grad, tensor.grad], -1)[:, 0]
                if state["count"] == 5:
                    del state["older"]
                tensor -= 1e-4 * tensor.grad

    entry = replace(optimizers["sgd"], make=lambda params, **more: Replacing(params))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(optimizers._entries, "sgd", entry)
        (run,) = race_on(point(), [Method("sgd")], 6, watch=True)
    last, older = run.memory["last"], run.memory["older"]
    assert torch.equal(last[1:], run.gradient[:-1])
    assert torch.isnan(last[0]).all()
    assert torch.equal(older[2:5], run.gradient[:3])
    assert torch.isnan(older[[0, 1, 5]]).all()
    assert run.memory["count"][1:].tolist() == [1, 2, 3, 4, 5, 6]

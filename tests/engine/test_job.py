"""Jobs: the numbers of `race`, in chunks, whatever happens to the workers."""

import math
import os
import signal
import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest
import torch

import lossviz as lv
from lossviz import Experiment, SettingError, engine
from lossviz.engine import Engine, Job, estimate, work
from lossviz.engine import chain as chain_module
from lossviz.engine.inline import InlineExecutor
from lossviz.problem import Problem, function_problem
from lossviz.run import Method, Run, State, advance, race_on, start_on, start_state
from lossviz.run.state import problem_of

EXPS = [
    Experiment(optimizer="sgd", steps=400),
    Experiment(optimizer="adam", steps=400),
    Experiment(optimizer="sgd", params={"lr": 100.0, "momentum": 1.0}, loss="mse", steps=400),
    Experiment(optimizer="nadam", steps=300, batch_size=32, dtype="float64"),
]


def assert_same(runs, others):
    for a, b in zip(runs, others, strict=True):
        assert a.experiment == b.experiment
        assert torch.equal(a.weights, b.weights)
        assert torch.equal(a.loss, b.loss)
        assert np.array_equal(a.recorded, b.recorded)
        assert str(a.status) == str(b.status)
        for name in a.metrics:
            np.testing.assert_array_equal(a.metrics[name], b.metrics[name])


@pytest.fixture(scope="module")
def reference():
    return lv.race(EXPS)


def test_a_job_gives_what_race_gives(reference):
    job = Job(EXPS, engine=Engine(), chunk_seconds=0.02)
    assert not job.done
    seen = []
    while not job.done:
        progress = job.progress()
        seen.append(progress.done)
        assert 0 <= progress.share <= 1
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert_same(job.wait(), reference)
    progress = job.progress()
    assert progress.phase == "finished"
    assert progress.done == progress.total == 1100
    assert progress.seconds_left == 0
    assert progress.rate > 0


def test_deltas_add_up(reference):
    job = Job(EXPS[:2], engine=Engine(), chunk_seconds=0.02)
    known, losses, frames = -1, [], []
    while not job.done:
        for piece in job.new_since(known)[:1]:
            losses.append(piece.loss)
            frames.append(piece.weights)
            known += len(piece.loss)
    last = job.new_since(known)[0]
    losses.append(last.loss)
    frames.append(last.weights)
    assert torch.equal(torch.cat(losses), reference[0].loss)
    assert torch.equal(torch.cat(frames), reference[0].weights)
    assert str(last.status) == "finished after 400 steps"


def test_what_is_there_can_be_shown_while_it_runs():
    job = Job(EXPS[:2], engine=Engine(), chunk_seconds=0.01)
    runs = job.runs()
    while not runs:
        runs = job.runs()
    assert runs[0].status.kind == "running"
    assert len(runs[0].loss) == runs[0].status.step + 1
    assert len(runs[0].metrics["test_loss"]) == len(runs[0].recorded)


def test_cancelling_keeps_what_was_done(reference):
    job = Job(EXPS[:2], engine=Engine(), chunk_seconds=0.01)
    while job.progress().done < 20:
        pass
    job.cancel()
    job.cancel()
    done = job.progress().done
    runs = job.wait()
    assert job.progress().done == done < 400
    assert job.progress().phase == "cancelled"
    for run, whole in zip(runs, reference, strict=False):
        assert str(run.status) == f"cancelled at step {done}"
        assert torch.equal(run.weights, whole.weights[: done + 1])
        assert torch.equal(run.loss, whole.loss[: done + 1])
        assert len(run.metrics["train_loss"]) == done + 1


def test_a_cancelled_race_goes_on_where_it_was(reference):
    job = Job(EXPS[:2], engine=Engine(), chunk_seconds=0.01)
    while job.progress().done < 20:
        pass
    job.cancel()
    assert job.runs()[0].status.kind == "cancelled"
    job.resume()
    assert job.runs()[0].status.kind in ("running", "finished")
    assert_same(job.wait(), reference[:2])


def test_a_thinned_run_that_is_cancelled_keeps_its_last_step():
    job = Job([Experiment(steps=6001)], engine=Engine(), chunk_seconds=0.005)
    while job.progress().done % 4 in (0, 3):
        pass
    job.cancel()
    run = job.runs()[0]
    assert run.recorded[-1] == run.status.step == len(run.loss) - 1
    assert len(run.metrics["train_loss"]) == len(run.recorded)


class Held(InlineExecutor):
    """Does nothing before it is let go."""

    def __init__(self):
        self.waiting = []

    def submit(self, fn, /, *args, **kwargs):
        from concurrent.futures import Future

        future = Future()
        self.waiting.append((future, fn, args))
        return future

    def go(self):
        future, fn, args = self.waiting.pop()
        future.set_result(fn(*args))


def test_a_chunk_that_comes_after_the_cancel_is_thrown_away():
    held = Held()
    job = Job(EXPS[:1], engine=Engine(lambda: held))
    assert job.runs() == []
    assert len(job.new_since(-1)[0].loss) == 0
    assert math.isnan(job.progress().seconds_left)
    assert len(held.waiting) == 1  # looking does not begin a second one
    with pytest.raises(TimeoutError, match="not over"):
        job.wait(timeout=0.05)
    job.cancel()
    held.go()
    assert job.runs() == []
    assert job.wait() == []
    assert not held.waiting


def test_a_job_that_nobody_looks_at_rests(monkeypatch):
    held = Held()
    job = Job(EXPS[:1], engine=Engine(lambda: held), chunk_seconds=0.01)
    monkeypatch.setattr(chain_module, "PATIENCE", -1.0)
    held.go()
    assert not held.waiting
    monkeypatch.setattr(chain_module, "PATIENCE", 30.0)
    assert job.progress().done > 0
    assert len(held.waiting) == 1
    job.cancel()


def test_a_failure_is_told(monkeypatch):
    def fail(state, n):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(work, "one_chunk", fail)
    job = Job(EXPS[:1], engine=Engine(), chunk_seconds=0.001)
    with pytest.raises(RuntimeError, match="out of luck"):
        job.wait()
    assert job.progress().phase == "failed"
    assert job.progress().error == "out of luck"


@dataclass(frozen=True)
class Hill:
    """A recipe: a cross-shaped valley of some steepness."""

    steepness: float


@problem_of.register
def _(hill: Hill) -> Problem:
    return function_problem("ravine", {"condition": hill.steepness}, sigma=0.1)


METHODS = [
    Method("adam", {"lr": 0.1}, "cosine"),
    Method("sgd", {"lr": 1.0}),
    Method("lbfgs", {"lr": 0.1, "max_iter": 2}),
]


def on_a_hill(watch: bool, steps: int = 200) -> tuple[list[Run], State]:
    """The runs of a race on a recipe, and its state before the first step."""
    hill = Hill(30.0)
    problem = problem_of(hill)
    state = start_on(problem, METHODS, steps=steps, seed=4, watch=watch, recipe=hill)
    return race_on(problem, METHODS, steps, seed=4, watch=watch), state


@pytest.mark.parametrize("watch", [False, True])
def test_a_job_on_a_recipe_gives_what_race_on_gives(watch: bool):
    wanted, state = on_a_hill(watch)
    job = Job.on(state, engine=Engine(), chunk_seconds=0.01)
    known, slopes = -1, []
    while not job.done:
        piece = job.new_since(known)[0]
        known += len(piece.loss)
        slopes.append(piece.gradient)
    slopes.append(job.new_since(known)[0].gradient)
    assert job.progress().total == 200
    runs = job.wait()
    assert_same(runs, wanted)
    for run, other in zip(runs, wanted, strict=True):
        if watch:
            assert torch.equal(run.gradient, other.gradient)
            assert torch.equal(run.rates, other.rates)
            assert run.memory.keys() == other.memory.keys()
    if watch:
        assert torch.equal(torch.cat(slopes), wanted[0].gradient)
    else:
        assert slopes == [None] * len(slopes)


def test_a_recipe_travels_to_the_workers():
    wanted, state = on_a_hill(watch=True, steps=600)
    engine.start(workers=1)
    try:
        runs = Job.on(state, chunk_seconds=0.05).wait(timeout=100)
    finally:
        engine.stop()
    assert_same(runs, wanted)
    assert torch.equal(runs[0].memory["exp_avg"][1:], wanted[0].memory["exp_avg"][1:])


def test_a_race_without_a_recipe_is_no_job():
    state = start_on(function_problem("ravine"), METHODS, steps=3)
    with pytest.raises(SettingError, match="no recipe"):
        Job.on(state)


def test_the_estimate_of_a_state_is_that_of_its_experiments():
    experiments = [exp for exp in EXPS if exp.steps == 400][:2]
    state = start_state(experiments)
    assert estimate(state) == pytest.approx(estimate(experiments))
    after, _ = advance(state, 100)
    assert estimate(after) == pytest.approx(estimate(experiments) * 3 / 4)


def test_the_estimate_of_a_function_grows_with_its_steps_and_contenders():
    _, state = on_a_hill(watch=False, steps=1)
    problem, recipe = problem_of(state.recipe), state.recipe

    def estimated(count: int, steps: int) -> float:
        return estimate(start_on(problem, METHODS[:1] * count, steps=steps, recipe=recipe))

    assert estimated(1, 400) == pytest.approx(4 * estimated(1, 100))
    assert estimated(1, 400) < estimated(8, 400) < 8 * estimated(1, 400)


def test_nothing_to_do():
    with pytest.raises(SettingError, match="at least one"):
        Job([])


def test_workers_may_die_while_it_runs_and_no_thread_is_left():
    before = set(threading.enumerate())
    exps = [
        Experiment(optimizer=name, steps=3000, batch_size=16) for name in ("sgd", "adam", "nadam")
    ]
    engine.start(workers=2)
    try:
        job = Job(exps, chunk_seconds=0.05)
        until = time.monotonic() + 60
        while job.progress().done == 0 and time.monotonic() < until:
            time.sleep(0.01)
        for pid in engine.pids():
            os.kill(pid, signal.SIGKILL)
        runs = job.wait(timeout=100)
        other = Job(exps, chunk_seconds=0.05)
        other.cancel()
        assert_same(engine.run(work.whole_race, exps), runs)
    finally:
        engine.stop()
    assert_same(runs, lv.race(exps))
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize(
    "more",
    [
        {"steps": 601},
        {"dtype": "float64"},
        {"optimizer": "lbfgs"},
        {"optimizer": "muon"},
        {"model_params": {"width": 64}},
        {"model_params": {"depth": 3}},
        {"dataset_params": {"samples": 2000}},
        {"dataset": "digits", "model": "cnn"},
    ],
    ids=str,
)
def test_more_work_takes_longer(more):
    assert estimate([Experiment(**{"steps": 600, **more})]) > estimate([Experiment(steps=600)])


def test_longer_takes_longer():
    short, long = [Experiment(steps=100)], [Experiment(steps=10_000)]
    assert estimate(short) < engine.WHOLE < estimate(long)
    assert estimate(short + long) == pytest.approx(estimate(short) + estimate(long))

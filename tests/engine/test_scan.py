"""Scans: the numbers of `evaluate`, in chunks, from coarse to fine, whatever happens meanwhile."""

import math
from concurrent.futures import Future
from dataclasses import replace

import pytest
import torch

import lossviz as lv
from lossviz import Experiment
from lossviz.engine import Engine, InlineExecutor, Scan, cells
from lossviz.engine import chain as chain_module
from lossviz.engine.cells import Cells, seconds_of, start_cells, take_cells
from lossviz.plane import Plane
from lossviz.run.buffers import buffers_of
from lossviz.run.state import problem_of
from lossviz.surface import LAYERS, Surface, evaluate_layers

DIGITS = {"dataset": "digits", "dataset_params": {"samples": 100}}
#: As few samples as a model has whose points are each evaluated by itself.
SLOW = Experiment(
    model="cnn", model_params={"depth": 1}, dataset="digits", dataset_params={"samples": 200}
)
MODELS = {
    "a stack of layers": Experiment(),
    "points in batches": Experiment(model="cnn", model_params={"depth": 1, "width": 4}, **DIGITS),
    "each point by itself": SLOW,
}
#: Unequal sides, so that no two axes are mixed up; 19 is refined once, and 9 is not.
X, Y = torch.linspace(-1, 1, 19), torch.linspace(-0.5, 0.8, 9)


def plane_of(exp: Experiment, seed: int = 0) -> Plane:
    problem = problem_of(exp)
    return lv.random_plane(problem, problem.params0, seed=seed)


def scan_of(exp: Experiment, **options) -> Scan:
    options.setdefault("engine", Engine())
    return Scan(exp, plane_of(exp), X, Y, **options)


def whole(exp: Experiment, **options) -> Surface:
    return lv.evaluate(problem_of(exp), plane_of(exp), X, Y, **options)


@pytest.mark.parametrize("exp", MODELS.values(), ids=MODELS)
def test_the_surface_is_that_of_evaluate_to_the_bit(exp: Experiment):
    scan = scan_of(exp, chunk_seconds=0.005)
    found, wanted = scan.wait(), whole(exp)
    assert torch.equal(found.loss, wanted.loss)
    assert torch.equal(found.x, wanted.x)
    assert torch.equal(found.y, wanted.y)
    assert found.split == "train"
    assert found.loss.dtype == wanted.loss.dtype
    assert len(scan.chunks()) > 2 or exp == Experiment()
    partial = scan.partial()
    assert partial.known.all()
    assert torch.equal(partial.surface.loss, wanted.loss)


def test_slow_models_are_evaluated_once_at_each_point():
    scan = scan_of(SLOW, begin=False)
    assert scan.progress().total == 19 * 9
    levels = [leg.level for leg in scan.state.legs]
    assert levels == [0, 1]
    again = scan_of(MODELS["points in batches"], begin=False)
    assert again.progress().total == 19 * 9 + 10 * 9
    assert scan_of(SLOW, begin=False).state.portions == (("train", 1),)
    # A grid that is coarse already has one level.
    assert scan_of(MODELS["points in batches"], begin=False, coarse=19).progress().total == 19 * 9


def test_the_levels_are_nested_and_go_to_the_whole_grid():
    side = torch.linspace(-1, 1, 101)
    exp = replace(SLOW, model_params={"depth": 1, "width": 8})
    state = start_cells(exp, plane_of(exp), side, side[:51], ("train loss",), 11)
    assert [leg.level for leg in state.legs] == [0, 1, 2, 3]
    assert len(state.legs[0].cells) == 14 * 14
    seen = torch.cat([leg.cells for leg in state.legs])
    assert torch.equal(seen.sort().values, torch.arange(101 * 51))
    assert state.steps == 101 * 51
    assert not state.done
    assert replace(state, step=101 * 51).done


def test_how_the_cells_are_cut_does_not_show():
    exp = MODELS["points in batches"]
    start = start_cells(exp, plane_of(exp), X.double(), Y.double(), ("train loss",), 11)
    portion = start.portions[0][1]
    assert portion > 1
    found = []
    for n in (1, portion + 1, 10**6):
        state, heights = start, []
        while not state.done:
            state, chunk = take_cells(state, n)
            heights.append(chunk.values)
        found.append(torch.cat(heights, dim=1))
    assert start.step == 0
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
    with pytest.raises(ValueError, match="All cells"):
        take_cells(state, 1)


def test_what_is_there_before_the_end_is_true_and_holes_stay_holes():
    scan, wanted = scan_of(SLOW, chunk_seconds=0.01), whole(SLOW).loss
    shares, sides = [], []
    while not scan.done:
        surface, partial = scan.surface(), scan.partial()
        known = partial.known
        shares.append(known.double().mean().item())
        assert torch.equal(partial.surface.loss[known], wanted[known])
        assert partial.surface.loss[~known].isnan().all()
        if surface is None:
            continue
        sides.append(tuple(surface.loss.shape))
        columns = slice(None, None, 18 // (len(surface.x) - 1))
        assert torch.equal(surface.loss, wanted[:, columns])
        assert torch.equal(surface.x, X.double()[columns])
    assert shares == sorted(shares)
    assert 0 < shares[0] < 90 / 171
    assert sides[0] == (9, 10)
    assert tuple(scan.surface().loss.shape) == (9, 19)


@pytest.mark.parametrize("exp", [Experiment(), SLOW], ids=["layers", "one by one"])
def test_layers_are_those_of_evaluate_layers_to_the_bit(exp: Experiment):
    scan = scan_of(exp, layers=LAYERS)
    assert scan.progress().total >= 2 * 19 * 9
    scan.wait()
    wanted = evaluate_layers(problem_of(exp), plane_of(exp), X, Y)
    found = scan.layers()
    assert tuple(found.values) == LAYERS
    for layer in LAYERS:
        assert torch.equal(found[layer], wanted[layer])
        assert torch.equal(scan.partial(layer).surface.loss, wanted[layer])
    assert scan.surface("test accuracy").split == "test"
    assert torch.equal(scan.surface("test accuracy").loss, wanted["test accuracy"])
    assert torch.equal(scan.surface().loss, wanted["train loss"])


def test_one_layer_alone():
    wanted = evaluate_layers(problem_of(Experiment()), plane_of(Experiment()), X, Y)
    for layer in ("test accuracy", "test loss"):
        assert torch.equal(scan_of(Experiment(), layers=(layer,)).wait().loss, wanted[layer])
    test = scan_of(Experiment(), split="test").wait()
    assert test.split == "test"
    assert torch.equal(test.loss, wanted["test loss"])


@pytest.mark.parametrize("statistics", ["frozen", "batch", "recomputed"])
def test_statistics_and_buffers_go_along(statistics: str):
    params = {"depth": 1, "width": 4, "batch_norm": True}
    exp = Experiment(model="cnn", model_params=params, steps=3, **DIGITS)
    run = lv.train(exp)
    buffers = buffers_of(problem_of(exp), run)
    plane = lv.random_plane(problem_of(exp), run.weights[-1])
    side = X[::6]
    scan = Scan(exp, plane, side, side, statistics=statistics, buffers=buffers, engine=Engine())
    problem = problem_of(exp).with_statistics(statistics, buffers)
    assert torch.equal(scan.wait().loss, lv.evaluate(problem, plane, side, side).loss)
    own = Scan(exp, plane, side, side, engine=Engine()).wait()
    assert torch.equal(own.loss, lv.evaluate(problem_of(exp), plane, side, side).loss)


def test_cancelling_keeps_what_was_done_and_it_goes_on_from_there():
    scan = scan_of(SLOW, chunk_seconds=0.005)
    while scan.surface() is None:
        pass
    scan.progress()
    scan.cancel()
    done = scan.progress().done
    assert 90 <= done < 171
    assert tuple(scan.wait().loss.shape) == (9, 10)
    assert scan.partial().known.sum() == done == scan.progress().done
    scan.resume()
    assert scan.progress().phase == "running"
    assert torch.equal(scan.wait().loss, whole(SLOW).loss)


class Held(InlineExecutor):
    """Does nothing before it is let go."""

    def __init__(self):
        self.waiting = []

    def submit(self, fn, /, *args, **kwargs):
        self.waiting.append((Future(), fn, args))
        return self.waiting[-1][0]

    def go(self):
        future, fn, args = self.waiting.pop(0)
        future.set_result(fn(*args))


def test_a_scan_that_nobody_looks_at_rests(monkeypatch):
    held = Held()
    scan = scan_of(SLOW, engine=Engine(lambda: held))
    assert scan.surface() is None
    assert math.isnan(scan.progress().seconds_left)
    monkeypatch.setattr(chain_module, "PATIENCE", -1.0)
    held.go()
    assert not held.waiting
    monkeypatch.setattr(chain_module, "PATIENCE", 30.0)
    assert scan.partial().known.any()
    assert len(held.waiting) == 1
    assert math.isnan(scan.progress().seconds_left)  # the first chunk says nothing about that
    held.go()
    assert scan.progress().seconds_left > 0
    scan.cancel()


def test_one_that_is_cancelled_before_its_first_level_has_no_surface():
    scan = scan_of(SLOW, begin=False)
    assert scan.progress().phase == "waiting"
    scan.cancel()
    assert scan.wait() is None
    assert scan.layers() is None
    assert not scan.partial().known.any()


def test_more_cells_and_more_samples_take_longer(monkeypatch):
    """Counted at one second for each evaluation: what a probe measures is the machine's affair."""
    exp = MODELS["each point by itself"]
    assert 0 < scan_of(exp, begin=False).estimate() < math.inf
    monkeypatch.setattr(cells, "seconds_each", lambda losses, count: 1.0)
    few = start_cells(exp, plane_of(exp), X.double(), Y.double(), ("train loss",), 11)
    side = torch.linspace(-1, 1, 101, dtype=torch.float64)
    many = start_cells(exp, plane_of(exp), side, side, LAYERS, 11)
    assert seconds_of(few) == len(X) * len(Y)
    assert seconds_of(many) >= 2 * 101 * 101


def test_what_cannot_be_scanned_is_told():
    plane = plane_of(Experiment())
    with pytest.raises(ValueError, match="The layers are"):
        Scan(Experiment(), plane, X, Y, layers=("height",))
    with pytest.raises(ValueError, match="The layers are"):
        Scan(Experiment(), plane, X, Y, layers=())
    with pytest.raises(ValueError, match="other parameters"):
        Scan(SLOW, plane, X, Y)
    with pytest.raises(ValueError, match="finite numbers"):
        Scan(Experiment(), plane, [0.0, math.inf], Y)
    regression = Experiment(dataset="sine", loss="mse")
    with pytest.raises(ValueError, match="Accuracy is for classes"):
        Scan(regression, plane_of(regression), X, Y, layers=("train accuracy",))
    with pytest.raises(ValueError, match="no 'test loss'"):
        scan_of(Experiment(), begin=False).surface("test loss")


# --- on disk -------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSVIZ_CACHE", str(tmp_path))
    return tmp_path


def forbidden(state: Cells, n: int):
    raise AssertionError("This was computed already.")


def test_a_finished_scan_is_found_again(cache, monkeypatch):
    found = scan_of(SLOW, layers=LAYERS, key="a survey").wait()
    monkeypatch.setattr("lossviz.engine.scan.take_cells", forbidden)
    again = scan_of(SLOW, layers=LAYERS, key="a survey")
    assert again.progress().phase == "finished"
    assert torch.equal(again.wait().loss, found.loss)
    assert len(list(cache.iterdir())) == 1
    for other in (
        scan_of(SLOW, layers=LAYERS, key="another survey", begin=False),
        scan_of(SLOW, layers=LAYERS[:1], key="a survey", begin=False),
        scan_of(SLOW, layers=LAYERS, begin=False),
        Scan(SLOW, plane_of(SLOW, seed=1), X, Y, layers=LAYERS, key="a survey", begin=False),
        scan_of(SLOW, layers=LAYERS, key="a survey", statistics="batch", begin=False),
    ):
        assert other.progress().done == 0


def test_a_cancelled_scan_goes_on_where_it_was(cache, monkeypatch):
    scan = scan_of(SLOW, key="a survey", chunk_seconds=0.005)
    while scan.surface() is None:
        pass
    scan.cancel()
    again = scan_of(SLOW, key="a survey", begin=False)
    assert again.progress().done == scan.progress().done
    assert torch.equal(again.partial().known, scan.partial().known)
    again.resume()
    assert torch.equal(again.wait().loss, whole(SLOW).loss)
    monkeypatch.setattr("lossviz.engine.scan.take_cells", forbidden)
    assert torch.equal(scan_of(SLOW, key="a survey").wait().loss, whole(SLOW).loss)

"""Results as trees and arrays: everything comes back to the bit, and only what is known."""

import json
import math
from dataclasses import dataclass
from functools import cached_property

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

import lossviz as lv
from lossviz.connect import advance_curve, curve_of, start_curve
from lossviz.curvature import (
    sharpness_along,
    spectral_density,
    top_eigenpairs,
    trace,
    worst_case,
)
from lossviz.engine import storable
from lossviz.engine.records import DTYPES, put_together, taken_apart
from lossviz.surface import Layers, evaluate_layers


def there_and_back(value):
    tree, arrays = taken_apart(value)
    return put_together(json.loads(json.dumps(tree, allow_nan=False)), arrays)


def same(a, b) -> bool:
    """Equal in type and to the bit, NaN and the sign of zero included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    if isinstance(a, torch.Tensor):
        return same(a.numpy(), b.numpy())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return a == b


def arrays() -> st.SearchStrategy[np.ndarray]:
    shapes = st.lists(st.integers(0, 3), max_size=3)
    return st.builds(
        lambda dtype, shape, seed: (
            np.frombuffer(np.random.default_rng(seed).bytes(27 * 8), dtype="uint8")
            .view("bool" if dtype == "bool" else dtype)[: math.prod(shape)]
            .reshape(shape)
        ),
        st.sampled_from([name for name in DTYPES if name != "bool"]),
        shapes,
        st.integers(0, 100),
    )


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | arrays()
    | arrays().map(lambda array: torch.from_numpy(array.copy()))
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(values)
@settings(max_examples=150)
def test_plain_values_come_back_to_the_bit(value):
    assert same(there_and_back(value), value)


def test_flags_and_numbers_of_numpy():
    assert there_and_back(np.array([True, False])).dtype == bool
    assert same(there_and_back((np.float64(0.1), np.int64(3), np.bool_(True))), (0.1, 3, True))
    assert there_and_back(torch.float64) is torch.float64


def test_a_matrix_by_columns_stays_one():
    matrix = torch.arange(6.0).view(2, 3).mT
    again = there_and_back({"matrix": matrix, "rows": matrix.contiguous()})
    assert torch.equal(again["matrix"], matrix)
    assert again["matrix"].stride() == (1, 3)
    assert again["rows"].stride() == (2, 1)
    again["matrix"].add_(1)  # it is one's own
    assert torch.equal(there_and_back(matrix[::2]), matrix[::2])


def test_what_has_a_gradient_comes_back_without():
    leaf = torch.ones(2, requires_grad=True)
    assert not there_and_back(leaf).requires_grad


def test_runs_surfaces_and_layers_come_back():
    exp = lv.Experiment(optimizer="adam", schedule="cosine", steps=4)
    run = lv.train(exp)
    assert run.metrics
    again = there_and_back(run)
    assert again.experiment == exp
    assert again.method == run.method
    assert str(again.status) == str(run.status)
    assert torch.equal(again.weights, run.weights)
    assert again.__dict__["metrics"].keys() == run.metrics.keys()
    assert all(np.array_equal(again.metrics[name], run.metrics[name]) for name in run.metrics)
    watched = lv.race_on(lv.function_problem("saddle"), [lv.Method("adam")], 3, watch=True)[0]
    memory = there_and_back(watched).memory
    assert torch.equal(memory["exp_avg"][1:], watched.memory["exp_avg"][1:])
    problem = lv.build(exp)
    plane = lv.random_plane(problem, problem.params0)
    surface = there_and_back(lv.evaluate(problem, plane, [0, 1], [0, 1, 2]))
    assert surface.loss.shape == (3, 2)
    assert surface.plane.info == plane.info
    assert surface.plane.titles == plane.titles
    assert surface.plane.dtype is torch.float32
    assert torch.equal(surface.plane.axes, plane.axes)
    layers = evaluate_layers(problem, plane, [0, 1], [0, 1, 2])
    again = there_and_back(layers)
    assert isinstance(again, Layers)
    assert torch.equal(again["test accuracy"], layers["test accuracy"])


def test_what_is_known_of_curvature_and_connections_comes_back():
    problem = lv.build(lv.Experiment(model_params={"depth": 1, "width": 4}))
    a, b = problem.theta0, problem.theta0.flip(0)
    method = lv.Method("adam", {"lr": 0.02})
    run = lv.race_on(problem, [method], steps=2)[0]
    state = start_curve(problem, a, b, method, steps=2)
    state, piece = advance_curve(state, 2, problem)
    found = (
        lv.line(problem, a, b, points=5),
        lv.align(problem, a, b),
        curve_of(state, [piece], problem.space),
        sharpness_along(problem, run),
        spectral_density(problem, starts=1),
        top_eigenpairs(problem, k=2),
        trace(problem, samples=2),
        worst_case(problem, steps=1, starts=1),
    )
    for record, again in zip(found, there_and_back(found), strict=True):
        assert type(again) is type(record)
        assert taken_apart(again)[0] == taken_apart(record)[0]
        for one, other in zip(taken_apart(again)[1], taken_apart(record)[1], strict=True):
            assert one.tobytes() == other.tobytes()


class Own:
    """What nobody made known."""


@dataclass(frozen=True)
class Unknown:
    value: int = 0


@storable(computed=("double",), without=("secret",))
@dataclass(frozen=True)
class Even:
    value: int
    secret: str = ""

    def __post_init__(self):
        if self.value % 2:
            raise ValueError("odd")

    @cached_property
    def double(self) -> int:
        return 2 * self.value


@pytest.mark.parametrize("value", [Own(), Unknown(), {1}, b"bytes", 1j, [Own()], object])
def test_what_is_unknown_is_told(value):
    with pytest.raises(TypeError, match="cannot be kept on disk"):
        taken_apart(value)


def test_arrays_of_other_things_are_told():
    for array in (np.array(["a"]), np.array([None]), np.array([1j])):
        with pytest.raises(TypeError, match="Arrays of"):
            taken_apart(array)
    with pytest.raises(TypeError, match="no dataclass"):
        storable(Own)


def test_fields_are_left_out_and_what_was_computed_goes_along():
    plain = there_and_back(Even(2, "key"))
    assert plain == Even(2)
    assert "double" not in vars(plain)
    even = Even(4)
    assert even.double == 8
    assert vars(there_and_back(even))["double"] == 8


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"value": 2', '"value": 3'),  # the class's own check
        ("Even", "Unknown"),
        ("Even", "__builtins__"),
        ('"double"', '"value"'),
        ('"record"', '"pickle"'),
        ('"fields": {', '"fields": {"more": 1, '),
    ],
)
def test_a_tree_that_was_changed_is_refused(old: str, new: str):
    even = Even(2)
    assert even.double == 4
    tree = json.dumps(taken_apart(even)[0])
    assert old in tree
    with pytest.raises((ValueError, TypeError, KeyError, IndexError)):
        put_together(json.loads(tree.replace(old, new)), [])

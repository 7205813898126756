"""Functions that are copied into a script: complete, without annotations, and still the same."""

import numpy as np
import pytest

from lossviz.export.source import Sources
from lossviz.problem.datasets.clusters import make_blobs, make_xor
from lossviz.problem.formula.names import power, softplus
from lossviz.problem.functions.online import deviation
from lossviz.problem.functions.ravine import make_ravine


def copied(function):
    sources = Sources()
    sources.add(function)
    return sources


def names_of(sources):
    names = {}
    parts = (*sources.imports, *sources.definitions)
    exec(compile("\n\n".join(parts), "copied", "exec"), names)
    return names


def test_what_a_function_uses_comes_before_it():
    sources = copied(make_ravine)
    assert sources.imports == ["import math"]
    assert [text.splitlines()[0] for text in sources.definitions] == [
        "def _turn(degrees):",
        "def make_ravine(condition, rotation):",
    ]
    f = names_of(sources)["make_ravine"](3.0, 30.0)
    assert f(1.5, -0.5) == make_ravine(3.0, 30.0)(1.5, -0.5)


def test_constants_come_too():
    sources = copied(deviation)
    assert sources.definitions[0] == "MEAN = 10 / 101"
    assert names_of(sources)["deviation"](7) == deviation(7)


@pytest.mark.parametrize("make", [make_blobs, make_xor])
def test_a_table_gives_way_to_inputs_and_targets(make):
    given = {"samples": 12, "noise": 0.2} | ({"classes": 3} if make is make_blobs else {})
    inputs, targets = names_of(copied(make))[make.__name__](np.random.default_rng(1), **given)
    table = make(np.random.default_rng(1), **given)
    np.testing.assert_array_equal(inputs, table.inputs)
    np.testing.assert_array_equal(targets, table.targets)


def test_packages_are_imported_and_not_copied():
    assert copied(softplus).imports == ["from torch.nn.functional import logsigmoid"]
    assert "import torch" in copied(power).imports


def test_nothing_comes_twice():
    sources = copied(make_blobs)
    sources.add(make_xor)
    sources.add(make_blobs)
    assert len(sources.definitions) == len(set(sources.definitions))


def test_only_functions_of_a_modules_top_level_can_be_copied():
    with pytest.raises(TypeError, match="no function of a module's top level"):
        copied(make_ravine(1.0, 0.0))

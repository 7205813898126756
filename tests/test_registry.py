"""Parameters and catalogues: round trips for every value, and a sentence for every mistake."""

import math
import pickle
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossviz import registry
from lossviz.registry import (
    Catalogue,
    Entry,
    Param,
    SettingError,
    Shape,
    UnknownNameError,
    load_contrib,
)

NUMBER = Param("lr", 0.1, 1e-6, 100.0, "log", off=0.0)
WHOLE = Param("depth", 2, 1, 10)
SWITCH = Param("squared", False)
CHOICE = Param("mode", "fan_in", choices=("fan_in", "fan_out"))
ALL = (NUMBER, WHOLE, SWITCH, CHOICE)


def values(param):
    """The allowed values of a parameter."""
    if param.kind == "switch":
        return st.booleans()
    if param.kind == "choice":
        return st.sampled_from(param.choices)
    if param.kind == "whole":
        inside = st.integers(int(param.low), int(param.high))
    else:
        inside = st.floats(param.low, param.high)
    return inside if param.off is None else inside | st.just(param.off)


any_param_and_value = st.sampled_from(ALL).flatmap(
    lambda param: st.tuples(st.just(param), values(param))
)


@given(pair=any_param_and_value)
def test_a_value_comes_back_from_what_is_written(pair):
    param, value = pair
    assert param.parse(param.write(value)) == value
    assert param.nearest(param.write(value)) == value
    assert type(param.check(value)) is type(param.default)


@given(param=st.sampled_from(ALL), text=st.text() | st.floats() | st.integers())
def test_whatever_a_link_says_the_nearest_is_allowed(param, text):
    value = param.nearest(text)
    assert param.check(value) == value


@given(number=st.floats(allow_nan=False))
def test_the_nearest_number_is_nearest(number):
    param = Param("x", 1.0, -2.0, 3.0)
    assert param.nearest(number) == min(max(number, -2.0), 3.0)


def test_every_builtin_parameter_round_trips_its_ends():
    for catalogue in (registry.datasets, registry.models, registry.losses, registry.initialisers):
        for entry in catalogue:
            for param in entry.params:
                ends = param.choices or (param.low, param.high, param.default)
                if param.kind == "switch":
                    ends = (True, False)
                for value in ends:
                    assert param.parse(param.write(param.check(value))) == value


def test_kinds_and_labels():
    assert [p.kind for p in ALL] == ["number", "whole", "switch", "choice"]
    assert Param("weight_decay", 0.0).label == "weight decay"
    assert Param("lr", 0.1, title="learning rate").label == "learning rate"
    assert WHOLE.check(3.0) == 3
    assert isinstance(WHOLE.check(3.0), int)
    for param, value in ((WHOLE, np.int64(3)), (NUMBER, np.float32(0.5)), (NUMBER, np.int32(2))):
        assert type(param.check(value)) is type(param.default)
        assert param.check(value) == value
    assert SWITCH.parse("TRUE") is True
    assert SWITCH.parse("0") is False


@pytest.mark.parametrize(
    ("param", "value", "words"),
    [
        (NUMBER, -1, "lr is -1, but must be a number from 1e-06 to 100, or 0"),
        (NUMBER, math.nan, "nan"),
        (NUMBER, math.inf, "inf"),
        (NUMBER, 10**400, "must be a number"),
        (NUMBER, True, "True"),
        (NUMBER, np.True_, "True"),
        (NUMBER, np.float32("nan"), "nan"),
        (NUMBER, "fast", "'fast'"),
        (WHOLE, 2.5, "depth is 2.5, but must be a whole number from 1 to 10"),
        (WHOLE, 11, "11"),
        (WHOLE, None, "None"),
        (SWITCH, 1, "squared is 1, but must be true or false"),
        (CHOICE, "fan", "mode is 'fan', but must be one of fan_in, fan_out"),
        (CHOICE, ["fan_in"], "must be one of"),
    ],
)
def test_what_is_not_allowed_is_told(param, value, words):
    with pytest.raises(SettingError) as error:
        param.check(value)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("param", "text"), [(NUMBER, "1e999"), (NUMBER, ""), (WHOLE, "2.5"), (SWITCH, "maybe")]
)
def test_what_cannot_be_read_is_told(param, text):
    with pytest.raises(SettingError, match="must be"):
        param.parse(text)


@pytest.mark.parametrize(
    ("param", "text", "value"),
    [
        (NUMBER, "1e999", 100.0),
        (NUMBER, "-5", 0.0),
        (NUMBER, "1e-7", 0.0),
        (NUMBER, "9e-7", 1e-6),
        (NUMBER, "nan", 0.1),
        (NUMBER, "fast", 0.1),
        (WHOLE, "7.6", 8),
        (WHOLE, "-inf", 1),
        (SWITCH, "perhaps", False),
        (CHOICE, "fan_inn", "fan_in"),
        (CHOICE, "xyz", "fan_in"),
    ],
)
def test_a_damaged_link_is_repaired(param, text, value):
    assert param.nearest(text) == value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"default": 0.1, "low": 0.0, "scale": "log"}, "a log range starts above 0"),
        ({"default": "a"}, "a choice has a str default and choices"),
        ({"default": 1.0, "choices": ("a",)}, "a choice has a str default and choices"),
        ({"default": 5.0}, "must be a number from 0 to 1"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_told(given, words):
    with pytest.raises(ValueError, match=words):
        Param("x", **given)


# --- entries and catalogues ----------------------------------------------------------------------


def make_one():
    """Something."""


def make_other():
    """Something else."""


def entry(name="one", make=make_one, **more):
    return Entry(name=name, title="One", about="The first.", make=make, **more)


def test_an_entry_completes_and_checks_what_is_given():
    one = entry(params=(WHOLE, SWITCH))
    assert one.defaults() == {"depth": 2, "squared": False}
    assert one.complete({"depth": 4.0}) == {"depth": 4, "squared": False}
    assert one.param("depth") is WHOLE
    with pytest.raises(UnknownNameError, match=r"no parameter of one 'dept'. Did you mean 'depth'"):
        one.complete({"dept": 3})
    with pytest.raises(UnknownNameError, match=r"Known: \(none\)"):
        entry().param("x")
    with pytest.raises(SettingError, match="depth is 0"):
        one.complete({"depth": 0})


def test_a_catalogue_lists_in_order_and_names_what_it_knows():
    things = Catalogue("thing")
    first = things.add(entry("banana"))
    second = things.add(entry("apple"))
    assert list(things) == [first, second]
    assert things.names() == ("banana", "apple")
    assert len(things) == 2
    assert "apple" in things
    assert "pear" not in things
    assert things["apple"] is second
    with pytest.raises(UnknownNameError) as error:
        things["aple"]
    expected = "There is no thing 'aple'. Did you mean 'apple'? Known: banana, apple."
    assert str(error.value) == expected
    assert isinstance(error.value, KeyError)
    assert isinstance(error.value, SettingError)
    with pytest.raises(UnknownNameError, match=r"There is no thing 'zzz'\. Known"):
        things["zzz"]
    with pytest.raises(UnknownNameError):
        things[["a", "list"]]


def test_an_unknown_name_survives_the_way_between_processes():
    error = UnknownNameError("thing", "aple", ("apple",))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_a_name_is_given_once_but_its_own_module_may_come_again():
    things = Catalogue("thing")
    things.add(entry())
    again = things.add(entry())
    assert things["one"] is again
    with pytest.raises(ValueError, match=r"'one' is already there, from .*make_one.*make_other"):
        things.add(entry(make=make_other))


# --- additions -----------------------------------------------------------------------------------


def test_the_built_in_addition_is_loaded():
    assert "lossviz.contrib.log_cosh" in load_contrib()
    assert "log_cosh" in registry.losses
    assert registry.losses["log_cosh"].outputs(Shape("regression", 1, 0)) == 1


def test_a_folder_of_additions_is_loaded(tmp_path, monkeypatch):
    (tmp_path / "b.py").write_text(
        "import lossviz_contrib_a\nVALUE = lossviz_contrib_a.VALUE + 1\n"
    )
    (tmp_path / "a.py").write_text("VALUE = 1\n")
    (tmp_path / "notes.txt").write_text("not python")
    monkeypatch.setenv("LOSSVIZ_CONTRIB", str(tmp_path))
    names = load_contrib()
    assert names[-2:] == ("lossviz_contrib_a", "lossviz_contrib_b")
    assert sys.modules["lossviz_contrib_b"].VALUE == 2
    for name in names[-2:]:
        monkeypatch.delitem(sys.modules, name)


def test_a_folder_that_is_none_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSVIZ_CONTRIB", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"LOSSVIZ_CONTRIB names .*nowhere.* not a folder"):
        load_contrib()

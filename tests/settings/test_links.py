from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossviz.checkup.checkup import Checkup
from lossviz.comparison import Comparison
from lossviz.course.course import Course
from lossviz.datalab.lab import DataLab
from lossviz.losslab.lab import LossLab
from lossviz.registry import Param, SettingError
from lossviz.settings import (
    Experiment,
    Linked,
    check_fields,
    check_values,
    read_base,
    read_values,
    shorten,
    write_values,
)
from lossviz.survey.survey import Survey

TABLE = {
    p.name: p for p in (Param("size", 3, 1, 9), Param("share", 0.5, 0.0, 1.0), Param("on", False))
}
SETTINGS = (Experiment, Comparison, Course, Survey, DataLab, Checkup, LossLab)


def plain() -> SimpleNamespace:
    return SimpleNamespace(size=3, share=0.5, on=False)


@given(st.integers(1, 9), st.floats(0, 1), st.booleans())
def test_values_come_back_from_their_fields(size: int, share: float, on: bool):
    chosen = SimpleNamespace(size=size, share=share, on=on)
    fields = write_values(chosen, plain(), TABLE)
    problems: list[str] = []
    assert {**vars(plain()), **read_values(fields, TABLE, problems)} == vars(chosen)
    assert problems == []
    assert set(fields) == {k for k in TABLE if getattr(chosen, k) != getattr(plain(), k)}


def test_a_value_that_cannot_be_read_is_repaired_and_told():
    problems: list[str] = []
    assert read_values({"size": "12", "other": "1"}, TABLE, problems) == {"size": 9}
    assert problems == ["size: '12' is not a whole number from 1 to 9. Using 9."]


def test_values_of_frozen_settings_are_checked():
    @dataclass(frozen=True)
    class Sized:
        size: int = 3

        def __post_init__(self) -> None:
            check_values(self, {"size": TABLE["size"]})

    assert Sized(4).size == 4
    with pytest.raises(SettingError, match="size is 12"):
        Sized(12)


def test_fields_that_nobody_asked_for_are_told_and_the_version_is_always_known():
    assert check_fields({"v": "1", "size": "2"}, TABLE) == []
    version, unknown = check_fields({"v": "7", "sise": "2"}, TABLE)
    assert "version '7'" in version
    assert unknown.endswith("Did you mean 'size'?")


def test_a_base_is_read_without_the_fields_of_others():
    problems: list[str] = []
    url = {"v": "1", "steps": "7", "size": "3", "optimizer": "adam", "modl": "mlp"}
    base = read_base(url, ("size",), ("optimizer",), problems)
    assert base == Experiment(steps=7)
    assert [text.split("'")[1] for text in problems] == ["optimizer", "modl"]


def test_reading_strictly_names_all_that_is_wrong():
    class Always(Linked):
        @classmethod
        def nearest_from_url(cls, url: Mapping[str, str]) -> tuple["Always", tuple[str, ...]]:
            return cls(), tuple(f"{key} is wrong." for key in url)

    assert isinstance(Always.from_url({}), Always)
    with pytest.raises(SettingError, match=r"^a is wrong\. b is wrong\.$"):
        Always.from_url({"a": "", "b": ""})


@pytest.mark.parametrize("kind", SETTINGS)
def test_all_settings_keep_the_same_rules(kind: type[Linked]):
    assert kind.from_url({"v": "1"}) == kind()
    with pytest.raises(SettingError, match=r"version 'x'.*unknown field 'nonsense'"):
        kind.from_url({"v": "x", "nonsense": "1"})


def test_long_and_hostile_text_is_cut():
    assert shorten("a\x00b") == "a?b"
    assert shorten("x" * 99) == "x" * 40 + "..."

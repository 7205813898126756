"""The settings of the data page: to a link and back, and what is said of a broken one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz import registry
from lossviz.datalab import DataLab
from lossviz.datalab.builtin import names_of_tables
from lossviz.datalab.lab import CONSTANT, TEXTS, UPLOAD, VALUES, plain_name
from lossviz.registry import SettingError
from tests.settings.strategies import options_of, values_of

column_names = st.text(max_size=70).map(plain_name)


@st.composite
def labs(draw: st.DrawFn) -> DataLab:
    values = {name: draw(values_of(param)) for name, param in VALUES.items()}
    values |= {name: draw(column_names) for name in ("target", "first", "second")}
    if draw(st.booleans()):
        digest = draw(st.text("0123456789abcdef", max_size=12))
        return DataLab(UPLOAD, file=draw(column_names), digest=digest, **values)
    source = draw(st.sampled_from(names_of_tables()))
    return DataLab(source, draw(options_of(registry.datasets[source])), **values)


@given(labs())
@settings(max_examples=50, deadline=None)
def test_url_gives_back_the_lab(lab: DataLab):
    again = DataLab.from_url(lab.to_url())
    assert again == lab
    assert hash(again) == hash(lab)
    assert repr(again) == repr(lab)  # the key of what is kept


FIELDS = ["v", "data", *TEXTS, "section", "missing_share", "scaling", "steps", "momentum", "x"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=80), max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_url_gives_a_valid_lab_and_says_what_was_wrong(url: dict[str, str]):
    lab, problems = DataLab.nearest_from_url(url)
    assert DataLab.from_url(lab.to_url()) == lab
    if problems:
        with pytest.raises(SettingError):
            DataLab.from_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ({"data": "wines"}, "no data set 'wines'. Using 'wine'"),
        ({"data": "digits"}, "'digits' is no table of columns. Using 'wine'"),
        ({"data": "iris(samples=-4)"}, "samples"),
        ({"file": "a.csv"}, "no upload"),
        ({"data": "upload", "digest": "../../etc"}, "not written by this program"),
        ({"data": "upload", "target": "x" * 90}, "was shortened"),
        ({"section": "cook"}, "section: 'cook' is not one of look, clean, scale, effect"),
        ({"missing_share": "0.9"}, "0 to 0.5"),
        ({"iqr_factor": "-1"}, "iqr_factor"),
        ({"outliers": "clap"}, "Using clip"),
        ({"speed": "3"}, "unknown field"),
        ({"v": "7"}, "version"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(url: dict[str, str], said: str):
    lab, problems = DataLab.nearest_from_url(url)
    assert said in " ".join(problems)
    assert DataLab.from_url(lab.to_url()) == lab


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "digits"}, "no table 'digits'"),
        ({"source": "upload", "params": {"samples": 3}}, "no parameters"),
        ({"file": "a.csv"}, "Only an upload"),
        ({"source": "upload", "digest": "xyz"}, "digest is 'xyz'"),
        ({"target": " blank "}, "target is"),
        ({"target": "a\0b"}, "printable"),
        ({"steps": 0}, "steps is 0"),
        ({"scaling": "log"}, "scaling is 'log'"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict, said: str):
    with pytest.raises(SettingError, match=said):
        DataLab(**changes)


def test_the_reach_is_that_of_the_chosen_fence():
    lab = DataLab(fence="z", z_threshold=2.5, iqr_factor=4.0, missing="mean", outliers="mark")
    assert (lab.rules.fence, lab.rules.reach) == ("z", 2.5)
    assert DataLab(iqr_factor=4.0).rules.reach == 4.0
    assert (lab.rules.missing, lab.rules.outliers) == ("mean", "mark")


def test_an_upload_is_no_part_of_the_settings():
    with pytest.raises(SettingError, match="not part of the settings"):
        DataLab(source=UPLOAD).table()
    assert DataLab(source=UPLOAD, second=CONSTANT).to_url()["second"] == CONSTANT

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossviz as lv
from lossviz import registry
from lossviz.registry import SettingError, UnknownNameError
from lossviz.settings import CHOICES, VALUES, with_choice
from tests.settings.strategies import experiments


@given(experiments())
@settings(max_examples=150, deadline=None)
def test_url_gives_back_the_experiment(experiment: lv.Experiment):
    url = experiment.to_url()
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in url.items())
    assert lv.Experiment.from_url(url) == experiment
    assert hash(lv.Experiment.from_url(url)) == hash(experiment)


FIELDS = ["v", *VALUES, *(c.field for c in CHOICES), "nonsense", "Model"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=60), max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_url_gives_a_valid_experiment_and_says_what_was_wrong(url: dict[str, str]):
    experiment, problems = lv.Experiment.nearest_from_url(url)
    # Valid: it passes its own checks and can be written and read again.
    assert lv.Experiment.from_url(experiment.to_url()) == experiment
    if problems:
        assert all(p.endswith((".", "?")) and len(p) < 700 for p in problems)
        with pytest.raises(SettingError):
            lv.Experiment.from_url(url)
    else:
        assert lv.Experiment.from_url(url) == experiment


@pytest.mark.parametrize(
    ("url", "field", "value", "said"),
    [
        ({"optimizer": "adm(lr=0.5)"}, "optimizer", "adam", "no optimizer 'adm'"),
        ({"schedule": "cosin(warmup=20)"}, "schedule", "cosine", "no schedule 'cosin'"),
        ({"schedule": "cosine@step"}, "schedule", "constant", "cannot be read"),
        ({"steps": "-5"}, "steps", 1, "'-5' is not a whole number from 1"),
        ({"steps": "1e9"}, "steps", 50_000, "Using 50000"),
        ({"steps": "nan"}, "steps", 300, "'nan'"),
        ({"steps": "many"}, "steps", 300, "'many'"),
        ({"scaling": "unt"}, "scaling", "unit", "Using unit"),
        ({"dataset": "<script>"}, "dataset", "moons", "cannot be read"),
        ({"colour": "red"}, "steps", 300, "unknown field 'colour'"),
        ({"v": "99"}, "steps", 300, "version '99'"),
    ],
)
def test_repairs_name_what_was_wrong(url: dict[str, str], field: str, value: object, said: str):
    experiment, problems = lv.Experiment.nearest_from_url(url)
    assert getattr(experiment, field) == value
    assert said in " ".join(problems)


def test_options_in_a_link_are_repaired_one_by_one():
    experiment, problems = lv.Experiment.nearest_from_url(
        {"optimizer": "adam(lr=1e99,beta1=0.5,wings=2,amsgrad=true)"}
    )
    assert experiment.params["lr"] == registry.optimizers["adam"].param("lr").high
    assert experiment.params["beta1"] == 0.5
    assert experiment.params["amsgrad"] is True
    assert len(problems) == 2
    assert "wings" in problems[1]


def test_choices_that_clash_raise_and_are_repaired_from_a_link():
    with pytest.raises(SettingError, match="cross_entropy"):
        lv.Experiment(dataset="diabetes", loss="cross_entropy")
    experiment, problems = lv.Experiment.nearest_from_url({"dataset": "diabetes"})
    assert registry.losses[experiment.loss].tasks >= {"regression"}
    assert "cross_entropy" in problems[0]


def test_unknown_names_raise_and_list_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"no optimizer 'adm'.*mean 'adam'.*sgd"):
        lv.Experiment(optimizer="adm")
    with pytest.raises(SettingError, match="wings"):
        lv.Experiment(params={"wings": 2})


@pytest.mark.parametrize("value", [0, -1, 1e9, math.nan, math.inf, "3", None, True, 2.5])
def test_values_out_of_range_raise(value: object):
    with pytest.raises(SettingError, match=r"steps is .*, but must be a whole number from 1"):
        lv.Experiment(steps=value)


def test_defaults_are_filled_in_so_that_equal_means_the_same():
    assert lv.Experiment() == lv.Experiment(params=lv.Experiment().params)
    assert lv.Experiment(optimizer="adam").params["beta2"] == 0.999


def test_a_schedule_in_a_link():
    experiment = lv.Experiment(schedule="cosine", schedule_params={"warmup": 20})
    assert experiment.to_url() == {"v": "1", "schedule": "cosine(warmup=20)"}
    assert lv.Experiment.from_url(experiment.to_url()) == experiment


def test_with_choice_forgets_the_options_of_the_old_choice():
    before = lv.Experiment(optimizer="sgd", params={"lr": 0.7, "momentum": 0.9})
    after, problems = with_choice(before, optimizer="adam")
    assert after.params == registry.optimizers["adam"].defaults()
    assert problems == ()

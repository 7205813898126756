"""The settings of the training page: to and from a URL, repaired where it is damaged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossviz as lv
from lossviz import registry
from lossviz.checkup import SECTIONS, VIEWS, Checkup, Scheme
from tests.settings.strategies import choices, experiments, values_of


@st.composite
def checkups(draw: st.DrawFn) -> Checkup:
    schemes = draw(st.lists(choices(registry.initialisers), min_size=1, max_size=8))
    views = {name: draw(values_of(param)) for name, param in VIEWS.items()}
    return Checkup(draw(experiments()), tuple(Scheme(*scheme) for scheme in schemes), **views)


@given(checkups())
@settings(max_examples=60, deadline=None)
def test_a_link_gives_back_the_checkup(checkup):
    url = checkup.to_url()
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in url.items())
    assert Checkup.from_url(url) == checkup
    assert hash(Checkup.from_url(url)) == hash(checkup)


@given(
    st.dictionaries(
        st.sampled_from(["v", "schemes", "dataset", "model", "l2", "nonsense", *VIEWS]),
        st.text(max_size=40),
        max_size=6,
    )
)
@settings(max_examples=120, deadline=None)
def test_any_link_opens_and_says_what_was_wrong(url):
    checkup, problems = Checkup.nearest_from_url(url)
    assert Checkup.from_url(checkup.to_url()) == checkup
    if not problems:
        assert Checkup.from_url(url) == checkup
    else:
        with pytest.raises(lv.SettingError):
            Checkup.from_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ({"show": "wieghts"}, "Using weights"),
        ({"schemes": "xavier_nomal(gain=2)"}, "Using 'xavier_normal'"),
        ({"schemes": ";;"}, "no initial weights were named"),
        ({"schemes": ";".join(["zero"] * 9)}, "the first 8 are used"),
        ({"patience": "0"}, "Using 1"),
        ({"l2": "-1"}, "Using"),
        ({"race": "adam"}, "unknown field 'race'"),
        ({"v": "7"}, "version '7'"),
    ],
)
def test_repairs_say_what_was_wrong(url, said):
    _, problems = Checkup.nearest_from_url(url)
    assert said in " ".join(problems)


def test_what_cannot_be_raises():
    with pytest.raises(lv.SettingError, match="1 to 8 can be compared"):
        Checkup(schemes=())
    with pytest.raises(lv.SettingError, match="patience is 0"):
        Checkup(patience=0)
    with pytest.raises(lv.UnknownNameError, match="initialiser"):
        Scheme("nothing")


def test_each_section_trains_what_it_compares():
    base = lv.Experiment(l2=0.1, l1=0.01, input_noise=0.2, optimizer="adamw",
                         model_params={"dropout": 0.3})  # fmt: skip
    start = Checkup(base, (Scheme("zero"), Scheme("constant", {"value": 0.5}), Scheme()))
    zero, constant, default = start.experiments()
    assert (zero.init, zero.bias_init) == ("zero", "zero")
    assert (constant.bias_init, constant.bias_init_params["value"]) == ("constant", 0.5)
    assert (default.init, default.bias_init) == ("default", "default")
    free, held = Checkup(base, show="hold").experiments()
    assert held == base
    assert (free.l1, free.l2, free.input_noise, free.params["weight_decay"]) == (0, 0, 0, 0)
    assert free.model_params["dropout"] == 0
    assert Checkup(base, show="fit").experiments() == (base,)
    assert Checkup(show="degree").experiments() == ()
    for section in SECTIONS:
        checkup = Checkup(base, show=section)
        assert len(checkup.names()) == len(checkup.experiments())


def test_a_model_with_and_without_dropout_has_the_same_weights():
    with_it = lv.build(lv.Experiment(model_params={"dropout": 0.5}))
    without = lv.build(lv.Experiment())
    assert with_it.space == without.space
    assert (with_it.theta0 == without.theta0).all()


def test_another_loss_brings_its_own_choices():
    checkup, problems = Checkup().with_base(dataset="sine")
    assert checkup.base.loss != "cross_entropy"
    assert problems

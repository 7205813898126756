from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz import registry
from lossviz.comparison import MOST_CONTENDERS, VIEWS, Comparison, Contender
from lossviz.registry import SettingError
from tests.settings.strategies import choices, experiments, values_of

coordinates = st.floats(-1e6, 1e6)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    contender = st.tuples(choices(registry.optimizers), choices(registry.schedules), st.booleans())
    contenders = draw(st.lists(contender, min_size=1, max_size=8))
    pinned = draw(st.none() | st.tuples(coordinates, coordinates).filter(lambda p: p[0] < p[1]))
    return Comparison(
        base=draw(experiments()),
        contenders=tuple(Contender(*how, visible, *when) for how, when, visible in contenders),
        start=draw(st.none() | st.tuples(coordinates, coordinates)),
        color_range=pinned,
        **{name: draw(values_of(param)) for name, param in VIEWS.items()},
    ).fitting()


@given(comparisons())
@settings(max_examples=100, deadline=None)
def test_url_gives_back_the_comparison(comparison: Comparison):
    assert Comparison.from_url(comparison.to_url()) == comparison


FIELDS = ["v", "race", "hidden", "start", "color_range", "plane", "grid", "chosen", "model", "x"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=60), max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_url_gives_a_valid_comparison_and_says_what_was_wrong(url: dict[str, str]):
    comparison, problems = Comparison.nearest_from_url(url)
    assert Comparison.from_url(comparison.to_url()) == comparison
    if problems:
        with pytest.raises(SettingError):
            Comparison.from_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ({"race": ";".join(["sgd"] * 20)}, "20 contenders"),
        ({"race": " ; "}, "no contender"),
        ({"race": "sgd(lr=oops)"}, "'oops' is not a number"),
        ({"race": "sgd@cosin"}, "no schedule 'cosin'. Using 'cosine'"),
        ({"race": "sgd@"}, "schedule: '' cannot be read"),
        ({"race": "sgd@@"}, "schedule: '@' cannot be read"),
        ({"race": "@cosine"}, "race: '' cannot be read"),
        ({"race": "sgd@cosine(warmup=-3)"}, "warmup: '-3' is not a whole number from 1 to 10000"),
        ({"race": "sgd@cosine(wings=2)"}, "wings"),
        ({"schedule": "cosine"}, "unknown field 'schedule'"),
        ({"hidden": "0,7,x"}, "'7' is no contender's number"),
        ({"hidden": "9" * 5000}, "is no contender's number"),
        ({"race": f"sgd({'<' * 5000}=1)"}, "sgd has no '<<<<"),
        ({"race": "sgd(momentun=0.9)"}, "Did you mean 'momentum'? Known: lr, momentum"),
        ({"start": "1"}, "not a pair"),
        ({"start": "nan,1"}, "not a pair"),
        ({"start": "1e400,1"}, "not a pair"),
        ({"color_range": "3,1"}, "below the second"),
        ({"chosen": "5"}, "only 2 contenders"),
        ({"plane": "exact"}, "no plane is exact"),
        ({"three_d": "maybe"}, "true or false"),
        ({"optimizer": "adam"}, "unknown field 'optimizer'"),
    ],
)
def test_repairs_name_what_was_wrong(url: dict[str, str], said: str):
    _, problems = Comparison.nearest_from_url(url)
    assert said in " ".join(problems)
    assert all(len(problem) < 700 for problem in problems)


def test_the_opening_url_is_empty_but_for_its_version():
    assert Comparison().to_url() == {"v": "1"}


def test_too_many_or_no_contenders_raise():
    with pytest.raises(SettingError, match="0 contenders"):
        Comparison(contenders=())
    with pytest.raises(SettingError, match=f"1 to {MOST_CONTENDERS}"):
        Comparison(contenders=(Contender(),) * (MOST_CONTENDERS + 1))


@pytest.mark.parametrize("name", ["start", "color_range"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e30])
def test_pairs_must_be_finite(name: str, number: float):
    with pytest.raises(SettingError, match="not a pair of numbers"):
        Comparison(**{name: (0.0, number)})


def test_another_base_forgets_the_start_and_follows_the_model():
    comparison = replace(Comparison(), start=(1.0, 2.0))
    changed, problems = comparison.with_base(model="two_parameter", loss="bce_with_logits")
    assert (changed.plane, changed.start, problems) == ("exact", None, ())
    back, _ = changed.with_base(model="mlp")
    assert back.plane == "pca"


def test_a_schedule_stands_behind_its_optimizer_in_a_link():
    contenders = (
        Contender("sgd", {"lr": 0.5}, schedule="cosine", schedule_params={"warmup": 20}),
        Contender("adam", schedule_params={"warmup": 5}),
        Contender("adam"),
    )
    comparison = Comparison(contenders=contenders)
    url = comparison.to_url()
    assert url["race"] == "sgd(lr=0.5)@cosine(warmup=20);adam@constant(warmup=5);adam"
    assert Comparison.from_url(url) == comparison
    assert [(e.schedule, e.schedule_params["warmup"]) for e in comparison.experiments()] == [
        ("cosine", 20), ("constant", 5), ("constant", 0),
    ]  # fmt: skip
    assert Comparison(base=comparison.experiments()[0]).base == Comparison().base


def test_experiments_share_all_but_the_optimizer():
    first, second = Comparison().experiments()
    assert replace(second, optimizer=first.optimizer, params=first.params) == first


def test_a_schedule_alone_is_in_the_link():
    opening = Comparison()
    scheduled = replace(opening.contenders[0], schedule="cosine")
    comparison = replace(opening, contenders=(scheduled, *opening.contenders[1:]))
    assert comparison.to_url()["race"] == "sgd(lr=0.5)@cosine;adam(lr=0.02)"
    assert Comparison.from_url(comparison.to_url()) == comparison
    assert "race" not in opening.to_url()

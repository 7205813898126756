from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.registry import SettingError, UnknownNameError
from lossviz.settings import Experiment
from lossviz.survey import MOST_CONTENDERS, PLANES, Survey, View
from lossviz.survey.subjects import SUBJECTS, subject_of
from lossviz.survey.values import MOST_PICTURES, MOST_VIEWS, VALUES
from lossviz.survey.words import network, title
from tests.settings.strategies import choices, experiments, values_of

heights = st.floats(-1e6, 1e6)


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    contender = st.tuples(choices(registry.optimizers), choices(registry.schedules))
    drawn = draw(st.lists(contender, min_size=1, max_size=MOST_CONTENDERS))
    other, other_params = draw(st.just(("", {})) | choices(registry.models))
    values = {name: draw(values_of(param)) for name, param in VALUES.items()}
    views = draw(st.lists(choices(PLANES), min_size=1, max_size=MOST_VIEWS))
    survey, _ = Survey().changed(
        base=draw(experiments()),
        contenders=tuple(
            Contender(*how, schedule=when, schedule_params=options)
            for how, (when, options) in drawn
        ),
        views=tuple(View(*view) for view in views),
        other=other,
        other_params=other_params,
        hidden=tuple(draw(st.sets(st.integers(0, 12)))),
        color_range=draw(
            st.none() | st.tuples(heights, heights).filter(lambda ends: ends[0] < ends[1])
        ),
        **values,
    )
    return survey


@given(surveys())
@settings(max_examples=40, deadline=None)
def test_url_gives_back_the_survey(survey: Survey):
    assert Survey.from_url(survey.to_url()) == survey
    assert hash(Survey.from_url(survey.to_url())) == hash(survey)


FIELDS = ["v", "race", "views", "other", "hidden", "color_range", "layer", "section", "ends",
          "chosen", "grid", "dataset", "model", "test_share", "x"]  # fmt: skip
PIECES = (
    *("pca", "random", "through(c=F)", "adam(of=B)", "cnn", "mlp(depth=4)", "9", "0,1", "2,1"),
    *("test_accuracy", "curve", "contenders", "sine", "0", ";;", "sgd", "(", "1e400"),
)


@given(
    st.dictionaries(
        st.sampled_from(FIELDS), st.text(max_size=60) | st.sampled_from(PIECES), max_size=6
    )
)
@settings(max_examples=100, deadline=None)
def test_any_url_gives_a_valid_survey_and_says_what_was_wrong(url: dict[str, str]):
    survey, problems = Survey.nearest_from_url(url)
    assert Survey.from_url(survey.to_url()) == survey
    if problems:
        assert all(problem.endswith((".", "?")) for problem in problems)
        with pytest.raises(SettingError):
            Survey.from_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ({"views": "pcs"}, "no plane 'pcs'. Using 'pca'"),
        ({"views": " ; "}, "no plane was named"),
        ({"views": ";".join(["pca"] * 9)}, "first 4 are drawn"),
        ({"views": ";".join(["pca"] * 4), "other": "mlp(depth=4)"}, "4 views of two networks"),
        ({"views": "random(seed=-3)"}, "seed"),
        ({"views": "random(of=E)"}, "goes through E, and the contenders are A, B"),
        ({"views": "through(b=C)"}, "It is left out"),
        ({"other": "cnn"}, "no images"),
        ({"other": "mlq"}, "no model 'mlq'"),
        ({"layer": "loss"}, "'loss' is not one of train_loss"),
        ({"layer": "test_accuracy", "dataset": "sine", "loss": "mse"}, "no accuracy"),
        ({"layer": "test_loss", "test_share": "0"}, "no test samples"),
        ({"section": "line", "ends": "contenders", "race": "sgd"}, "no way from A to B"),
        ({"race": ";".join(["sgd"] * 9)}, "9 contenders"),
        ({"hidden": "7"}, "no run 7"),
        ({"hidden": "a"}, "'a' is no run's number"),
        ({"hidden": "9" * 50}, "is no run's number"),
        ({"color_range": "2,1"}, "below the second"),
        ({"color_range": "nan,1"}, "not a pair"),
        ({"chosen": "4"}, "only 2 contenders"),
        ({"grid": "1000"}, "'1000' is not one of"),
        ({"slices": "1"}, "slices"),
        ({"optimizer": "adam"}, "unknown field 'optimizer'"),
        ({"v": "9"}, "version"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(url: dict[str, str], said: str):
    survey, problems = Survey.nearest_from_url(url)
    assert said in " ".join(problems)
    assert Survey.from_url(survey.to_url()) == survey


def test_the_opening_url_is_empty_but_for_its_version():
    assert Survey().to_url() == {"v": "1"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contenders": ()}, "0 contenders"),
        ({"contenders": (Contender(),) * 7}, "7 contenders"),
        ({"views": ()}, "0 views"),
        ({"views": (View(),) * 5}, "5 views"),
        ({"views": (View(),) * 4, "other": "linear"}, "4 views of two networks"),
        ({"views": (View("random", {"of": "C"}),)}, "goes through C"),
        ({"other": "transformer"}, "does not fit"),
        ({"color_range": (1.0, 1.0)}, "no range"),
        ({"color_range": (float("nan"), 1.0)}, "no range"),
        ({"layer": "test_loss", "base": Experiment(test_share=0.0)}, "no test samples"),
        ({"grid": "7"}, "grid"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes: dict, said: str):
    with pytest.raises(SettingError, match=said):
        Survey(**changes)


def test_unknown_planes_list_the_known_ones():
    with pytest.raises(UnknownNameError, match="Known: pca, random, hessian"):
        View("plan")


# --- who is trained ------------------------------------------------------------------------------


def test_entrants_are_the_contenders_of_both_networks_and_the_twin():
    survey = Survey(
        base=Experiment(seed=7), views=(View(),), other="mlp", other_params={"depth": 4},
        section="line",
    )  # fmt: skip
    entrants = survey.entrants()
    assert [e.name for e in entrants] == ["A", "B", "A₂", "B₂", "A′"]
    assert [e.second for e in entrants] == [False, False, True, True, False]
    assert [e.experiment.model_params["depth"] for e in entrants] == [2, 2, 4, 4, 2]
    assert [e.experiment.seed for e in entrants] == [7, 7, 7, 7, 8]
    assert [e.experiment.optimizer for e in entrants] == ["sgd", "adam", "sgd", "adam", "sgd"]
    # Between contenders there is no need of a twin.
    assert len(replace(survey, ends="contenders").entrants()) == 4


def test_the_twin_of_the_last_seed_has_the_first():
    survey = Survey(base=Experiment(seed=999_999), section="line")
    assert survey.entrants()[-1].experiment.seed == 0


def test_dropping_a_contender_drops_the_views_through_it_and_says_so():
    survey = Survey(views=(View("adam"), View("pca"), View("through")))
    changed, problems = survey.changed(contenders=survey.contenders[:1])
    assert [view.plane for view in changed.views] == ["pca"]
    assert len(problems) == 2
    assert all("left out" in problem for problem in problems)


def test_other_data_let_go_of_what_no_longer_fits():
    survey = Survey(base=Experiment(dataset="digits"), other="cnn", layer="test_accuracy")
    changed, problems = survey.with_base(dataset="sine")
    assert (changed.other, changed.layer) == ("", "train_loss")
    said = " ".join(problems)
    assert "no images" in said
    assert "accuracy" in said


def test_hidden_runs_that_are_gone_do_not_count():
    survey = Survey(section="line", hidden=(0, 2))
    assert survey.hidden == (0, 2)
    assert replace(survey, section="none").hidden == (0,)


# --- names ---------------------------------------------------------------------------------------


def test_networks_are_told_apart_by_what_differs():
    base = Experiment(dataset="digits", model="cnn", model_params={"depth": 4})
    survey = Survey(base=base, other="cnn", other_params={"depth": 4, "skip": False})
    assert network(survey, False) == "with shortcuts"
    assert network(survey, True) == "without shortcuts"
    assert network(Survey(base=base), False) == ""
    mixed = Survey(base=base, other="mlp")
    assert network(mixed, True) == registry.models["mlp"].title
    same = Survey(base=base, other="cnn", other_params=base.model_params)
    assert network(same, False) != network(same, True)


@pytest.mark.parametrize("plane", PLANES.names())
def test_every_plane_has_a_title_of_its_own(plane: str):
    survey = Survey()
    titles = {title(survey, View(name), False) for name in PLANES.names()}
    assert len(titles) == len(PLANES)
    both = Survey(other="mlp", other_params={"depth": 3})
    assert title(both, View(plane), False) != title(both, View(plane), True)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.name)
def test_a_subject_is_known_again_however_it_is_seen(subject):
    survey, problems = subject.applied(Survey(base=Experiment(seed=3), grid="25"))
    assert problems == ()
    assert (survey.base.seed, survey.grid) == (3, "25")
    assert subject_of(survey) is subject
    assert subject_of(replace(survey, base=replace(survey.base, steps=7))) is subject
    assert Survey.from_url(survey.to_url()) == survey
    other, _ = survey.with_base(init="zero", dataset_params={**survey.base.dataset_params})
    assert subject_of(other) is subject


def test_own_settings_are_no_subject():
    survey, _ = Survey().with_base(dataset="circles")
    assert subject_of(survey) is None


def test_pictures_find_room():
    assert MOST_PICTURES >= MOST_VIEWS
    most = MOST_PICTURES // 2
    assert len(Survey(other="linear", views=(View(),) * most).views) == most

"""Settings of the loss lab: what is valid comes back from a link, what is not is said."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz import registry
from lossviz.losslab import LossLab, Pick
from lossviz.losslab.entropy import shares
from lossviz.losslab.lab import LISTS, MOST_CLASSES, MOST_POINTS, VALUES, WINDOW
from lossviz.registry import SettingError
from tests.settings.strategies import options_of, values_of

X0, X1, Y0, Y1 = WINDOW
points = st.tuples(st.floats(X0, X1), st.floats(Y0, Y1))


def picks(name):
    fits, _ = LISTS[name]
    fitting = [entry for entry in registry.losses if fits(entry)]
    one = st.sampled_from(fitting).flatmap(
        lambda entry: options_of(entry).map(lambda given: Pick(entry.name, given))
    )
    return st.lists(one, min_size=1, max_size=3).map(tuple)


@st.composite
def labs(draw):
    values = {name: draw(values_of(param)) for name, param in VALUES.items()}
    lists = {name: draw(picks(name)) for name in LISTS}
    values["chosen"] = values["chosen"] % len(lists["fits"])
    count = draw(st.integers(2, MOST_CLASSES))
    numbers = st.lists(st.floats(0, 1), min_size=count, max_size=count).map(shares)
    placed = draw(st.lists(points, min_size=2, max_size=MOST_POINTS))
    return LossLab(**values, **lists, points=tuple(placed), p=draw(numbers), q=draw(numbers))


@settings(max_examples=60)
@given(lab=labs())
def test_a_link_gives_back_the_lab(lab):
    assert LossLab.from_url(lab.to_url()) == lab


def test_what_stands_at_its_default_is_not_in_the_link():
    assert LossLab().to_url() == {"v": "1"}


fields = st.sampled_from([*VALUES, *LISTS, "points", "p", "q", "v", "colour"])
texts = st.text(max_size=30) | st.sampled_from(
    ["mse;hinge", "0.5,0.5", "1,2,3", "nan,1", "inf", "-1,2", "1e999,1", "huber(delta=0)", "99"]
)


@settings(max_examples=150)
@given(url=st.dictionaries(fields, texts, max_size=6))
def test_any_link_opens_something_valid_and_says_what_was_wrong(url):
    lab, problems = LossLab.nearest_from_url(url)
    again, none = LossLab.nearest_from_url(lab.to_url())
    assert again == lab
    assert none == ()
    assert all(isinstance(sentence, str) and sentence for sentence in problems)
    # Without a word, the link meant exactly this.
    if not problems and url.get("v", "1") == "1":
        assert LossLab.from_url(url) == lab


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ({"fits": "hinge"}, "fits: the loss 'hinge' cannot be seen here; it is left out."),
        ({"fits": "gaussian_nll;mse"}, "'gaussian_nll' cannot be seen here"),
        ({"residual": ";".join(["mse"] * 9)}, "of 9 losses the first 8 are shown"),
        ({"residual": "mze"}, "there is no loss 'mze'. Using 'mse'"),
        ({"points": "0,1;x,2;1,3"}, "points: 'x,2' is not x,y. Ignored."),
        ({"points": "0,1;1,99"}, "'1,99' is outside of the picture. Moved inside."),
        ({"points": "0,1"}, "a line needs two of them"),
        ({"points": ";".join(["0,1"] * 41)}, "of 41 points the first 40 are used"),
        ({"p": "1,0"}, "p, q: these are not two lists of the same"),
        ({"p": "3,1", "q": "0.5,0.5"}, "p: these are not shares that sum to 1. They are scaled"),
        ({"p": "0.5,0.5", "q": "1"}, "p, q: these are not two lists"),
        ({"chosen": "5"}, "chosen: there are not so many lines. Using 0."),
        ({"section": "curvy"}, "Using curves"),
        ({"v": "7"}, "version"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"lr": "fast"}, "'fast' is not a number"),
    ],
)
def test_what_is_wrong_is_said(url, words):
    _, problems = LossLab.nearest_from_url(url)
    assert words in " ".join(problems)
    with pytest.raises(SettingError):
        LossLab.from_url(url)


def test_scaled_shares_are_the_nearest():
    lab, _ = LossLab.nearest_from_url({"p": "3,1", "q": "-1,2"})
    assert (lab.p, lab.q) == ((0.75, 0.25), (0.0, 1.0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fits": ()}, "there are 0 losses; 1 to 8"),
        ({"margin": (Pick("mse"),)}, "'mse' cannot be seen here"),
        ({"points": ((0.0, 1.0),)}, "There are 1 points; there can be 2 to 40"),
        ({"points": ((0.0, 1.0), (2.0, 1.0))}, "not in the picture: x from 0 to 1"),
        ({"points": ((0.0, 1.0), (float("nan"), 1.0))}, "not in the picture"),
        ({"p": (0.5, 0.6)}, "p is (0.5, 0.6), but must be shares that sum to 1"),
        ({"q": (1.5, -0.5)}, "must be shares"),
        ({"p": (1.0,), "q": (1.0,)}, "p has 1 classes and q 1"),
        ({"p": (0.5, 0.5), "q": (0.2, 0.3, 0.5)}, "p has 2 classes and q 3"),
        ({"share": 0.9}, "share is 0.9"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, words):
    with pytest.raises(SettingError) as caught:
        replace(LossLab(), **changes)
    assert words in str(caught.value)


def test_a_choice_beyond_the_lines_falls_back_to_the_first():
    assert replace(LossLab(chosen=2), fits=(Pick("mse"),)).chosen == 0


def test_a_pick_is_called_by_its_numbers():
    assert Pick("mse").title == "Mean squared error"
    assert Pick("huber", {"delta": 0.5}).title == "Huber, delta 0.5"
    assert Pick("hinge", {"squared": True}).title == "Hinge, margin 1, squared"
    assert Pick("focal").title == "Focal, gamma 2"
    assert Pick("cross_entropy", {"label_smoothing": 0.0}).title.startswith("Cross-entropy")


def test_every_loss_can_be_seen_somewhere():
    for entry in registry.losses:
        assert any(fits(entry) for fits, _ in LISTS.values()), entry.name
        assert entry.formula, entry.name
        assert entry.gradient, entry.name
        assert entry.when, entry.name

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.course import MOST_CONTENDERS, Course
from lossviz.course.fields import usable
from lossviz.course.values import ARROWS, MOST_STARTS, VALUES
from lossviz.registry import SettingError
from lossviz.run.state import problem_of
from tests.settings.strategies import choices, values_of

#: Functions without a box, on which every point is a start.
OPEN = [f.name for f in registry.functions if f.box(f.defaults()) is None]
points = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))


@st.composite
def courses(draw: st.DrawFn) -> Course:
    name, params = draw(choices(registry.functions).filter(lambda c: c[0] in OPEN))
    able = [o for o in registry.optimizers if not o.refuses([(2,)])]
    drawn = draw(
        st.lists(
            choices(registry.optimizers).filter(lambda c: c[0] in {o.name for o in able}),
            min_size=1, max_size=MOST_CONTENDERS,
        )
    )  # fmt: skip
    values = {name: draw(values_of(param)) for name, param in VALUES.items()}
    values["lowest"], values["highest"] = sorted((values["lowest"], values["highest"]))
    if values["lowest"] == values["highest"]:
        del values["lowest"], values["highest"]
    frames = st.tuples(points, points).map(lambda p: (p[0][0], p[1][0], p[0][1], p[1][1]))
    return Course(
        function=name,
        params=params,
        contenders=tuple(Contender(n, o, draw(st.booleans())) for n, o in drawn),
        start=draw(st.none() | points),
        more=tuple(draw(st.lists(points, max_size=4))),
        frame=draw(st.none() | frames.filter(usable)),
        arrows=tuple(draw(st.sets(st.sampled_from(ARROWS)))),
        **values,
    )


@given(courses())
@settings(max_examples=100, deadline=None)
def test_url_gives_back_the_course(course: Course):
    assert Course.from_url(course.to_url()) == course


FIELDS = ["v", "function", "race", "hidden", "start", "more", "frame", "arrows", "steps", "sigma",
          "fan", "lowest", "x"]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=60), max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_url_gives_a_valid_course_and_says_what_was_wrong(url: dict[str, str]):
    course, problems = Course.nearest_from_url(url)
    assert Course.from_url(course.to_url()) == course
    if problems:
        with pytest.raises(SettingError):
            Course.from_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ({"function": "rosenbrok"}, "no function 'rosenbrok'. Using 'rosenbrock'"),
        ({"function": "ravine(condition=-3)"}, "condition"),
        ({"race": ";".join(["sgd"] * 20)}, "20 contenders"),
        ({"race": "muon;adam"}, "Muon"),
        ({"start": "1"}, "not a pair"),
        ({"start": "inf,0"}, "not a pair"),
        ({"function": "online", "start": "5,0"}, "not allowed here"),
        ({"more": "1,2;x"}, "not a pair"),
        ({"more": ";".join(["1,1"] * 30)}, f"first {MOST_STARTS}"),
        ({"frame": "1,0,0,1"}, "x0 < x1"),
        ({"frame": "nan,1,0,1"}, "x0 < x1"),
        ({"arrows": "wind"}, "no 'wind'"),
        ({"lowest": "2", "highest": "-3"}, "not below"),
        ({"steps": "1000000"}, "20000"),
        ({"chosen": "9"}, "only 4 contenders"),
        ({"speed": "3"}, "unknown field"),
        ({"v": "7"}, "version"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(url: dict[str, str], said: str):
    course, problems = Course.nearest_from_url(url)
    assert said in " ".join(problems)
    assert Course.from_url(course.to_url()) == course


def test_a_formula_travels_in_the_link():
    text = "sin(x) * max(y, 2) + (x - 1)^2, or not"
    with pytest.raises(SettingError):
        Course(function="formula", params={"text": text})
    course = Course(function="formula", params={"text": "sin(x) * max(y, 2) + (x - 1)^2"})
    assert Course.from_url(course.to_url()) == course
    assert course.to_url()["function"].count(",") == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contenders": ()}, "0 contenders"),
        ({"contenders": (Contender(),) * 13}, "13 contenders"),
        ({"contenders": (Contender("muon"),)}, "Muon"),
        ({"more": ((0.0, 0.0),) * 17}, "17 further starts"),
        ({"start": (math.inf, 0.0)}, "not a point"),
        ({"start": (math.nan, 0.0)}, "not a point"),
        ({"frame": (0.0, 0.0, 0.0, 1.0)}, "x0 < x1"),
        ({"lowest": 0.5, "highest": 0.5}, "above its beginning"),
        ({"steps": 0}, "steps"),
    ],
)
def test_what_cannot_be_raced_is_refused(changes: dict, said: str):
    with pytest.raises(SettingError, match=said.replace("(", r"\(")):
        Course(**changes)


def test_a_sweep_tries_no_rate_that_an_optimizer_refuses():
    ends = np.logspace(VALUES["lowest"].low, VALUES["highest"].high, 5)
    for entry in registry.optimizers:
        if not entry.refuses([(2,)]):
            assert [entry.param("lr").check(float(rate)) for rate in ends] == list(ends)


def test_the_start_is_the_usual_one_a_drawn_one_or_a_placed_one():
    course = Course(function="himmelblau")
    assert course.begin() == course.entry.start(course.params)
    drawn = replace(course, start_seed=5)
    x0, x1, y0, y1 = course.domain
    x, y = drawn.begin()
    assert x0 <= x <= x1
    assert y0 <= y <= y1
    assert drawn.begin() == replace(course, start_seed=5).begin()
    assert drawn.begin() != replace(course, start_seed=6).begin()
    assert replace(drawn, start=(1.0, 2.0)).begin() == (1.0, 2.0)


@pytest.mark.parametrize("fan", ["ring", "grid"])
@pytest.mark.parametrize("function", registry.functions.names())
def test_a_fan_has_its_count_of_allowed_starts_within_the_picture(fan: str, function: str):
    course = Course(function=function, fan=fan, fan_count=23)
    starts = course.others()
    assert len(starts) == 23
    x0, x1, y0, y1 = course.window()
    assert all(x0 <= x <= x1 and y0 <= y <= y1 for x, y in starts)
    for start in starts[:3]:
        replace(course, start=start)  # each may be a start


def test_a_ring_is_round_in_the_picture():
    course = Course(function="booth", fan="ring", fan_count=8, fan_size=0.1, start=(0.0, 0.0))
    x0, x1, y0, y1 = course.domain
    radii = [math.hypot(x / (x1 - x0), y / (y1 - y0)) for x, y in course.others()]
    assert radii == pytest.approx([0.1] * 8)


def test_the_window_holds_every_start_and_follows_the_frame():
    course = Course(function="booth", start=(50.0, 0.0), more=((0.0, -70.0),))
    x0, x1, y0, y1 = course.window()
    assert x0 < 0
    assert x1 > 50
    assert y0 < -70
    assert y1 > 0
    assert replace(course, frame=(0.0, 1.0, 0.0, 1.0)).window() == (0.0, 1.0, 0.0, 1.0)


def test_another_function_starts_anew():
    course = Course(start=(1.0, 1.0), more=((2.0, 2.0),), frame=(0.0, 1.0, 0.0, 1.0))
    other = course.with_function("himmelblau")
    assert (other.start, other.more, other.frame) == (None, (), None)
    assert other.contenders == course.contenders


def test_the_ground_is_built_from_plain_data():
    course = Course(function="ravine", params={"condition": 9.0}, sigma=2.0, batch=4)
    problem = problem_of(course.ground)
    assert problem_of(course.ground) is problem
    point = torch.tensor([[3.0, 2.0]], dtype=torch.float64)
    assert problem.stacked_loss(point).item() == (9.0 + 9 * 4.0) / 2
    assert problem.noise is not None


def test_who_is_explained_stays_so_when_another_one_is_dropped():
    course = Course(contenders=tuple(Contender(n) for n in ("sgd", "adam", "rmsprop")), chosen=2)
    without_first = course.with_contenders(course.contenders[1:])
    assert without_first.contenders[without_first.chosen].optimizer == "rmsprop"
    assert course.with_contenders(course.contenders[:2]).chosen == 0

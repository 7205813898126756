"""From a course and its heat to the stage, the sentences and the table."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from lossviz import registry
from lossviz.comparison import Contender, letters
from lossviz.contrib.extra.preconditioned import MATRICES, TURNED
from lossviz.course import Course, Crowd, Heat, crowd_of, heat_of
from lossviz.course.fields import usable
from lossviz.course.heat import Fan, account_of, surface_of
from lossviz.curvature.why import Why
from lossviz.settings import Options
from lossviz.ui.race import curves, explained, quantities, report, scene
from lossviz.ui.stage.ledger import check_ledger
from lossviz.ui.stage.message import scene_message
from lossviz.ui.stage.pack import unpack

MOVERS = [entry for entry in registry.optimizers if not entry.refuses([(2,)])]


@pytest.fixture(scope="module")
def course() -> Course:
    return Course(
        function="himmelblau",
        contenders=(
            Contender("sgd", {"lr": 0.01}),
            Contender("adam", {"lr": 0.1}),
            Contender("sgd", {"lr": 1.0}),
        ),
        steps=60,
    )


@pytest.fixture(scope="module")
def heat(course: Course) -> Heat:
    return heat_of(course)


def tabs(course: Course, heat: Heat, crowd: Crowd | None = None) -> dict:
    names = tuple(letters(len(heat.traces)))
    return {tab.id: tab for tab in curves.curves(course, names, heat.traces, crowd or Crowd())}


# --- the whole -----------------------------------------------------------------------------------

COURSES = {
    "opening": Course(steps=40),
    "no minimum": Course(function="formula", steps=20),
    "box and noise": Course(function="online", sigma=1.0, seeds=3, steps=20),
    "fan": Course(function="himmelblau", fan="grid", fan_count=5, steps=20),
    "flat": Course(function="flat", steps=10, log=False),
    "diverged": Course(function="booth", contenders=(Contender("sgd", {"lr": 1.0}),), steps=50),
    "every kind of schedule": Course(
        contenders=tuple(Contender("sgd", schedule=s) for s in registry.schedules.names()), steps=9
    ),
    "hidden": Course(contenders=(Contender(visible=False), Contender("adam")), steps=9, chosen=1),
}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", COURSES)
def test_every_course_makes_a_message_for_the_stage(name: str, mode: str):
    course = COURSES[name]
    heat, crowd = heat_of(course), crowd_of(course)
    whole = scene.scene_of(
        course, heat, crowd, surface_of(course), account_of(course, course.chosen), mode
    )
    names = tuple(letters(len(course.contenders)))
    assert tuple(one.id for one in whole.contenders) == whole.choices == names
    assert [one.visible for one in whole.contenders] == [c.visible for c in course.contenders]
    assert [page.contender for page in whole.ledgers] == [names[course.chosen]] * 2
    assert [page.title for page in whole.ledgers] == ["Why", "One step"]
    assert len(whole.fans) == (len(names) if course.others() else 0)
    assert whole.exact
    assert not whole.live
    assert whole.theme["mode"] == mode
    assert scene_message(whole)


def test_paths_lie_on_the_surface(course: Course, heat: Heat):
    for log in (True, False):
        seen = replace(course, log=log)
        whole = scene.scene_of(seen, heat, Crowd(), surface_of(seen), None, "light")
        assert whole.ledgers == ()
        for path, trace in zip(whole.paths, heat.traces, strict=True):
            assert path.x.tolist() == trace.points[:, 0].tolist()
            assert path.y.tolist() == trace.points[:, 1].tolist()
            assert path.loss.tolist() == path.slice_loss.tolist() == trace.value.tolist()
            assert not path.residual.any()


def test_what_is_drawn_below_the_heads_is_aligned_with_the_paths(course: Course, heat: Heat):
    whole = scene.scene_of(course, heat, Crowd(), surface_of(course), None, "light")
    frames = {path.contender: len(path.steps) for path in whole.paths}
    # Momentum has an arrow only where an optimizer has any.
    kinds = {name: {a.kind for a in whole.arrows if a.contender == name} for name in "ABC"}
    assert kinds["A"] == {"gradient", "step"}
    assert kinds["B"] == {"gradient", "momentum", "step"}
    for arrow in whole.arrows:
        assert len(arrow.x) == len(arrow.y) == frames[arrow.contender]
    for rates in whole.rates:
        assert len(rates.x) == len(rates.y) == frames[rates.contender]


def test_the_revision_tells_courses_apart(course: Course):
    assert scene.revision(course) == scene.revision(replace(course))
    assert scene.revision(course) != scene.revision(replace(course, steps=61))
    assert scene.revision(course) != scene.revision(replace(course, log=not course.log))


def test_how_contenders_stand(course: Course, heat: Heat):
    a, b, c = scene.contenders(course, heat)
    assert (a.id, a.label, a.mark, a.diverged, a.last) == ("A", "A SGD", 0, False, 60)
    assert (b.label, b.status) == ("B Adam", "finished after 60 steps")
    assert c.diverged
    assert c.last == heat.statuses[2].step - 1
    assert c.status == f"diverged at step {heat.statuses[2].step}"


def test_a_contender_is_described_with_its_schedule():
    one = Contender("sgd", {"lr": 0.5, "momentum": 0.9})
    cosine = replace(one, schedule="cosine", schedule_params={"warmup": 20})
    warm = replace(one, schedule_params={"warmup": 7})
    step = replace(one, schedule="step")
    plain, with_cosine, with_warmup, with_step = (
        scene.describe(Course(contenders=(c,)), 0) for c in (one, cosine, warm, step)
    )
    assert "0.5" in plain
    assert "0.9" in plain
    for text, words in (
        (with_cosine, ("cosine", "20")), (with_warmup, ("7",)), (with_step, ("step",)),
    ):  # fmt: skip
        assert text.startswith(plain)
        assert text != plain
        assert all(word in text for word in words)


# --- the surface ---------------------------------------------------------------------------------


def test_heights_are_counted_from_the_minimum_where_a_logarithm_needs_it():
    course = Course(function="styblinski_tang", log=True)
    values = np.array([[-70.0, -60.0], [0.0, 10.0]])
    assert course.minimum < -70
    assert quantities.height(course, values) == pytest.approx(values - course.minimum)
    assert quantities.title_of(course) == "f minus its minimum"
    flat = replace(course, log=False)
    assert quantities.height(flat, values) is values
    assert quantities.title_of(flat) == "f"
    unknown = Course(function="formula", log=True)
    assert unknown.minimum is None
    assert quantities.height(unknown, values) is values


def test_the_surface_shows_its_starts_and_minimisers():
    course = Course(function="himmelblau", start=(1.0, 2.0), more=((0.0, 0.5),), three_d=True)
    shown = scene.landscape(course, surface_of(course))
    assert shown.starts.tolist() == [[1.0, 2.0], [0.0, 0.5]]
    assert shown.marks.shape == (4, 2)
    assert (shown.view, shown.draggable) == ("3d", True)
    assert shown.z.shape == (len(shown.y), len(shown.x))
    nowhere = Course(function="formula")
    assert scene.landscape(nowhere, surface_of(nowhere)).marks is None


def test_zoom_stays_until_the_function_or_the_frame_changes():
    course = Course(function="booth")

    def identity(one: Course) -> str:
        return scene.landscape(one, surface_of(one)).uirevision

    assert identity(course) == identity(replace(course, steps=7, log=False, start=(0.0, 1.0)))
    assert identity(course) != identity(replace(course, frame=(0.0, 1.0, 0.0, 1.0)))
    assert identity(course) != identity(course.with_function("matyas"))


def test_colours_reach_down_to_all_but_the_lowest_few_points():
    course = Course(function="booth", log=True)
    heights = np.geomspace(1e-6, 1e3, 3 * 2000).reshape(3, 2000)
    low, high = scene.color_range(course, heights)
    assert high == 1e3
    assert low == np.quantile(heights, scene.LOWEST)
    assert 1e-6 < low < 1.1e-6
    # What has no logarithm, or is no number, does not count.
    holed = np.concatenate([heights, [[0.0] * 1000 + [-5.0] * 500 + [np.nan, np.inf] * 250]])
    assert scene.color_range(course, holed) == (low, high)


@pytest.mark.parametrize("heights", [[[0.0, -1.0]], [[np.nan, np.inf]], [[2.0, 2.0]]])
def test_colours_are_the_stages_own_choice_where_there_is_no_range(heights: list):
    assert scene.color_range(Course(function="booth", log=True), np.array(heights)) is None
    spread = np.array([[1.0, 2.0]])
    assert scene.color_range(Course(function="booth", log=False), spread) is None


# --- the curves ----------------------------------------------------------------------------------


def test_there_is_a_tab_for_each_quantity_that_is_known(course: Course, heat: Heat):
    found = tabs(course, heat)
    assert list(found) == ["value", "slope", "distance", "moved", "rate"]
    assert found["value"].target == course.target
    assert all(tab.target is None for name, tab in found.items() if name != "value")
    for name, tab in found.items():
        for curve, trace in zip(tab.curves, heat.traces, strict=True):
            assert curve.steps.tolist() == trace.steps.tolist()
            np.testing.assert_array_equal(curve.values, getattr(trace, name))


def test_no_distance_without_a_minimum_and_no_rate_without_one():
    course = Course(function="formula", steps=5)
    assert "distance" not in tabs(course, heat_of(course))
    at_once = heat_of(Course(function="booth", steps=1))
    unknown = tuple(replace(t, rate=np.full(2, np.nan)) for t in at_once.traces)
    assert "rate" not in tabs(Course(function="booth"), replace(at_once, traces=unknown))


def test_values_on_curves_are_heights():
    course = Course(function="styblinski_tang", steps=5, log=True)
    heat = heat_of(course)
    for curve, trace in zip(tabs(course, heat)["value"].curves, heat.traces, strict=True):
        np.testing.assert_array_equal(curve.values, trace.value - course.minimum)


def test_bands_follow_the_curves_and_their_heights():
    course = Course(
        function="styblinski_tang", steps=6, sigma=1.0, seeds=5, log=True,
        contenders=(Contender("sgd", {"lr": 0.01}), Contender("adam")),
    )  # fmt: skip
    heat, crowd = heat_of(course), crowd_of(course)
    found = tabs(course, heat, crowd)
    for curve, (low, high) in zip(found["value"].curves, crowd.bands[1], strict=True):
        np.testing.assert_array_equal(curve.low, low - course.minimum)
        np.testing.assert_array_equal(curve.high, high - course.minimum)
    assert all(curve.low is None for curve in found["slope"].curves)


def test_bands_go_as_far_as_their_curves():
    """A contender that diverged has a shorter curve than its band."""
    course = Course(
        function="booth", steps=60, sigma=0.1, seeds=3, contenders=(Contender("sgd", {"lr": 1.0}),)
    )
    heat, crowd = heat_of(course), crowd_of(course)
    (curve,) = tabs(course, heat, crowd)["value"].curves
    count = len(curve.steps)
    assert heat.statuses[0].kind == "diverged"
    assert len(curve.low) == len(curve.high) == count < 61
    np.testing.assert_array_equal(curve.low, crowd.bands[1][0][0][:count])


# --- the ledgers ---------------------------------------------------------------------------------


def test_pages_beside_the_picture(course: Course):
    account = account_of(course, 1)
    why, step = explained.ledgers("B", account)
    for page in (why, step):
        check_ledger(page)
        assert page.contender == "B"
    assert why.steps.tolist() == account.steps.tolist()
    # No step follows the last point; nothing that is written down is unknown.
    assert step.steps.tolist() == account.steps[:-1].tolist()
    assert all(np.isfinite(column).all() for column in step.values.values())
    first, *facts = why.lines
    assert first.templates == account.why.sentences
    assert first.pick is account.why.pick
    assert [(f.label, f.templates, f.pick) for f in facts] == [
        (one.label, one.templates, one.pick) for one in account.why.facts
    ]
    assert [line.templates for line in step.lines] == [(w.filled,) for w in account.worked.lines]
    assert all(line.mathml.startswith("<math") for line in step.lines)


def test_an_optimizer_without_formulas_says_why():
    account = account_of(Course(function="booth", contenders=(Contender("soap"),), steps=5), 0)
    assert isinstance(account.why, Why)
    why, step = explained.ledgers("A", account)
    assert why.lines[-1].templates == (f"none is known for SOAP: {TURNED[0].lower()}{TURNED[1:]}",)
    assert step.title == "One step"
    *parts, reason = step.lines
    assert reason.templates == (MATRICES,)
    for part in parts:
        assert_is_math(part.mathml)
    seen = ["".join(ElementTree.fromstring(part.mathml).itertext()) for part in parts]
    assert ["Adam" in text for text in seen] == [False, False, False, False, True]
    check_ledger(step)
    untold = replace(account, unworked="")
    assert [page.title for page in explained.ledgers("A", untold)] == ["Why"]


@pytest.mark.parametrize("entry", MOVERS, ids=lambda entry: entry.name)
def test_every_line_of_every_optimizer_becomes_mathml(entry: registry.OptimizerEntry):
    """In every branch that its switches open."""
    given = [{}]
    for param in entry.params:
        if param.kind == "switch":
            given.append({param.name: not param.default})
        elif param.off is not None and param.default == param.off:
            given.append({param.name: param.check(min(param.high, max(param.low, 0.1)))})
    for params in given:
        try:
            course = Course(function="booth", contenders=(Contender(entry.name, params),), steps=3)
            account = account_of(course, 0)
        except registry.SettingError:
            continue  # what cannot be combined, such as Nesterov without momentum
        for page in explained.ledgers("A", account):
            check_ledger(page)
            for line in page.lines:
                if line.mathml:
                    assert_is_math(line.mathml)


@pytest.mark.parametrize(
    "entry",
    [*registry.functions, *registry.optimizers, *registry.schedules, *registry.losses],
    ids=lambda entry: entry.name,
)
def test_every_formula_of_a_catalogue_becomes_mathml(entry: registry.Entry):
    if entry.formula:
        assert_is_math(explained.mathml(entry.formula))


def assert_is_math(text: str) -> None:
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("math")
    shown = "".join(root.itertext())
    assert shown.strip()
    # A command that the converter does not know stays in the text as it was.
    assert "\\" not in shown, shown


# --- words and the table -------------------------------------------------------------------------


def test_nothing_is_said_where_nothing_is_special(course: Course, heat: Heat):
    assert report.sentences(course, heat) == []


def test_what_is_said_of_the_box_and_of_the_noise():
    course = Course(function="online", steps=5, sigma=2.0, batch=8)
    box, noise = report.sentences(course, heat_of(course))
    assert "x must stay from -1 to 1 and y from -10 to 10" in box
    assert "variance 0.5 in each" in noise


def test_values_without_a_logarithm_are_told_only_where_they_are():
    def said(text: str, log: bool) -> list[str]:
        course = Course(
            function="formula", params={"text": text}, start=(1.0, 1.0), steps=9, log=log
        )
        return report.sentences(course, heat_of(course))

    assert "switch the log scale off" in said("x + y - 3", True)[0]
    assert said("x + y - 3", False) == []
    assert said("x^2 + y^2 + 3", True) == []


def test_a_minimum_of_the_usual_window_is_not_that_of_all_there_is():
    """McCormick's function is lower by pi from valley to valley."""
    first, second = (-0.5472, -1.5472), (-0.5472 - np.pi, -1.5472 - np.pi)
    for start, lower in ((first, False), (second, True)):
        contenders = (Contender("sgd", {"lr": 0.05}),)
        course = Course(function="mccormick", start=start, contenders=contenders, steps=300)
        heat = heat_of(course)
        said = " ".join(report.sentences(course, heat))
        assert ("goes lower" in said) is lower
        assert ("no logarithm" in said) is lower
        (row,) = report.rows(course, heat)
        height = heat.traces[0].value[-1] - course.minimum
        assert height == pytest.approx(-np.pi if lower else 0.0, abs=1e-9)
        assert (row["steps to tolerance"] == "not reached") is lower


def test_where_further_starts_ended_is_counted(course: Course):
    steps, points = np.arange(2), np.zeros((5, 2, 2))
    lost = points.copy()
    lost[4, 1] = np.nan
    fans = (
        Fan(steps, points, np.array([0, 0, 3, -1, 0])),
        Fan(steps, lost, np.array([-1, -1, 2, 2, -1])),
    )
    minimisers = course.entry.minimisers(course.params)
    places = [f"at ({x:.3g}, {y:.3g})" for x, y in minimisers]
    assert len(set(places)) == 4
    first, second = report.basins(course, Crowd(fans))
    assert first == dict(zip([*places, "elsewhere", "diverged"], [3, 0, 0, 1, 1, 0], strict=True))
    assert second == dict(zip([*places, "elsewhere", "diverged"], [0, 0, 2, 0, 2, 1], strict=True))
    # A column of nothing but zeros is left out.
    (alone,) = report.basins(course, Crowd(fans[:1]))
    assert alone == {name: count for name, count in first.items() if name != "diverged"}
    assert report.basins(course, Crowd()) == []
    assert report.basins(Course(function="formula"), Crowd(fans)) == []


@pytest.mark.parametrize(
    ("function", "alone"),
    [("himmelblau", 4), ("booth", 1), ("product", 0), ("flat", 0), ("online", 1), ("formula", 0)],
)
def test_minima_on_a_curve_are_not_counted_as_points(function: str, alone: int):
    """w1 w2 = 1 is a whole curve of minima, and everything is one of a flat function."""
    params = registry.functions[function].defaults()
    assert len(quantities.isolated(function, Options(params))) == alone


def test_columns_that_say_nothing_are_left_out():
    def shown(function: str) -> tuple[str, ...]:
        course = Course(function=function, steps=3, contenders=(Contender("adam"),))
        return report.columns(course, report.rows(course, heat_of(course)))

    assert shown("styblinski_tang") == report.COLUMNS
    assert shown("booth") == ("f", "distance", "steps to tolerance")
    assert shown("formula") == ("f", "steps to tolerance")
    assert "distance" not in shown("product")


def test_a_chip_has_room_for_the_first_hyperparameters():
    long = "lr 0.1, momentum 0.9, dampening 0.25, weight decay 0.001, nesterov true"
    short = scene.brief(long)
    assert len(short) <= scene.BRIEF
    assert short.startswith("lr 0.1, momentum 0.9")
    assert short.endswith(" and 3 more")
    assert scene.brief("lr 0.1, momentum 0.9, nesterov") == "lr 0.1, momentum 0.9, nesterov"


def test_the_table(course: Course, heat: Heat):
    table = report.rows(course, heat)
    assert [row["contender"][:6] for row in table] == ["A SGD ", "B Adam", "C SGD "]
    for row, trace in zip(table, heat.traces, strict=True):
        assert set(row) == {"contender", "status", *report.COLUMNS}
        assert float(row["f"].replace("−", "-")) == pytest.approx(trace.value[-1], rel=1e-3)
        assert row["above the minimum"] == row["f"]
        assert float(row["distance"].replace("−", "-")) == pytest.approx(
            trace.distance[-1], rel=1e-3
        )
    assert table[2]["status"].startswith(f"At step {heat.statuses[2].step} the ")
    assert table[2]["steps to tolerance"] == "not reached"


def test_the_table_counts_from_the_minimum_and_has_dashes_for_what_is_unknown():
    course = Course(function="styblinski_tang", steps=3, contenders=(Contender("adam"),))
    heat = heat_of(course)
    (row,) = report.rows(course, heat)
    last = heat.traces[0].value[-1]
    assert float(row["above the minimum"].replace("−", "-")) == pytest.approx(
        last - course.minimum, rel=1e-3
    )
    unknown = Course(function="formula", steps=3, contenders=(Contender("adam"),))
    (row,) = report.rows(unknown, heat_of(unknown))
    assert (row["above the minimum"], row["distance"]) == ("–", "–")


def test_steps_to_tolerance_are_the_first_within():
    contenders = (Contender("sgd", {"lr": 2 / 101}),)
    course = Course(function="ravine", contenders=contenders, steps=500, target=1e-6)
    assert report.rows(course, heat_of(course))[0]["steps to tolerance"] == "461"


def test_leaving_the_picture_is_told():
    """With a rate above 2 x jumps from 1 to -1.9 and on; with 1.6 it comes back."""
    far = Course(
        function="formula", params={"text": "x^2 / 2 + y^2 / 2"}, start=(1.0, 0.0), steps=3,
        frame=(-1.5, 1.5, -1.0, 1.0), contenders=(Contender("sgd", {"lr": 2.9}),),
    )  # fmt: skip
    (row,) = report.rows(far, heat_of(far))
    assert row["status"] == "All 3 steps were taken. It leaves the picture at step 1."
    back = replace(far, contenders=(Contender("sgd", {"lr": 1.6}),), start=(1.0, 0.0),
                   frame=(-0.5, 1.5, -1.0, 1.0), steps=2)  # fmt: skip
    (row,) = report.rows(back, heat_of(back))
    assert row["status"].endswith("It leaves the picture at step 1, and comes back.")
    stays = replace(far, contenders=(Contender("sgd", {"lr": 0.1}),))
    assert report.rows(stays, heat_of(stays))[0]["status"] == "All 3 steps were taken."


# --- the rectangle around the paths --------------------------------------------------------------


def test_the_rectangle_holds_the_start_and_every_visible_path(course: Course, heat: Heat):
    x0, x1, y0, y1 = scene.extent(course, heat)
    for trace in heat.traces[:2]:
        assert (x0 <= trace.points[:, 0]).all() & (trace.points[:, 0] <= x1).all()
        assert (y0 <= trace.points[:, 1]).all() & (trace.points[:, 1] <= y1).all()
    # The third one diverged, which does not make the picture endless.
    assert x1 - x0 < 20
    hidden = replace(course.contenders[0], visible=False)
    shown = replace(course, contenders=(hidden, *course.contenders[1:]))
    x0, x1, _, _ = scene.extent(shown, heat)
    wide, high = np.ptp(heat.traces[1].points, axis=0)
    assert x1 - x0 == pytest.approx(1.16 * max(wide, 0.25 * high), rel=1e-2)


def test_a_path_along_an_axis_gets_a_picture_with_two_sides():
    course = Course(
        function="ravine", start=(1.0, 0.0), contenders=(Contender("sgd", {"lr": 0.01}),), steps=50
    )
    x0, x1, y0, y1 = scene.extent(course, heat_of(course))
    assert (y1 - y0) == pytest.approx(0.25 * (x1 - x0), rel=1e-2)


def test_a_small_path_far_from_the_origin_gets_a_rectangle():
    start = (1 + 2e-7, 1 + 3e-7)
    course = Course(start=start, contenders=(Contender("adam", {"lr": 1e-6}),), steps=20)
    heat = heat_of(course)
    box = scene.extent(course, heat)
    assert box is not None
    x, y = heat.traces[0].points.T
    assert box[0] < x.min() < x.max() < box[1] < 1 + 1e-5
    assert box[2] < y.min() < y.max() < box[3] < 1 + 1e-5


def test_what_one_can_zoom_into_is_sent_as_it_is():
    course = Course(start=(1 + 2e-9, 1.0), frame=(1 - 1e-8, 1 + 1e-8, 1 - 1e-8, 1 + 1e-8),
                    contenders=(Contender("adam", {"lr": 1e-6}),), steps=20, fan="ring",
                    fan_count=3, fan_size=0.1)  # fmt: skip
    heat, seen = heat_of(course), surface_of(course)
    whole = scene.scene_of(course, heat, crowd_of(course), seen, None, "light")
    _, blobs = unpack(scene_message(whole))
    assert (np.diff(blobs[".surface.x"]) > 0).all()
    assert blobs[".surface.starts"][0].tolist() == list(course.begin())
    np.testing.assert_array_equal(blobs[".paths.0.x"], heat.traces[0].points[:, 0])
    assert len(np.unique(blobs[".fans.0.y"][:, 0])) == 3
    wide = scene.scene_of(Course(fan="ring"), heat_of(Course()), crowd_of(Course(fan="ring")),
                          surface_of(Course()), None, "light")  # fmt: skip
    _, blobs = unpack(scene_message(wide))
    assert blobs[".fans.0.x"].dtype == blobs[".surface.z"].dtype == np.float32


def test_who_stands_still_gets_no_rectangle():
    course = Course(function="ravine", start=(0.0, 0.0), steps=3)
    assert scene.extent(course, heat_of(course)) is None


def test_where_all_diverged_the_rectangle_is_around_them():
    course = Course(function="booth", contenders=(Contender("sgd", {"lr": 1.0}),), steps=50)
    heat = heat_of(course)
    assert heat.statuses[0].kind == "diverged"
    box = scene.extent(course, heat)
    assert usable(box)
    x0, x1, y0, y1 = box
    x, y = heat.traces[0].points.T
    assert (x0, y0) < (x.min(), y.min())
    assert (x1, y1) > (x.max(), y.max())
    assert x1 - x0 > 1e3

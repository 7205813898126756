"""Scripts of races on functions come to the numbers of the course's runs."""

import math
import subprocess
import sys

import numpy as np
import pytest

import lossviz as lv
from lossviz import registry
from lossviz.comparison import Contender
from lossviz.course.heat import at_best, race_of, sweep_of
from lossviz.course.presets import PRESETS
from lossviz.export import missing_in, script_of
from lossviz.run import race_many
from lossviz.run.state import problem_of
from lossviz.settings import Options
from tests.export.scripts import at_random, check_course, executed, raced, same

FUNCTIONS = [pytest.param(e, id=e.name) for e in registry.functions]
MOVING = [
    pytest.param(e, id=e.name)
    for e in registry.optimizers
    if e.code is not None and not e.refuses([(2,)])
]


@pytest.mark.parametrize("entry", FUNCTIONS)
def test_every_function(entry):
    for params in ({}, at_random(entry.params, seed=8)):
        check_course(lv.Course(function=entry.name, params=params, steps=20))


@pytest.mark.parametrize("entry", FUNCTIONS)
def test_every_function_with_noise(entry):
    check_course(lv.Course(function=entry.name, sigma=0.5, batch=4, seed=3, steps=20))


@pytest.mark.parametrize("entry", MOVING)
def test_every_optimizer(entry):
    # A second one with a schedule, so that both sit in one loop.
    contenders = (Contender(entry.name), Contender("sgd", {"lr": 1e-3}, schedule="cosine"))
    check_course(lv.Course(contenders=contenders, steps=30))


@pytest.mark.parametrize("entry", MOVING)
def test_every_optimizer_with_noise(entry):
    check_course(lv.Course("himmelblau", contenders=(Contender(entry.name),), steps=15, sigma=1.0))


@pytest.mark.parametrize("entry", list(registry.schedules), ids=lambda e: e.name)
def test_every_schedule(entry):
    options = {**at_random(entry.params, seed=9), "warmup": 4}
    contenders = tuple(
        Contender(name, schedule=entry.name, schedule_params=options) for name in ("adam", "nadam")
    )
    check_course(lv.Course("booth", contenders=contenders, steps=25))


@pytest.mark.parametrize("one", PRESETS, ids=lambda p: p.name)
def test_races_worth_seeing(one):
    course = one.settings
    # At the edge of stability, and after the long way of the game, rounding has grown.
    check_course(
        lv.Course.from_url({**course.to_url(), "steps": str(min(course.steps, 300))}), 1e-9
    )


def test_a_divergence_ends_one_step_before():
    course = lv.Course(contenders=(Contender("sgd", {"lr": 1.0}),), steps=50)
    names = check_course(course)
    ((*_, ended),) = names["results"].values()
    assert ended == "diverged at step 2"


def test_a_matrix_that_overflows_is_a_divergence():
    steep = lv.Course("formula", {"text": "1e100*1e100*(x^2 + y^2)"}, steps=5,
                      contenders=(Contender("shampoo"), Contender("soap")))  # fmt: skip
    names = check_course(steep)
    assert all(row[-1].startswith("diverged") for row in names["results"].values())


def test_the_script_of_an_average_says_where_it_is_measured():
    script = script_of(lv.Course(contenders=(Contender("schedule_free_sgd"),)))
    assert (
        "    # Measured at y, where gradients are taken. For use, call optimizer.eval()" in script
    )


def test_further_starts_have_rows_of_their_own():
    course = lv.Course("himmelblau", more=((1.0, 2.0), (-3.0, 0.5)), fan="ring", fan_count=3,
                       sigma=0.3, steps=20)  # fmt: skip
    names = check_course(course)
    starts = names["STARTS"]
    assert starts == [course.begin(), *course.others()]
    import torch

    many = race_many(
        problem_of(course.ground), course.methods(), torch.tensor(starts, dtype=torch.float64),
        course.steps, [course.seed] * len(starts),
    )  # fmt: skip
    got = np.array([row[1:3] for row in names["results"].values()]).reshape(4, len(starts), 2)
    np.testing.assert_allclose(got, many.weights[:, -1].numpy(), rtol=1e-12)


@pytest.mark.parametrize("noise", [{}, {"sigma": 0.5, "seeds": 3, "seed": 5}], ids=["no", "noise"])
def test_fair_mode_finds_the_same_rates(noise):
    course = lv.Course("booth", fair=True, rates=7, lowest=-3.0, highest=0.0, steps=30, **noise,
                       contenders=(Contender("sgd"), Contender("adam")))  # fmt: skip
    best = at_best(course, sweep_of(course))
    rows = list(executed(script_of(course))["results"].values())
    assert [row[0] for row in rows] == [c.params["lr"] for c in best.contenders]
    same([row[1:] for row in rows], raced(best), 1e-12)


def test_a_script_runs_by_itself_and_without_the_library(tmp_path):
    course = lv.Course("formula", Options(text="x^2/3 + sqrt(|y|)"), sigma=0.1, steps=40)
    file = tmp_path / "script.py"
    file.write_text(script_of(course), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(file)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    last = done.stdout.splitlines()[-1].split()
    run = race_of(course)[-1]
    assert [float(word) for word in last[2:5]] == pytest.approx(
        [float(run.loss[-1]), *run.weights[-1].tolist()], rel=1e-12
    )


# --- what has no code --------------------------------------------------------------------------


def test_a_function_without_code(monkeypatch):
    entry = registry.FunctionEntry(
        name="bare_function", title="Bare", about="No code.", make=lambda: lambda x, y: x**2 + y**2,
        domain=lambda params: (-1.0, 1.0, -1.0, 1.0), start=lambda params: (1.0, 1.0),
        deviation=lambda params: lambda step: (math.sin(step), 0.0),
    )  # fmt: skip
    monkeypatch.setitem(registry.functions._entries, entry.name, entry)
    course = lv.Course("bare_function")
    assert missing_in(course) == (
        "the function 'Bare'", "the changing gradient of the function 'Bare'",
    )  # fmt: skip
    with pytest.raises(NotImplementedError, match="function 'bare_function'"):
        executed(script_of(course))

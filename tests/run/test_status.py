"""What is said of a run that ends early: too large a step, or a function without a lowest value."""

import math

import pytest

from lossviz.problem import function_problem
from lossviz.run import Method, race_on
from lossviz.run.status import Status


def test_steps_that_grow_are_called_too_large():
    (run,) = race_on(function_problem("ravine"), [Method("sgd", {"lr": 1.0})], 100)
    assert run.status.kind == "diverged"
    assert run.status.loss > 1e16
    assert "the steps had become too large" in run.status.sentence


def test_a_function_that_falls_for_ever_has_no_minimum_to_reach():
    problem = function_problem("hyperbolic", start=(0.1, 0.1))
    (run,) = race_on(problem, [Method("sgd", {"lr": 0.1})], 1000)
    assert run.status.kind == "diverged"
    assert run.status.loss < -1e16
    assert run.status.sentence == (
        f"At step {run.status.step} the loss had fallen to {run.status.loss:.1e}: it has no lowest "
        "value on this way, so there is no minimum to reach. The path is shown up to step "
        f"{run.status.step - 1}."
    )


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (math.nan, "stopped being finite numbers"),
        (math.inf, "became infinite"),
        (-math.inf, "had fallen to minus infinity: it has no lowest value"),
        (3e20, "exploded to 3.0e+20"),
        (-3e20, "had fallen to -3.0e+20: it has no lowest value"),
    ],
)
def test_each_end_has_its_words(loss: float, words: str):
    sentence = Status("diverged", 7, loss).sentence
    assert sentence.startswith("At step 7 ")
    assert words in sentence
    assert sentence.endswith("The path is shown up to step 6.")


def test_a_start_that_is_no_number_is_said():
    assert "at the starting weights already" in Status("diverged", 0, -math.inf).sentence


@pytest.mark.parametrize("loss", [math.nan, math.inf, 3e20])
def test_a_fall_without_end_is_no_fault_of_the_step_wherever_its_last_step_led(loss: float):
    sentence = Status("diverged", 7, loss, before=-2e7).sentence
    assert sentence.startswith("At step 6 the loss had fallen to -2.0e+07: it has no lowest value")
    # A loss that is just negative says nothing of what is below it.
    assert "too large" in Status("diverged", 7, loss, before=-2.0).sentence


def test_who_falls_down_the_monkey_saddle_and_is_thrown_up_at_last_has_fallen():
    problem = function_problem("monkey_saddle", start=(-1.0, 0.25))
    (run,) = race_on(problem, [Method("sgd", {"lr": 0.3})], 100)
    assert run.status.kind == "diverged"
    assert run.status.loss > 1e16
    assert run.status.before == run.loss[-1] < -1e4
    assert "it has no lowest value on this way" in run.status.sentence

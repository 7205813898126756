"""What a run does is told rightly: each verdict on a problem where it is known to be true."""

import re

import numpy as np
import pytest
import torch

from lossviz import SettingError
from lossviz.curvature import explain, hessians
from lossviz.curvature.sentences import SENTENCES
from lossviz.problem import function_problem, point_problem
from lossviz.registry import optimizers
from lossviz.run import Method, race_on
from lossviz.run.worked import PLACEHOLDER


def told(f, start, name="sgd", steps=100, schedule="constant", turned=None, seed=0, **params):
    """The explanation of a run, with options of the problem in ``problem_*``."""
    options = {k[8:]: params.pop(k) for k in list(params) if k.startswith("problem_")}
    problem = point_problem(f, start, **options)
    method = Method(name, params, schedule, turned or {})
    run = race_on(problem, [method], steps, watch=True, seed=seed)[0]
    return explain(problem, run), run


def verdicts(why) -> list[str]:
    return [list(SENTENCES)[k] for k in why.pick]


def fact(why, label: str, frame: int = 0) -> str:
    (found,) = [one for one in why.facts if one.label == label]
    return found.text(why.values, frame)


def bowl(x, y):
    return 5 * x**2 + y**2 / 2


def ravine(x, y):
    return (x**2 + 100 * y**2) / 2


def saddle(x, y):
    return x**2 / 2 + y**4 / 4 - y**2 / 2


def product(x, y):
    return (x * y - 1) ** 2 / 2


def test_just_below_the_limit_it_oscillates_and_shrinks():
    why, _ = told(bowl, (1.0, 0.0), lr=0.199)
    assert set(verdicts(why)[1:]) == {"oscillates"}
    assert "0.995 of the limit 0.2" in why.text(50)
    np.testing.assert_allclose(why.values["own_limit"], 0.2)


def test_at_the_limit_it_neither_shrinks_nor_grows():
    why, run = told(bowl, (1.0, 0.0), lr=0.2)
    assert set(verdicts(why)[1:]) == {"edge"}
    assert run.weights[100, 0].abs() == 1


def test_just_above_the_limit_it_grows():
    why, run = told(bowl, (1.0, 0.0), lr=0.201)
    assert run.status.kind == "finished"
    assert set(verdicts(why)[1:]) == {"over"}
    assert "over the limit 0.2 at curvature 10" in why.text(50)


def test_a_divergence_is_told_with_its_steps_and_the_limit():
    why, run = told(bowl, (1.0, 0.0), lr=0.3, steps=300)
    assert run.status.kind == "diverged"
    assert set(verdicts(why)) == {"diverged"}
    assert f"steps 0 to {run.status.step - 1}." in why.text(5)
    assert "1.5 times the limit 0.2 at curvature 10" in why.text(5)


def test_a_divergence_without_a_known_limit_says_so():
    why, run = told(lambda x, y: (x**2 + y**2).exp(), (3.0, 3.0), "rprop", lr=10.0)
    assert run.status.kind == "diverged"
    assert "No stability limit is known" in why.text(len(why.pick) - 1)
    assert fact(why, "Stability limit").startswith("none is known for Rprop: its steps grow")


def test_a_start_without_a_finite_value_is_no_divergence_by_steps():
    why, run = told(lambda x, y: x.log() + y**2, (-1.0, 1.0), lr=0.1)
    assert run.status.kind == "diverged"
    assert verdicts(why) == ["undefined"]
    assert "not a finite number at this start" in why.text(0)


def test_a_surface_without_a_bottom():
    why, run = told(lambda x, y: -(x**2) - y**2, (1.0, 0.5), lr=0.5, steps=1000)
    assert run.status.kind == "diverged"
    assert set(verdicts(why)[:-1]) == {"falls"}
    assert verdicts(why)[-1] == "fell"
    assert np.isinf(why.values["own_limit"]).all()
    for frame in (0, len(why.pick) - 1):
        assert fact(why, "Stability limit", frame).startswith("none here: no direction curves up")
        assert "no minimum in this direction" in why.text(frame)
        assert "learning rate" not in why.text(frame)


@pytest.mark.parametrize(
    ("f", "start"),
    [
        (lambda x, y: x**2 / 2 - y**2 / 2, (1.0, 1e-3)),  # a saddle
        (lambda x, y: x**3 - 3 * x * y**2, (0.5, 0.3)),  # the monkey's
        (lambda x, y: y**2 / 2 - x.exp(), (-3.0, 1.0)),  # the edge of a plateau
        (lambda x, y: -x * y, (1.0, 0.5)),
    ],
)
@pytest.mark.parametrize("params", [{}, {"momentum": 0.9}])
def test_where_the_function_falls_for_ever_the_learning_rate_is_not_blamed(f, start, params):
    why, run = told(f, start, lr=0.1, steps=2000, **params)
    assert run.status.kind == "diverged"
    assert run.status.loss < 0
    said = verdicts(why)
    assert said[-1] == "fell"
    assert said[-3] == "falls"
    assert not {"diverged", "blown_below", "over", "over_soon"} & set(said)


def test_a_fall_that_ends_in_no_number_is_one():
    why, run = told(lambda x, y: (x**60 - x**61) / 10 + 0 * y, (1.2, 0.0), lr=1e-5)
    assert np.isnan(run.status.loss)  # infinity less infinity
    assert verdicts(why)[-2:] == ["falls", "fell"]


def test_an_overshoot_that_ends_below_keeps_its_limit_until_it_falls():
    """The walls throw it out over their edge, where there is no bottom."""
    why, run = told(lambda x, y: 50 * x**2 - y**2 / 2 - y**4, (1.0, 0.1), lr=0.05, momentum=0.9)
    assert run.status.loss < 0
    assert verdicts(why)[-2:] == ["over", "fell"]


def test_a_plane_has_no_minimum_and_no_limit():
    why, _ = told(lambda x, y: x + 2 * y, (1.0, 1.0), lr=3.0, steps=30)
    assert set(verdicts(why)) == {"plane"}
    assert "the slope is 2.236" in why.text(0)
    assert fact(why, "Stability limit", 7).startswith("none here")


def test_the_limit_is_told_where_something_curves_upwards_and_only_there():
    why, run = told(lambda x, y: x**3 + 0 * y, (0.5, 0.0), lr=1.0, steps=5)
    texts = [fact(why, "Stability limit", frame) for frame in range(len(why.pick))]
    x = run.weights[:, 0]
    assert (x > 0).any()
    assert (x < 0).any()
    for text, up in zip(texts, (x > 0).tolist(), strict=True):
        assert text.startswith("none here") != up


def test_some_frames_of_an_explanation():
    why, _ = told(lambda x, y: x**3 + 0 * y, (0.5, 0.0), lr=0.5, steps=20)
    frames = np.array([0, 3, 20])
    some = why.at(frames)
    assert [some.text(k) for k in range(3)] == [why.text(k) for k in frames]
    assert [fact(some, "Stability limit", k) for k in range(3)] == [
        fact(why, "Stability limit", k) for k in frames
    ]


@pytest.mark.parametrize(("lr", "grows"), [(0.379, False), (0.381, True)])
def test_the_limit_of_heavy_ball(lr: float, grows: bool):
    why, run = told(bowl, (1.0, 0.0), lr=lr, momentum=0.9, steps=1000)
    np.testing.assert_allclose(why.values["own_limit"], 0.38)
    assert (run.status.kind == "diverged") is grows
    assert ("diverged" in verdicts(why)) is grows
    assert ("swings" in verdicts(why)) is not grows


def test_the_ravine_with_a_small_rate_is_slow_along_its_floor():
    why, _ = told(ravine, (10.0, 1.0), lr=0.005, steps=200)
    assert set(verdicts(why)[5:]) == {"slow"}
    np.testing.assert_allclose(why.values["condition"], 100)
    # A step of gradient descent removes rate * curvature of what is left.
    np.testing.assert_allclose(why.values["share"][5:], 0.5, rtol=1e-6)


def test_the_fast_rate_in_the_ravine_oscillates():
    why, _ = told(ravine, (10.0, 1.0), lr=2 / 101, steps=461)
    assert set(verdicts(why)[1:400]) == {"oscillates"}
    assert verdicts(why)[-1] == "minimum"


def test_momentum_overshoots_uphill_until_it_turns():
    why, run = told(lambda x, y: x**2 / 2 + y**2 / 2, (1.0, 0.0), lr=0.1, momentum=0.9)
    x = run.weights[:, 0].numpy()
    first, turn = int((x < 0).argmax()), int(x.argmin())
    assert turn == 9
    assert set(verdicts(why)[first:turn]) == {"uphill"}
    assert verdicts(why)[turn] == "steady"


def test_a_saddle_is_neared_and_left():
    why, run = told(saddle, (1.0, 1e-6), lr=0.1, steps=300)
    said = verdicts(why)
    assert said[1] == "near_saddle"
    assert said[120] == "negative"
    assert int((run.weights[:, 1].abs() > 0.5).int().argmax()) == 139
    assert said[-1] == "minimum"


def test_exactly_on_its_ridge_it_gets_stuck_at_the_saddle():
    why, run = told(saddle, (1.0, 0.0), lr=0.1, steps=300)
    said = verdicts(why)
    assert (run.weights[:, 1] == 0).all()
    assert said[1] == "heading"
    assert said[-1] == "stuck_saddle"
    assert why.text(300).startswith("Stuck at a saddle")


@pytest.mark.parametrize(
    ("f", "start", "verdict"),
    [
        (saddle, (0.0, 0.0), "at_saddle"),
        (bowl, (0.0, 0.0), "at_minimum"),
        (lambda x, y: -(x**2) - y**2, (0.0, 0.0), "at_maximum"),
        (lambda x, y: x.clamp(min=0) ** 2 + 0 * y, (-1.0, 0.0), "at_plateau"),
        (lambda x, y: x**2 + 0 * y, (0.0, 3.0), "at_stationary"),
    ],
)
@pytest.mark.parametrize("name", ["sgd", "adam", "lbfgs"])
def test_where_the_gradient_is_exactly_zero(f, start, verdict: str, name: str):
    why, run = told(f, start, name, steps=5)
    assert (run.weights == run.weights[0]).all()
    assert set(verdicts(why)) == {verdict}


def test_without_warm_up_it_diverges_from_the_start():
    why, run = told(product, (5.0, 0.0), lr=0.2, steps=300)
    assert run.status.step == 6
    assert verdicts(why) == ["diverged"] * 6
    assert "2.504 times the limit 0.07987 at curvature 25.04" in why.text(0)


def test_a_long_warm_up_ends_at_a_minimum_that_is_too_sharp():
    why, run = told(product, (5.0, 0.0), lr=0.2, steps=300, turned={"warmup": 200})
    assert run.weights[-1].tolist() == pytest.approx([5.004, 0.2], abs=1e-3)
    assert verdicts(why)[-1] == "sharp_minimum"
    assert "curvature 25.08 is above 10" in why.text(300)


def test_a_short_warm_up_diverges_from_where_the_rate_passes_the_limit():
    why, run = told(product, (5.0, 0.0), lr=0.2, steps=300, turned={"warmup": 50})
    assert run.status.kind == "diverged"
    start = verdicts(why).index("diverged")
    # The rate of step t is (t + 1) / 50 * 0.2, the limit at the minimum 2 / 25.07.
    assert start == 19
    assert "for steps 19 to" in why.text(len(why.pick) - 1)


def test_a_catapult_finds_a_flatter_minimum():
    why, _ = told(product, (5.0, 0.0), lr=0.15, steps=300)
    assert "over" in verdicts(why)[:6]
    assert verdicts(why)[-1] == "valley"
    assert why.values["highest"][-1] == pytest.approx(3.67, abs=0.01)


def test_noise_is_told_from_steps_that_mean_something():
    why, _ = told(bowl, (100.0, 0.0), lr=0.05, problem_noise=1.0, steps=200)
    assert "noise" not in verdicts(why)[:5]
    assert verdicts(why)[-100:].count("noise") > 30
    assert why.values["noise"][0] == pytest.approx(2**0.5, rel=0.1)
    still, _ = told(bowl, (100.0, 0.0), lr=0.05, steps=200)
    assert (still.values["noise"] == 0).all()


def test_an_edge_of_the_box_holds_it():
    why, _ = told(lambda x, y: x + y**2, (0.0, 0.5), lr=0.1, steps=60,
                  problem_box=(-1.0, 1.0, -1.0, 1.0))  # fmt: skip
    assert verdicts(why)[-1] == "held"
    assert "held" not in verdicts(why)[:9]


def test_an_adaptive_method_is_held_to_its_scaled_limit():
    why, run = told(ravine, (10.0, 1.0), "rmsprop", lr=0.1, steps=300)
    v = run.memory["square_avg"][1:].sqrt().numpy() + 1e-8
    scaled = np.array([1.0, 100.0]) / v
    np.testing.assert_allclose(why.values["own_limit"][:-1], 2 / scaled.max(1), rtol=1e-9)
    assert any(one.label == "Scaled curvature" for one in why.facts)


def test_weight_decay_adds_to_the_curvature():
    why, _ = told(bowl, (1.0, 0.0), lr=0.01, weight_decay=2.0, steps=5)
    np.testing.assert_allclose(why.values["own_limit"], 2 / 12)
    assert fact(why, "Weight decay") == "adds 2 to every curvature"


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_weight_decay_by_itself_is_no_descent(name: str):
    why, run = told(lambda x, y: 0 * (x + y), (1.0, 0.0), name, lr=0.01, weight_decay=0.1, steps=50)
    assert (run.loss == 0).all()
    assert 0 < run.weights[-1, 0] < 1
    assert set(verdicts(why)) == {"decay"}
    assert why.text(3).startswith("Weight decay moves it, not the slope, which is 0:")


def test_weight_decay_pulls_uphill_until_the_slope_holds_it():
    # 10 (x - 1) + 4 x = 0 at x = 5/7, though f is least at 1.
    why, run = told(lambda x, y: 5 * (x - 1) ** 2 + y**2 / 2, (0.95, 0.0), lr=0.02,
                    weight_decay=4.0, steps=200)  # fmt: skip
    assert (np.diff(run.loss[:20]) > 0).all()
    assert set(verdicts(why)[:15]) == {"decay"}
    assert run.weights[-1].tolist() == pytest.approx([5 / 7, 0])
    assert set(verdicts(why)[-50:]) == {"balance"}
    assert "the slope 2.857 and the weight decay cancel" in why.text(200)
    below, _ = told(lambda x, y: 5 * (x - 1) ** 2 + y**2 / 2, (0.5, 0.0), lr=0.02,
                    weight_decay=4.0, steps=5)  # fmt: skip
    assert not {"decay", "balance"} & set(verdicts(below))


def test_a_weight_decay_that_is_too_strong_is_blamed_itself():
    # The weights are multiplied by 1 - 1 * 10 in each step.
    why, run = told(bowl, (1.0, 1.0), "adamw", lr=1.0, weight_decay=10.0, steps=50)
    assert run.status.kind == "diverged"
    assert set(verdicts(why)) == {"too_much_decay"}
    assert fact(why, "Stability limit", 5).startswith("0: with a weight decay of 10")


def test_a_hilltop_is_no_saddle():
    why, _ = told(lambda x, y: (-(x**2) - y**2 / 4).exp(), (0.1, 0.1), lr=0.1, steps=9)
    assert (why.values["highest"] < 0).all()
    assert set(verdicts(why)[1:]) == {"dome"}
    assert "every direction curves downwards" in why.text(5)


def test_a_step_that_is_none_is_no_descent():
    # After a change of sign Rprop stays where it is for one step.
    why, run = told(bowl, (1.0, 0.0), "rprop", lr=0.4, steps=6)
    still = (run.weights[1:] == run.weights[:-1]).all(1)
    assert still.tolist()[:4] == [False, False, False, True]
    assert verdicts(why)[3] == "skips"
    assert verdicts(why)[0] == "steady"


def test_momentum_over_a_plain_without_any_slope():
    why, run = told(lambda x, y: (x - 1).relu() ** 2 + 0 * y, (2.0, 0.0), lr=0.3, momentum=0.9,
                    steps=20)  # fmt: skip
    flat = run.weights[:-1, 0].numpy() < 1
    assert flat.any()
    assert {verdict for verdict, there in zip(verdicts(why), flat, strict=False) if there} == {
        "carried"
    }


def test_where_a_path_is_thrown_later_says_nothing_about_what_is_near():
    why, run = told(bowl, (1.0, 0.0), lr=0.21, steps=120)
    assert run.status.kind == "finished"
    assert run.weights[-1, 0].abs() > 9e4
    assert set(verdicts(why)[1:]) == {"over"}


def test_the_end_does_not_share_a_verdict_on_a_curvature_that_is_not_there():
    def hills(x, y):
        return x**4 / 4 - x**2 / 2 + y**4 / 4 - y**2 / 2

    why, _ = told(hills, (1.2, 1.2), lr=2.0, steps=1)
    assert verdicts(why)[0] == "over_soon"
    assert why.values["highest"][1] < 0
    assert verdicts(why)[1] != "over_soon"


def test_a_dampening_of_one_feels_no_curvature():
    why, _ = told(bowl, (1.0, 1.0), lr=0.1, momentum=0.9, dampening=1.0, steps=10)
    assert fact(why, "Stability limit", 5).startswith("none: no new gradient counts")


@pytest.mark.parametrize("name", [e.name for e in optimizers if not e.refuses([(2,)])])
@pytest.mark.parametrize("steps", [0, 1, 60])
def test_every_optimizer_is_explained(name: str, steps: int):
    problem = function_problem("rosenbrock")
    run = race_on(problem, [Method(name)], steps, watch=True)[0]
    why = explain(problem, run)
    frames = len(run.weights)  # some diverge at their defaults
    assert why.pick.shape == (frames,)
    for template in (*why.sentences, *(form for one in why.facts for form in one.templates)):
        for key in PLACEHOLDER.findall(template):
            assert why.values[key].shape == (frames,)
    for frame in range(frames if steps else 0):
        text = why.text(frame)
        assert "{" not in text
        assert "–" not in text, text  # nothing that is said is unknown
        assert text.endswith(".")
        for one in why.facts:
            assert "∞" not in one.text(why.values, frame)
            assert one.text(why.values, frame)


def test_sentences_are_short():
    for name, sentence in SENTENCES.items():
        assert 1 <= len(re.findall(r"\.(?: |$)", sentence)) <= 2, name
        assert len(sentence) < 240, name


def test_hessians_that_are_there_already_give_the_same():
    problem = function_problem("rosenbrock")
    run = race_on(problem, [Method("adam", {"lr": 0.1})], 50, watch=True)[0]
    one, two = explain(problem, run), explain(problem, run, hessians(problem, run.weights))
    np.testing.assert_array_equal(one.pick, two.pick)
    np.testing.assert_allclose(one.values["own_limit"], two.values["own_limit"])


def test_a_run_that_was_not_watched_is_refused():
    problem = function_problem("rosenbrock")
    with pytest.raises(ValueError, match="watch=True"):
        explain(problem, race_on(problem, [Method("sgd")], 3)[0])


def test_a_large_model_is_refused():
    data = torch.ones(2, 65), torch.ones(2, 1)
    from lossviz import Problem

    problem = Problem.from_module(torch.nn.Linear(65, 1), torch.nn.MSELoss(), data)
    with pytest.raises(SettingError, match="66 parameters"):
        hessians(problem, torch.zeros(1, 66))

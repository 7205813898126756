import numpy as np
import pytest

from lossviz import figures
from lossviz.figures.losses import summarise
from lossviz.run.status import Status


def test_curves(make_run):
    run = make_run(np.zeros((3, 3)), loss=[3, 2, 1], test=[4, 3, 2])
    (curve,) = summarise(run).curves
    assert curve.train.tolist() == [3, 2, 1]
    assert curve.test.tolist() == [4, 3, 2]
    assert curve.legend == "SGD, lr 0.1"
    assert summarise(run).caption == ()


def test_no_test_samples(make_run):
    (curve,) = summarise([make_run(np.zeros((3, 3)))]).curves
    assert curve.test is None


def test_the_axis_holds_all_of_an_ordinary_run(make_run):
    for log in (True, False):
        summary = summarise([make_run(np.zeros((50, 3)), np.geomspace(2, 0.01, 50))], log)
        assert summary.low < 0.01
        assert 2 < summary.high < 4


def test_a_diverged_run_does_not_flatten_the_others(make_run):
    calm = make_run(np.zeros((50, 3)), np.geomspace(2, 0.01, 50))
    wild = make_run(np.zeros((50, 3)), np.geomspace(2, 1e15, 50), status=Status("diverged", 50))
    for log in (True, False):
        summary = summarise([calm, wild], log)
        assert summary.high < 4
        assert summary.caption == ("One curve goes on above the picture.",)
        figure = figures.losses([calm, wild], log)
        head = figure.data[-1]
        assert head.marker.symbol == "x"
        assert head.y[0] == summary.high
        assert head.x[0] <= 2
    assert summarise([wild]).high > 1e13
    text = summarise([wild, wild, calm]).caption[0]
    assert text == "2 curves go on above the picture."


def test_the_legend_tells_the_divergence(make_run):
    run = make_run(np.zeros((2, 3)), status=Status("diverged", 2))
    names = [t.name for t in figures.losses(run).data if t.showlegend is not False]
    assert names == ["SGD, lr 0.1 (diverged at step 2)"]


def test_zero_losses_leave_a_gap_on_a_log_axis(make_run):
    run = make_run(np.zeros((3, 3)), [1, 0, -1])
    assert "2 training losses" in summarise(run).caption[0]
    assert "One training loss" in summarise(make_run(np.zeros((2, 3)), [1, 0])).caption[0]
    assert summarise(run, log=False).caption == ()
    lines = [t for t in figures.losses(run).data if t.mode == "lines"]
    assert np.isnan(lines[0].y[1:]).all()


def test_the_target(make_run):
    run = make_run(np.zeros((3, 3)))
    figure = figures.losses(run, target=0.01)
    assert figure.layout.shapes[0].y0 == 0.01
    assert figure.layout.annotations[0].text == "target 0.01"
    assert figure.layout.annotations[0].y == pytest.approx(-2)
    assert 10 ** figure.layout.yaxis.range[0] < 0.01
    assert figures.losses(run, log=False, target=-1.0).layout.annotations[0].y == -1


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    "loss",
    [[], [1.0], [np.nan], [np.inf, 1], [0.0, 0.0], [-1.0, -2.0], [1e300, 1e-300], [2.0, 2.0]],
)
def test_any_losses_can_be_drawn(make_run, log, mode, loss):
    run = make_run(np.zeros((len(loss), 3)), loss)
    summary = summarise(run, log)
    assert np.isfinite([summary.low, summary.high]).all()
    assert summary.low < summary.high
    figures.losses([run, run], log=log, mode=mode).to_json()


def test_no_run():
    figure = figures.losses([])
    assert "no run" in figure.layout.annotations[0].text


@pytest.mark.parametrize(("target", "log"), [(0.0, True), (-1.0, True), (np.inf, False)])
def test_a_target_that_is_none(make_run, target, log):
    with pytest.raises(ValueError, match="The target is"):
        figures.losses([], log=log, target=target)


def test_what_is_no_run():
    with pytest.raises(ValueError, match=r"draws runs; got int"):
        figures.losses([3])
    with pytest.raises(ValueError, match="no mode"):
        figures.losses([], mode="grey")

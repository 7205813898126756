"""Every way in which an optimizer can break its contract is told."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lossviz import testing
from lossviz.registry import OptimizerEntry, Param, SettingError, optimizers
from lossviz.run.stability import Stability
from lossviz.run.worked import Line, Worked
from tests.testing.told import told


def optimizer(make, **more):
    return OptimizerEntry(name="o", title="O", about="O.", make=make, **more)


class Shaking(torch.optim.SGD):
    """Adds noise from a generator of its own, or from the global one."""

    generator = None

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.data.add_(1e-6 * torch.randn(p.shape, generator=self.generator))
        return super().step(closure)


class ShakingAlone(Shaking):
    generator = torch.Generator()


class ByShape(torch.optim.SGD):
    """Steps by the size of each tensor."""

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.data.mul_(1 - 0.01 / p.numel())
        return super().step(closure)


def refusing(parameters, on):
    if on:
        raise SettingError("")
    return torch.optim.SGD(parameters, lr=0.1)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (optimizer(lambda p: torch.optim.SGD(p, lr=0.0)), "should go down"),
        (optimizer(lambda p: Shaking(p, lr=0.01)), "global random"),
        (optimizer(lambda p: ShakingAlone(p, lr=0.01)), "other numbers again"),
        (optimizer(lambda p: ByShape(p, lr=1e-3)), "layout='tensors'"),
        (
            optimizer(refusing, params=(Param("on", False, help="Refuses."),)),
            "SettingError has no message",
        ),
    ],
)
def test_optimizers(entry, words):
    told(entry, words)


# --- what an optimizer tells of itself -----------------------------------------------------------

RATE = (Param("lr", 0.01, 1e-4, 1.0, "log", help="The learning rate."),)


def descent(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr)


def heavy(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.5)


def worked_as_descent(run):
    """The step of plain descent: lr g back from the point."""
    x, g, rate = run.weights.numpy(), run.gradient.numpy(), run.rates.numpy()
    step = -rate[:, None] * g
    lines = (
        Line("g", r"\nabla f", "{g}"),
        Line(r"\Delta", r"-\eta g", "−{lr}·{g} = {step}"),
        Line(r"\theta", r"\theta + \Delta", "{x} + {step} = {new}"),
    )
    return Worked(lines, {"x": x, "g": g, "lr": rate, "step": step, "new": x + step})


def with_values(**changes):
    def worked(run):
        shown = worked_as_descent(run)
        return replace(shown, values={**shown.values, **changes})

    return worked


def real_points_but_another_step(run):
    shown = worked_as_descent(run)
    new = np.full(run.weights.shape, np.nan)
    new[:-1] = run.weights[1:]
    return replace(shown, values={**shown.values, "new": new})


def limit_of(number, rule="2 / curvature", rows=None):
    def stability(run):
        frames = len(run.weights) if rows is None else rows
        return Stability(np.full(frames, number), np.ones(run.weights.shape), rule)

    return stability


def test_an_addition_that_tells_the_truth_passes():
    testing.check(
        optimizer(descent, params=RATE, worked=worked_as_descent, stability=limit_of(2.0))
    )
    testing.check(optimizer(heavy, params=RATE, stability=limit_of(3.0)))


@pytest.mark.parametrize(
    ("make", "worked", "words"),
    [
        (heavy, worked_as_descent, "no line of its step ends with the next point"),
        (heavy, real_points_but_another_step, "not the one that a real run takes"),
        (descent, with_values(lr=np.zeros(3)), r"'lr' of its step is \(3,\)"),
        (descent, lambda run: replace(worked_as_descent(run), scale="d"), r"names \['d'\]"),
        (
            descent,
            lambda run: Worked((Line("x", "y", "{x} + {wind} = {x}"),), {"x": run.weights.numpy()}),
            r"names \['g', 'wind'\]",
        ),
    ],
)
def test_a_shown_step_that_is_not_taken_is_told(make, worked, words):
    told(optimizer(make, params=RATE, worked=worked), words)


@pytest.mark.parametrize(
    ("make", "stability", "words"),
    [
        (descent, limit_of(3.0), "should die out"),
        (descent, limit_of(1.0), "should grow"),
        (heavy, limit_of(2.0), "should grow"),
        (descent, limit_of(-2.0), "must be above 0"),
        (descent, limit_of(2.0, rule=" "), "no rule"),
        (descent, limit_of(2.0, rows=1), r"its limit is \(1,\)"),
    ],
)
def test_a_limit_that_does_not_hold_is_told(make, stability, words):
    told(optimizer(make, params=RATE, stability=stability), words)


@pytest.mark.parametrize("name", ["sgd", "asgd"])
def test_the_limits_of_the_catalogue_are_really_tried(name):
    """One that is a third too high is told."""
    entry = optimizers[name]

    def higher(run):
        found = entry.stability(run)
        return replace(found, limit=found.limit * 1.34)

    told(replace(entry, stability=higher), "should die out")

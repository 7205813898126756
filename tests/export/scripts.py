"""Scripts that are run here, in a namespace of their own, and what they should come to."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

import lossviz as lv
from lossviz.course.heat import race_of
from lossviz.export import script_of
from lossviz.run import Run


def executed(script: str) -> dict[str, Any]:
    """The script's names after it has run; what it does to the process is undone."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    names: dict[str, Any] = {"__name__": "__main__"}
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(script, "script.py", "exec"), names)
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)
    names["printed"] = printed.getvalue()
    return names


def trained(exps: list[lv.Experiment], start: torch.Tensor | None = None) -> list[tuple[Any, ...]]:
    """What the script's table should hold: losses, scores, and how it ended."""
    return [_ending(run, exps[0].test_share) for run in lv.race(exps, start)]


def _ending(run: Run, test_share: float) -> tuple[Any, ...]:
    numbers = [
        float(values[-1])
        for name, values in run.metrics.items()
        if test_share or name.startswith("train")
    ]
    return (*numbers, ended(run))


def ended(run: Run) -> str:
    return "finished" if run.status.kind == "finished" else str(run.status)


def raced(course: lv.Course) -> list[tuple[Any, ...]]:
    """Value, x, y and ending of each contender from the first start."""
    return [(float(run.loss[-1]), *run.weights[-1].tolist(), ended(run)) for run in race_of(course)]


def same(found: Any, wanted: Any, tolerance: float) -> None:
    """Compare rows of numbers and an ending."""
    assert len(found) == len(wanted)
    for got, expected in zip(found, wanted, strict=True):
        assert got[-1] == expected[-1]
        np.testing.assert_allclose(got[:-1], expected[:-1], rtol=tolerance, atol=tolerance)


def check_experiment(tolerance: float, **settings: Any) -> None:
    """An experiment's script comes to the numbers of `lossviz.train`."""
    exp = lv.Experiment(**settings)
    names = executed(script_of(exp))
    same(list(names["results"].values()), trained([exp]), tolerance)


def check_course(course: lv.Course, tolerance: float = 1e-12) -> Mapping[str, Any]:
    """A course's script comes to the numbers of its runs, from the first start."""
    names = executed(script_of(course))
    first = [row for (_, start), row in names["results"].items() if start == names["STARTS"][0]]
    same(first, raced(course), tolerance)
    return names


def at_random(params: Any, seed: int) -> dict[str, Any]:
    """A value for each parameter, away from its default where it can be."""
    draw = random.Random(seed)
    return {param.name: _value(param, draw) for param in params}


def _value(param: lv.registry.Param, draw: random.Random) -> Any:
    if param.kind == "switch":
        return not param.default
    if param.kind == "choice":
        return draw.choice(param.choices)
    if param.kind == "text":
        return param.default
    between = draw.uniform(0.3, 0.7)
    if param.scale == "log":
        value = param.low * (param.high / param.low) ** between
    else:
        value = param.low + (param.high - param.low) * between
    return round(value) if param.kind == "whole" else value

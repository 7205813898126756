"""Hypothesis strategies for everything that a person can set."""

from hypothesis import strategies as st

import lossviz as lv
from lossviz.registry import Catalogue, Entry, Param
from lossviz.settings import CHOICES, VALUES, with_choice


def values_of(param: Param) -> st.SearchStrategy:
    if param.kind == "switch":
        return st.booleans()
    if param.kind == "choice":
        return st.sampled_from(param.choices)
    if param.kind == "text":
        return st.sampled_from([str(param.default), "x*y", "max(x, 2) - 3*y^2", "|x| + sin(y)"])
    if param.kind == "whole":
        return st.integers(int(param.low), int(param.high))
    return st.floats(param.low, param.high)


def options_of(entry: Entry) -> st.SearchStrategy:
    return st.fixed_dictionaries({}, optional={p.name: values_of(p) for p in entry.params})


@st.composite
def choices(draw: st.DrawFn, catalogue: Catalogue) -> tuple[str, dict]:
    entry = catalogue[draw(st.sampled_from(catalogue.names()))]
    return entry.name, draw(options_of(entry))


@st.composite
def experiments(draw: st.DrawFn) -> lv.Experiment:
    given_values: dict = {name: draw(values_of(p)) for name, p in VALUES.items()}
    for choice in CHOICES:
        given_values[choice.field], given_values[choice.options] = draw(choices(choice.catalogue))
    base, _ = with_choice(lv.Experiment(), **given_values)
    return base

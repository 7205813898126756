"""How networks and slices are called, in few words."""

from __future__ import annotations

from collections.abc import Mapping

from lossviz import registry
from lossviz.registry import Entry, Value
from lossviz.survey.survey import Survey
from lossviz.survey.views import View

#: Short names of the planes, for above a picture.
SHORT = {
    "pca": "the paths' own plane",
    "random": "random directions",
    "direct": "start to finish",
    "adam": "Adam's own axes",
}
#: What stands above a picture of eigenvectors.
PICKED = {
    "top": "largest curvature",
    "top and bottom": "largest and smallest curvature",
    "bottom": "smallest curvature",
}


def network(survey: Survey, second: bool) -> str:
    """What tells one of two networks from the other; "" where there is one.

    >>> survey = Survey(other="mlp", other_params={"depth": 4})
    >>> network(survey, False), network(survey, True)
    ('depth 2', 'depth 4')
    """
    if not survey.other:
        return ""
    base = survey.base
    own, theirs = (
        (base.model, base.model_params), (survey.other, survey.other_params),
    )  # fmt: skip
    (name, params), (other, others) = (theirs, own) if second else (own, theirs)
    entry = registry.models[name]
    if name != other:
        return entry.title
    return differences(entry, params, others) or f"{entry.title}, {'second' if second else 'first'}"


def differences(entry: Entry, params: Mapping[str, Value], others: Mapping[str, Value]) -> str:
    """The parameters that two models of one kind do not share, as the first one has them."""
    parts = []
    for param in entry.params:
        value = params[param.name]
        if value == others[param.name]:
            continue
        if param.kind == "switch":
            parts.append(f"{'with' if value else 'without'} {param.label}")
        else:
            parts.append(f"{param.label} {param.name_of(param.write(value))}")
    return ", ".join(parts)


def title(survey: Survey, view: View, second: bool) -> str:
    """What stands above a picture.

    >>> title(Survey(), View("random"), False)
    'Random directions, seed 0 about A'
    """
    letters = tuple(f"{letter}₂" if second else letter for letter in view.letters())
    where = network(survey, second)
    whole = f"{where} · {_slice(view, letters)}" if where else _slice(view, letters)
    return whole[:1].upper() + whole[1:]


def _slice(view: View, letters: tuple[str, ...]) -> str:
    """What a view shows, through contenders of these names."""
    if view.plane == "hessian":
        return f"{PICKED[str(view.params['pick'])]}, at {letters[0]}"
    if view.plane == "through":
        last = "the start" if view.params["c"] == "start" else letters[2]
        return f"through {letters[0]}, {letters[1]} and {last}"
    name = SHORT.get(view.plane, view.entry.title)
    if view.plane == "random":
        return f"{name}, seed {view.params['seed']} about {letters[0]}"
    return f"{name}, of {letters[0]}" if letters else name


def points(view: View, second: bool) -> tuple[str, ...]:
    """The names of the points that a plane is laid through, where it is laid through points.

    >>> points(View("through"), False), points(View("pca"), False)
    (('A', 'B', 'start'), ())
    """
    if view.plane != "through":
        return ()
    names = (str(view.params[name]) for name in ("a", "b", "c"))
    return tuple(f"{name}₂" if second and name != "start" else name for name in names)

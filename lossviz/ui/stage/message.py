"""What the stage shows, in plain data: a whole `Scene`, or a `Delta` that appends to one.

A scene has one time line, 0 to `planned` optimizer steps, shared by everything on it. Each record
below becomes part of the message as it stands; arrays travel as raw bytes (`pack`).

Of a long run the first message is a scene with `live=True`, and each later one a delta with what
came since. A delta says for every series which step it joins on to; when the stage lacks that step
(messages can be dropped in favour of newer ones) it asks for a whole scene by its `resync` event.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

import numpy as np

from lossviz.figures.theme import as_plain
from lossviz.ui.stage.ledger import Ledger, LedgerLine, check_ledger
from lossviz.ui.stage.overlays import ARROWS, Arrow, Fan, Rates, check_fan, check_vectors
from lossviz.ui.stage.pack import pack
from lossviz.ui.stage.predictions import Confusion, Fit, Parity, Points, Predictions, Regions
from lossviz.ui.stage.profiles import (
    Bracket,
    Histogram,
    Matrix,
    Picture,
    Profile,
    ProfileLine,
)
from lossviz.ui.stage.side import Tab, check_side, ledgers_of
from lossviz.ui.stage.surfaces import (
    FROM_START,
    Path,
    Strand,
    Surface,
    View,
    check_strand,
    check_surface,
    check_views,
)
from lossviz.ui.stage.texts import texts as text_table

__all__ = [
    "FROM_START", "Arrow", "Bracket", "Confusion", "Contender", "Cue", "Curve", "Delta", "Fan",
    "Fit", "Histogram", "Ledger", "LedgerLine", "Losses", "Matrix", "Parity", "Path", "Picture",
    "Points", "Predictions", "Profile", "ProfileLine", "Rates", "Regions", "Scene", "Strand",
    "Surface", "Tab", "View", "delta_message", "scene_message",
]  # fmt: skip


@dataclass(frozen=True)
class Contender:
    """One run: how it is called, drawn (`mark`, an index into the theme) and how it stands."""

    id: str
    label: str
    detail: str = ""
    mark: int = 0
    #: A few words, shown on the chip when not empty: "finished", "diverged at step 41".
    status: str = ""
    diverged: bool = False
    #: The last step there is data for.
    last: int = 0
    visible: bool = True


@dataclass(frozen=True)
class Curve:
    """One curve of one contender over the steps; a faint one is drawn thin and pale.

    `low` and `high` (F,) bound a pale band around it, e.g. the quartiles over seeds.
    """

    contender: str
    name: str
    steps: np.ndarray
    values: np.ndarray
    kind: Literal["solid", "faint"] = "solid"
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    joins: int = FROM_START


@dataclass(frozen=True)
class Losses:
    """The panel of curves; `target` draws a level to reach.

    Of several, each has a tab called `tab` (or `title`), known by its `id` (or the tab's words), so
    that the one a person chose stays chosen.
    """

    curves: tuple[Curve, ...]
    log: bool = True
    title: str = "loss"
    target: float | None = None
    id: str = ""
    tab: str = ""


@dataclass(frozen=True)
class Cue:
    """Something for the stage to do once, e.g. to play a new run; a new `id` is a new cue."""

    id: str
    do: Literal["play", "start", "end"] = "play"


@dataclass(frozen=True)
class Scene:
    """Everything on the stage. `theme` is `lossviz.figures.theme.as_plain(mode)`; when a person
    switches between light and dark, the stage takes the other one by itself, without a rerun.

    A panel that is None is left out, and the others take its room. For predictions that cannot be
    drawn give `predictions_note`, a sentence that stands in their place. `choices` are the ids of
    the contenders whose predictions can be asked for (`choose` event).
    """

    revision: str
    planned: int
    theme: Mapping[str, object]
    contenders: tuple[Contender, ...]
    surface: Surface | None = None
    paths: tuple[Path, ...] = ()
    #: Further surfaces beside the main one.
    views: tuple[View, ...] = ()
    #: Lines in the planes that change with time.
    strands: tuple[Strand, ...] = ()
    losses: Losses | tuple[Losses, ...] | None = None
    predictions: Predictions | Picture | None = None
    predictions_note: str = ""
    #: Several pictures, with tabs, in the place of `predictions` and `ledgers`.
    side: tuple[Tab, ...] = ()
    #: Shown in the place of predictions when there are none; `choices` then picks whose ledgers.
    ledgers: tuple[Ledger, ...] = ()
    fans: tuple[Fan, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    rates: tuple[Rates, ...] = ()
    #: Which of `ARROWS` are on at first; the page's word counts when it changes.
    arrows_on: tuple[str, ...] = ()
    #: The plane is all there is, and nothing lies off it: the read-out gives the point instead of
    #: what a slice leaves out.
    exact: bool = False
    choices: tuple[str, ...] = ()
    #: More steps are on their way: playing waits at the last one and goes on when they come.
    live: bool = False
    cue: Cue | None = None
    #: Height of the pictures in pixels on a wide screen.
    height: int = 560
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Delta:
    """What came since: appended to the scene (or earlier delta) with the same `revision`.

    Each series' `joins` is the last step of that series already sent (`FROM_START` for none); steps
    that the stage has already are skipped. `contenders` are the new states of all of them.
    """

    revision: str
    contenders: tuple[Contender, ...]
    paths: tuple[Path, ...] = ()
    curves: tuple[Curve, ...] = ()
    predictions: Predictions | None = None
    live: bool = True


def scene_message(scene: Scene) -> bytes:
    """The bytes for `stage()` that show this scene."""
    panels = _panels(scene.losses)
    curves = tuple(curve for panel in panels for curve in panel.curves)
    _check(scene.contenders, scene.paths, curves)
    _check_extras(scene)
    _check_planes(scene)
    owners = [contender.id for contender in scene.contenders]
    check_side(scene.side, scene.predictions, owners)
    tree: dict[str, Any] = _tree(scene) | {"kind": "scene", "texts": text_table(dict(scene.texts))}
    tree["losses"] = [
        _tree(panel) | {"tab": panel.tab or panel.title, "id": _id_of(panel)} for panel in panels
    ]
    tree["side"] = [
        {"id": tab.id or tab.name, "tab": tab.name, **_content(tab)} for tab in scene.side
    ]
    tree["themes"] = {"light": as_plain("light"), "dark": as_plain("dark")}
    return _message(tree)


def delta_message(delta: Delta) -> bytes:
    """The bytes for `stage()` that append to the scene shown."""
    _check(delta.contenders, delta.paths, delta.curves)
    return _message(_tree(delta) | {"kind": "delta"})


def _panels(losses: Losses | tuple[Losses, ...] | None) -> tuple[Losses, ...]:
    if losses is None:
        return ()
    return losses if isinstance(losses, tuple) else (losses,)


def _id_of(panel: Losses) -> str:
    return panel.id or panel.tab or panel.title


def _content(tab: Tab) -> dict[str, Any]:
    """What a tab holds, by what it is: a picture, ledgers or a note."""
    if isinstance(tab.content, str):
        return {"note": tab.content}
    if ledgers := ledgers_of(tab):
        return {"ledgers": _tree(ledgers)}
    return {"picture": _tree(tab.content)}


def _message(tree: dict[str, Any]) -> bytes:
    """Arrays lifted out of the tree, and a digest by which the stage knows a repeated message."""
    arrays: dict[str, np.ndarray] = {}
    header = _lift(tree, "", arrays)
    body = pack(header, arrays)
    return pack(header | {"digest": hashlib.blake2b(body, digest_size=12).hexdigest()}, arrays)


def _tree(value: Any) -> Any:
    """Dataclasses as dicts by camelCase names, all the way down."""
    if is_dataclass(value):
        return {_camel(f.name): _tree(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tree(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _lift(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """The tree with every array moved into `arrays` and replaced by {"array": its name}."""
    if isinstance(value, dict):
        return {key: _lift(item, f"{name}.{key}", arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_lift(item, f"{name}.{place}", arrays) for place, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        # Numbers that are written down keep what single precision cannot hold, and so does what is
        # drawn in a plane: one can zoom in until its rounding would show.
        exact = name.startswith(".rates.") or ".values." in name or _seen_closely(name, value)
        whole = not exact and name.endswith((".steps", ".label", ".test", ".pick"))
        arrays[name] = value.astype(np.float64) if exact else _plain_array(value, whole)
        return {"array": name}
    return value


#: Places in a plane and what is written down of them, which is little; and what is much, and is
#: sent exactly only where it is narrow.
PLACES = re.compile(r"\.(paths\.\d+\.(x|y|loss|sliceLoss|residual)|surface\.(x|y|starts|marks))$")
MANY = re.compile(r"\.(fans\.\d+\.[xy]|surface\.z)$")
#: Numbers lie closely together that differ by less than this share of their size.
NARROW = 1e-3


def _seen_closely(name: str, array: np.ndarray) -> bool:
    if array.dtype != np.float64:
        return False
    if MANY.search(name) is None:
        return PLACES.search(name) is not None
    known = array[np.isfinite(array)]
    return known.size > 0 and bool(np.ptp(known) < NARROW * np.abs(known).max())


def _plain_array(array: np.ndarray, whole: bool) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if whole or array.dtype.kind in "iu":
        return array.astype(np.int32)
    with np.errstate(over="ignore"):  # beyond float32 a loss is shown as not finite
        return array.astype(np.float32)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _check(
    contenders: tuple[Contender, ...], paths: tuple[Path, ...], curves: tuple[Curve, ...]
) -> None:
    ids = [contender.id for contender in contenders]
    if len(set(ids)) != len(ids):
        raise ValueError(f"Contenders need ids of their own, got {ids}.")
    keys = [(curve.contender, curve.name) for curve in curves]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"Curves need names of their own, over all tabs; twice there: {twice}.")
    every: tuple[Path | Curve, ...] = (*paths, *curves)
    for series in every:
        _check_owner(series, ids)
        kind = type(series).__name__
        columns = {f.name: getattr(series, f.name) for f in fields(series)}
        lengths = {name: len(col) for name, col in columns.items() if isinstance(col, np.ndarray)}
        if len(set(lengths.values())) > 1:
            raise ValueError(
                f"{kind} of {series.contender!r} has columns of unlike length: {lengths}."
            )


def _check_owner(record: Path | Curve | Fan | Arrow | Rates | Ledger, ids: list[str]) -> None:
    if record.contender not in ids:
        kind = type(record).__name__
        raise ValueError(f"{kind} of unknown contender {record.contender!r}; known are {ids}.")


def _check_extras(scene: Scene) -> None:
    ids = [contender.id for contender in scene.contenders]
    records: tuple[Fan | Arrow | Rates | Ledger, ...]
    ledgers = (*scene.ledgers, *(ledger for tab in scene.side for ledger in ledgers_of(tab)))
    records = (*scene.fans, *scene.arrows, *scene.rates, *ledgers)
    for record in records:
        _check_owner(record, ids)
    rows = {path.contender: len(path.steps) for path in scene.paths}
    for fan in scene.fans:
        check_fan(fan)
    heads: tuple[Arrow | Rates, ...] = (*scene.arrows, *scene.rates)
    for vectors in heads:
        check_vectors(vectors, rows.get(vectors.contender))
    for ledger in ledgers:
        check_ledger(ledger)
    if unknown := set(scene.arrows_on) - set(ARROWS):
        raise ValueError(f"Unknown arrows {sorted(unknown)}; known are {list(ARROWS)}.")
    tabs = [_id_of(panel) for panel in _panels(scene.losses)]
    if len(set(tabs)) != len(tabs):
        raise ValueError(f"Tabs of curves need ids of their own, got {tabs}.")


def _check_planes(scene: Scene) -> None:
    """The surfaces, the views beside them and what is drawn in them."""
    if scene.surface is not None:
        check_surface(scene.surface)
    check_views(scene.views, scene.surface)
    for view in scene.views:
        _check(scene.contenders, view.paths, ())
    for strand in scene.strands:
        check_strand(strand, scene.views)
    if scene.strands and scene.surface is None:
        raise ValueError("Strands lie in a plane; give the scene a surface too.")

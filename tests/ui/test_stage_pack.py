"""The stage's messages: what goes in comes out, and what JSON cannot carry is refused."""

from __future__ import annotations

import dataclasses
import json

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossviz.figures.theme import as_plain
from lossviz.ui.stage import message as m
from lossviz.ui.stage.component import read_event
from lossviz.ui.stage.pack import ALIGN, MAGIC, pack, unpack
from lossviz.ui.stage.texts import TEXTS, texts

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
arrays = st.sampled_from([np.float64, np.float32, np.int32, np.uint8]).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
)


@given(
    st.dictionaries(st.text().filter(lambda name: name != "arrays"), plain, max_size=4),
    st.dictionaries(st.text(), arrays, max_size=4),
)
def test_what_goes_in_comes_out(header, blobs):
    header_back, blobs_back = unpack(pack(header, blobs))
    assert header_back == header
    assert list(blobs_back) == list(blobs)
    for name, array in blobs.items():
        np.testing.assert_array_equal(blobs_back[name], array, strict=True)


def test_every_array_starts_aligned():
    message = pack({}, {"a": np.zeros(3, np.uint8), "b": np.arange(5, dtype=np.float32)})
    assert message.startswith(MAGIC)
    length = int.from_bytes(message[4:8], "little")
    table = json.loads(message[8 : 8 + length])["arrays"]
    assert length % ALIGN == 0
    assert all(entry["offset"] % ALIGN == 0 for entry in table.values())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_json_has_no_word_for_are_refused(bad):
    with pytest.raises(ValueError, match="NaN or an infinity"):
        pack({"range": [0.0, bad]}, {})


def test_a_header_of_objects_is_refused():
    with pytest.raises(ValueError, match="not plain data"):
        pack({"who": object()}, {})


def test_another_array_type_is_refused():
    with pytest.raises(ValueError, match="float16"):
        pack({}, {"z": np.zeros(2, np.float16)})


def test_the_array_table_is_packs_own():
    with pytest.raises(ValueError, match="arrays"):
        pack({"arrays": 1}, {})


def test_something_else_is_not_unpacked():
    with pytest.raises(ValueError, match="Not a stage message"):
        unpack(b"PK\x03\x04 and so on")


def small_scene(**changes: object) -> m.Scene:
    steps = np.arange(3)
    one = m.Path("A", steps, steps * 1.0, steps * 2.0, steps * 1e300, steps * 1.0, steps * 0.0)
    fields = {
        "revision": "r", "planned": 2, "theme": as_plain("light"),
        "contenders": (m.Contender("A", "SGD", last=2),), "paths": (one,),
        "surface": m.Surface(np.arange(5.0), np.arange(3.0), np.full((3, 5), np.nan)),
        "losses": m.Losses((m.Curve("A", "loss", steps, steps * 1.0),), target=np.float64(0.5)),
    }  # fmt: skip
    return m.Scene(**{**fields, **changes})


def test_a_scene_is_a_tree_with_its_arrays_lifted_out():
    header, blobs = unpack(m.scene_message(small_scene()))
    assert header["kind"] == "scene"
    assert header["texts"] == TEXTS
    assert header["losses"][0]["target"] == 0.5
    assert header["paths"][0]["sliceLoss"] == {"array": ".paths.0.sliceLoss"}
    assert blobs[".surface.z"].shape == (3, 5)
    assert np.isnan(blobs[".surface.z"]).all()
    assert blobs[".paths.0.steps"].dtype == np.int32
    assert blobs[".paths.0.loss"][1] == 1e300  # the number is written down


def test_equal_scenes_have_equal_digests_and_others_do_not():
    digests = [
        unpack(m.scene_message(scene))[0]["digest"]
        for scene in (small_scene(), small_scene(), small_scene(planned=3))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_a_delta_says_what_it_joins_on():
    steps = np.array([3, 4])
    curve = m.Curve("A", "training loss", steps, steps * 1.0, joins=2)
    delta = m.Delta("r", (m.Contender("A", "SGD", last=4),), curves=(curve,))
    header, blobs = unpack(m.delta_message(delta))
    assert (header["kind"], header["curves"][0]["joins"]) == ("delta", 2)
    np.testing.assert_array_equal(blobs[".curves.0.steps"], steps)


def test_contenders_share_no_id():
    twins = (m.Contender("A", "SGD"), m.Contender("A", "Adam"))
    with pytest.raises(ValueError, match="ids of their own"):
        m.scene_message(small_scene(contenders=twins))


def test_a_path_belongs_to_a_contender():
    with pytest.raises(ValueError, match="unknown contender 'A'; known are \\['B'\\]"):
        m.scene_message(small_scene(contenders=(m.Contender("B", "Adam"),)))


def test_columns_are_of_one_length():
    path = dataclasses.replace(small_scene().paths[0], x=np.zeros(7))
    with pytest.raises(ValueError, match="unlike length"):
        m.scene_message(small_scene(paths=(path,)))


def test_a_grid_of_another_shape_is_refused():
    surface = m.Surface(np.arange(5.0), np.arange(3.0), np.zeros((5, 3)))
    with pytest.raises(ValueError, match=r"\(5, 3\).*\(3, 5\)"):
        m.scene_message(small_scene(surface=surface))


def test_texts_can_be_replaced_but_not_invented():
    assert texts({"play": "Abspielen"})["play"] == "Abspielen"
    with pytest.raises(ValueError, match="'plya'"):
        texts({"plya": "Abspielen"})


# --- races on a function --------------------------------------------------------------------------


def test_one_panel_of_curves_is_a_list_of_one_and_its_tab_has_its_title():
    header, _ = unpack(m.scene_message(small_scene()))
    assert [(panel["id"], panel["tab"]) for panel in header["losses"]] == [("loss", "loss")]
    assert unpack(m.scene_message(small_scene(losses=None)))[0]["losses"] == []


def test_bands_travel_with_their_curve():
    t = np.arange(3)
    banded = m.Losses((m.Curve("A", "loss", t, t * 1.0, low=t * 0.5, high=t * 2.0),))
    _, blobs = unpack(m.scene_message(small_scene(losses=banded)))
    np.testing.assert_array_equal(blobs[".losses.0.curves.0.high"], [0, 2, 4])
    short = m.Losses((m.Curve("A", "loss", t, t * 1.0, low=np.zeros(2)),))
    with pytest.raises(ValueError, match="unlike length"):
        m.scene_message(small_scene(losses=short))


def test_tabs_and_the_curves_on_them_have_names_of_their_own():
    t = np.arange(3)
    one = m.Losses((m.Curve("A", "loss", t, t * 1.0),), id="loss")
    other = m.Losses((m.Curve("A", "loss", t, t * 1.0),), id="rate")
    with pytest.raises(ValueError, match=r"twice there: \[\('A', 'loss'\)\]"):
        m.scene_message(small_scene(losses=(one, other)))
    same = m.Losses((m.Curve("A", "rate", t, t * 1.0),), id="loss")
    with pytest.raises(ValueError, match="Tabs of curves"):
        m.scene_message(small_scene(losses=(one, same)))


def test_fans_and_arrows_arrive_as_they_are():
    fan = m.Fan("A", np.full((2, 3), np.nan), np.ones((2, 3)), np.arange(3))
    arrow = m.Arrow("A", "step", np.arange(3.0), np.zeros(3))
    rates = m.Rates("A", np.full(3, 1e-50), np.ones(3))
    header, blobs = unpack(
        m.scene_message(small_scene(fans=(fan,), arrows=(arrow,), rates=(rates,), exact=True))
    )
    assert header["exact"] is True
    assert blobs[".fans.0.x"].shape == (2, 3)
    assert header["arrows"][0]["kind"] == "step"
    assert blobs[".rates.0.x"][0] == 1e-50  # what is written down keeps double precision


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fans": (m.Fan("A", np.ones((2, 4)), np.ones((2, 3)), np.arange(3)),)}, r"\(2, 4\)"),
        ({"fans": (m.Fan("B", np.ones((2, 3)), np.ones((2, 3)), np.arange(3)),)}, "Fan of unknown"),
        ({"arrows": (m.Arrow("A", "step", np.ones(2), np.ones(2)),)}, r"expected \(3,\)"),
        ({"arrows": (m.Arrow("A", "step", np.ones(3), np.ones(3)),), "paths": ()}, "no path"),
        ({"rates": (m.Rates("A", np.ones(3), np.ones(4)),)}, r"y \(4,\)"),
        ({"arrows_on": ("stride",)}, r"\['stride'\]; known are \['gradient', .*'rates'\]"),
    ],
)
def test_what_does_not_fit_its_path_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        m.scene_message(small_scene(**change))


def test_starts_are_points():
    flat = m.Surface(np.arange(5.0), np.arange(3.0), starts=np.zeros(2), draggable=True)
    with pytest.raises(ValueError, match=r"starts are \(2,\); expected \(n, 2\)"):
        m.scene_message(small_scene(surface=flat))


def ledger(**changes: object) -> m.Ledger:
    fields = {
        "title": "Why", "contender": "A", "steps": np.arange(3),
        "lines": (m.LedgerLine(templates=("{loss} at {steps}", "so {loss}")),),
        "values": {"loss": np.array([1e300, 1.0, np.nan]), "steps": np.array([np.nan, 1, 2])},
    }  # fmt: skip
    return m.Ledger(**{**fields, **changes})


def test_a_ledgers_numbers_keep_double_precision_whatever_they_are_called():
    _, blobs = unpack(m.scene_message(small_scene(ledgers=(ledger(),))))
    assert blobs[".ledgers.0.values.loss"][0] == 1e300
    assert np.isnan(blobs[".ledgers.0.values.steps"][0])
    assert blobs[".ledgers.0.steps"].dtype == np.int32


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"values": {"loss": np.ones(3)}}, r"no values for \['steps'\]"),
        ({"values": {"loss": np.ones((3, 3)), "steps": np.ones(3)}}, r"loss is \(3, 3\)"),
        ({"lines": (m.LedgerLine(templates=("a",), pick=np.array([0, 1, 0])),)}, "from 0 to 1"),
        ({"lines": (m.LedgerLine(templates=("a",), pick=np.zeros(2)),)}, r"pick is \(2,\)"),
        ({"contender": "B"}, "Ledger of unknown contender"),
    ],
)
def test_a_ledger_whose_parts_do_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        m.scene_message(small_scene(ledgers=(ledger(**change),)))


@pytest.mark.parametrize(
    ("event", "value", "heard"),
    [
        ("drag", {"index": 1, "x": 2, "y": -0.5}, (1, 2.0, -0.5)),
        ("drag", {"index": 1, "x": float("nan"), "y": 0}, None),
        ("drag", {"index": float("inf"), "x": 0, "y": 0}, None),
        ("add", {"x": 2, "y": 3}, (2.0, 3.0)),
        ("add", {"x": "1e999", "y": 3}, None),
        ("drop", {"index": "one"}, None),
        ("drop", {"index": 2}, (2,)),
        ("arrows", {"on": ["step", "gradient", "<b>"]}, (["gradient", "step"],)),
        ("arrows", 3, None),
        ("resync", True, ()),
    ],
)
def test_events_of_a_race(event, value, heard):
    assert read_event(event, value) == heard

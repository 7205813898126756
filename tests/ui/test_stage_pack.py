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
    assert np.isinf(blobs[".paths.0.loss"][1])  # beyond float32: shown as not finite


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

"""Several surfaces, lines that move, tabs at the side: what fits is sent, what does not is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lossviz.figures.theme import as_plain
from lossviz.ui.stage import message as m
from lossviz.ui.stage.pack import unpack

T = np.arange(3)


def flat(**changes: object) -> m.Surface:
    return replace(m.Surface(np.arange(5.0), np.arange(3.0), np.ones((3, 5))), **changes)


def path(contender: str = "A") -> m.Path:
    return m.Path(contender, T, T * 1.0, T * 2.0, T * 1.0, T * 1.0, T * 0.0)


def view(name: str = "other", **changes: object) -> m.View:
    return replace(m.View(name, "Another plane", flat(), (path(),), note="Of seed 2."), **changes)


def strand(**changes: object) -> m.Strand:
    return replace(m.Strand("line", T, np.ones((3, 7)), np.ones((3, 7))), **changes)


def profile(**changes: object) -> m.Profile:
    lines = (m.ProfileLine("moves", np.ones((3, 4))), m.ProfileLine("stands", np.ones(4)))
    return replace(m.Profile(np.arange(4.0), T, lines), **changes)


def histogram(**changes: object) -> m.Histogram:
    return replace(m.Histogram(np.arange(6.0), T, np.ones((3, 5), np.int64)), **changes)


def matrix(**changes: object) -> m.Matrix:
    return replace(m.Matrix(T, np.ones((3, 2, 4))), **changes)


def ledger(contender: str = "A") -> m.Ledger:
    return m.Ledger("Why", contender, T, (m.LedgerLine("one"),), {"loss": T * 1.0})


def scene(**changes: object) -> m.Scene:
    plain = m.Scene("r", 2, as_plain("light"), (m.Contender("A", "SGD", last=2),), flat())
    return replace(plain, **changes)


def test_a_view_arrives_with_its_surface_and_paths():
    header, blobs = unpack(m.scene_message(scene(views=(view(surface=flat(z=None)), view("b")))))
    first, second = header["views"]
    assert (first["id"], first["title"], first["note"]) == ("other", "Another plane", "Of seed 2.")
    assert first["surface"]["z"] is None
    assert blobs[second["surface"]["z"]["array"]].shape == (3, 5)
    assert blobs[".views.1.paths.0.steps"].dtype == np.int32
    assert header["surface"]["title"] == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"views": (view(),), "surface": None}, "beside the main surface"),
        ({"views": (view(), view())}, r"ids of their own.*\['other', 'other'\]"),
        ({"views": (view(""),)}, "not empty ones"),
        ({"views": tuple(view(str(i)) for i in range(6))}, "6 views .* room for 6 surfaces"),
        ({"views": (view(paths=(path("B"),)),)}, "Path of unknown contender 'B'"),
        ({"views": (view(surface=flat(z=np.ones((5, 3)))),)}, r"\(5, 3\).*\(3, 5\)"),
        ({"surface": flat(marks=np.zeros((2, 2)), mark_labels=("A",))}, "2 marks and 1 labels"),
        ({"surface": flat(mark_labels=("A",))}, "0 marks and 1 labels"),
    ],
)
def test_views_that_do_not_fit_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        m.scene_message(scene(**change))


def test_a_strand_stands_in_the_main_surface_or_in_a_view():
    lines = (strand(z=np.ones((3, 7))), strand(view="other", mark=3, dashed=True))
    header, blobs = unpack(m.scene_message(scene(views=(view(),), strands=lines)))
    assert [one["view"] for one in header["strands"]] == ["", "other"]
    assert [one["mark"] for one in header["strands"]] == [None, 3]
    assert blobs[".strands.0.z"].shape == (3, 7)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": np.ones(7)}, r"x \(7,\) for 3 steps; expected \(steps, points\)"),
        ({"x": np.ones((2, 7))}, r"x \(2, 7\) for 3 steps"),
        ({"y": np.ones((3, 6))}, r"y \(3, 6\); expected \(3, 7\)"),
        ({"z": np.ones((1, 7))}, r"z \(1, 7\)"),
        ({"view": "away"}, r"unknown view 'away'; known are \[''\]"),
        ({"steps": T[:0], "x": np.ones((0, 7))}, "one step at least"),
    ],
)
def test_strands_that_do_not_fit_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        m.scene_message(scene(strands=(strand(**change),)))


def test_a_strand_needs_a_plane():
    with pytest.raises(ValueError, match="give the scene a surface"):
        m.scene_message(scene(surface=None, strands=(strand(),)))


def test_tabs_are_sent_by_what_they_hold():
    tabs = (
        m.Tab("along", profile(), id="p"),
        m.Tab("weights", histogram(contender="A")),
        m.Tab("matrix", matrix(bound=2.0)),
        m.Tab("why", ledger()),
        m.Tab("whose", (ledger(), ledger("B"))),
        m.Tab("nothing", "There is nothing."),
    )
    two = (m.Contender("A", "SGD", last=2), m.Contender("B", "Adam", last=2))
    header, blobs = unpack(m.scene_message(scene(side=tabs, contenders=two)))
    ids = [(tab["id"], tab["tab"]) for tab in header["side"]]
    assert ids[:2] == [("p", "along"), ("weights", "weights")]
    kinds = [tab["picture"]["kind"] for tab in header["side"][:3]]
    assert kinds == ["profile", "histogram", "matrix"]
    assert [len(tab["ledgers"]) for tab in header["side"][3:5]] == [1, 2]
    assert header["side"][5]["note"] == "There is nothing."
    assert blobs[".side.1.picture.counts"].dtype == np.int32
    assert blobs[".side.0.picture.lines.0.values"].dtype == np.float32
    assert blobs[".side.3.ledgers.0.values.loss"].dtype == np.float64  # what is written down


def test_a_picture_takes_the_place_of_predictions():
    header, _ = unpack(m.scene_message(scene(predictions=profile())))
    assert header["predictions"]["kind"] == "profile"


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ((m.Tab("a", "x"), m.Tab("a", "y")), "names of their own"),
        ((m.Tab("", "x"),), "not empty ones"),
        ((m.Tab("why", ()),), "'why' has no ledger"),
        ((m.Tab("why", (ledger(), ledger())),), r"'why' are of \['A', 'A'\]; give one for each"),
        ((m.Tab("why", ledger("B")),), "Ledger of unknown contender"),
        ((m.Tab("w", histogram(contender="B")),), "Histogram of unknown contender 'B'"),
        (
            (m.Tab("p", profile(lines=(m.ProfileLine("b", np.ones(4), contender="B"),))),),
            "Profile of unknown contender 'B'",
        ),
    ],
)
def test_tabs_that_cannot_be_told_apart_or_are_nobodys_are_refused(side, words):
    with pytest.raises(ValueError, match=words):
        m.scene_message(scene(side=side))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (profile(x=np.array([0.0, 2, 1, 3])), "x of a profile rises"),
        (profile(x=np.zeros(1)), "two points at least"),
        (profile(lines=(m.ProfileLine("up", np.ones((2, 4))),)), r"'up' .* \(2, 4\)"),
        (profile(lines=(m.ProfileLine("up", np.ones(3)),)), r"expected \(4,\) or \(3, 4\)"),
        (profile(brackets=(m.Bracket("b", np.ones(3), np.ones(3), np.ones(2)),)), r"high is \(2,"),
        (profile(x_labels=("a", "b")), "4 points has 2 labels"),
        (profile(steps=T[:0]), "Profile without any step"),
        (histogram(edges=np.array([0.0, 1, 1, 2, 3, 4])), "edges of a histogram rise"),
        (histogram(counts=np.ones((3, 6))), r"\(3, 6\); expected \(3, 5\)"),
        (matrix(values=np.ones((2, 2, 4))), r"\(2, 2, 4\); expected \(steps, rows, columns\)"),
        (matrix(values=np.ones((3, 0, 4))), "a row and a column at least"),
        (matrix(bound=0.0), "bound of a matrix is 0.0"),
        (matrix(bound=float("nan")), "bound of a matrix is nan"),
    ],
)
def test_pictures_whose_columns_do_not_fit_are_refused(picture, words):
    with pytest.raises(ValueError, match=words):
        m.scene_message(scene(side=(m.Tab("one", picture),)))
    with pytest.raises(ValueError, match=words):
        m.scene_message(scene(predictions=picture))

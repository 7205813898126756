"""The contenders' cards: who joins next, and what each press and choice does."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lossviz import registry
from lossviz.comparison import Contender
from lossviz.ui.cards import WELL_KNOWN, Cards, next_contender

EVERY = registry.optimizers.names()


def test_the_well_known_join_first_then_all_others_each_once():
    present: tuple[Contender, ...] = (Contender("sgd"),)
    while len(present) < len(EVERY):
        present = (*present, next_contender(present, EVERY))
    names = [one.optimizer for one in present]
    assert names[: len(WELL_KNOWN)] == list(WELL_KNOWN)
    assert sorted(names) == sorted(EVERY)


def test_who_joins_has_defaults_and_is_one_that_fits():
    assert next_contender((Contender("adam", {"lr": 0.5}),), EVERY) == Contender("sgd")
    assert next_contender((Contender("sgd"),), ("sgd", "muon", "adan")) == Contender("muon")
    for first in EVERY:
        fits = tuple(name for name in EVERY if name != "adam")
        assert next_contender((Contender(first),), fits).optimizer in fits


def test_where_all_race_already_the_last_one_joins_again():
    present = (Contender("adam"), Contender("sgd", {"lr": 0.5}))
    assert next_contender(present, ("sgd", "adam")) == present[-1]


def test_the_names_on_the_cards_are_those_that_fit():
    def nothing(change) -> None:
        raise AssertionError(change)

    some = Cards((Contender(),), nothing, "k", 4, fits=lambda entry: entry.layout == "flat")
    assert "sgd" in some.names()
    assert "muon" not in some.names()
    assert Cards((Contender(),), nothing, "k", 4).names() == EVERY


# --- on a page -----------------------------------------------------------------------------------


def page() -> None:
    import streamlit as st

    from lossviz.comparison import Contender
    from lossviz.ui.cards import Cards, cards

    now = st.session_state.setdefault("now", (Contender("sgd", {"lr": 0.5}), Contender("adam")))

    def edit(change) -> None:
        st.session_state["now"] = change(st.session_state["now"])

    notes = tuple(f"note {k}" for k in range(len(now))) if st.session_state.get("notes") else ()
    cards(Cards(now, edit, "k", 4, notes=notes))


@pytest.fixture
def at() -> AppTest:
    return shown(AppTest.from_function(page))


def shown(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def racing(at: AppTest) -> list[str]:
    return [one.optimizer for one in at.session_state["now"]]


def press(at: AppTest, key: str) -> None:
    at.button(f"k.{key}").click()
    # The change comes before the page is drawn anew.
    shown(at)


def test_contenders_join_until_there_is_no_room(at: AppTest):
    press(at, "add")
    press(at, "add")
    assert racing(at) == ["sgd", "adam", "rmsprop", "adamw"]
    assert not [b for b in at.button if b.key == "k.add"]
    assert all(at.button(f"k.c{k}.copy").disabled for k in range(4))


def test_a_copy_stands_beside_its_original(at: AppTest):
    press(at, "c0.copy")
    first, second, third = at.session_state["now"]
    assert first == second
    assert second.params["lr"] == 0.5
    assert third.optimizer == "adam"


def test_all_but_the_last_can_be_dropped(at: AppTest):
    press(at, "c0.drop")
    assert racing(at) == ["adam"]
    assert at.button("k.c0.drop").disabled


def test_another_optimizer_starts_at_its_defaults(at: AppTest):
    (choice,) = [box for box in at.selectbox if box.label == "Optimizer of A"]
    choice.set_value("adam")
    shown(at)
    assert at.session_state["now"] == (Contender("adam"), Contender("adam"))


def test_another_schedule_starts_at_its_defaults_and_leaves_the_rest(at: AppTest):
    box = [one for one in at.selectbox if one.label == "Learning-rate schedule"][1]
    box.set_value("cosine")
    shown(at)
    sgd, adam = at.session_state["now"]
    assert (sgd.schedule, adam.schedule) == ("constant", "cosine")
    assert adam.schedule_params == registry.schedules["cosine"].defaults()
    assert adam.params == Contender("adam").params


def test_notes_stand_on_their_cards(at: AppTest):
    assert not [c for c in at.caption if c.value.startswith("note")]
    at.session_state["notes"] = True
    shown(at)
    assert [c.value for c in at.caption if c.value.startswith("note")] == ["note 0", "note 1"]

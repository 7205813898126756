"""The page of losses without a browser: every section, control and preset, and what is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from lossviz import registry
from lossviz.losslab import LossLab, Pick
from lossviz.losslab.lab import SECTIONS
from lossviz.losslab.presets import PRESETS
from lossviz.ui.losslab import lessons
from lossviz.ui.losslab.kept import lab
from tests.pages.race_visit import plain
from tests.pages.visit import ROOT, Visit

PAGE = ROOT / "pages" / "losses.py"


class LossVisit(Visit):
    """One session of the page of losses, opened at these URL fields."""

    def __init__(self, url: Mapping[str, str] | None = None) -> None:
        super().__init__(url, PAGE)

    @property
    def lab(self) -> LossLab:
        settings: LossLab = self.at.session_state[lab.settings]
        return settings

    @property
    def drawn(self) -> dict[str, Any]:
        """What the sketch was sent."""
        data: dict[str, Any] = json.loads(self.component("ll.sketch").json)
        return data

    def panel(self, name: str) -> dict[str, Any]:
        (found,) = (one for one in self.drawn["panels"] if one["id"] == name)
        return dict(found)

    @property
    def said(self) -> str:
        parts = (*self.at.caption, *self.at.info, *self.at.warning, *self.at.markdown)
        return "\n".join(plain(part.value) for part in parts)

    @property
    def tables(self) -> str:
        return "\n".join(one.proto.body for one in self.at.get("html"))

    def move(self, name: str, at: Any) -> None:
        """Move a handle, as the sketch's script does."""
        self.moves += 1
        sent = json.dumps({"move": {"n": self.moves, "v": {"name": name, "at": at}}})
        self._send(WidgetState(id=self.component("ll.sketch").id, json_value=sent))


def test_sections_are_changed_by_their_row_and_keep_their_settings() -> None:
    visit = LossVisit()
    for pick in visit.lab.residual:
        assert pick.entry.when in visit.said
    for section in SECTIONS[1:]:
        visit.choose("ll.section", section)
        assert visit.lab.section == visit.url["section"] == section
        assert visit.sentences == []
        assert len(visit.drawn["panels"]) >= 2
    visit.move("q", [0.5, 0.5])
    visit.choose("ll.section", "curves")
    visit.choose("ll.section", "entropy")
    assert visit.lab.q == (0.5, 0.5)


def test_which_loss_for_which_task_names_losses_of_the_catalogue() -> None:
    visit = LossVisit()
    assert plain(lessons.FURTHER) in visit.said
    named = set()
    for what, example, usual in lessons.TASKS:
        assert plain(f"{what}** ({example}). {usual}") in visit.said
        named |= {entry.name for entry in registry.losses if entry.title.lower() in usual.lower()}
    assert named >= {
        "mse", "mae", "huber", "poisson_nll", "cross_entropy", "focal", "smooth_l1", "soft_f1",
        "weighted_cross_entropy",
    }  # fmt: skip


def test_what_is_worth_seeing_opens_with_its_claim() -> None:
    visit = LossVisit()
    for preset in PRESETS:
        visit.press(f"ll.preset.{preset.name}")
        assert visit.lab == preset.settings
        assert preset.claim in visit.said
        assert visit.sentences == []


def test_a_claim_stays_while_one_tries_other_settings_and_goes_with_its_section() -> None:
    visit = LossVisit({"section": "saturation"})
    visit.turn("ll.lr", 0.3)
    assert "You have changed the settings since" in visit.said
    visit.choose("ll.section", "entropy")
    assert "Surely wrong" not in visit.said


# --- curves ------------------------------------------------------------------------------------


def test_losses_are_added_changed_and_taken_away() -> None:
    visit = LossVisit()
    assert [pick.loss for pick in visit.lab.residual] == ["mse", "mae", "huber", "quantile"]
    visit.turn("ll.residual.2.huber.delta", 2.0)
    assert visit.url["residual"] == "mse;mae;huber(delta=2.0);quantile"
    visit.press("ll.residual.0.drop")
    assert visit.url["residual"] == "mae;huber(delta=2.0);quantile"
    visit.press("ll.residual.add")
    assert len(visit.lab.residual) == 4
    visit.choose("ll.residual.3", "poisson_nll")
    assert visit.lab.residual[3] == Pick("poisson_nll")
    visit.press("ll.reset")
    assert visit.lab == LossLab()


@pytest.mark.parametrize(("count", "key"), [(1, "ll.fits.0.drop"), (8, "ll.fits.add")])
def test_there_is_one_loss_at_least_and_eight_at_most(count: int, key: str) -> None:
    visit = LossVisit({"section": "outliers", "fits": ";".join(["huber"] * count)})
    assert visit.at.button(key=key).disabled


# --- outliers ----------------------------------------------------------------------------------


def test_a_dragged_point_moves_every_line() -> None:
    visit = LossVisit({"section": "outliers"})
    assert "9.727" in visit.tables
    points = [list(point) for point in visit.lab.points]
    points[-1] = [1.0, 3.0]
    visit.move("points", points)
    assert visit.lab.points[-1] == (1.0, 3.0)
    for text in ("9.727", "2.667"):
        assert text not in visit.tables
    assert visit.tables.count("2.000") == 3
    assert "y = 2 x + 1" in visit.said
    visit.press("ll.points")
    assert visit.lab.points == LossLab().points


def test_points_are_added_and_taken_away_and_what_cannot_be_is_said() -> None:
    visit = LossVisit({"section": "outliers"})
    visit.move("points", [[0.0, 1.0], [0.5, 2.0], [1.0, 3.0]])
    assert len(visit.lab.points) == 3
    visit.move("points", [[0.0, 1.0]])
    assert "There are 1 points" in visit.said
    visit.move("points", [[0.0, 1.0], [7.0, 2.0]])
    assert "not in the picture" in visit.said
    assert len(visit.lab.points) == 3
    visit.move("points", [[0.5, 1.0], [0.5, 3.0]])
    assert "More than one line is best" in visit.said


def test_nonsense_from_a_browser_changes_nothing() -> None:
    visit = LossVisit({"section": "outliers"})
    for name, at in (
        ("points", [1.0, 2.0]), ("cut", [[0.0, 1.0]]), ("cut", [1.0, 2.0]), ("p", [[0.0, 1.0]]),
        ("nobody", [1.0]), ("points", ["<b>"]),
    ):  # fmt: skip
        visit.move(name, at)
        assert visit.lab == LossLab(section="outliers"), name
        assert visit.sentences == []


def test_another_surface_is_chosen() -> None:
    visit = LossVisit({"section": "outliers"})
    visit.choose("ll.chosen", 2)
    assert visit.panel("surface")["title"].endswith("Mean absolute error")


# --- the others --------------------------------------------------------------------------------


def test_saturation_counts_the_steps() -> None:
    visit = LossVisit({"section": "saturation"})
    for steps in (">469<", ">50<"):
        assert steps in visit.tables
    visit = LossVisit({"section": "saturation", "w": "6", "b": "6", "steps": "100"})
    assert "not within 100" in visit.tables
    assert visit.drawn["clock"]["steps"][-1] == 100


def test_imbalance_has_exact_and_counted_scores() -> None:
    visit = LossVisit({"section": "imbalance"})
    for number in ("0.318", "0.440", "0.960", "0.841", "0.347", "0.518"):
        assert number in visit.tables
    visit.move("cut", [-1.0])
    assert visit.lab.cut == -1.0
    assert visit.dials()["ll.cut"]["value"] == -1.0
    assert visit.panel("density")["handles"][0]["at"] == [-1.0]


def test_the_calculator() -> None:
    visit = LossVisit({"section": "entropy"})
    for number in ("0.3618", "0.1571", "0.3251"):
        assert number in visit.tables
    for number in ("0.1809", "0.157", "0.176"):
        assert number in visit.said
    visit.move("q", [0.9, 0.1])
    assert "0.0000" in visit.tables
    assert "0.176" not in visit.said
    visit.turn("ll.classes", 6)
    assert len(visit.lab.p) == len(visit.lab.q) == 6
    visit.press("ll.even")
    assert visit.lab.q == pytest.approx((1 / 6,) * 6)
    visit.press("ll.swap")
    assert visit.lab.p == pytest.approx((1 / 6,) * 6)
    visit.press("ll.equal")
    assert visit.lab.q == visit.lab.p
    visit.move("q", [0, 0.2, 0.2, 0.2, 0.2, 0.2])
    assert "∞" in visit.tables
    visit.turn("ll.classes", 2)
    assert sum(visit.lab.q) == pytest.approx(1)


def test_a_bad_link_gets_sentences_and_the_nearest_picture() -> None:
    visit = LossVisit({"section": "<b>x</b>", "fits": "hinge", "points": "0,1;9,9", "lr": "-3"})
    (said,) = visit.sentences
    for words in ("Using curves", "'hinge' cannot be seen here", "outside of the picture", "lr"):
        assert words in plain(said)
    assert visit.drawn["panels"]

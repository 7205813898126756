"""The data page without a browser: every step, every control, files of one's own, what is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from lossviz.comparison import Comparison
from lossviz.datalab import DataLab, read_table
from lossviz.datalab.lab import CONSTANT, VALUES
from lossviz.datalab.presets import PRESETS
from lossviz.ui.datalab import live, show, upload
from lossviz.ui.datalab.kept import data
from tests.pages.visit import ROOT, Visit, plain

PAGE = ROOT / "pages" / "data.py"
QUICK = {"data": "iris", "steps": "5"}

HOUSES = b"area;rooms;heating;price\n" + b"".join(
    b"%s;%d;%s;%d\n"
    % (b"NA" if k % 9 == 4 else b"%d,5" % (40 + k), 1 + k % 5, [b"gas", b"oil"][k % 2], k * 11 % 97)
    for k in range(60)
)  # fmt: skip


class DataVisit(Visit):
    """One session of the data page."""

    stage = "dl.stage"

    def __init__(self, url: Mapping[str, str] | None = None) -> None:
        super().__init__(url, PAGE)

    @property
    def lab(self) -> DataLab:
        lab: DataLab = self.at.session_state[data.settings]
        return lab

    @property
    def said(self) -> str:
        parts = (
            *self.at.caption,
            *self.at.markdown,
            *self.at.info,
            *self.at.error,
            *self.at.warning,
        )
        return "\n".join(plain(part.value) for part in parts)

    @property
    def drawings(self) -> dict[str, str]:
        """The SVG on the page, by its key."""
        found = {}
        for one in self.at.get("bidi_component"):
            if one.proto.component_name == "lossviz_drawing":
                found[one.proto.id.split("-", 2)[2]] = json.loads(one.proto.json)
        return found

    @property
    def tables(self) -> str:
        return "\n".join(one.proto.body for one in self.at.get("html"))

    def send(self, name: str, content: bytes) -> None:
        """Upload a file."""
        (box,) = self.at.get("file_uploader")
        box.set_value((name, content, "text/csv"))
        self.again()


@pytest.fixture
def quick() -> DataVisit:
    return DataVisit(QUICK)


def reopened(visit: DataVisit) -> None:
    """Another session sees the same by the link."""
    other = DataVisit(visit.url)
    assert other.sentences == []
    assert other.lab == visit.lab
    assert other.drawings == visit.drawings


# --- the four steps ------------------------------------------------------------------------------


def test_it_opens_on_wine_with_a_look_at_every_column() -> None:
    visit = DataVisit()
    assert visit.sentences == []
    assert visit.url == {"v": "1"}
    assert "178 rows and 14 columns. To predict: 'class' (3 classes)" in visit.said
    drawn = visit.drawings
    assert drawn["dl.strips"].count("<svg") == 14
    assert "proline over alcohol" in drawn["dl.scatter.False"]
    assert "alcohol and proline" in drawn["dl.correlations.0"]
    (rows,) = visit.at.dataframe
    assert rows.value.shape == (100, 14)


@pytest.mark.parametrize("name", ["rare", "line", "breast_cancer"])
def test_every_kind_of_table_can_be_trained_on(name: str) -> None:
    visit = DataVisit({"data": name, "section": "effect", "steps": "3"})
    assert visit.sentences == []
    assert visit.shows_stage
    assert not visit.drawings


def test_the_steps_are_one_click_apart(quick: DataVisit) -> None:
    quick.choose("dl.section", "clean")
    assert "filled in with the column's median" in quick.said
    assert {"dl.scatter.True", "dl.balance", "dl.correlations.1"} <= set(quick.drawings)
    assert "sepal length (cm)" in quick.tables
    quick.choose("dl.section", "scale")
    assert "times as wide as the narrowest one" in quick.said
    assert set(quick.drawings) == {"dl.before", "dl.after"}
    quick.choose("dl.section", "effect")
    assert "Condition number" in quick.said
    assert quick.url["section"] == "effect"
    picture = quick.picture
    assert [view["id"] for view in picture["views"]] == ["scaled"]
    assert picture["surface"]["z"].shape == (61, 61)
    assert picture["planned"] == 5
    reopened(quick)


def test_running_the_page_again_shows_the_same(quick: DataVisit) -> None:
    before = quick.drawings
    quick.again()
    assert quick.drawings == before


# --- every control -------------------------------------------------------------------------------


def test_every_dial_moves_to_its_ends_and_back() -> None:
    # All groups of settings stand beside the effect.
    visit = DataVisit(QUICK | {"section": "effect"})
    opened = visit.lab
    for key, dial in visit.dials().items():
        ends = (1, 40) if key == "dl.steps" else (dial["stops"][0], dial["stops"][-1])
        for value in ends:
            visit.turn(key, value)
            assert visit.drawings or visit.shows_stage or visit.at.error, f"{key} = {value}"
            assert visit.dials()[key]["value"] == value
        visit.turn(key, dial["value"])
    assert visit.lab == opened


CHOICES = [name for name, param in VALUES.items() if param.kind == "choice" and name != "section"]


@pytest.mark.parametrize("name", CHOICES)
def test_every_option_of_a_list_is_shown_and_in_the_address(name: str) -> None:
    visit = DataVisit(QUICK | {"section": "effect"})
    for option in VALUES[name].choices:
        visit.choose(f"dl.{name}", option)
        assert getattr(visit.lab, name) == option
        # Categories are no values to predict, and that is told.
        assert visit.shows_stage or (option == "values" and "categories" in visit.said)
    last = VALUES[name].choices[-1]
    if last != VALUES[name].default:
        assert visit.url[name] == last


def test_tables_targets_and_inputs_are_chosen_by_name(quick: DataVisit) -> None:
    quick.choose("dl.source", "diabetes")
    assert quick.lab.source == "diabetes"
    assert "'progression after a year' (its values)" in quick.said
    quick.choose("dl.target", "bmi")
    assert "To predict: 'bmi'" in quick.said
    quick.choose("dl.first", "s5")
    quick.choose("dl.second", CONSTANT)
    assert "(constant) over s5" in quick.drawings["dl.scatter.False"]
    quick.choose("dl.second", "bp")
    assert "bp over s5" in quick.drawings["dl.scatter.False"]
    reopened(quick)
    quick.choose("dl.source", "wine")
    assert (quick.lab.target, quick.lab.first) == ("", "")


def test_more_dirt_is_seen_and_cleaned(quick: DataVisit) -> None:
    quick.choose("dl.section", "clean")
    before = quick.drawings
    quick.turn("dl.missing_share", 0.3)
    assert quick.drawings["dl.strips"] != before["dl.strips"]
    quick.choose("dl.missing", "drop")
    assert "rows dropped for that" in quick.said
    quick.choose("dl.fence", "z")
    assert "dl.z_threshold" in quick.dials()
    assert "standard deviations on each side of the mean" in quick.said


def test_the_stage_says_when_it_is_turned_to_three_dimensions() -> None:
    visit = DataVisit(QUICK | {"section": "effect"})
    visit.fire("view", "3d")
    assert visit.lab.three_d
    assert visit.url["three_d"] == "true"
    assert visit.picture["surface"]["view"] == "3d"


def test_one_rate_for_all_diverges_on_raw_data_and_says_so() -> None:
    visit = DataVisit(
        {"data": "diabetes", "section": "effect", "tune": "same", "steps": "20",
         "first": "bmi", "second": "bp"}
    )  # fmt: skip
    assert "times what A stands, so it diverges" in visit.said
    assert "diverged at" in visit.tables
    assert "dl.lr" in visit.dials()
    assert "dl.share" not in visit.dials()
    assert np.isfinite(visit.picture["views"][0]["paths"][0]["x"]).all()


def test_a_link_leads_to_the_playground_with_the_same_data_and_scaling(quick: DataVisit) -> None:
    quick.choose("dl.section", "scale")
    quick.choose("dl.scaling", "robust")
    (link,) = quick.at.get("link_button")
    url = dict(parse_qsl(urlsplit(link.proto.url).query))
    base = Comparison.from_url(url).base
    assert (base.dataset, base.scaling) == ("iris", "robust")
    assert "the same training and test rows, without the dirt" in quick.said


def test_what_is_worth_seeing_opens_with_its_claim(quick: DataVisit) -> None:
    for preset in [one for one in PRESETS if one.name in ("hidden", "one-rate")]:
        quick.press(f"dl.preset.{preset.name}")
        assert quick.lab == preset.settings
        assert preset.claim in quick.said
        assert quick.shows_stage == (preset.settings.section == "effect")
    quick.turn("dl.momentum", 0.5)
    assert "You have changed the settings since" in quick.said
    quick.press("dl.reset")
    assert preset.claim not in quick.said


def test_reset_goes_back_to_the_opening_settings(quick: DataVisit) -> None:
    quick.press("dl.reset")
    assert quick.lab == DataLab()


def test_a_broken_link_is_told_and_mended() -> None:
    visit = DataVisit({"data": "tulips", "missing_share": "7", "section": "cook", "colour": "1"})
    (said,) = [plain(text) for text in visit.sentences]
    for part in ("no data set 'tulips'", "missing_share", "section", "unknown field 'colour'"):
        assert part in said
    assert visit.drawings


def test_settings_that_leave_nothing_are_told_in_place_of_the_pictures() -> None:
    visit = DataVisit({"missing": "drop", "missing_share": "0.5"})
    (said,) = visit.sentences
    assert "would be left" in said
    assert not visit.drawings
    visit.choose("dl.section", "clean")
    visit.choose("dl.missing", "median")
    assert visit.sentences == []
    assert visit.drawings


def test_a_target_that_is_not_there_is_replaced_with_a_word(quick: DataVisit) -> None:
    visit = DataVisit(QUICK | {"target": "price", "first": "weight"})
    assert "there is no column 'price' here" in visit.said
    assert visit.drawings


# --- while it is computed ------------------------------------------------------------------------


def test_while_it_trains_the_page_says_how_far_it_is_and_keeps_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, dropped = show.cases_begun, []
    never: tuple[Future, ...] = (Future(), Future())
    visit = DataVisit(QUICK | {"section": "effect"})
    before = visit.message
    with monkeypatch.context() as patch:
        patch.setattr(show, "cases_begun", lambda lab, pairs: (begun(lab, pairs)[0], *never))
        patch.setattr(live, "PATIENCE", 0.0)
        patch.setattr(live.engine, "drop", dropped.append)
        visit.turn("dl.momentum", 0.5)
        assert "Training on the raw, cleaned and scaled data: 1 of 3 done." in visit.said
        assert visit.message == before
        # The page is alive meanwhile, and the picture too.
        visit.fire("view", "3d")
        assert visit.picture["surface"]["view"] == "3d"
        assert not set(never) & set(dropped)
        visit.turn("dl.momentum", 0.6)
        assert set(never) <= set(dropped)
        # Where nothing was shown before, there is only the sentence.
        first = DataVisit(QUICK | {"section": "effect"})
        assert "1 of 3 done" in first.said
        assert not first.shows_stage
    for one in (visit, first):
        one.again()
        assert "1 of 3" not in one.said
        assert one.shows_stage
    assert visit.message != before


# --- files of one's own --------------------------------------------------------------------------


def test_a_file_is_asked_for_read_and_trained_on() -> None:
    visit = DataVisit({"steps": "5"})
    visit.choose("dl.source", "upload")
    assert "Choose a file in the sidebar. CSV, up to 5 MB" in visit.said
    assert not visit.drawings
    visit.send("houses.csv", HOUSES)
    assert visit.sentences == []
    assert "60 rows and 4 columns. To predict: 'price' (its values), from 3 inputs" in visit.said
    assert "Read with the delimiter semicolon." in visit.said
    assert "houses.csv: 60 rows, kept until you leave." in visit.said
    assert visit.url["file"] == "houses.csv"
    assert len(visit.url["digest"]) == 12
    visit.choose("dl.target", "heating")
    assert "'heating' (2 classes)" in visit.said
    for section in ("clean", "scale", "effect"):
        visit.choose("dl.section", section)
        assert visit.sentences == []
    assert visit.shows_stage
    assert "never holds a file" in visit.said
    assert "a file of yours stays in this session" in visit.said
    assert not visit.at.get("link_button")


def test_a_link_with_a_file_asks_for_it_and_then_shows_the_same() -> None:
    first = DataVisit({"data": "upload", "steps": "5"})
    first.send("houses.csv", HOUSES)
    first.choose("dl.target", "rooms")
    link = first.url
    other = DataVisit(link)
    assert "This link was made with the file 'houses.csv'" in other.said
    assert not other.drawings  # nothing of the first session has come over
    other.send("houses.csv", HOUSES)
    assert other.sentences == []
    assert other.lab == first.lab
    assert other.drawings == first.drawings
    third = DataVisit(link)
    third.send("houses.csv", HOUSES.replace(b"gas", b"sun"))
    assert "has other contents than before" in third.said
    assert third.lab.target == "rooms"


def test_a_broken_file_is_told_with_its_line_and_the_next_one_is_read() -> None:
    visit = DataVisit({"data": "upload"})
    visit.send("bad.csv", b"a,b\n1,2\n3\n4,5\n6,7\n")
    assert "Line 3 has 1 field, but the first row has 2" in visit.said
    assert not visit.drawings
    visit.send("houses.csv", HOUSES)
    assert visit.sentences == []
    assert visit.drawings
    visit.send("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(99))
    assert "This is a PNG picture" in visit.said
    assert upload.TABLE not in visit.at.session_state


def test_what_stands_in_a_file_is_words_in_the_tables() -> None:
    visit = DataVisit({"data": "upload", "section": "clean"})
    visit.send("odd.csv", HOUSES.replace(b"area", b"<img src=x>"))
    assert "&lt;img src=x&gt;" in visit.tables
    assert "<img" not in visit.tables


def test_a_file_is_forgotten_when_it_is_asked_for() -> None:
    visit = DataVisit({"data": "upload"})
    visit.send("houses.csv", HOUSES)
    assert upload.TABLE in visit.at.session_state
    visit.choose("dl.section", "effect")
    assert live.SHOWN in visit.at.session_state
    visit.press("dl.forget")
    assert upload.TABLE not in visit.at.session_state
    assert live.SHOWN not in visit.at.session_state
    assert "Choose a file" in visit.said
    assert "file" not in visit.url
    visit.send("again.csv", HOUSES)
    assert visit.lab.file == "again.csv"


def test_a_large_file_is_read_while_the_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    visit = DataVisit({"data": "upload", "section": "scale"})
    begun: Future = Future()
    with monkeypatch.context() as patch:
        patch.setattr(upload.engine, "submit", lambda *_: begun)
        patch.setattr(upload, "PATIENCE", 0.0)
        visit.send("houses.csv", HOUSES)
    assert "houses.csv is being read." in visit.said
    visit.choose("dl.section", "look")
    assert "houses.csv is being read." in visit.said
    begun.set_result(read_table(HOUSES))
    visit.again()
    assert "60 rows and 4 columns" in visit.said
    assert visit.url["file"] == "houses.csv"
    assert "is being read" not in visit.said


def test_a_file_that_is_taken_away_is_asked_for_by_its_name() -> None:
    visit = DataVisit({"data": "upload"})
    visit.send("houses.csv", HOUSES)
    (box,) = visit.at.get("file_uploader")
    box.set_value([])
    visit.again()
    assert "The file 'houses.csv' was taken away." in visit.said
    assert upload.TABLE not in visit.at.session_state


def test_a_file_stays_while_another_table_is_looked_at() -> None:
    visit = DataVisit({"data": "upload"})
    visit.send("houses.csv", HOUSES)
    visit.choose("dl.source", "iris")
    assert "150 rows" in visit.said
    assert "file" not in visit.url
    visit.choose("dl.source", "upload")
    assert "60 rows and 4 columns" in visit.said
    assert visit.url["file"] == "houses.csv"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"only\n1\n5\n3\n8\n", "no column from which 'only' could be predicted"),
        (b"a,b\nx,u\ny,v\nx,u\ny,v\nx,v\ny,u\n", "None of the inputs is a number"),
        (b"a,b\n1,1\n1,1\n1,1\n1,1\n", "no column that could be predicted"),
        (b"x,y\n" + b"".join(b"%de200,%d\n" % (k, k) for k in range(2, 30)), "no column from"),
    ],
)  # fmt: skip
def test_a_table_of_which_nothing_can_be_learnt_is_told(content: bytes, said: str) -> None:
    visit = DataVisit({"data": "upload", "section": "effect", "steps": "3"})
    visit.send("odd.csv", content)
    assert said in visit.said
    assert not visit.shows_stage


def test_very_large_numbers_are_trained_on_as_any_others() -> None:
    visit = DataVisit({"data": "upload", "section": "effect", "steps": "3"})
    rows = b"".join(b"%de99,%d\n" % (k, k * k) for k in range(2, 9))
    visit.send("large.csv", b"x,y\n" + rows)
    assert visit.sentences == []
    assert visit.shows_stage
    for section in ("look", "clean", "scale"):
        visit.choose("dl.section", section)
        assert visit.drawings

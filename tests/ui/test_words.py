"""The tables and sentences of a page: all that is told, and nothing that comes in as markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from streamlit.testing.v1 import AppTest

from lossviz.figures.theme import mark
from lossviz.ui.words import duration


class Table(HTMLParser):
    """The texts of the cells, row by row, and the names of all elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.names: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        self.rows[-1][-1] += data


def html_of(page) -> str:
    at = AppTest.from_function(page).run()
    assert not at.exception, [e.value for e in at.exception]
    (found,) = at.get("html")
    return found.proto.body


def board() -> None:
    from lossviz.ui.words import scoreboard

    scoreboard(
        [
            {"contender": "A SGD", "f": "1.5", "steps": "12", "status": "All is well."},
            {
                "contender": "B <script>",
                "f": "–",
                "steps": "<b>",
                "status": "It & all <i>left</i>.",
            },
        ],
        {"f": "f", "steps": "steps to <1e-6"},
    )


def counts() -> None:
    from lossviz.ui.words import tally

    tally([{"at (0, 0)": 3, "<elsewhere>": 0}, {"at (0, 0)": 1, "<elsewhere>": 2}])


def test_a_scoreboard_tells_all_of_each_contender():
    table = Table(html_of(board))
    head, first, below, second, _ = table.rows
    assert head == ["contender", "f", "steps to <1e-6", "status"]
    assert first == ["A SGD", "1.5", "12", "All is well."]
    # On a phone the sentence stands once more under the numbers.
    assert below == ["All is well."]
    assert second == ["B <script>", "–", "<b>", "It & all <i>left</i>."]


ALLOWED = {"div", "table", "thead", "tbody", "tr", "th", "td", "i", "span"}


def test_names_and_sentences_are_never_markup():
    for page in (board, counts):
        assert Table(html_of(page)).names <= ALLOWED


def test_contenders_have_their_colours():
    colors = [mark(0).color("light"), mark(1).color("light")]
    for page in (board, counts):
        assert re.findall(r'<i style="background:(#\w+)">', html_of(page)) == colors


def test_a_tally_counts_for_each_contender():
    assert Table(html_of(counts)).rows == [
        ["", "at (0, 0)", "<elsewhere>"], ["A", "3", "0"], ["B", "1", "2"],
    ]  # fmt: skip


def told() -> None:
    from lossviz.ui.words import notices

    notices(("No *such* loss.", "Using [mse](x)."))


def silent() -> None:
    from lossviz.ui.words import notices

    notices(())


def test_what_was_wrong_is_one_warning_without_markup():
    at = AppTest.from_function(told).run()
    (warning,) = at.warning
    first, second = warning.value.split("  \n")
    assert first == r"No \*such\* loss\."
    assert second == r"Using \[mse\]\(x\)\."
    assert len(AppTest.from_function(silent).run().warning) == 0


def test_a_duration_is_never_told_too_short():
    assert duration(0.2) == "1 s"
    assert duration(59) == "59 s"
    assert duration(61) == "2 min"
    assert duration(3600) == "1 h 0 min"
    assert duration(3601) == "1 h 1 min"

"""A visit to the race page without a browser."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState

from lossviz.course import Course
from lossviz.ui.race.kept import race
from tests.pages.visit import ROOT, Visit, plain

PAGE = ROOT / "pages" / "race.py"
STAGE = "rc.stage"


class RaceVisit(Visit):
    """One session of the race page, opened at these URL fields."""

    def __init__(self, url: Mapping[str, str] | None = None, script: Path = PAGE) -> None:
        super().__init__(url, script)

    @property
    def course(self) -> Course:
        """The settings of the session."""
        course: Course = self.at.session_state[race.settings]
        return course

    @property
    def said(self) -> str:
        """All sentences of the page, as a person reads them."""
        parts = (*self.at.caption, *self.at.info, *self.at.error, *self.at.warning)
        return "\n".join(plain(part.value) for part in parts)

    @property
    def tables(self) -> str:
        """The HTML of the page: table and tally."""
        return "\n".join(one.proto.body for one in self.at.get("html"))

    @property
    def message(self) -> bytes:
        """What the stage was sent, byte for byte."""
        return bytes(self.component(STAGE).bytes)

    def fire(self, event: str, value: Any) -> None:
        """An event of the stage."""
        id_ = f"$$STREAMLIT_INTERNAL_KEY_{self.component(STAGE).id}__events"
        sent = json.dumps([{"event": event, "value": value}])
        self._send(WidgetState(id=id_, json_trigger_value=sent))

    def typed(self, text: str) -> None:
        """Type a formula."""
        self.formula.set_value(text)
        self.again()

    @property
    def formula(self) -> Any:
        """The box in which a formula is typed."""
        (box,) = self.at.text_input
        return box

    def until(self, done: Any, seconds: float = 60) -> None:
        """Run the page again, as its fragment does by itself, until something is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "it took too long"
            time.sleep(0.05)
            self.again()

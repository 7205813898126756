"""A visit to the landscape page without a browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lossviz.survey import Survey
from lossviz.ui.landscape.kept import landscape
from tests.pages.visit import ROOT, Visit, read_picture

PAGE = ROOT / "pages" / "landscape.py"
STAGE, CURVE = "ls.stage", "ls.curve"


class LandscapeVisit(Visit):
    """One session of the landscape page, opened at these URL fields."""

    stage = STAGE

    def __init__(self, url: Mapping[str, str] | None = None, script: Path = PAGE) -> None:
        super().__init__(url, script)

    @property
    def survey(self) -> Survey:
        """The settings of the session."""
        survey: Survey = self.at.session_state[landscape.settings]
        return survey

    @property
    def said(self) -> str:
        """All sentences of the page, as a person reads them."""
        parts = (*self.at.caption, *self.at.info, *self.at.error, *self.at.warning)
        return "\n".join(part.value.replace("\\", "") for part in parts)

    @property
    def tables(self) -> str:
        """The HTML of the page."""
        return "\n".join(one.proto.body for one in self.at.get("html"))

    @property
    def busy(self) -> bool:
        """Whether the page says that it waits for something."""
        return bool(self.at.get("progress"))

    @property
    def curve(self) -> dict[str, Any]:
        """What the stage of the low-loss curve was sent."""
        return read_picture(bytes(self.component(CURVE).bytes))

    def figures(self) -> list[str]:
        """The keys of the figures."""
        return [one.proto.id.rsplit("-", 1)[-1] for one in self.at.get("plotly_chart")]

    def until(self, done: Callable[[], bool], seconds: float = 60) -> None:
        """Run the page again, as its fragment does by itself, until something is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "it took too long"
            self.again()

    def settled(self) -> None:
        """Run the page until nothing more is on its way."""
        self.until(lambda: not self.busy)

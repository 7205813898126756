"""A visit to the playground without a browser: turn its dials, send the stage's events, look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from lossviz.comparison import Comparison
from lossviz.ui import state
from lossviz.ui.stage.pack import unpack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pages" / "playground.py"
SETTLE, STAGE = "lossviz.settle", "pg.stage"


class Visit:
    """One session of the page, opened at these URL fields."""

    #: The key of the page's stage.
    stage = STAGE

    def __init__(self, url: Mapping[str, str] | None = None, script: Path = PAGE) -> None:
        self.at = AppTest.from_file(str(script), default_timeout=60)
        for name, value in (url or {}).items():
            self.at.query_params[name] = value
        self.moves = 0
        self.again()

    def again(self) -> None:
        """Run the page once more, and never with an exception."""
        self.at.run()
        self._sound()

    def _sound(self) -> None:
        assert not self.at.exception, [(e.value, e.stack_trace) for e in self.at.exception]

    # --- what there is -------------------------------------------------------------------------

    @property
    def comparison(self) -> Comparison:
        return self.at.session_state[state.playground.settings]

    @property
    def url(self) -> dict[str, str]:
        """The address bar's fields."""
        return {
            name: value if isinstance(value, str) else value[0]
            for name, value in self.at.query_params.items()
        }

    @property
    def sentences(self) -> list[str]:
        """What the page says is wrong."""
        return [e.value for e in (*self.at.error, *self.at.warning)]

    def component(self, key: str) -> Any:
        found = [b.proto for b in self.at.get("bidi_component") if b.proto.id.endswith(f"-{key}")]
        assert len(found) == 1, f"{len(found)} components have the key {key!r}"
        return found[0]

    def dials(self) -> dict[str, dict[str, Any]]:
        """What each dial on the page was given, by its key."""
        dials = {}
        for one in self.at.get("bidi_component"):
            if one.proto.component_name == "lossviz_dial" and SETTLE not in one.proto.id:
                key = one.proto.id.split("-", 2)[2]
                dials[key] = json.loads(one.proto.json)
        return dials

    @property
    def shows_stage(self) -> bool:
        return any(b.proto.component_name == "lossviz_stage" for b in self.at.get("bidi_component"))

    @property
    def message(self) -> bytes:
        """What the stage was sent, byte for byte."""
        return bytes(self.component(self.stage).bytes)

    @property
    def picture(self) -> dict[str, Any]:
        """What the stage was sent, read: the header with its arrays put back."""
        return read_picture(self.message)

    # --- what a person does --------------------------------------------------------------------

    def turn(self, key: str, value: float) -> None:
        """Move a dial, as its script in the browser does."""
        self.moves += 1
        sent = json.dumps({"move": {"n": self.moves, "v": value}})
        self._send(WidgetState(id=self.component(key).id, json_value=sent))

    def fire(self, event: str, value: Any) -> None:
        """An event of the stage."""
        id_ = f"$$STREAMLIT_INTERNAL_KEY_{self.component(self.stage).id}__events"
        sent = json.dumps([{"event": event, "value": value}])
        self._send(WidgetState(id=id_, json_trigger_value=sent))

    def _send(self, sent: WidgetState) -> None:
        states = self.at._tree.get_widget_states()
        states.widgets.append(sent)
        self.at._run(states)
        self._sound()

    def choose(self, key: str, value: Any) -> None:
        """Set a list, a switch, a number or a row of buttons."""
        self.widget(key).set_value(value)
        self.again()

    def press(self, key: str) -> None:
        self.at.button(key=key).click()
        self.again()

    def widget(self, key: str) -> Any:
        """The widget of that key; one that had to be put right has a number behind it."""
        for kind in ("selectbox", "toggle", "number_input", "button_group"):
            for one in self.at.get(kind):
                if re.fullmatch(rf"{re.escape(key)}(\.\d+)?", one.key or ""):
                    return one
        raise AssertionError(f"There is no widget {key!r}.")


def plain(markdown: str) -> str:
    """Text without the backslashes that protect it from Markdown."""
    return markdown.replace("\\", "")


def mended(visit: Visit, named: str) -> None:
    """What is wrong in the address is named, and what is shown instead has a link of its own."""
    assert visit.shows_stage
    assert named in plain(" ".join(visit.sentences))
    again = type(visit)(visit.url)
    assert again.sentences == []
    assert again.message == visit.message


def read_picture(message: bytes) -> dict[str, Any]:
    """A message of a stage: its header with its arrays put back."""
    header, arrays = unpack(message)
    return dict(_whole(header, arrays))


def _whole(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"array"}:
            return arrays[value["array"]]
        return {name: _whole(one, arrays) for name, one in value.items()}
    if isinstance(value, list):
        return [_whole(one, arrays) for one in value]
    return value

"""The demo page of a race on a function: starts that can be moved, and all that follows them."""

import numpy as np
import streamlit as st

from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import scene_message
from tests.browser import stage_race_data as data

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
ask = st.query_params
state = st.session_state
mode = "dark" if st.context.theme.type == "dark" else "light"
if "starts" not in state:
    state.starts = [(-1.8, 1.2), (1.5, 1.0)] if "two" in ask else [(-1.8, 1.2)]


def hear(*words: object) -> None:
    state.setdefault("heard", []).append(list(words))


def start(x: float, y: float) -> None:
    hear("start", x, y)
    state.starts[0] = (x, y)


def drag(index: int, x: float, y: float) -> None:
    hear("drag", index, x, y)
    state.starts[index] = (x, y)


def add(x: float, y: float) -> None:
    hear("add", x, y)
    state.starts.append((x, y))


def drop(index: int) -> None:
    hear("drop", index)
    del state.starts[index]


scene = data.scene(
    mode,
    np.array(state.starts),
    count=int(ask.get("count", 3)),
    steps=int(ask.get("steps", 300)),
    fans=int(ask.get("fans", 0)),
    arrows_on=tuple(ask["arrows"].split(",")) if "arrows" in ask else (),
    view=ask.get("view", "2d"),
)
stage(
    scene_message(scene), key="stage", on_start=start, on_drag=drag, on_add=add, on_drop=drop,
    on_choose=lambda who: hear("choose", who), on_arrows=lambda on: hear("arrows", *on),
)  # fmt: skip
st.text(f"heard {state.get('heard', [])}")

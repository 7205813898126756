"""The demo page of several surfaces on a stage; its address says what to show."""

from dataclasses import replace

import streamlit as st

from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import Tab, delta_message, scene_message
from tests.browser import stage_data as data
from tests.browser import stage_several_data as several

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
ask = st.query_params
mode = "dark" if st.context.theme.type == "dark" else "light"
state = st.session_state


def remember(name: str):
    def keep(*values: object) -> None:
        state.setdefault("heard", []).append([name, *values])
        if name == "choose":
            state.choice = values[0]
        if name == "view":
            state.view = values[0]

    return keep


HANDLERS = {f"on_{name}": remember(name) for name in ("start", "choose", "view", "resync")}

with st.sidebar:
    pending = st.toggle("pending")
    views = st.number_input("views", 0, 5, int(ask.get("views", 1)))

scene = several.scene(
    mode,
    views=int(views),
    count=int(ask.get("count", 2)),
    three_d=state.get("view", ask.get("view")) == "3d",
    shared="own" not in ask,
    pending=pending,
    choice=state.get("choice", "A"),
)
if "apart" in ask:
    other = replace(scene.views[0], paths=data.scene(count=2, steps=several.STEPS).paths[1:])
    scene = replace(scene, paths=scene.paths[:1], views=(other,))
if "bare" in ask:
    scene = several.bare()
if "without" in ask:
    empty = {"surface": None, "paths": (), "views": (), "strands": (), "losses": None, "side": ()}
    gone = ask["without"].split(",")
    if "surface" in gone:
        gone += ["paths", "views", "strands"]
    scene = replace(scene, **{name: empty[name] for name in gone})
if "side" in ask:
    kept = tuple(tab for tab in scene.side if tab.name == ask["side"])
    scene = replace(scene, side=kept)

if "live" in ask:
    # A run half of which is there, and the rest on a button, as a delta to the main surface.
    more = st.button("go on")
    half = data.scene(mode, count=2, steps=several.STEPS, last=100)
    seen = data.predictions("regions", 100)
    live = replace(
        half, views=scene.views, surface=scene.surface, predictions=None,
        side=(Tab("along", several.profile()), Tab("predictions", seen)),
    )  # fmt: skip
    whole = data.predictions("regions", 200)
    delta = replace(data.delta(live, 100, 200), predictions=replace(whole, joins=100))
    stage(delta_message(delta) if more else scene_message(live), key="stage")
else:
    stage(scene_message(scene), key="stage", **HANDLERS)
st.text(f"heard {state.get('heard', [])}")

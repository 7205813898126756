"""The demo page of the stage; its address says what to show, its widgets change it."""

from dataclasses import replace

import streamlit as st

from lossviz.ui.stage.component import stage
from lossviz.ui.stage.message import Cue, delta_message, scene_message
from tests.browser import stage_data as data

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
ask = st.query_params
mode = "dark" if st.context.theme.type == "dark" else "light"
state = st.session_state
count, steps = int(ask.get("count", 3)), int(ask.get("steps", 300))


def remember(name: str):
    def keep(*values: object) -> None:
        state.setdefault("heard", []).append([name, *values])
        if name == "start":
            state.start = values
        if name == "choose":
            state.choice = values[0]
        if name == "resync":
            state.whole = True

    return keep


HANDLERS = {
    f"on_{name}": remember(name) for name in ("start", "choose", "visible", "view", "resync")
}

with st.sidebar:
    shift = st.slider("shift", 0.0, 1.0, 0.0, 0.1)
    view = st.radio("view", ["2d", "3d"], index=1 if ask.get("view") == "3d" else 0)
    again = st.button("again")
if again:
    state.cue = state.get("cue", 0) + 1
cue = Cue(str(state.cue)) if "cue" in state else None

flat = data.surface(view, holes="holes" in ask, shift=shift, log="linear" not in ask)
if "peak" in ask and flat.z is not None:
    flat.z[-4:, -6:] = 1e6
if ask.get("surface") == "pending":
    flat = replace(flat, z=None)


def whole(last: int | None = None):
    return data.scene(
        mode,
        count=count,
        steps=steps,
        last=last,
        revision=f"{shift}",
        kind=ask.get("kind", "regions"),
        scale=float(ask.get("scale", 1)),
        start=state.get("start", (-1.8, 1.2)),
        flat=flat,
        cue=cue,
        choice=state.get("choice", "A"),
    )


if "alone" in ask:
    scene = whole()
    only = {"surface": scene.surface, "losses": scene.losses, "predictions": scene.predictions}
    kept = ask["alone"].split(",")
    gone = {name: None for name in only if name not in kept}
    stage(scene_message(replace(scene, **gone)), key="stage", **HANDLERS)
    st.text(f"heard {state.get('heard', [])}")
elif "live" in ask:
    if st.button("go on"):
        state.going = True

    @st.fragment(run_every=0.4 if state.get("going") else None)
    def running() -> None:
        sent = state.get("sent", -1)
        last = min(steps, sent + 20 if sent >= 0 else 20)
        if sent < 0 or state.pop("whole", False):
            message = scene_message(whole(last))
        else:
            joins = sent + 5 if ask.get("live") == "gap" and 60 <= sent < 80 else sent
            message = delta_message(data.delta(whole(last), joins, last))
        state.sent = last
        stage(message, key="stage", **HANDLERS)
        st.text(f"heard {state.get('heard', [])}")

    if not st.checkbox("away"):
        running()
else:
    stage(scene_message(whole()), key="stage", **HANDLERS)
    st.text(f"heard {state.get('heard', [])}")

"""The demo page of the dial; its address says how slow it is and how many dials there are."""

import json
import time

import streamlit as st

from lossviz.registry import Param
from lossviz.ui.dial import dial, settle

st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
state = st.session_state
ask = st.query_params
PARAMS = {
    "lr": Param("lr", 0.01, 1e-5, 10.0, "log", title="learning rate",
                help="How far a step goes along the gradient. Too far, and the loss rises."),
    "noise": Param("noise", 0.2, 0.0, 1.0, help="The spread of the points."),
    "depth": Param("depth", 2, 1, 10),
    "decay": Param("weight_decay", 0.0, 1e-6, 10.0, "log", off=0.0, title="weight decay"),
}  # fmt: skip
COLORS = {"lr": "#D55E00", "noise": "#0072B2", "depth": None, "decay": "#009E73"}
values = state.setdefault("values", {name: p.default for name, p in PARAMS.items()})
heard = state.setdefault("heard", [])


def keep(name: str):
    def changed(value: object) -> None:
        heard.append([name, value, time.time()])
        if value == 0.99 and "refuse" in ask:
            return
        values[name] = value

    return changed


def put(name: str, value: float) -> None:
    values[name] = value


names = list(PARAMS)[: int(ask.get("count", 4))]
for column, name in zip(st.columns(4), names, strict=False):
    with column, st.container(border=True):
        if name not in state.get("gone", ()):
            dial(PARAMS[name], values[name], key=name, on_change=keep(name), color=COLORS[name])
st.button("Put one", on_click=put, args=("lr", 1.0))
st.button("Run again")
st.button("Drop it", on_click=lambda: state.update(gone=["noise"]))
st.button("Bring it", on_click=lambda: state.update(gone=[]))
time.sleep(int(ask.get("slow", 0)) / 1000)
state.runs = state.get("runs", 0) + 1
painted = {"heard": heard, "values": values, "runs": state.runs, "at": time.time()}
st.text(f"painted {json.dumps(painted)}")
if "unsettled" not in ask:
    settle()

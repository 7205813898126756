"""A server with a race on a function on the stage, for `streamlit run`."""

from pathlib import Path

import streamlit as st

from lossviz.ui.stage.routes import routes

app = st.App(Path(__file__).with_name("stage_race_page.py"), routes=routes())

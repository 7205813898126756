"""A server with nothing but the stage on it: `streamlit run tests/browser/stage_app.py`."""

from pathlib import Path

import streamlit as st

from lossviz.ui.stage.routes import routes

app = st.App(Path(__file__).with_name("stage_page.py"), routes=routes())

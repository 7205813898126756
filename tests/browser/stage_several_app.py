"""A server with several surfaces on a stage: `streamlit run tests/browser/stage_several_app.py`."""

from pathlib import Path

import streamlit as st

from lossviz.ui.stage.routes import routes

app = st.App(Path(__file__).with_name("stage_several_page.py"), routes=routes())

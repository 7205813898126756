"""A server with nothing but dials on it: `streamlit run tests/browser/dial_app.py`."""

from pathlib import Path

import streamlit as st

from lossviz.ui.dial.routes import routes

app = st.App(Path(__file__).with_name("dial_page.py"), routes=routes())

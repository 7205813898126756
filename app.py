"""The app as ASGI: routes, start-up and shut-down. `streamlit run app.py` finds `app` by itself."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from lossviz.ui import dial, sketch
from lossviz.ui.preload import Preload
from lossviz.ui.server import explain, lifespan
from lossviz.ui.stage.routes import routes

FRAME = Path(__file__).parent / "lossviz" / "ui" / "frame.py"

app = st.App(
    FRAME,
    routes=[*routes(), *dial.routes(), *sketch.routes()],
    middleware=[Middleware(Preload)],
    lifespan=lifespan,
    on_script_error=explain,
)

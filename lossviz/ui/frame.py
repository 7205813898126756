"""The frame around every page: title, navigation, style. Streamlit runs it for each visit."""

from pathlib import Path

import streamlit as st

from lossviz.ui.flush import flushed
from lossviz.ui.style import apply_style

PAGES = Path(__file__).parents[2] / "pages"

st.set_page_config(
    page_title="lossviz",
    page_icon=str(Path(__file__).with_name("icon.svg")),
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)
apply_style()
page = st.navigation(
    [
        st.Page(
            PAGES / "playground.py", title="Playground", icon=":material/science:", default=True
        ),
        st.Page(PAGES / "race.py", title="Race", icon=":material/flag:"),
        st.Page(PAGES / "losses.py", title="Losses", icon=":material/show_chart:"),
        st.Page(PAGES / "data.py", title="Data", icon=":material/table_chart:"),
        st.Page(PAGES / "training.py", title="Training", icon=":material/monitor_heart:"),
        st.Page(PAGES / "landscape.py", title="Landscape", icon=":material/landscape:"),
    ],
    position="top",
)
page.run()
flushed()

"""The data: a table looked at, cleaned, scaled, and what that does to training."""

import streamlit as st

from lossviz.ui import dial, words
from lossviz.ui.datalab import controls, live
from lossviz.ui.datalab.kept import data

lab = data.opened()
seen = live.begin(lab)

with st.sidebar:
    controls.sidebar(lab, None if isinstance(seen, str) else seen)

controls.header(lab)
controls.steps(lab)
with st.container():  # one place, so that nothing below is mounted anew when a sentence comes
    words.notices(data.notices())
    controls.claim(lab)
live.show_lab(lab, seen)
data.publish(lab)
dial.settle()

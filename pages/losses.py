"""Losses: what training is asked for, and what comes of it."""

import streamlit as st

from lossviz.ui import dial, words
from lossviz.ui.losslab import controls, live
from lossviz.ui.losslab.kept import lab

now = lab.opened()

with st.sidebar:
    controls.sidebar(now)

controls.header(now)
controls.sections(now)
with st.container():  # one place, so that nothing below is mounted anew when a sentence comes
    words.notices(lab.notices())
    controls.claim(now)
live.show(now)
lab.publish(now)
dial.settle()

"""Training: first weights, regularisation, the fit, and the weights while they change."""

import streamlit as st

from lossviz.ui import dial, words
from lossviz.ui.checkup import controls, live
from lossviz.ui.checkup.kept import training

checkup = training.opened()
live.begin(checkup)

with st.sidebar:
    controls.sidebar(checkup)

controls.header(checkup)
controls.sections(checkup)
with st.container():  # one place, so that nothing below is mounted anew when a sentence comes
    words.notices(training.notices())
    controls.claim(checkup)
live.show_checkup(checkup)
training.publish(checkup)
dial.settle()

"""The landscape: slices through the losses of real networks, with what they leave out."""

import streamlit as st

from lossviz.ui import dial, words
from lossviz.ui.landscape import controls, live
from lossviz.ui.landscape.kept import landscape

survey = landscape.opened()
live.begin(survey)

with st.sidebar:
    controls.sidebar(survey)

controls.header(survey)
with st.container():  # one place, so that nothing below is mounted anew when a sentence comes
    words.notices(landscape.notices())
    controls.claim(survey)
controls.cards(survey)
live.show_survey(survey)
landscape.publish(survey)
dial.settle()

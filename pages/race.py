"""The race: optimizers on functions of two variables, exact and instant."""

import streamlit as st

from lossviz.ui import dial, words
from lossviz.ui.race import controls, live, waiting
from lossviz.ui.race.kept import race

course = race.opened()
waiting.begin(course)

with st.sidebar:
    controls.sidebar(course)

controls.header(course)
with st.container():  # one place, so that nothing below is mounted anew when a sentence comes
    words.notices(race.notices())
    controls.claim(course)
notes = live.notes(course)
controls.cards(course, notes)
live.show_course(course, notes)
controls.elsewhere()
race.publish(course)
dial.settle()

"""The race: optimizers on functions of two variables, exact and instant."""

import streamlit as st

from lossviz.ui import dial, words
from lossviz.ui.race import controls, live
from lossviz.ui.race.kept import race

course = race.opened()
live.begin(course)

with st.sidebar:
    controls.sidebar(course)

controls.header(course)
words.notices(race.notices())
controls.claim(course)
controls.cards(course, live.notes(course))
live.show_course(course)
controls.elsewhere()
race.publish(course)
dial.settle()

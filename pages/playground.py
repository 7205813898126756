"""The playground, the home page: contenders on one problem, live."""

import streamlit as st

from lossviz.ui import dial, live, playground, state, words

comparison = state.playground.opened()
live.begin(comparison)

with st.sidebar:
    playground.sidebar(comparison)

playground.header(comparison)
with st.container():  # one place, so that nothing below is mounted anew when a sentence comes
    words.notices(state.playground.notices())
playground.cards(comparison)
live.show_comparison(comparison)
state.playground.publish(comparison)
dial.settle()

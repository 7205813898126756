"""The playground, the home page: contenders on one problem, live."""

import streamlit as st

from lossviz.ui import dial, live, playground, state

comparison = state.opened()
live.begin(comparison)

with st.sidebar:
    playground.sidebar(comparison)

playground.header(comparison)
playground.notices(state.notices())
playground.cards(comparison)
live.show_comparison(comparison)
state.publish(comparison)
dial.settle()

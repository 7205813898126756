"""The page's look beyond Streamlit's own theme: less furniture, calm numbers, contender cards."""

from pathlib import Path

import streamlit as st

from lossviz.figures.theme import Mode

CSS = Path(__file__).with_name("page.css")


def apply_style() -> None:
    """Put the style sheet into the page."""
    # st.html puts the text of a .css file into a <style> element.
    st.html(CSS)


def mode() -> Mode:
    """Whether the visitor's page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"

"""Futures that are kept: the same for all who ask the same, and tried again where one failed."""

from __future__ import annotations

from concurrent.futures import Future

import streamlit as st

from lossviz.ui.begun import begun


def test_a_future_is_kept_until_it_fails_or_is_cancelled():
    made: list[Future] = []

    @st.cache_resource
    def kept(key: str) -> Future:
        made.append(Future())
        return made[-1]

    first = begun(kept, "a")
    assert begun(kept, "a") is first
    first.set_result(1)
    assert begun(kept, "a") is first
    second = begun(kept, "b")
    second.set_exception(ValueError("broken"))
    third = begun(kept, "b")
    third.cancel()
    assert begun(kept, "b") is made[-1]
    assert len(made) == 4

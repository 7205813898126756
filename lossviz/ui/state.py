"""The settings of a session: from the URL when it opens, changed by widgets, written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from lossviz.comparison import Comparison
from lossviz.registry import SettingError

#: Keys of the session that no widget owns, so that they outlive a visit to another page.
COMPARISON, NOTICES, WRITTEN, CHANGED = (
    f"lossviz.{name}" for name in ("comparison", "notices", "written", "changed")
)

Edit = Callable[[Comparison], Comparison | tuple[Comparison, tuple[str, ...]]]


def opened() -> Comparison:
    """The session's comparison: read from the URL on the first run and when the URL was changed.

    A run that a widget caused may still carry the URL from before an earlier change, because the
    browser learns of it a moment later; so only a run without a change looks at the URL again.
    """
    state = st.session_state
    url = st.query_params.to_dict()
    changed = state.pop(CHANGED, False)
    if COMPARISON not in state or (not changed and url != state.get(WRITTEN)):
        state[COMPARISON], problems = Comparison.nearest_from_url(url)
        state[NOTICES] = problems
        state[WRITTEN] = url
    return state[COMPARISON]


def current() -> Comparison:
    """The session's comparison as it is now, after all changes so far."""
    return st.session_state[COMPARISON]


def edit(change: Edit) -> None:
    """Change the comparison, in a widget's callback; what cannot be is said instead of done."""
    state = st.session_state
    state[CHANGED] = True
    try:
        result = change(state[COMPARISON])
    except SettingError as error:
        state[NOTICES] = (str(error),)
        return
    comparison, problems = result if isinstance(result, tuple) else (result, ())
    state[COMPARISON], state[NOTICES] = comparison, problems


def publish(comparison: Comparison) -> None:
    """Write the comparison into the address bar, when it is not there yet."""
    url = comparison.to_url()
    if url != st.query_params.to_dict():
        st.query_params.from_dict(url)
    st.session_state[WRITTEN] = url


def notices() -> tuple[str, ...]:
    """The sentences about what was wrong with a link or a change."""
    return tuple(st.session_state.get(NOTICES, ()))


def address(url: Mapping[str, str]) -> str:
    """The full link to these URL fields on this server."""
    scheme, host, path, *_ = urlsplit(st.context.url or "")
    return urlunsplit((scheme, host, path or "/", urlencode(url), ""))

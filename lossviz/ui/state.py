"""The settings of a session: from the URL when it opens, changed by widgets, written back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, Self, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from lossviz.comparison import Comparison
from lossviz.registry import SettingError

#: The page that a session looked at last.
PAGE = "lossviz.page"


class Settings(Protocol):
    """All that a page shows, as plain data."""

    def to_url(self) -> dict[str, str]:
        """The settings as URL fields."""
        ...

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """The valid settings nearest to these URL fields, and a sentence for each repair."""
        ...


S = TypeVar("S", bound=Settings)
Edit = Callable[[S], S | tuple[S, tuple[str, ...]]]


class Kept(Generic[S]):
    """The settings of one page in a session, under keys that no widget owns.

    So they outlive a visit to another page.

    Args:
        kind: The class of the settings.
        name: Tells the pages apart.
    """

    def __init__(self, kind: type[S], name: str) -> None:
        self.kind = kind
        self.name = name
        self.settings, self._notices, self._written, self._changed = (
            f"lossviz.{name}.{what}" for what in ("settings", "notices", "written", "changed")
        )

    def opened(self) -> S:
        """The session's settings: read from the URL on the first run and when it was changed.

        A run that a widget caused may still carry the URL from before an earlier change, because
        the browser learns of it a moment later; so only a run without a change looks at the URL
        again. Who comes back from another page by its link finds the settings left there.
        """
        state = st.session_state
        url = st.query_params.to_dict()
        changed = state.pop(self._changed, False)
        returned = state.get(PAGE, self.name) != self.name and not url
        state[PAGE] = self.name
        known = self.settings in state
        if not known or not (changed or returned or url == state.get(self._written)):
            state[self.settings], problems = self.kind.nearest_from_url(url)
            state[self._notices] = problems
            state[self._written] = url
        settings: S = state[self.settings]
        return settings

    def current(self) -> S:
        """The session's settings as they are now, after all changes so far."""
        settings: S = st.session_state[self.settings]
        return settings

    def edit(self, change: Edit[S]) -> None:
        """Change the settings, in a widget's callback; what cannot be is said instead of done."""
        state = st.session_state
        state[self._changed] = True
        try:
            result = change(state[self.settings])
        except SettingError as error:
            state[self._notices] = (str(error),)
            return
        settings, problems = result if isinstance(result, tuple) else (result, ())
        state[self.settings], state[self._notices] = settings, problems

    def hold(self) -> None:
        """Keep the settings in the run that follows, in the callback of what changes none of them.

        The browser may not have learnt of the last change yet, so the URL does not count.
        """
        st.session_state[self._changed] = True

    def rerun(self) -> None:
        """Run the whole page from a fragment.

        The browser asked for the fragment perhaps before it had learnt of the last change, so the
        URL that comes with it does not count.
        """
        self.hold()
        st.rerun()

    def publish(self, settings: S) -> None:
        """Write the settings into the address bar, when they are not there yet."""
        url = settings.to_url()
        if url != st.query_params.to_dict():
            st.query_params.from_dict(url)
        st.session_state[self._written] = url

    def notices(self) -> tuple[str, ...]:
        """The sentences about what was wrong with a link or a change."""
        return tuple(st.session_state.get(self._notices, ()))


playground: Kept[Comparison] = Kept(Comparison, "playground")


def address(url: Mapping[str, str]) -> str:
    """The full link to these URL fields on this page of this server."""
    scheme, host, path, *_ = urlsplit(st.context.url or "")
    return urlunsplit((scheme, host, path or "/", urlencode(url), ""))

"""Start-up and shut-down of the server, and what happens when a page fails.

A class opens the page all at once. So everything that a page imports is imported here, before the
first visitor (two sessions that import the same module for the first time can see it half done),
the worker processes are started, and what lives for ever is taken out of the garbage collector's
sight: Streamlit's full collection after each run is switched off in ``.streamlit/config.toml``.
"""

from __future__ import annotations

import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st

from lossviz import engine

#: Everything that a page or the stage uses, imported before the first visitor.
PRELOAD = (
    "lossviz",
    "lossviz.ui.live",
    "lossviz.ui.losslab.live",
    "lossviz.ui.race.live",
    "lossviz.ui.datalab.live",
    "lossviz.ui.checkup.live",
    "lossviz.ui.landscape.live",
    "numpy",
    "pandas",
    "plotly.graph_objects",
    "scipy.sparse.linalg",
    "pyarrow",
    "sklearn.datasets",
    "sklearn.metrics",
    "sklearn.model_selection",
    "streamlit.elements.widgets.slider",
    "streamlit.navigation.page",
    "torch",
)

#: What the workers have imported before their first task.
WORKERS = (
    "lossviz.engine.work",
    "lossviz.picture",
    "lossviz.course.heat",
    "lossviz.datalab",
    "lossviz.checkup",
    "lossviz.ui.landscape.stored",
    "scipy.sparse.linalg",
    "sklearn.datasets",
    "sklearn.model_selection",
    # The first torch.optim optimizer of a process imports it, which takes a second.
    "torch._dynamo",
)

logger = logging.getLogger("lossviz")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Make the server fit for a class before the first visitor, and stop the workers after."""
    for name in PRELOAD:
        importlib.import_module(name)
    engine.start(preload=WORKERS)
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        engine.stop()


def explain(error: Exception) -> bool:
    """A sentence on the page in place of a traceback, which goes to the server's log."""
    logger.exception("A page failed", exc_info=error)
    st.error(
        "Something went wrong while this page was drawn; your settings are still in the address "
        "bar. Change the last setting back, or press reset. The server's log has the details.",
        icon=":material/error:",
    )
    return True

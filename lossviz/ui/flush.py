"""Wait until the browser has been sent all of a page before the page's run ends.

Streamlit sends what a run has drawn from a queue, a moment later. When a run of a fragment begins
in that moment it takes the fragment's part of the page out of the queue, because it is about to
draw it again, but leaves in the word that the whole page is finished; the browser then takes away
all that this run has not drawn, and so the stage, which comes back a moment later as a new one.
Worse, it leaves in what the browser has kept of earlier runs (a large message is then sent as a
reference) and takes out the container around it, and the browser gives up on such a page.
"""

from __future__ import annotations

import threading
import time

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

#: It is looked so often, and waited so long at most (seconds): on a machine whose processors have
#: more to do than they can, half a second was too short.
LOOK, LONGEST = 0.002, 5.0
#: Waited where the queue cannot be seen: a few of Streamlit's sending intervals (0.01 s).
BLIND = 0.04


def flushed() -> None:
    """Wait until all that this run has drawn is on its way; nothing to do without a server."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    session = runtime.get_instance().get_app_session(context.session_id)
    # Private names: without them the wait is a fixed one.
    queue, loop = (getattr(session, name, None) for name in ("_browser_queue", "_event_loop"))
    if queue is None or loop is None:
        time.sleep(BLIND)
        return
    if loop.is_running() is not True:
        return  # nobody sends, as where a page is run without a server
    until = time.monotonic() + LONGEST
    # What was drawn comes into the queue by this loop, in its order.
    come = threading.Event()
    loop.call_soon_threadsafe(come.set)
    come.wait(LONGEST)
    while len(queue) and time.monotonic() < until:
        time.sleep(LOOK)

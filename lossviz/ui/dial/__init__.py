"""A slider that sends while it is dragged: `dial`, its page mark `settle`, and its `routes`."""

from lossviz.ui.dial.component import dial, settle
from lossviz.ui.dial.routes import routes
from lossviz.ui.dial.stops import stops

__all__ = ["dial", "routes", "settle", "stops"]

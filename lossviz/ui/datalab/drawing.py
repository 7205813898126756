"""Put SVG into a page: `st.html` takes it out again, and a picture from an address has no tooltips.

What is drawn is text that `lossviz.ui.datalab` has written; every word in it that came from a file
went through `html.escape`.
"""

from __future__ import annotations

import streamlit as st

#: The same node is filled anew, and only when its text has changed.
SCRIPT = """
export default ({ data, parentElement }) => {
  const host = parentElement.querySelector(".lv-drawing");
  if (host.lvText !== data) {
    host.innerHTML = data;
    host.lvText = data;
  }
};
"""


def drawing(text: str, key: str) -> None:
    """Draw SVG (and the HTML around it) at this place of the page.

    Args:
        text: What is drawn, escaped where it has to be.
        key: Unique on the page; the same key is the same node.
    """
    mount = st.components.v2.component(
        "lossviz_drawing",
        html='<div class="lv-drawing"></div>',
        js=SCRIPT,
        isolate_styles=False,
    )
    mount(key=key, data=text)

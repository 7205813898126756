"""From the data page to the playground: the same data set, split and scaled in the same way."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from lossviz.comparison import Comparison
from lossviz.datalab import DataLab, Seen
from lossviz.ui import widgets

OWN_FILE = (
    "The playground trains on the catalogue's data sets alone: its links open the same picture for "
    "everybody, and a file of yours stays in this session."
)


def comparison_of(lab: DataLab) -> Comparison:
    """The playground's opening contenders on the data set of a lab, with its split and scaling.

    Args:
        lab: One whose table is not uploaded.
    """
    # What the opening model and loss cannot do with the data set is replaced; nobody chose them.
    found, _ = Comparison().with_base(
        dataset=lab.source,
        dataset_params=lab.params,
        data_seed=lab.data_seed,
        test_share=lab.test_share,
        scaling=lab.scaling,
    )
    return found


def onward(lab: DataLab, seen: Seen) -> None:
    """A link to the playground with what is the same there, or why there is none."""
    with st.container(horizontal=True, vertical_alignment="center", key="dl_onward"):
        if lab.uploaded:
            st.caption(OWN_FILE)
            return
        # Beside this page, so that a file which the session still has is not lost.
        st.link_button(
            "Open in the playground",
            f"./?{urlencode(comparison_of(lab).to_url())}",
            icon=":material/science:",
        )
        st.caption(widgets.plain(about(lab, seen)))


def about(lab: DataLab, seen: Seen) -> str:
    """What is the same in the playground and what is not, in a sentence or two."""
    scaled = "not scaled" if lab.scaling == "none" else f"scaled in the same way ({lab.scaling})"
    clean = ", without the dirt" if lab.missing_share or lab.outlier_share else ""
    # The last column of a data set of the catalogue is the one that it is made to predict.
    usual = seen.order[-1]
    other = f" It predicts {usual!r} there." if seen.target != usual else ""
    return f"All inputs, {scaled}, and the same training and test rows{clean}.{other}"

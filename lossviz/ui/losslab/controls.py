"""The parts of the page of losses: the sidebar, the header, the row of sections."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lossviz.losslab import LossLab
from lossviz.losslab.entropy import shares
from lossviz.losslab.lab import FEWEST_CLASSES, MOST_CLASSES, VALUES
from lossviz.losslab.presets import PRESETS
from lossviz.registry import Param
from lossviz.settings import Preset
from lossviz.ui import header as top
from lossviz.ui import share, widgets
from lossviz.ui.losslab import picks
from lossviz.ui.losslab.kept import lab, put, put_one

CLASSES = Param(
    "classes", 2, FEWEST_CLASSES, MOST_CLASSES, help="How many classes p and q are about."
)
SECTION = VALUES["section"]


def sidebar(now: LossLab) -> None:
    """What the section that is open can be adjusted by."""
    {
        "curves": _curves, "outliers": _outliers, "saturation": _saturation,
        "imbalance": _imbalance, "entropy": _entropy,
    }[now.section](now)  # fmt: skip


def _curves(now: LossLab) -> None:
    st.markdown("#### Curves")
    _values(now, "over")
    if now.over != "probability":
        _values(now, "reach")
    st.markdown("#### Losses")
    picks.rows(now, now.over)


def _outliers(now: LossLab) -> None:
    st.markdown("#### Lines")
    picks.rows(now, "fits")
    st.markdown("#### Surface")
    shown = widgets.follow("ll.chosen", now.chosen)
    st.selectbox(
        "Surface of",
        options=range(len(now.fits)),
        index=now.chosen,
        format_func=lambda place: now.fits[place].title,
        key=shown,
        help=VALUES["chosen"].help,
        on_change=lambda: put(chosen=st.session_state[shown]),
    )
    st.markdown("#### Points")
    st.button(
        "Usual points",
        icon=":material/restart_alt:",
        key="ll.points",
        disabled=now.points == LossLab().points,
        on_click=lambda: put(points=LossLab().points),
        help="Back to the eleven points, one of them wild.",
    )


def _saturation(now: LossLab) -> None:
    st.markdown("#### Neuron")
    _values(now, "w", "b")
    st.markdown("#### Race")
    _values(now, "lr", "below", "steps")


def _imbalance(now: LossLab) -> None:
    st.markdown("#### Population")
    _values(now, "share")
    st.markdown("#### Losses")
    _values(now, "weight", "gamma", "alpha")
    st.markdown("#### Threshold")
    _values(now, "cut")
    st.markdown("#### Sample")
    _values(now, "count", "seed")


def _entropy(now: LossLab) -> None:
    st.markdown("#### Distributions")
    widgets.control(CLASSES, len(now.p), "ll.classes", _set_classes)
    _values(now, "unit")
    with st.container(horizontal=True):
        st.button("q = p", key="ll.equal", on_click=lambda: put(q=now.p), disabled=now.p == now.q)
        st.button("Swap", key="ll.swap", on_click=lambda: put(p=now.q, q=now.p))
        st.button("Even q", key="ll.even", on_click=lambda: put(q=shares((1.0,) * len(now.p))))


def _set_classes(count: int) -> None:
    def resized(values: tuple[float, ...]) -> tuple[float, ...]:
        if count <= len(values):
            return shares(values[:count])
        # What is new gets what it would have if all were alike.
        kept = [value * len(values) / count for value in values]
        return shares((*kept, *[1 / count] * (count - len(values))))

    now = lab.current()
    put(p=resized(now.p), q=resized(now.q))


def _values(now: LossLab, *names: str) -> None:
    for name in names:
        widgets.control(VALUES[name], getattr(now, name), f"ll.{name}", partial(put_one, name))


# --- header ------------------------------------------------------------------------------------


def header(now: LossLab) -> None:
    """Title, what is worth seeing, link and reset."""
    with top.header("Losses", "what training is asked for"):
        top.worth_seeing(PRESETS, "ll", _open)
        share.share(lab)
        top.reset("ll", lambda: lab.edit(lambda old: LossLab(section=old.section)))


def sections(now: LossLab) -> None:
    """The row of sections; the others are not computed."""
    shown = widgets.follow("ll.section", now.section)
    st.segmented_control(
        "Section",
        options=SECTION.choices,
        default=now.section,
        required=True,
        key=shown,
        label_visibility="collapsed",
        format_func=SECTION.name_of,
        on_change=lambda: put_one("section", st.session_state[shown]),
    )


def _open(preset: Preset[LossLab]) -> None:
    lab.edit(lambda _: preset.settings)


def claim(now: LossLab) -> None:
    """What to look at in what is worth seeing, also while one tries what other settings do."""
    about = now.section, now.over
    top.claim(
        PRESETS, "ll", lambda preset: preset.settings == now,
        lambda preset: (preset.settings.section, preset.settings.over) == about,
    )  # fmt: skip

"""The parts of the data page around its pictures: the sidebar, the header, the steps, claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from lossviz import registry
from lossviz.datalab import DataLab, Seen
from lossviz.datalab.builtin import names_of_tables
from lossviz.datalab.lab import CONSTANT, SECTIONS, UPLOAD, VALUES
from lossviz.datalab.presets import PRESETS
from lossviz.registry import Value
from lossviz.settings import Options, Preset
from lossviz.ui import header as top
from lossviz.ui import share, widgets
from lossviz.ui.datalab import live, show, upload
from lossviz.ui.datalab.kept import data


def _put(name: str, value: Value) -> None:
    data.edit(lambda lab: show.changed(lab, name, value))


def _set_source(name: str) -> None:
    here = upload.kept() if name == UPLOAD else None
    data.edit(
        lambda lab: replace(
            lab, source=name, params=Options(), target="", first="", second="", task="auto",
            file=here.table.name if here else "", digest=here.digest if here else "",
        )
    )  # fmt: skip


def _set_param(name: str, value: Value) -> None:
    data.edit(lambda lab: replace(lab, params=Options({**lab.params, name: value})))


def _set_target(name: str) -> None:
    # The old target may be among the inputs of the new one.
    data.edit(lambda lab: replace(lab, target=name, task="auto"))


def _value(lab: DataLab, name: str) -> None:
    widgets.control(VALUES[name], getattr(lab, name), f"dl.{name}", partial(_put, name))


# --- sidebar -----------------------------------------------------------------------------------


#: What stands in the sidebar below the table, by the step that is shown: its own settings first.
GROUPS = {
    "look": ("data", "pair"),
    "clean": ("clean", "data", "pair"),
    "scale": ("scale", "clean", "data"),
    "effect": ("train", "scale", "clean", "pair", "data"),
}


def sidebar(lab: DataLab, seen: Seen | None) -> None:
    """Where the data come from, how they are cleaned and scaled, and what is trained on them."""
    st.markdown("#### Table")
    _source(lab)
    groups: dict[str, Callable[[], None]] = {
        "data": partial(_data, lab, seen),
        "clean": partial(_clean, lab),
        "scale": partial(_scale, lab),
        "pair": partial(_pair, lab, seen),
        "train": partial(_train, lab),
    }
    for name in GROUPS[lab.section]:
        groups[name]()


def _source(lab: DataLab) -> None:
    names = (*names_of_tables(), UPLOAD)
    key = widgets.follow("dl.source", lab.source)
    st.selectbox(
        "Table",
        options=names,
        index=names.index(lab.source),
        format_func=lambda n: "A CSV file of mine" if n == UPLOAD else registry.datasets[n].title,
        key=key,
        help="A data set of the catalogue, made dirty on purpose, or a file of your own.",
        label_visibility="collapsed",
        on_change=lambda: _set_source(st.session_state[key]),
    )
    if lab.uploaded:
        upload.uploader(lab, live.forget)


def _data(lab: DataLab, seen: Seen | None) -> None:
    """What is predicted, the dirt, the split."""
    st.markdown("#### Data")
    _target(lab, seen)
    if not lab.uploaded:
        for name in ("missing_share", "outlier_share"):
            _value(lab, name)
        entry = registry.datasets[lab.source]
        widgets.entry_params(entry, lab.params, "dl.data", _set_param)
    _value(lab, "test_share")
    for name in ("data_seed",) if lab.uploaded else ("dirt_seed", "data_seed"):
        _value(lab, name)


def _clean(lab: DataLab) -> None:
    st.markdown("#### Clean")
    for name in ("missing", "outliers", "fence"):
        _value(lab, name)
    _value(lab, "iqr_factor" if lab.fence == "iqr" else "z_threshold")


def _scale(lab: DataLab) -> None:
    st.markdown("#### Scale")
    _value(lab, "scaling")


def _train(lab: DataLab) -> None:
    st.markdown("#### Train")
    for name in ("model", "tune", "share" if lab.tune == "curvature" else "lr", "momentum"):
        _value(lab, name)
    for name in ("steps", "within", "surfaces", "log"):
        _value(lab, name)
    if lab.model == "network":
        _value(lab, "seed")


def _target(lab: DataLab, seen: Seen | None) -> None:
    if seen is None:
        return
    able = tuple(f.name for f in seen.columns if f.role in ("input", "target"))
    _choice("Target", "dl.target", able, seen.target, _set_target, "The column that is predicted.")
    _value(lab, "task")


def _pair(lab: DataLab, seen: Seen | None) -> None:
    if seen is None:
        return
    st.markdown("#### Two inputs")
    first, second = seen.scatter.names
    _choice(
        "First input", "dl.first", seen.inputs, first,
        lambda name: data.edit(lambda now: replace(now, first=name)),
        "Along the picture, and the first weight of the model.",
    )  # fmt: skip
    others = (*(name for name in seen.inputs if name != first), CONSTANT)
    _choice(
        "Second input", "dl.second", others, second,
        lambda name: data.edit(lambda now: replace(now, second=name)),
        "Up the picture, and the second weight; with a constant that weight is the intercept.",
    )  # fmt: skip


def _choice(
    label: str, key: str, options: tuple[str, ...], chosen: str, change: widgets.Change, about: str
) -> None:
    shown = widgets.follow(key, chosen)
    st.selectbox(
        label,
        options=options,
        index=options.index(chosen),
        key=shown,
        help=about,
        on_change=lambda: change(st.session_state[shown]),
    )


# --- header ------------------------------------------------------------------------------------


def header(lab: DataLab) -> None:
    """Title, what is worth seeing, link and reset."""
    with top.header("Data", "what a model is given, and what it makes of it"):
        top.worth_seeing(PRESETS, "dl", _open)
        share.share(data, _about_link(lab))
        top.reset("dl", lambda: data.edit(lambda _: DataLab()))


def _open(preset: Preset[DataLab]) -> None:
    data.edit(lambda _: preset.settings)


def claim(lab: DataLab) -> None:
    """What to look at in what is worth seeing, also while one tries what other settings do."""
    top.claim(
        PRESETS, "dl", lambda preset: preset.settings == lab,
        lambda preset: _subject(preset.settings) == _subject(lab),
    )  # fmt: skip


def _subject(lab: DataLab) -> tuple[str, str, str]:
    """What a preset is about; as long as that is the same, its claim has to do with the page."""
    return lab.section, lab.source, lab.model


def _about_link(lab: DataLab) -> str:
    if lab.uploaded:
        name = widgets.plain(lab.file)
        return (
            f"This link opens these settings, and asks for the file {name}: a link never holds a "
            "file."
        )
    return "This link opens exactly this page."


def steps(lab: DataLab) -> None:
    """The four steps, of which one is shown."""
    param = VALUES["section"]
    key = widgets.follow("dl.section", lab.section)
    st.segmented_control(
        "Step",
        options=SECTIONS,
        default=lab.section,
        format_func=lambda name: f"{SECTIONS.index(name) + 1}  {param.name_of(name)}",
        key=key,
        required=True,
        width="stretch",
        label_visibility="collapsed",
        on_change=lambda: _put("section", st.session_state[key]),
    )

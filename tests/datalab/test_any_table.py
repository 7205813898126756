"""Whatever stands in a table: its pictures and its effect, or a sentence; never a warning."""

from __future__ import annotations

import warnings
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from lossviz.datalab import DataLab, effect_of, read_table, seen_of
from lossviz.datalab.lab import VALUES
from lossviz.registry import SettingError
from lossviz.ui.datalab import panels, scene, verdict, words
from lossviz.ui.stage.message import scene_message
from tests.settings.strategies import values_of

SIZES = (1e-100, 1e-9, 1.0, 1e6, 1e99)


@st.composite
def columns(draw: st.DrawFn, rows: int) -> list[str]:
    kind = draw(st.sampled_from(["number", "whole", "label", "date", "text", "constant", "hole"]))
    size = draw(st.sampled_from(SIZES))
    numbers = draw(st.lists(st.integers(-9, 9), min_size=rows, max_size=rows))
    gaps = draw(st.sets(st.integers(0, rows - 1), max_size=rows // 3))
    make = {
        "number": lambda n: repr(n * size),
        "whole": lambda n: str(n),
        "label": lambda n: "abc"[n % 3],
        "date": lambda n: f"2024-01-{n + 10:02d}",
        "text": lambda n: f"text {n}",
        "constant": lambda n: "7",
        "hole": lambda n: "" if n % 5 else str(n),
    }[kind]
    return ["" if row in gaps else make(n) for row, n in enumerate(numbers)]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    rows, width = draw(st.integers(4, 40)), draw(st.integers(1, 5))
    made = [draw(columns(rows)) for _ in range(width)]
    lines = [";".join(cells) for cells in zip(*made, strict=True)]
    return "\n".join([";".join(f"c{k}" for k in range(width)), *lines]).encode()


@st.composite
def labs(draw: st.DrawFn) -> DataLab:
    names = ("task", "test_share", "missing", "outliers", "fence", "iqr_factor", "scaling",
             "model", "tune", "share", "lr", "momentum", "log", "surfaces")  # fmt: skip
    lab = DataLab(source="upload", steps=draw(st.integers(1, 4)))
    return replace(lab, **{name: draw(values_of(VALUES[name])) for name in names})


@given(files(), labs())
@settings(max_examples=40, deadline=None)
def test_any_table_with_any_settings_is_shown_or_refused_in_words(content: bytes, lab: DataLab):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            table = read_table(content)
            seen = seen_of(lab, table)
        except SettingError as error:
            said = str(error)
        else:
            said = words.looked(seen) + " ".join(words.cleaning(seen, lab)) + words.spreads(seen)
            drawn = "".join(panels.strip_of(facet, True, "light") for facet in seen.columns)
            assert '="nan' not in drawn
            said += effect_in_words(lab, content)
    assert said


def effect_in_words(lab: DataLab, content: bytes) -> str:
    try:
        effect = effect_of(lab, read_table(content))
    except SettingError as error:
        return str(error)
    scene_message(scene.scene_of(lab, effect, "light"))
    verdict.rows(effect)
    return " ".join(verdict.effects(effect, lab))

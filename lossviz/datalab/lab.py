"""`DataLab`: a table, how it is cleaned and scaled, and what is trained on it; plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lossviz import registry
from lossviz.datalab.builtin import built_in, names_of_tables, soiled
from lossviz.datalab.clean import FENCES, MISSING, OUTLIERS, Rules
from lossviz.datalab.sample import TASKS
from lossviz.datalab.table import Table
from lossviz.problem.scaling import SCALINGS
from lossviz.registry import Param, SettingError, Value
from lossviz.settings import (
    URL_VERSION,
    Linked,
    Options,
    check_fields,
    check_values,
    read_call,
    read_values,
    shorten,
    write_call,
    write_values,
)

#: The source that is no data set of the catalogue.
UPLOAD = "upload"
#: The second input of a model that has an intercept in its place.
CONSTANT = "(constant)"
SECTIONS = ("look", "clean", "scale", "effect")
#: What a name of a file or a column may have at most.
LONGEST_NAME = 60

#: The plain values of a lab: one table for URL, defaults and widgets.
VALUES: dict[str, Param] = {
    p.name: p
    for p in (
        Param("section", "look", choices=SECTIONS, names=("Look", "Clean", "Scale", "Effect"),
              help="Which step is shown."),
        Param("data_seed", 0, 0, 999_999, title="data seed",
              help="Which samples are drawn, and how they are split."),
        Param("missing_share", 0.05, 0.0, 0.5, title="values taken away",
              help="The share of each numeric column that is taken away on purpose."),
        Param("outlier_share", 0.03, 0.0, 0.2, title="outliers put in",
              help="The share of each numeric column that is put 6 to 12 standard deviations off "
                   "on purpose."),
        Param("dirt_seed", 0, 0, 999_999, title="dirt seed", help="Which values these are."),
        Param("task", "auto", choices=TASKS, title="predict",
              names=("auto", "classes", "values"),
              help="Whether the target is taken for classes or for values."),
        Param("test_share", 0.3, 0.0, 0.9, title="test share",
              help="The share of the rows that is kept for testing; no statistic sees them."),
        Param("missing", "median", choices=MISSING, title="missing values",
              names=("drop the row", "fill in the mean", "fill in the median",
                     "fill in the most frequent"),
              help="What is done about a value that is not there."),
        Param("outliers", "clip", choices=OUTLIERS, names=("mark", "clip", "drop"),
              help="Outliers are only marked, moved to the fence, or dropped with their rows "
                   "(training rows only)."),
        Param("fence", "iqr", choices=FENCES, names=("quartiles", "z-score"), title="found by",
              help="Quartiles: far beyond the middle half of the values. z-score: many standard "
                   "deviations from the mean, which outliers themselves widen."),
        Param("iqr_factor", 1.5, 0.5, 5.0, title="quartile distances",
              help="So many times the distance of the quartiles beyond them is the fence."),
        Param("z_threshold", 3.0, 1.0, 6.0, title="z-score limit",
              help="So many standard deviations from the mean is the fence."),
        Param("scaling", "standard", choices=SCALINGS, names=SCALINGS,
              help="Columns to mean 0 and spread 1, to [0, 1], to median 0 and quartiles 1 apart, "
                   "or left as they are."),
        Param("model", "linear", choices=("linear", "network"), names=("linear", "network"),
              help="A weight for each of two inputs, or a network of six tanh units on them."),
        Param("tune", "curvature", choices=("curvature", "same"), title="learning rate",
              names=("by curvature", "the same"),
              help="As large as the largest curvature of each surface allows, or one and the same "
                   "number on all surfaces."),
        Param("share", 0.5, 0.05, 1.2, title="share of the limit",
              help="The learning rate as a share of the largest one that is stable at the start."),
        Param("lr", 0.01, 1e-8, 10.0, "log", title="learning rate of all",
              help="The learning rate on all surfaces."),
        Param("momentum", 0.9, 0.0, 0.99,
              help="Of B, which is SGD with momentum; A has none."),
        Param("steps", 200, 1, 2000, "log", help="How many times each optimizer steps."),
        Param("within", 0.01, 1e-6, 0.5, "log", title="left of the way",
              help="The target: the table counts the steps until so little of the way down is "
                   "left."),
        Param("seed", 0, 0, 999_999, help="The network's first weights."),
        Param("surfaces", "two", choices=("two", "three"),
              names=("raw, scaled", "all steps"),
              help="The surfaces side by side: before and after, or after each step."),
        Param("three_d", False, title="3-D", help="The surfaces in three dimensions."),
        Param("log", True, title="log scale", help="Colours and curves by the logarithm."),
    )
}  # fmt: skip

#: Fields of free text: what they are, and what may stand in them.
TEXTS = {
    "file": "the file that was uploaded",
    "digest": "a few letters that tell the file's contents",
    "target": "the column that is predicted",
    "first": "the first input of the pair",
    "second": "the second input of the pair",
}
_DIGEST = re.compile(r"[0-9a-f]{1,32}")


@dataclass(frozen=True)
class DataLab(Linked):
    """Data on their way to a model, as plain data.

    Args:
        source: A data set of the catalogue that is a table, or "upload".
        params: The data set's parameters.
        file, digest: The name of an uploaded file, and what `lossviz.datalab.digest_of` gives for
            it. The file itself is never part of the settings.
        target: The column that is predicted; the usual one when it is empty.
        first, second: Two inputs for the scatter plot and the model with two weights; the usual
            ones when empty. ``second`` may be `CONSTANT`.
        section, data_seed, missing_share, outlier_share, dirt_seed, task, test_share, missing,
            outliers, fence, iqr_factor, z_threshold, scaling, model, tune, share, lr, momentum,
            steps, within, seed, surfaces, three_d, log: See `VALUES`.

    Raises:
        UnknownNameError: For a data set that is no table, or is not there.
        SettingError: For a value that is not allowed.

    >>> lab = DataLab(source="iris", scaling="robust")
    >>> lab.to_url()
    {'v': '1', 'data': 'iris', 'scaling': 'robust'}
    >>> DataLab.from_url(lab.to_url()) == lab
    True
    """

    source: str = "wine"
    params: Mapping[str, Value] = field(default_factory=Options)
    file: str = ""
    digest: str = ""
    target: str = ""
    first: str = ""
    second: str = ""
    section: str = "look"
    data_seed: int = 0
    missing_share: float = 0.05
    outlier_share: float = 0.03
    dirt_seed: int = 0
    task: str = "auto"
    test_share: float = 0.3
    missing: str = "median"
    outliers: str = "clip"
    fence: str = "iqr"
    iqr_factor: float = 1.5
    z_threshold: float = 3.0
    scaling: str = "standard"
    model: str = "linear"
    tune: str = "curvature"
    share: float = 0.5
    lr: float = 0.01
    momentum: float = 0.9
    steps: int = 200
    within: float = 0.01
    seed: int = 0
    surfaces: str = "two"
    three_d: bool = False
    log: bool = True

    def __post_init__(self) -> None:
        if self.uploaded:
            if self.params:
                raise SettingError("An uploaded file has no parameters.")
            object.__setattr__(self, "params", Options())
        else:
            if self.source not in names_of_tables():
                raise registry.UnknownNameError("table", self.source, (*names_of_tables(), UPLOAD))
            complete = registry.datasets[self.source].complete(self.params)
            object.__setattr__(self, "params", Options(complete))
        check_values(self, VALUES)
        for name, what in TEXTS.items():
            text = getattr(self, name)
            if text != plain_name(text):
                raise SettingError(
                    f"{name} is {shorten(text)!r}, but must be {what}, in up to {LONGEST_NAME} "
                    "printable characters."
                )
        if self.digest and not _DIGEST.fullmatch(self.digest):
            raise SettingError(f"digest is {self.digest!r}, but must be {TEXTS['digest']}.")
        if not self.uploaded and (self.file or self.digest):
            raise SettingError("Only an upload has a file.")

    @property
    def uploaded(self) -> bool:
        """Whether the table comes from a file of the person's own."""
        return self.source == UPLOAD

    @property
    def rules(self) -> Rules:
        """How the table is cleaned."""
        reach = self.iqr_factor if self.fence == "iqr" else self.z_threshold
        return Rules(self.missing, self.outliers, self.fence, reach)

    def table(self) -> Table:
        """The catalogue's table with its dirt.

        Raises:
            SettingError: For an upload, which only the person has.
        """
        if self.uploaded:
            raise SettingError("An uploaded table is not part of the settings.")
        table = built_in(self.source, self.params, self.data_seed)
        return soiled(table, table.target, self.missing_share, self.outlier_share, self.dirt_seed)

    # --- URL ---------------------------------------------------------------------------------

    def to_url(self) -> dict[str, str]:
        """The lab as URL fields; what stands at its default is left out."""
        plain = DataLab()
        url = {"v": URL_VERSION}
        if self.uploaded:
            url["data"] = UPLOAD
        elif (self.source, self.params) != (plain.source, plain.params):
            url["data"] = write_call(registry.datasets[self.source], self.params)
        url |= {name: getattr(self, name) for name in TEXTS if getattr(self, name)}
        return url | write_values(self, plain, VALUES)

    @classmethod
    def nearest_from_url(cls, url: Mapping[str, str]) -> tuple[DataLab, tuple[str, ...]]:
        """The valid lab nearest to these URL fields, and a sentence for each repair."""
        problems = check_fields(url, ("data", *TEXTS, *VALUES))
        values = read_values(url, VALUES, problems)
        values |= _read_source(url.get("data"), problems)
        values |= _read_texts(url, values.get("source") == UPLOAD, problems)
        return cls(**values), tuple(problems)


def plain_name(text: str) -> str:
    """A name as far as it can stand in the settings.

    >>> plain_name(" size \\x00of it ")
    'size ?of it'
    """
    return "".join(c if c.isprintable() else "?" for c in text.strip())[:LONGEST_NAME].strip()


def _read_source(text: str | None, problems: list[str]) -> dict[str, Any]:
    if text is None:
        return {}
    if text.strip() == UPLOAD:
        return {"source": UPLOAD}
    name, params = read_call(registry.datasets, text, DataLab.source, "data", problems)
    if name not in names_of_tables():
        problems.append(
            f"data: {name!r} is no table of columns. Using {DataLab.source!r}. Known: "
            f"{', '.join(names_of_tables())}."
        )
        return {}
    return {"source": name, "params": params}


def _read_texts(url: Mapping[str, str], uploaded: bool, problems: list[str]) -> dict[str, str]:
    """The names in a link, as far as they can be used."""
    texts = {}
    for name in TEXTS:
        text = plain_name(url.get(name, ""))
        if name in ("file", "digest") and text and not uploaded:
            problems.append(f"{name}: the data are no upload, so this was ignored.")
        elif name == "digest" and text and not _DIGEST.fullmatch(text):
            problems.append(f"digest: {shorten(text)!r} was not written by this program. Ignored.")
        else:
            texts[name] = text
            if text != url.get(name, "").strip():
                problems.append(f"{name}: {shorten(url[name])!r} was shortened to {text!r}.")
    return texts

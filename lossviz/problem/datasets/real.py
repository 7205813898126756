"""Real measurements that scikit-learn carries: flowers, wines, tumours, digits and patients.

Nothing is downloaded. scikit-learn is imported when a data set is first asked for, because it
takes as long to import as all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossviz.problem.code import call
from lossviz.problem.data import Table
from lossviz.registry import Code, DatasetEntry, Param, Shape, Task, Value, datasets

#: What the choice of so few features is called.
_FEW = {1: "one", 2: "two"}


@dataclass(frozen=True, kw_only=True)
class Bundled:
    """A data set of N samples with D features that scikit-learn gives as ``load_<name>``.

    Args:
        name, title, about, cite: As in `lossviz.registry.Entry`.
        samples: N.
        features: D.
        classes: The number of classes, 0 in a regression.
        used: How many samples are used at first; all when None.
        fewest: The fewest samples that can be used.
        kept: The columns that are left when few features are asked for, say for a picture of the
            predictions; none where there is no such choice.
        kept_words: What these columns are.
        target: What the targets are.
        sides: Height and width, where the features are the pixels of an image.
        options: For scikit-learn's function.
    """

    name: str
    title: str
    about: str
    cite: str
    samples: int
    features: int
    classes: int
    used: int | None = None
    fewest: int = 30
    kept: tuple[int, ...] = ()
    kept_words: str = ""
    target: str = "class"
    sides: tuple[int, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self, rng: np.random.Generator, samples: int, features: str = "all") -> Table:
        """The table: inputs (samples, D or as many as are kept) and targets (samples,).

        Rows keep their order, and raw units are kept. A part of the samples is drawn with ``rng``,
        each class in its proportion.
        """
        from sklearn import datasets as bundled

        bunch = getattr(bundled, f"load_{self.name}")(**self.options)
        inputs = np.asarray(bunch.data, dtype=np.float64)
        targets = np.asarray(bunch.target, dtype=np.int64 if self.classes else np.float64)
        rows = _subset(rng, targets if self.classes else np.zeros_like(targets), samples)
        columns = list(range(self.features) if features == "all" else self.kept)
        return Table(
            inputs[rows][:, columns],
            targets[rows],
            feature_names=tuple(str(bunch.feature_names[i]) for i in columns),
            class_names=tuple(str(name) for name in bunch.get("target_names", ())),
            target_name=self.target,
        )

    def shape(self, params: Mapping[str, Value]) -> Shape:
        """What the data set asks of a model."""
        every = params.get("features", "all") == "all"
        inputs = self.features if every else len(self.kept)
        task: Task = "classification" if self.classes else "regression"
        if self.sides:
            return Shape(task, inputs, self.classes, "image", self.sides)
        return Shape(task, inputs, self.classes)

    def code(self, params: Mapping[str, Value], seed: int) -> Code:
        """The lines that load it with scikit-learn, and take the same rows and columns."""
        load = f"load_{self.name}"
        lines = [f"inputs, targets = {call(load, return_X_y=True, **self.options)}"]
        fewer = int(params["samples"]) < self.samples
        if fewer:
            groups = "targets" if self.classes else "np.zeros_like(targets)"
            lines += [
                f"rows = {call('_subset', 'rng', groups, count=params['samples'])}",
                "inputs, targets = inputs[rows], targets[rows]",
            ]
        if params.get("features", "all") != "all":
            lines.append(f"inputs = inputs[:, {list(self.kept)}]  # {self.kept_words}")
        return Code(
            "\n".join(lines),
            imports=(f"from sklearn.datasets import {load}",),
            sources=(_subset,) * fewer,
        )

    def entry(self) -> DatasetEntry:
        """The entry of the catalogue."""
        used = self.samples if self.used is None else self.used
        words = "How many of the samples are used."
        params = [Param("samples", used, self.fewest, self.samples, "log", help=words)]
        if self.kept:
            words = f"All features, or only {self.kept_words}."
            choices = ("all", _FEW[len(self.kept)])
            params.append(Param("features", "all", choices=choices, help=words))
        return DatasetEntry(
            name=self.name,
            title=self.title,
            about=self.about,
            make=self.make,
            code=self.code,
            cite=self.cite,
            params=tuple(params),
            shape=self.shape,
            synthetic=False,
        )


def _subset(rng: np.random.Generator, groups: np.ndarray, count: int) -> np.ndarray:
    """The rows of ``count`` samples, each of the groups (N,) in its proportion."""
    if count >= len(groups):
        return np.arange(len(groups))
    # Spread each group's rows, in random order, evenly over [0, 1): the first are in proportion.
    place = np.empty(len(groups))
    for group in np.unique(groups):
        rows = rng.permutation(np.flatnonzero(groups == group))
        place[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
    return np.sort(np.argsort(place)[:count])


BUNDLED = (
    Bundled(
        name="iris",
        title="Iris",
        about="Real: 150 flowers of three species by the size of their sepals and petals.",
        cite="Fisher, The Use of Multiple Measurements in Taxonomic Problems (1936); data by "
        "Anderson (1935)",
        samples=150,
        features=4,
        classes=3,
        kept=(2, 3),
        kept_words="the length and width of the petals",
    ),
    Bundled(
        name="wine",
        title="Wine",
        about="Real: 178 wines of three growers by 13 chemical measurements.",
        cite="Forina et al., PARVUS (1988); UCI Machine Learning Repository",
        samples=178,
        features=13,
        classes=3,
        kept=(0, 6),
        kept_words="alcohol and flavanoids",
    ),
    Bundled(
        name="breast_cancer",
        title="Breast cancer",
        about="Real: 569 tumours, benign or malignant, by 30 measurements of their cell nuclei.",
        cite="Street, Wolberg and Mangasarian, Nuclear Feature Extraction for Breast Tumor "
        "Diagnosis (1993); UCI Machine Learning Repository",
        samples=569,
        features=30,
        classes=2,
        kept=(0, 1),
        kept_words="mean radius and mean texture",
    ),
    Bundled(
        name="digits",
        title="Digits",
        about="Real: up to 1 797 handwritten digits in 8 by 8 pixels, ten classes.",
        cite="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998); UCI Machine "
        "Learning Repository",
        samples=1797,
        features=64,
        classes=10,
        used=600,
        fewest=100,
        sides=(8, 8),
    ),
    Bundled(
        name="diabetes",
        title="Diabetes",
        about="Real: how the illness of 442 patients went on within a year, from ten measurements.",
        cite="Efron, Hastie, Johnstone and Tibshirani, Least Angle Regression, Ann. Stat. 32 "
        "(2004)",
        samples=442,
        features=10,
        classes=0,
        kept=(2,),
        kept_words="the body mass index",
        target="progression after a year",
        options={"scaled": False},  # in the measurements' own units
    ),
)
for _bundled in BUNDLED:
    datasets.add(_bundled.entry())

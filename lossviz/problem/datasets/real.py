"""Real measurements that scikit-learn carries: flowers, wines, tumours, digits and patients.

Nothing is downloaded. scikit-learn is imported when a data set is first asked for, because it
takes as long to import as all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossviz.problem.data import Table
from lossviz.registry import DatasetEntry, Param, Shape, Value, datasets

#: The features that "two" (or "one") keeps, for a picture of the predictions.
_KEPT = {
    "iris": (2, 3),
    "wine": (0, 6),
    "breast_cancer": (0, 1),
    "diabetes": (2,),
}


def make_iris(rng: np.random.Generator, samples: int, features: str) -> Table:
    """Sepals and petals of three species of iris."""
    return _load(rng, "iris", samples, features)


def make_wine(rng: np.random.Generator, samples: int, features: str) -> Table:
    """Chemical analyses of wines from three growers."""
    return _load(rng, "wine", samples, features)


def make_breast_cancer(rng: np.random.Generator, samples: int, features: str) -> Table:
    """Shapes of cell nuclei in benign and malignant tumours."""
    return _load(rng, "breast_cancer", samples, features)


def make_digits(rng: np.random.Generator, samples: int) -> Table:
    """Handwritten digits in 8 x 8 pixels."""
    return _load(rng, "digits", samples, "all")


def make_diabetes(rng: np.random.Generator, samples: int, features: str) -> Table:
    """Progression of diabetes within a year, from ten measurements in their own units."""
    return _load(rng, "diabetes", samples, features, scaled=False)


def _load(
    rng: np.random.Generator, name: str, samples: int, features: str, **options: Any
) -> Table:
    from sklearn import datasets as bundled

    bunch = getattr(bundled, f"load_{name}")(**options)
    inputs = np.asarray(bunch.data, dtype=np.float64)
    classes = tuple(str(c) for c in bunch.get("target_names", ()))
    targets = np.asarray(bunch.target, dtype=np.int64 if classes else np.float64)
    rows = _subset(rng, targets, samples) if classes else np.arange(len(targets))
    if not classes and samples < len(targets):
        rows = np.sort(rng.permutation(len(targets))[:samples])
    keep = range(inputs.shape[1]) if features == "all" else _KEPT[name]
    names = tuple(str(bunch.feature_names[i]) for i in keep)
    target = "class" if classes else "progression after a year"
    return Table(inputs[rows][:, list(keep)], targets[rows], names, classes, target)


def _subset(rng: np.random.Generator, targets: np.ndarray, count: int) -> np.ndarray:
    """The rows of ``count`` samples, each class in its proportion."""
    if count >= len(targets):
        return np.arange(len(targets))
    # Spread each class's rows, in random order, evenly over [0, 1): the first are in proportion.
    place = np.empty(len(targets))
    for c in np.unique(targets):
        rows = rng.permutation(np.flatnonzero(targets == c))
        place[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
    return np.sort(np.argsort(place)[:count])


def _samples(default: int, total: int) -> Param:
    return Param("samples", default, 30, total, "log", help="How many of the samples are used.")


def _features(few: str, which: str) -> Param:
    return Param("features", "all", choices=("all", few), help=f"All features, or only {which}.")


def _shape(task: Any, total: int, classes: int, few: int) -> Any:
    def shape(params: Mapping[str, Value]) -> Shape:
        inputs = total if params.get("features", "all") == "all" else few
        return Shape(task, inputs, classes)

    return shape


datasets.add(
    DatasetEntry(
        name="iris",
        title="Iris",
        about="Real: 150 flowers of three species by the size of their sepals and petals.",
        make=make_iris,
        cite="Fisher, The Use of Multiple Measurements in Taxonomic Problems (1936); data by "
        "Anderson (1935)",
        params=(_samples(150, 150), _features("two", "the length and width of the petals")),
        shape=_shape("classification", 4, 3, 2),
        synthetic=False,
    )
)
datasets.add(
    DatasetEntry(
        name="wine",
        title="Wine",
        about="Real: 178 wines of three growers by 13 chemical measurements.",
        make=make_wine,
        cite="Forina et al., PARVUS (1988); UCI Machine Learning Repository",
        params=(_samples(178, 178), _features("two", "alcohol and flavanoids")),
        shape=_shape("classification", 13, 3, 2),
        synthetic=False,
    )
)
datasets.add(
    DatasetEntry(
        name="breast_cancer",
        title="Breast cancer",
        about="Real: 569 tumours, benign or malignant, by 30 measurements of their cell nuclei.",
        make=make_breast_cancer,
        cite="Street, Wolberg and Mangasarian, Nuclear Feature Extraction for Breast Tumor "
        "Diagnosis (1993); UCI Machine Learning Repository",
        params=(_samples(569, 569), _features("two", "mean radius and mean texture")),
        shape=_shape("classification", 30, 2, 2),
        synthetic=False,
    )
)
datasets.add(
    DatasetEntry(
        name="digits",
        title="Digits",
        about="Real: up to 1 797 handwritten digits in 8 by 8 pixels, ten classes.",
        make=make_digits,
        cite="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998); UCI Machine "
        "Learning Repository",
        params=(Param("samples", 600, 100, 1797, "log", help="How many of the samples are used."),),
        shape=_shape("classification", 64, 10, 64),
        synthetic=False,
    )
)
datasets.add(
    DatasetEntry(
        name="diabetes",
        title="Diabetes",
        about="Real: how the illness of 442 patients went on within a year, from ten measurements.",
        make=make_diabetes,
        cite="Efron, Hastie, Johnstone and Tibshirani, Least Angle Regression, Ann. Stat. 32 "
        "(2004)",
        params=(_samples(442, 442), _features("one", "the body mass index")),
        shape=_shape("regression", 10, 0, 1),
        synthetic=False,
    )
)

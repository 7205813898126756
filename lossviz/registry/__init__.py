"""How every catalogue works: `Param`, `Entry`, `Catalogue`, and the catalogues themselves.

Widgets, URL fields, tables in the documents, exported code and contract tests are all derived from
the entries, so that adding one is one file and nothing else changes.

    from lossviz.registry import Param, losses, LossEntry
    losses.add(LossEntry(name="mine", title="Mine", about="What it is.", make=make_mine))
"""

from lossviz.registry.additions import load_contrib
from lossviz.registry.catalogue import (
    Catalogue,
    datasets,
    functions,
    initialisers,
    losses,
    models,
    optimizers,
    schedules,
)
from lossviz.registry.entry import Code, Entry
from lossviz.registry.errors import SettingError, UnknownNameError
from lossviz.registry.kinds import (
    Box,
    DatasetEntry,
    FunctionEntry,
    InitialiserEntry,
    Kind,
    LossEntry,
    ModelEntry,
    OptimizerEntry,
    Over,
    Point,
    ScheduleEntry,
    Shape,
    Slope,
    Task,
)
from lossviz.registry.param import Param, Scale, Value

__all__ = [
    "Box",
    "Catalogue",
    "Code",
    "DatasetEntry",
    "Entry",
    "FunctionEntry",
    "InitialiserEntry",
    "Kind",
    "LossEntry",
    "ModelEntry",
    "OptimizerEntry",
    "Over",
    "Param",
    "Point",
    "Scale",
    "ScheduleEntry",
    "SettingError",
    "Shape",
    "Slope",
    "Task",
    "UnknownNameError",
    "Value",
    "datasets",
    "functions",
    "initialisers",
    "load_contrib",
    "losses",
    "models",
    "optimizers",
    "schedules",
]

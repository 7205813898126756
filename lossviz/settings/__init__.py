"""Settings as frozen plain values, and links that hold them."""

from lossviz.settings.experiment import (
    CHOICES,
    VALUES,
    Choice,
    Experiment,
    read_base,
    repaired,
    with_choice,
)
from lossviz.settings.links import (
    URL_VERSION,
    Linked,
    check_fields,
    check_values,
    read_call,
    read_value,
    read_values,
    shorten,
    write_call,
    write_values,
)
from lossviz.settings.options import Options
from lossviz.settings.preset import Preset

__all__ = [
    "CHOICES",
    "URL_VERSION",
    "VALUES",
    "Choice",
    "Experiment",
    "Linked",
    "Options",
    "Preset",
    "check_fields",
    "check_values",
    "read_base",
    "read_call",
    "read_value",
    "read_values",
    "repaired",
    "shorten",
    "with_choice",
    "write_call",
    "write_values",
]

"""Data before training: a table read, cleaned and scaled, and what that does to training."""

from lossviz.datalab.clean import Rules, cleaned
from lossviz.datalab.effect import Effect, effect_of
from lossviz.datalab.lab import DataLab
from lossviz.datalab.limits import WORDS as LIMITS
from lossviz.datalab.read import digest_of, read_table
from lossviz.datalab.seen import Seen, seen_of
from lossviz.datalab.table import Column, Table

__all__ = [
    "LIMITS",
    "Column",
    "DataLab",
    "Effect",
    "Rules",
    "Seen",
    "Table",
    "cleaned",
    "digest_of",
    "effect_of",
    "read_table",
    "seen_of",
]

"""From settings to a plain PyTorch script that reproduces the numbers of their picture."""

from lossviz.export.script import missing_in, script_of

__all__ = ["missing_in", "script_of"]

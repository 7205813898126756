"""Optimizers of the `pytorch_optimizer` package; they are in the catalogue where it is installed.

    pip install -r requirements-extra.txt

The updates are the package's own. It is imported when the first of them is made, not before.
"""

from lossviz.contrib.extra import (
    adaptive,
    preconditioned,
    prodigy,
    schedule_free,
    sharpness,
    signs,
)

__all__ = ["adaptive", "preconditioned", "prodigy", "schedule_free", "sharpness", "signs"]

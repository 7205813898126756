"""The built-in optimizers: everything in `torch.optim` that trains dense tensors.

`torch.optim.SparseAdam` is not among them: it takes sparse gradients only, which no model here has.
"""

from lossviz.run.optimizers import sgd  # isort: skip - the first one of the list
from lossviz.run.optimizers import adam, adaptive, lbfgs, muon

__all__ = ["adam", "adaptive", "lbfgs", "muon", "sgd"]

"""The catalogue of models: what learns. All are plain `torch.nn` stacks of linear layers."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.models import linear
from lossviz.problem.models import two_parameter
from lossviz.problem.models import mlp
from lossviz.problem.models import deep_linear
# isort: on

__all__ = ["deep_linear", "linear", "mlp", "two_parameter"]

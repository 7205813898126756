"""The catalogue of models: what learns. All are plain `torch.nn` modules."""

# In the order in which the entries are listed.
# isort: off
from lossviz.problem.models import linear
from lossviz.problem.models import two_parameter
from lossviz.problem.models import mlp
from lossviz.problem.models import deep_linear
from lossviz.problem.models import cnn
from lossviz.problem.models import recurrent
from lossviz.problem.models import transformer
# isort: on

__all__ = ["cnn", "deep_linear", "linear", "mlp", "recurrent", "transformer", "two_parameter"]

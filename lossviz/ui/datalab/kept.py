"""The settings of the data page in a session."""

from lossviz.datalab import DataLab
from lossviz.ui.state import Kept

data: Kept[DataLab] = Kept(DataLab, "data")

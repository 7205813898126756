"""The settings of the landscape page in a session."""

from lossviz.survey import Survey
from lossviz.ui.state import Kept

landscape: Kept[Survey] = Kept(Survey, "landscape")

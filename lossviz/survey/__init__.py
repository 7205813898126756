"""A survey of loss landscapes: its settings, the slices it draws, and surveys worth seeing."""

from lossviz.survey.entrant import Entrant
from lossviz.survey.survey import Survey
from lossviz.survey.values import MOST_CONTENDERS
from lossviz.survey.views import PLANES, View

__all__ = ["MOST_CONTENDERS", "PLANES", "Entrant", "Survey", "View"]

"""A survey of loss landscapes: its settings, the slices it draws, and surveys worth seeing."""

from lossviz.survey.survey import MOST_CONTENDERS, Entrant, Survey
from lossviz.survey.views import PLANES, View

__all__ = ["MOST_CONTENDERS", "PLANES", "Entrant", "Survey", "View"]

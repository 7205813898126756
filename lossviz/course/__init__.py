"""A race on a function of two variables: its settings, its result, and races worth seeing."""

from lossviz.course.course import MOST_CONTENDERS, Course, Ground
from lossviz.course.heat import Crowd, Heat, crowd_of, heat_of

__all__ = ["MOST_CONTENDERS", "Course", "Crowd", "Ground", "Heat", "crowd_of", "heat_of"]

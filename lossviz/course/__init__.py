"""A race on a function of two variables: its settings, its result, and races worth seeing."""

from lossviz.course.course import Course
from lossviz.course.ground import Ground
from lossviz.course.heat import Crowd, Heat, crowd_of, heat_of
from lossviz.course.values import MOST_CONTENDERS

__all__ = ["MOST_CONTENDERS", "Course", "Crowd", "Ground", "Heat", "crowd_of", "heat_of"]

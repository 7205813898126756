"""The settings of the race page in a session."""

from lossviz.course import Course
from lossviz.ui.state import Kept

race: Kept[Course] = Kept(Course, "race")

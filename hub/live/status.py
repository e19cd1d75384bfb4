"""The one word for a room: what is planned here, held against who seems to be there."""

from hub.live.occupancy import Belief
from hub.live.views import RoomStatus
from hub.school.model import Lesson

LATE_CLASS_MS = 5 * 60_000
PRIOR_LESSON, PRIOR_OPEN, PRIOR_CLOSED = 1.0, -0.3, -1.2


def prior(lesson: Lesson | None, *, in_school_hours: bool | None) -> float:
    """What the plan alone makes likely, in log-odds."""
    if lesson is not None:
        return PRIOR_LESSON
    return PRIOR_CLOSED if in_school_hours is False else PRIOR_OPEN


def decide(
    before: RoomStatus, belief: Belief | None, lesson: Lesson | None, now_ms: int, *, in_school_hours: bool | None
) -> RoomStatus:
    """Empty in a lesson is said when the class is not just late and the emptiness sure, then until somebody comes."""
    if belief is None or belief.occupied is None:
        return RoomStatus.UNKNOWN
    if lesson is not None:
        settled = now_ms - lesson.start_ms > LATE_CLASS_MS
        said = before is RoomStatus.LESSON_BUT_EMPTY and belief.occupied is False
        return RoomStatus.LESSON_BUT_EMPTY if settled and (said or belief.sure_empty) else RoomStatus.IN_LESSON
    if belief.occupied:
        return RoomStatus.OCCUPIED_UNSCHEDULED
    return RoomStatus.AFTER_HOURS if in_school_hours is False else RoomStatus.IDLE

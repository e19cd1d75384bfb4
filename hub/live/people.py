"""The number of people as it is shown: counted, estimated with its range, or only that somebody is there."""

from hub.live.air import SURE
from hub.live.occupancy import Belief
from hub.live.views import People
from hub.school.model import Lesson

OVERFULL = 1.3  # a room may hold more than its seats, but not any number the air might suggest
COUNT_ERROR = 0.1


def people_view(
    belief: Belief | None, count: float | None, lesson: Lesson | None, capacity: int, *, doubted: bool = False
) -> People:
    """`doubted`: the room's status does not take the belief that nobody is there for sure, so no figure does."""
    expected = lesson.expected_people if lesson else None
    if belief is None or belief.occupied is None:
        return People(None, None, None, expected)
    if count is not None:
        slack = max(1.0, round(COUNT_ERROR * count))
        return People(count, max(0.0, count - slack), count + slack, expected)
    most = capacity * OVERFULL
    reach = SURE * belief.people_error
    if not belief.occupied:
        high = 1.0 if belief.people is None else min(max(1.0, round(belief.people + reach)), most)
        return People(None if doubted else 0.0, 0.0, float(high), expected)
    if belief.people is None:
        return People(None, 1.0, None, expected)
    middle = min(max(1.0, belief.people), most)
    low = max(1.0, float(round(middle - reach)))
    high = float(round(min(most, max(1.0, middle + reach, belief.people_most or 0.0))))
    return People(float(round(middle)), low, high, expected)

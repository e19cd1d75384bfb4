"""What people do in the demo's rooms: who sits where at an instant, what they leave running, which door stands open.

Pure and repeatable: chance is a hash of the room and the moment, so every process that asks gets the same answer.
"""

from bisect import bisect_right
from datetime import date, timedelta

import msgspec

from demo.bells import CURRENT, Bell, Bells
from demo.cast import PLACES, Cast
from demo.chance import share
from demo.diary import Diary
from demo.timetable import Hour

MINUTE_MS = 60_000
_PRESENT_SHARE = 0.97  # somebody always has a cold
_STAYS = 0.4  # share of a class that stays in its room over a short break
_LONG_BREAK_MS = 20 * MINUTE_MS
_OPEN_BEFORE_MS = 25 * MINUTE_MS
_MEETING = 9  # people in a room nobody booked
_LATE_MIN = 9


class Sitting(msgspec.Struct, frozen=True):
    """One bell period in one room, as it really happens: `people` who come, `late_ms` after the bell."""

    start_ms: int
    end_ms: int
    people: int
    late_ms: int = 0
    projector: bool = False
    left_on: bool = False  # nobody comes, and the projector runs
    lights: bool = False


class Moment(msgspec.Struct, frozen=True):
    """One room at one instant."""

    people: float = 0.0
    door_open: bool = False
    lights: bool = False
    projector: bool = False
    cooling: bool = False
    school_open: bool = False


# The running period when the visitor comes: these rooms play a part.
STUFFY, LESSON_EMPTY, IDLE_PROJECTOR, MEETING, LATE = "a102", "a103", "b103", "b101", "a101"
TAUGHT_ON_BOARD = "a101"  # where no lesson goes without the board
_COOLED = ("b102",)


class Script:
    """The play of the demo school, day by day."""

    def __init__(self, cast: Cast, bells: Bells, hours: tuple[Hour, ...], diary: Diary | None = None) -> None:
        self._bells, self._diary = bells, diary or Diary()
        self._hours = hours
        self._sizes: dict[str, int] = {}
        for pupil in cast.pupils:
            self._sizes[pupil.group] = self._sizes.get(pupil.group, 0) + 1
        self._days: dict[date, dict[str, list[Sitting]]] = {}
        self._edges: list[tuple[int, date]] = []

    def moment(self, room: str, t_ms: int) -> Moment:
        """What goes on in that room then."""
        day, midnight = self._day_of(t_ms)
        first, last = self._bells.periods[0], self._bells.periods[-1]
        opened = midnight + first.start * MINUTE_MS - _OPEN_BEFORE_MS <= t_ms < midnight + (last.end + 20) * MINUTE_MS
        sittings = self._sittings(day)[room]
        index = bisect_right(sittings, t_ms, key=lambda sitting: sitting.start_ms - 3 * MINUTE_MS) - 1
        if not opened or index < 0:
            return Moment(school_open=opened)
        now = sittings[index]
        before = sittings[index - 1] if index else None
        after = sittings[index + 1] if index + 1 < len(sittings) else None
        people = _people(before, now, after, t_ms)
        return _furnish(room, now, people, t_ms, lasts=after is None)

    def _day_of(self, t_ms: int) -> tuple[date, int]:
        index = bisect_right(self._edges, t_ms, key=lambda edge: edge[0]) - 1
        if index < 0 or t_ms >= self._edges[index][0] + 86_400_000:
            day = self._bells.local(t_ms).date()
            self._edges = [*self._edges, (self._bells.midnight_ms(day), day)]
            self._edges.sort()
            return day, self._bells.midnight_ms(day)
        return self._edges[index][1], self._edges[index][0]

    def _sittings(self, day: date) -> dict[str, list[Sitting]]:
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = {place.id: [] for place in PLACES}
            for bell in self._bells.periods:
                for room, sitting in self._slot(day, bell).items():
                    known[room].append(sitting)
            for past in [kept for kept in self._days if kept < day - timedelta(days=3)]:
                del self._days[past]
        return known

    def _slot(self, day: date, bell: Bell) -> dict[str, Sitting]:
        """One period in all rooms, parts given out: a class that stays away, a projector forgotten, a meeting."""
        planned = self._diary.held(day, bell.number, self._hours)
        vacant = [place.id for place in PLACES if place.id not in planned]
        if day == self._bells.today and bell.number == CURRENT:
            away, forgotten, meeting, late = LESSON_EMPTY, IDLE_PROJECTOR, MEETING, {LATE}
        else:
            turn = day.toordinal() * 10 + bell.number
            away = sorted(planned)[turn * 7 % len(planned)] if planned else ""
            forgotten = vacant[turn % len(vacant)] if vacant else ""
            meeting = vacant[(turn + 1) % len(vacant)] if len(vacant) > 1 else ""
            late = {room for room in planned if share(room, turn) < 0.15}  # noqa: PLR2004
        midnight = self._bells.midnight_ms(day)
        start, end = midnight + bell.start * MINUTE_MS, midnight + bell.end * MINUTE_MS
        return {
            place.id: self._sitting(place.id, planned.get(place.id), start, end, (away, forgotten, meeting), late)
            for place in PLACES
        }

    def _sitting(
        self, room: str, hour: Hour | None, start: int, end: int, parts: tuple[str, str, str], late: set[str]
    ) -> Sitting:
        away, forgotten, meeting = parts
        if room == away:
            return Sitting(start, end, 0, left_on=True)
        if room == forgotten:
            return Sitting(start, end, 0, left_on=True)
        if room == meeting:
            return Sitting(start, end, _MEETING, lights=True)
        if hour is None:
            return Sitting(start, end, 0)
        people = round(self._sizes[hour.group] * _PRESENT_SHARE) + 1
        projector = room == TAUGHT_ON_BOARD or (room != STUFFY and share(room, start) < 0.6)  # noqa: PLR2004
        return Sitting(start, end, people, _LATE_MIN * MINUTE_MS if room in late else 0, projector, lights=True)


def _people(before: Sitting | None, now: Sitting, after: Sitting | None, t_ms: int) -> float:
    """They trickle in around the bell and leave after it; over a short break some stay."""
    if t_ms < now.end_ms:
        here = _staying(before, now)
        arrived = (t_ms - now.start_ms - now.late_ms) / MINUTE_MS
        return here + (now.people - here) * min(1.0, max(0.0, (arrived + 3) / 5))
    gone = min(1.0, (t_ms - now.end_ms) / (2 * MINUTE_MS))
    return now.people - gone * (now.people - _staying(now, after))


def _staying(before: Sitting | None, after: Sitting | None) -> float:
    """Who sits through the break between two sittings."""
    if before is None or after is None or not after.people or after.late_ms:
        return 0.0
    short = after.start_ms - before.end_ms < _LONG_BREAK_MS
    return min(before.people, after.people) * _STAYS if short else 0.0


def _furnish(room: str, now: Sitting, people: float, t_ms: int, *, lasts: bool) -> Moment:
    running = t_ms < now.end_ms or not lasts
    around_bell = abs(t_ms - now.start_ms - now.late_ms) < 2 * MINUTE_MS or t_ms > now.end_ms
    slips_out = share(room, t_ms // MINUTE_MS) < 0.05  # noqa: PLR2004
    teaching = now.start_ms + now.late_ms + 3 * MINUTE_MS <= t_ms < now.end_ms - MINUTE_MS
    return Moment(
        people=people,
        door_open=people >= 1 and (around_bell or slips_out),
        lights=now.lights and running and (people >= 1 or now.left_on),
        projector=running and ((now.projector and teaching) or now.left_on),
        cooling=room in _COOLED and people >= 1,
        school_open=True,
    )

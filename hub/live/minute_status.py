"""The status of a room minute by minute: a fold over the evidence of the local day so far and the plan. Pure.

The live hub and every later recomputation run this same fold, so what is stored equals what is derived anew. Evidence
is what sensors said, without the plan; only here does the plan enter. The formulas are those of hub.live.occupancy.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

import msgspec

from hub.live.context import Context, context_at
from hub.live.occupancy import DIRECT_ODDS, EMPTY_AT, FOLLOW_S, MOST, OCCUPIED_AT, TELLING, Belief
from hub.live.status import decide, prior
from hub.live.views import RoomStatus
from hub.school.schedule import Schedule
from hub.stores.series import RoomMinute

FORGOTTEN_MS = 15 * 60_000  # after a hole as long as this, what was believed before says nothing


class Course(msgspec.Struct, frozen=True):
    """Where the fold stands after the minute that began at `t_ms`; `day_end_ms` is the local midnight it ends at."""

    t_ms: int
    odds: float
    occupied: bool | None
    since_ms: int
    status: RoomStatus
    day_end_ms: int


def day_span(t_ms: int, zone: tzinfo) -> tuple[int, int]:
    """The local day that holds the instant, as [first, last) in UTC milliseconds."""
    local = datetime.fromtimestamp(t_ms / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    following = (local.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    return round(local.timestamp()) * 1000, round(following.timestamp()) * 1000


def pass_minute(
    before: Course | None, t_ms: int, evidence: float | None, planned: Context, day_end_ms: int, *, direct: bool
) -> Course:
    """One step. `before` of another day, or from before a long hole, is forgotten."""
    if before is not None and (before.day_end_ms != day_end_ms or t_ms - before.t_ms > FORGOTTEN_MS):
        before = None
    belief = _believe(before, t_ms, evidence, prior(planned.lesson, in_school_hours=planned.in_school_hours), direct)
    status = decide(
        before.status if before is not None else RoomStatus.UNKNOWN,
        belief,
        planned.lesson,
        t_ms,
        in_school_hours=planned.in_school_hours,
    )
    return Course(t_ms, belief.odds, belief.occupied, belief.since_ms, status, day_end_ms)


def _believe(before: Course | None, t_ms: int, evidence: float | None, plan_odds: float, direct: bool) -> Belief:  # noqa: FBT001 - a fact, not a switch
    known = before is not None and before.occupied is not None
    target = min(max(plan_odds + (evidence or 0.0), -MOST), MOST)
    vague = EMPTY_AT < target < OCCUPIED_AT or abs(evidence or 0.0) < TELLING
    undecided = vague and not known and not direct
    if evidence is None or undecided:
        since = before.since_ms if before is not None and before.occupied is None else t_ms
        return Belief(0.0, None, since, t_ms)
    if direct:
        target = max(target, DIRECT_ODDS)
    odds = target
    if before is not None and known and not direct:
        share = 1 - math.exp(-(t_ms - before.t_ms) / 1000 / FOLLOW_S)
        odds = before.odds + (target - before.odds) * share
    occupied = odds >= OCCUPIED_AT
    if EMPTY_AT < odds < OCCUPIED_AT:
        occupied = bool(before.occupied) if before is not None and known else odds > 0
    since = before.since_ms if before is not None and before.occupied is occupied else t_ms
    return Belief(odds, occupied, since, t_ms)


def fold(
    minutes: Iterable[RoomMinute], schedule: Schedule | None, room: str, zone: tzinfo
) -> Iterator[tuple[RoomMinute, Course, Context]]:
    """Minutes of one room in time order, each with where the fold stands then and what is planned."""
    course: Course | None = None
    planned: Context | None = None
    end_ms = 0
    for minute in minutes:
        t_ms = minute.t_ms
        if t_ms >= end_ms:
            end_ms = day_span(t_ms, zone)[1]
        if planned is None or not planned.holds(t_ms):
            planned = context_at(schedule, room, t_ms)
        course = pass_minute(course, t_ms, minute.evidence, planned, end_ms, direct=minute.direct)
        yield minute, course, planned


def restated(minute: RoomMinute, course: Course, planned: Context) -> RoomMinute:
    """The minute with the status and the lesson the fold gives it."""
    return msgspec.structs.replace(minute, status=course.status.value, lesson=planned.lesson_id)

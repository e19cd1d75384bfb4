"""One-day changes set by hand that would no longer find their lesson, were a timetable taken in. Reads only."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from hub.registry.spell_rows import rooms_of
from hub.school import journal
from hub.school.beliefs import Beliefs
from hub.school.believed import altered, meant_then, rules_of, told_since
from hub.school.bells import HAND
from hub.school.changes import DayChange
from hub.school.datebook import DateBook
from hub.school.held import Stamp
from hub.school.names import NamesOverTime
from hub.school.plan import SchoolPlan
from hub.school.timetable import Timetable


class LostChanges(msgspec.Struct, frozen=True):
    """`several`: how many of them would fit more than one lesson."""

    changes: tuple[DayChange, ...] = ()
    several: int = 0


def lost_changes(connection: Connection, stamp: Stamp, timetable: Timetable) -> LostChanges:
    """Of today and the days to come, as far as the timetable holds then."""
    zone = journal.timezone_of(connection, stamp.school)
    today = datetime.fromtimestamp(stamp.now_ms / 1000, ZoneInfo(zone)).date()
    since = max(today, date.fromisoformat(stamp.valid_from))
    days = [one.day for one in Beliefs(connection, stamp.school).by_hand(today).changes if one.day >= since]
    if not days:
        return LostChanges()
    told = Beliefs(connection, stamp.school, span=(since, max(days)))
    editions, dated = told.editions(), told.dated()
    rules, sessions = rules_of(connection, stamp.school), told.sessions()
    rooms = NamesOverTime(rooms_of(connection, stamp.school))

    def plan_of(parts: list[tuple[date, dict[str, Timetable]]], dates: DateBook) -> SchoolPlan:
        return SchoolPlan(
            timetables=parts, rooms=rooms, sessions=sessions, rules=rules, timezone=zone, dates=dates, last=max(days)
        )

    by_hand = dated.get(HAND, Timetable()).changes
    ours = frozenset(one.id for one in by_hand)
    earlier = told_since(connection, stamp.school)
    before = plan_of(editions, DateBook(dated))
    others = altered(connection, stamp.school, earlier)
    before.remember(meant_then(connection, stamp.school, before.doubtful(frozenset(earlier), others), earlier))
    after = plan_of(
        [(first, parts | {stamp.source: timetable}) for first, parts in editions],
        DateBook(dated | {stamp.source: timetable}),
    )
    doubtful = after.doubtful(ours, others)
    after.remember(before.meant(by_hand) | meant_then(connection, stamp.school, doubtful, earlier))
    already = {one.id for one in before.unmet(since)}
    found = [one for one in after.unmet(since) if one.id in ours and one.id not in already]
    several = {one.id for one in after.fitting_several(since)} if found else set()
    return LostChanges(tuple(found), sum(one.id in several for one in found))

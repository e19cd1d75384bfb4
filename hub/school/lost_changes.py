"""One-day changes set by hand that would no longer find their lesson, were a timetable taken in. Reads only."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.school import journal
from hub.school.beliefs import Beliefs
from hub.school.bells import HAND
from hub.school.changes import DayChange
from hub.school.datebook import DateBook
from hub.school.held import Stamp
from hub.school.plan import SchoolPlan
from hub.school.plans import rules_of
from hub.school.timetable import Timetable


def lost_changes(connection: Connection, stamp: Stamp, timetable: Timetable) -> list[DayChange]:
    """Of today and the days to come, as far as the timetable holds then."""
    zone = journal.timezone_of(connection, stamp.school)
    today = datetime.fromtimestamp(stamp.now_ms / 1000, ZoneInfo(zone)).date()
    since = max(today, date.fromisoformat(stamp.valid_from))
    days = [one.day for one in Beliefs(connection, stamp.school).by_hand(today).changes if one.day >= since]
    if not days:
        return []
    told = Beliefs(connection, stamp.school, span=(since, max(days)))
    editions, dated = told.editions(), told.dated()
    rules, sessions = rules_of(connection, stamp.school), told.sessions()

    def unmet(parts: list[tuple[date, dict[str, Timetable]]], dates: DateBook) -> list[DayChange]:
        plan = SchoolPlan(
            timetables=parts, rooms=(), sessions=sessions, rules=rules, timezone=zone, dates=dates, last=max(days)
        )
        return plan.unmet(since)

    ours = frozenset(one.id for one in dated.get(HAND, Timetable()).changes)
    already = {one.id for one in unmet(editions, DateBook(dated))}
    after = [(first, parts | {stamp.source: timetable}) for first, parts in editions]
    found = unmet(after, DateBook(dated | {stamp.source: timetable}))
    return [one for one in found if one.id in ours and one.id not in already]

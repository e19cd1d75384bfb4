"""What the timetable has in rooms that go out of use, told before and after; and from which day they really go. Pure.

A room whose lessons of today have begun is in use until today's end: what was held and measured in it stays.
"""

from collections.abc import Collection
from datetime import date, timedelta

import msgspec

from hub.school.plan import SchoolPlan
from hub.web.texts import text
from wire.text import Text

WEEKS = 4  # looked through from the day on: one of them may be a holiday
MOST_DAYS = 150


class Leaving(msgspec.Struct, frozen=True):
    """`since`: the first day out of use."""

    since: date
    words: tuple[Text, ...] = ()


def leaving(plan: SchoolPlan | None, rooms: Collection[str], since: date, now_ms: int, today: date) -> Leaving:
    """`rooms` go out of use on `since`."""
    if plan is None:
        return Leaving(since)
    found: list[Text] = []
    begun = _lessons(plan, rooms, today, now_ms)
    if since == today and begun:
        since = today + timedelta(days=1)
        found.append(text("school.retire_after_today", n=begun, day=f"{since:%d/%m/%Y}"))
    past = [since + timedelta(days=days) for days in range(min((today - since).days, MOST_DAYS))]
    lost = sum(_lessons(plan, rooms, day) for day in past) + (begun if since < today else 0)
    if lost:
        found.append(text("school.retire_past", n=lost))
    first = max(since, today)
    weeks = [
        sum(_lessons(plan, rooms, first + timedelta(days=7 * week + day)) for day in range(7)) for week in range(WEEKS)
    ]
    if max(weeks):
        found.append(text("school.retire_lessons", n=max(weeks), day=f"{first:%d/%m/%Y}"))
    elif not lost:
        found.append(text("school.retire_no_lessons", n=WEEKS))
    return Leaving(since, tuple(found))


def _lessons(plan: SchoolPlan, rooms: Collection[str], day: date, until_ms: int | None = None) -> int:
    lessons = (one for one in plan.school_day(day).lessons if one.room in rooms)
    return len({one.id for one in lessons if until_ms is None or one.start_ms <= until_ms})

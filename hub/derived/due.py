"""Days that have to be derived anew: asked for in the transaction that changes something, struck off when done."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from hub.db.derived_models import DeriveDueRow

TABLE = DeriveDueRow.metadata.tables["derive_due"]
BACK_DAYS = 150  # a school term and its beginning; what is older stays as it was told


class Reason(StrEnum):
    """Why a day is derived (anew); ENDED: its lessons ended, the ordinary case."""

    ENDED = "ended"
    PLAN = "plan"
    UNDONE = "undone"
    EDIT = "edit"
    ROSTER = "roster"
    LATE = "late"
    DEVICE = "device"
    THRESHOLDS = "thresholds"


class Due(msgspec.Struct, frozen=True):
    """One day to derive; `asked` is handed back to `strike`."""

    school: str
    day: date
    reason: str
    since_ms: int
    asked: int


def mark(
    connection: Connection, school: str, first_day: date, last_day: date, reason: Reason | str, now_ms: int
) -> int:
    """Ask for every day of [first_day, last_day] to be derived anew, in the caller's transaction; how many they are.

    Days to come are left out (they are derived when they come), and those more than BACK_DAYS ago.
    """
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=1)  # wherever the school may lie
    first, last = max(first_day, today - timedelta(days=BACK_DAYS)), min(last_day, today)
    days = [(first + timedelta(days=offset)).isoformat() for offset in range((last - first).days + 1)]
    return mark_days(connection, school, days, reason, now_ms)


def mark_days(connection: Connection, school: str, days: Sequence[str], reason: Reason | str, now_ms: int) -> int:
    """The same for single days (ISO dates, each once)."""
    if not days:
        return 0
    ours = (TABLE.c.school == school) & TABLE.c.day.in_(days)
    known = set(connection.scalars(select(TABLE.c.day).where(ours)))
    if known:
        again = update(TABLE).where(ours & TABLE.c.day.in_(known))
        connection.execute(again.values(asked=TABLE.c.asked + 1, reason=str(reason)))
    fresh = [
        {"school": school, "day": day, "reason": str(reason), "since_ms": now_ms, "asked": 1}
        for day in days
        if day not in known
    ]
    if fresh:
        connection.execute(insert(TABLE), fresh)
    return len(days)


def next_due(connection: Connection, limit: int) -> list[Due]:
    """The newest days first: people look at today's and yesterday's."""
    wanted = select(TABLE).order_by(TABLE.c.day.desc(), TABLE.c.since_ms, TABLE.c.school).limit(limit)
    return [
        Due(row["school"], date.fromisoformat(row["day"]), row["reason"], row["since_ms"], row["asked"])
        for row in connection.execute(wanted).mappings()
    ]


def strike(connection: Connection, due: Due) -> None:
    """It is done; where somebody asked again meanwhile it stays."""
    is_it = (TABLE.c.school == due.school) & (TABLE.c.day == due.day.isoformat()) & (TABLE.c.asked == due.asked)
    connection.execute(delete(TABLE).where(is_it))


def waiting(connection: Connection) -> tuple[int, int | None]:
    """How many days wait, and since when the oldest does."""
    count, oldest = connection.execute(select(func.count(), func.min(TABLE.c.since_ms)).select_from(TABLE)).one()
    return int(count), oldest

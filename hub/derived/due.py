"""Days that have to be derived anew: asked for in the transaction that changes something, struck off when done."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, RowMapping, case, delete, func, insert, select, update

from hub.db.derived_models import DeriveDueRow

TABLE = DeriveDueRow.metadata.tables["derive_due"]
SETTLE_MS = 3_000  # several changes in a row are taken together
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
    MAINTENANCE = "maintenance"
    ESTIMATES = "estimates"  # people and air of rooms whose plan was corrected; everything else goes first
    THRESHOLDS = "thresholds"


_NO_CORRECTION = frozenset({Reason.ENDED, Reason.ESTIMATES})


class Due(msgspec.Struct, frozen=True):
    """One day to derive; `asked` is handed back to `strike`."""

    school: str
    day: date
    reason: str
    since_ms: int
    asked: int
    rooms: tuple[str, ...] = ()


def mark(
    connection: Connection,
    school: str,
    first_day: date,
    last_day: date,
    reason: Reason | str,
    now_ms: int,
    rooms: Iterable[str] = (),
) -> int:
    """Ask for every day of [first_day, last_day] to be derived anew, in the caller's transaction; how many they are.

    Days to come are left out (they are derived when they come), and those more than BACK_DAYS ago. `rooms`: where the
    minutes themselves are to be worked out again from readings, because a device moved or was calibrated.
    """
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date() + timedelta(days=1)  # wherever the school may lie
    first, last = max(first_day, today - timedelta(days=BACK_DAYS)), min(last_day, today)
    days = [(first + timedelta(days=offset)).isoformat() for offset in range((last - first).days + 1)]
    return mark_days(connection, school, days, reason, now_ms, rooms=rooms)


def mark_days(
    connection: Connection,
    school: str,
    days: Sequence[str],
    reason: Reason | str,
    now_ms: int,
    *,
    not_before_ms: int | None = None,
    rooms: Iterable[str] = (),
) -> int:
    """The same for single days (ISO dates, each once); at the earliest at `not_before_ms`, soon where None."""
    if not days:
        return 0
    start_ms = now_ms + SETTLE_MS if not_before_ms is None else not_before_ms
    ours = (TABLE.c.school == school) & TABLE.c.day.in_(days)
    wanted = set(rooms)
    fresh = dict.fromkeys(days)
    for row in connection.execute(select(TABLE).where(ours)).mappings().all():
        del fresh[row["day"]]
        values: dict[str, object] = {"asked": row["asked"] + 1, "rooms": sorted(wanted.union(row["rooms"]))}
        sooner = start_ms < row["not_before_ms"]
        if sooner:
            values["not_before_ms"] = start_ms
        if _overrules(reason, row["reason"], sooner=sooner):
            values |= {"reason": str(reason), "since_ms": now_ms}
        is_it = (TABLE.c.school == school) & (TABLE.c.day == row["day"])
        connection.execute(update(TABLE).where(is_it).values(**values))
    if fresh:
        common = {"school": school, "reason": str(reason), "since_ms": now_ms, "asked": 1, "rooms": sorted(wanted)}
        connection.execute(insert(TABLE), [common | {"day": day, "not_before_ms": start_ms} for day in fresh])
    return len(days)


def _overrules(reason: str, known: str, *, sooner: bool) -> bool:
    """Which of two reasons for one day stands. Late rows: only they look again at hours worked out before. Estimates
    never stand for a correction: by a correction rooms are lived again, by estimates none more than are named.
    """
    if Reason.LATE in {reason, known}:
        return known != Reason.LATE
    if reason in _NO_CORRECTION:
        return known == Reason.ENDED and (sooner or reason == Reason.ESTIMATES)
    if known == Reason.ESTIMATES:
        return True
    return sooner


def next_due(connection: Connection, now_ms: int, limit: int) -> list[Due]:
    """The newest days first: people look at today's and yesterday's. What refines estimates comes last."""
    ripe = select(TABLE).where(TABLE.c.not_before_ms <= now_ms)
    refines = case((TABLE.c.reason == Reason.ESTIMATES.value, 1), else_=0)
    wanted = ripe.order_by(refines, TABLE.c.day.desc(), TABLE.c.since_ms, TABLE.c.school).limit(limit)
    return [_due(row) for row in connection.execute(wanted).mappings()]


def _due(row: RowMapping) -> Due:
    day, rooms = date.fromisoformat(row["day"]), tuple(row["rooms"])
    return Due(row["school"], day, row["reason"], row["since_ms"], row["asked"], rooms)


def ripe_of(connection: Connection, school: str, reasons: Sequence[str], now_ms: int, limit: int) -> list[Due]:
    """Ripe days of one school that were asked for one of these reasons, the newest first."""
    ours = (TABLE.c.school == school) & TABLE.c.reason.in_(reasons) & (TABLE.c.not_before_ms <= now_ms)
    wanted = select(TABLE).where(ours).order_by(TABLE.c.day.desc()).limit(limit)
    return [_due(row) for row in connection.execute(wanted).mappings()]


def strike(connection: Connection, due: Due) -> None:
    """It is done; where somebody asked again meanwhile it stays."""
    is_it = (TABLE.c.school == due.school) & (TABLE.c.day == due.day.isoformat()) & (TABLE.c.asked == due.asked)
    connection.execute(delete(TABLE).where(is_it))


def take_off(connection: Connection, due: Due, rooms: Iterable[str]) -> None:
    """These rooms are done; where somebody asked again meanwhile they stay, for it may have been for them."""
    is_it = (TABLE.c.school == due.school) & (TABLE.c.day == due.day.isoformat()) & (TABLE.c.asked == due.asked)
    connection.execute(update(TABLE).where(is_it).values(rooms=sorted(set(due.rooms).difference(rooms))))


def postpone(connection: Connection, due: Due, not_before_ms: int) -> None:
    is_it = (TABLE.c.school == due.school) & (TABLE.c.day == due.day.isoformat())
    connection.execute(update(TABLE).where(is_it).values(not_before_ms=not_before_ms))


def waiting(connection: Connection, now_ms: int) -> tuple[int, int | None]:
    """How many days are ripe, and since when the one asked for first waits."""
    ripe = select(func.count(), func.min(TABLE.c.since_ms)).where(TABLE.c.not_before_ms <= now_ms)
    count, oldest = connection.execute(ripe).one()
    return int(count), oldest

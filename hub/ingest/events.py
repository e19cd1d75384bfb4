"""Events in the state database: by id, a correction replaces, with their marks in the same transaction. Blocks."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from hub.db.engine import reading, unwritable
from hub.db.models import EventMarkRow, EventRow
from hub.live.context import Context
from hub.live.reading import Happening
from hub.stores.series import CommitResult, Mark, StoreDown


class StoredEvent(msgspec.Struct, frozen=True):
    """An event to store, with the row that brought it."""

    event: Happening
    epoch: str
    row: int


PlaceOf = Callable[[str, str, int], tuple[str | None, Context | None]]  # school, device, instant


def placed(stored: StoredEvent, place_of: PlaceOf) -> StoredEvent:
    """With the room, the lesson and its classes of the event's own time: one look-up in memory."""
    event = stored.event
    room, planned = (None, None) if event.at_ms is None else place_of(event.school, event.device, event.at_ms)
    if room is None:
        return stored
    lesson = planned.lesson if planned is not None else None
    named = (lesson.id, ", ".join(lesson.classes)) if lesson is not None else (None, None)
    return msgspec.structs.replace(
        stored, event=msgspec.structs.replace(event, room=room, lesson=named[0], classes=named[1])
    )


class EventStore:
    """Reads and writes the tables event and event_mark."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def commit(self, events: Sequence[StoredEvent], marks: Sequence[Mark]) -> CommitResult:
        """All in one transaction. Raises StoreDown, having stored nothing."""
        newest: dict[str, tuple[int, StoredEvent]] = {}
        for index, each in enumerate(events):
            _, before = newest.get(each.event.id, (0, None))
            if before is None or before.epoch != each.epoch or before.row <= each.row:
                newest[each.event.id] = (index, each)
        try:
            with self._engine.begin() as connection:
                fates = [(index, _put(connection, each)) for index, each in newest.values()]
                for mark in marks:
                    _put_mark(connection, mark)
        except SQLAlchemyError as broken:
            raise state_down(broken) from broken
        stored = sum(fate is None for _, fate in fates)
        replaced = tuple(sorted(index for index, fate in fates if fate is True))
        return CommitResult(stored, len(events) - stored - len(replaced), len(replaced), replaced)

    def marks(self) -> list[Mark]:
        """All of them, oldest epoch first."""
        with reading(self._engine).connect() as connection:
            rows = connection.execute(select(EventMarkRow).order_by(EventMarkRow.first_seen_ms)).all()
        return [Mark(r.school, r.gateway, r.stream, r.epoch, r.first_seen_ms, r.ledger) for r in rows]


def state_down(broken: SQLAlchemyError) -> StoreDown:
    """What an error of the state database means to those who wait for it."""
    return StoreDown(unwritable(broken))


def _put(connection: Connection, each: StoredEvent) -> bool | None:
    """None: stored new; True: replaced an older row; False: the stored one is newer or the same."""
    event = each.event
    known = connection.execute(select(EventRow.epoch, EventRow.row).where(EventRow.id == event.id)).first()
    values = {
        "school": event.school,
        "gateway": event.gateway,
        "device": event.device,
        "kind": event.kind,
        "at_ms": event.at_ms,
        "quality": event.quality.value,
        "data": event.data,
        "epoch": each.epoch,
        "row": each.row,
        "room": event.room,
        "lesson": event.lesson,
        "classes": event.classes,
    }
    if known is None:
        connection.execute(insert(EventRow).values(id=event.id, received_ms=event.received_ms, **values))
        return None
    if known.epoch == each.epoch and known.row >= each.row:
        return False
    connection.execute(
        update(EventRow).where(EventRow.id == event.id, EventRow.school == event.school).values(**values)
    )
    return True


def _put_mark(connection: Connection, mark: Mark) -> None:
    is_it = (
        (EventMarkRow.school == mark.school)
        & (EventMarkRow.gateway == mark.gateway)
        & (EventMarkRow.stream == mark.stream)
        & (EventMarkRow.epoch == mark.epoch)
    )
    if not connection.execute(update(EventMarkRow).where(is_it).values(ledger=mark.ledger)).rowcount:
        connection.execute(insert(EventMarkRow).values(**msgspec.structs.asdict(mark)))

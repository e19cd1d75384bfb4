"""Keeps the table `alert`: what is wrong with the hub, its gateways and rooms, from when it comes until it goes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import Engine, bindparam, delete, insert, select, update

from hub.alerts.causes import GATEWAY_OFFLINE, ROOM_SILENT, Cause, Key, of_gateway, of_notice, of_room
from hub.alerts.open_alerts import Closing, OpenAlerts, Opened, Opening
from hub.db.alert_models import AlertRow
from hub.db.engine import reading
from hub.live.publish import Changes
from hub.notice import Notice
from hub.registry.registry import Registry
from wire.text import Text

STEP_S = 2.0
KEPT_DAYS = 400
DAY_MS = 86_400_000
# While the broker is away every gateway is out of sight: that is one cause, not as many as there are gateways.
BROKER_AWAY = frozenset({"broker.away", "broker.embedded"})
MOST_SUBJECT = 200
TABLE = AlertRow.metadata.tables["alert"]


class AlertLog:
    """Event loop only; what blocks runs `in_thread`. Is told of live changes and remembers what is wrong."""

    def __init__(
        self,
        *,
        engine: Engine,
        registry: Registry,
        problems: Callable[[], list[Notice]],
        in_thread: Callable[[Callable[[], Any]], Awaitable[Any]],
        now_ms: Callable[[], int],
    ) -> None:
        self._engine, self._registry, self._problems = engine, registry, problems
        self._in_thread, self._now_ms = in_thread, now_ms
        self._rooms: dict[tuple[str, str], tuple[Cause, ...]] = {}
        self._gateways: dict[tuple[str, str], tuple[Cause, ...]] = {}
        self._open = OpenAlerts()
        self._unsure = False
        self._closing: list[Closing] = []  # told to the database, perhaps without an answer

    def publish(self, changes: Changes) -> None:
        for room in changes.rooms:
            _keep(self._rooms, (room.school, room.room), of_room(room))
        for gateway in changes.gateways:
            _keep(self._gateways, (gateway.school, gateway.gateway), of_gateway(gateway))

    async def restore(self) -> None:
        """At the start. Raises SQLAlchemyError."""
        self._open.be_patient(self._now_ms())
        await self._take_up()

    async def note_causes(self) -> None:
        """One look at what is wrong now. It goes on while nothing can be written: rows say when trouble began."""
        self._open.note(self._causes(), self._now_ms())

    async def log_alerts(self) -> None:
        """Write what came or went, if anything. Raises SQLAlchemyError, having forgotten nothing."""
        if self._unsure:
            await self._take_up()
        opening, closing = self._open.opening(), self._open.closing(self._now_ms())
        if opening or closing:
            self._unsure, self._closing = True, closing  # an error may come after the commit
            self._open.opened(await self._in_thread(lambda: write(self._engine, opening, closing)))
            self._open.closed(closing)
            self._unsure = False

    async def _take_up(self) -> None:
        rows = await self._in_thread(lambda: read_open(self._engine))
        still = {each.row for each in rows}
        self._open.closed([each for each in self._closing if each.row not in still])
        self._closing = []
        twice = self._open.take_up(rows, self._now_ms())
        if twice:
            await self._in_thread(lambda: write(self._engine, [], twice))
        self._unsure = False

    def figures(self) -> dict[str, float]:
        return {"alerts_open": len(self._open), "alerts_turned_away_total": self._open.turned_away}

    def _causes(self) -> list[Cause]:
        notices = self._problems()
        known = self._registry
        found = [of_notice(notice) for notice in notices]
        blind = any(notice.code in BROKER_AWAY for notice in notices)
        offline: set[tuple[str, str]] = set()
        for name, causes in self._gateways.items():
            gone = any(cause.code == GATEWAY_OFFLINE for cause in causes)
            if gone:
                offline.add(name)
            if known.gateway(*name) is not None and not (gone and blind and not self._open.has(causes)):
                found += causes
        for (school, room), causes in self._rooms.items():
            there = known.room(school, room)
            if there is not None and there.retired is None:
                found += [cause for cause in causes if not self._cut(cause, offline, blind=blind)]
        return found

    def _cut(self, cause: Cause, offline: set[tuple[str, str]], *, blind: bool) -> bool:
        """Whether its gateway explains it: a thousand devices behind one uplink are one alert."""
        if cause.code != ROOM_SILENT or cause.school is None:
            return False
        device = self._registry.device(cause.school, cause.subject)
        return blind or (device is not None and (cause.school, device.gateway) in offline)


def _keep(table: dict[tuple[str, str], tuple[Cause, ...]], name: tuple[str, str], causes: tuple[Cause, ...]) -> None:
    if causes:
        table[name] = causes
    else:
        table.pop(name, None)


def read_open(engine: Engine) -> list[Opened]:
    """Oldest first. Blocks."""
    with reading(engine).connect() as connection:
        rows = connection.execute(select(AlertRow).where(AlertRow.closed_ms.is_(None)).order_by(AlertRow.id)).all()
    return [
        Opened(row.id, Cause(row.code, Text(row.text_vi, row.text_en), row.severity, row.school, row.room, row.subject))
        for row in rows
    ]


def write(engine: Engine, opening: Sequence[Opening], closing: Sequence[Closing]) -> dict[Key, int]:
    """All in one transaction; the rows of what opened, by cause. Blocks."""
    with engine.begin() as connection:
        rows: dict[Key, int] = {}
        if opening:
            added = insert(AlertRow).returning(AlertRow.id, sort_by_parameter_order=True)
            found = connection.execute(added, [_columns(each) for each in opening]).scalars()
            rows = {each.cause.key: row for each, row in zip(opening, found, strict=True)}
        if closing:
            ended = update(TABLE).where(TABLE.c.id == bindparam("row")).values(closed_ms=bindparam("at_ms"))
            connection.execute(ended, [{"row": each.row, "at_ms": each.closed_ms} for each in closing])
    return rows


def forget_before(engine: Engine, now_ms: int) -> None:
    """Alerts closed more than a year ago. Blocks."""
    with engine.begin() as connection:
        connection.execute(delete(AlertRow).where(AlertRow.closed_ms < now_ms - KEPT_DAYS * DAY_MS))


def _columns(opening: Opening) -> dict[str, Any]:
    cause = opening.cause
    return {
        "code": cause.code,
        "severity": cause.severity,
        "school": cause.school,
        "room": cause.room,
        "subject": cause.subject[:MOST_SUBJECT],
        "opened_ms": opening.opened_ms,
        "text_vi": cause.text.vi,
        "text_en": cause.text.en,
    }

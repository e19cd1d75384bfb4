"""The tables `command`: orders written before they are sent, and how each ended. Everything here blocks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from hub.commands.command import Answer, Issued, answer_of, ended
from hub.db.command_models import CommandRow
from hub.db.engine import reading
from hub.db.models import AuditRow, EventRow
from wire.text import Text

KEPT_DAYS = 400
DAY_MS = 86_400_000
RESULT_EVENT = "command_result"
TABLE = CommandRow.metadata.tables["command"]
AUDIT = AuditRow.metadata.tables["audit"]
EVENT = EventRow.metadata.tables["event"]
LATE_MS = 3_600_000  # how far back a start looks for orders whose result came while nobody wrote it down


class CommandBook:
    """Rows of one hub; every end has its line in the audit record, in the same transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, order: Issued, audited: str = "") -> None:
        """A new order; `audited` is its line in the audit record, where no operator's request makes one."""
        with self._engine.begin() as connection:
            connection.execute(insert(TABLE), _columns(order))
            if audited:
                _audit(connection, order.by, audited, order.created_ms)

    def sent(self, orders: Sequence[Issued]) -> None:
        """When each was sent first."""
        with self._engine.begin() as connection:
            for order in orders:
                is_it = (TABLE.c.id == order.id) & TABLE.c.sent_ms.is_(None)
                connection.execute(update(TABLE).where(is_it).values(sent_ms=order.sent_ms))

    def end(self, concluded: Sequence[Issued], answers: Sequence[Answer]) -> list[Issued]:
        """What the hub concluded, then what gateways told: that stands, whatever was concluded before it came.

        The rows as they are now; a result told twice, or of an order of another gateway, changes nothing.
        """
        with self._engine.begin() as connection:
            was_open = TABLE.c.ended_ms.is_(None)
            found = [each for each in concluded if connection.execute(_ending(each).where(was_open)).rowcount]
            for answer in answers:
                row = connection.execute(_answered(answer)).first()
                if row is not None:
                    order = ended(_order(row), answer)
                    connection.execute(_ending(order))
                    found.append(order)
            for order in found:
                _audit(connection, order.by, _outcome(order), order.answered_ms or order.ended_ms or 0)
        return found

    def newest(self, limit: int) -> list[Issued]:
        """Of all schools, oldest first."""
        query = select(TABLE).order_by(TABLE.c.created_ms.desc()).limit(limit)
        with reading(self._engine).connect() as connection:
            return [_order(row) for row in connection.execute(query)][::-1]

    def open(self) -> list[Issued]:
        with reading(self._engine).connect() as connection:
            return [_order(row) for row in connection.execute(select(TABLE).where(TABLE.c.ended_ms.is_(None)))]

    def of_school(self, school: str, limit: int, device: str | None = None) -> list[Issued]:
        """Newest first."""
        query = select(TABLE).where(TABLE.c.school == school).order_by(TABLE.c.created_ms.desc()).limit(limit)
        if device is not None:
            query = query.where(TABLE.c.device == device)
        with reading(self._engine).connect() as connection:
            return [_order(row) for row in connection.execute(query)]

    def last_of_rules(self, since_ms: int, by: str) -> dict[tuple[str, str], int]:
        """When a rule last ordered something of a device, dry runs too: (school, device) -> then."""
        query = select(TABLE.c.school, TABLE.c.device, TABLE.c.created_ms).where(
            TABLE.c.created_ms >= since_ms, TABLE.c.issued_by == by
        )
        with reading(self._engine).connect() as connection:
            rows = sorted(connection.execute(query).all(), key=lambda row: row.created_ms)
        return {(row.school, row.device): row.created_ms for row in rows}

    def missed(self, now_ms: int) -> list[Answer]:
        """Results that stand among the events although the hub was killed before it wrote them here."""
        wanted = select(TABLE).where(
            TABLE.c.answered_ms.is_(None),
            TABLE.c.ended_ms.is_(None) | (TABLE.c.ended_ms >= now_ms - LATE_MS),
        )
        answers: list[Answer] = []
        with reading(self._engine).connect() as connection:
            waiting = [_order(row) for row in connection.execute(wanted)]
            for school, gateway in {(order.school, order.gateway) for order in waiting}:
                since_ms = min(order.created_ms for order in waiting if order.gateway == gateway) - LATE_MS
                answers += _told(connection, school, gateway, since_ms)
        names = {order.id for order in waiting}
        return [answer for answer in answers if answer.id in names]

    def forget_before(self, now_ms: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(TABLE).where(TABLE.c.created_ms < now_ms - KEPT_DAYS * DAY_MS))


def _told(connection: Connection, school: str, gateway: str, since_ms: int) -> list[Answer]:
    """`at_ms` is null where the gateway did not know the time; a command's result names the gateway as its device."""
    query = select(EVENT.c.data, EVENT.c.received_ms).where(
        EVENT.c.school == school,
        EVENT.c.device == gateway,
        EVENT.c.at_ms.is_(None) | (EVENT.c.at_ms >= since_ms),
        EVENT.c.kind == RESULT_EVENT,
        EVENT.c.gateway == gateway,
    )
    found = [answer_of(school, gateway, row.data, row.received_ms) for row in connection.execute(query)]
    return [answer for answer in found if answer is not None]


def _answered(answer: Answer) -> Any:
    return select(TABLE).where(
        TABLE.c.id == answer.id,
        TABLE.c.school == answer.school,
        TABLE.c.gateway == answer.gateway,
        TABLE.c.answered_ms.is_(None),
    )


def _ending(order: Issued) -> Any:
    return (
        update(TABLE)
        .where(TABLE.c.id == order.id)
        .values(
            ended_ms=order.ended_ms,
            answered_ms=order.answered_ms,
            result=order.result,
            detail_vi=order.detail.vi,
            detail_en=order.detail.en,
            confirmed=order.confirmed,
        )
    )


def _audit(connection: Connection, who: str, what: str, at_ms: int) -> None:
    connection.execute(insert(AUDIT).values(who=who, what=what[:500], at_ms=at_ms))


def _outcome(order: Issued) -> str:
    return f"command_result {order.school}/{order.device} {order.order}: {order.result} ({order.id})"


def _columns(order: Issued) -> dict[str, Any]:
    return {
        "id": order.id,
        "school": order.school,
        "gateway": order.gateway,
        "device": order.device,
        "kind": order.kind,
        "value": order.value,
        "issued_by": order.by,
        "reason_vi": order.reason.vi,
        "reason_en": order.reason.en,
        "created_ms": order.created_ms,
        "expires_ms": order.expires_ms,
        "sent_ms": order.sent_ms,
        "ended_ms": order.ended_ms,
        "answered_ms": order.answered_ms,
        "result": order.result,
        "detail_vi": order.detail.vi,
        "detail_en": order.detail.en,
        "confirmed": order.confirmed,
    }


def _order(row: Row[Any]) -> Issued:
    return Issued(
        id=row.id,
        school=row.school,
        gateway=row.gateway,
        device=row.device,
        kind=row.kind,
        value=row.value,
        by=row.issued_by,
        created_ms=row.created_ms,
        expires_ms=row.expires_ms,
        reason=Text(row.reason_vi, row.reason_en),
        sent_ms=row.sent_ms,
        ended_ms=row.ended_ms,
        answered_ms=row.answered_ms,
        result=row.result,
        detail=Text(row.detail_vi, row.detail_en),
        confirmed=row.confirmed,
    )

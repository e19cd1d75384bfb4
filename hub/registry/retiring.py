"""Rooms and buildings out of use from a date on, and in use again; inside the caller's transaction.

Their past stays readable. Devices must be elsewhere by then, or are taken out in the same step.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.db.models import AssignmentRow, BuildingRow, RoomRow
from hub.derived import due
from hub.registry import spell_rows
from hub.registry.changes import RegistryError, assign
from hub.registry.model import Room, retirement_of
from hub.registry.premises import (
    FURTHEST_AHEAD,
    building_row,
    check_stays,
    known,
    or_now,
    rematching,
    room_row,
    settle,
    today_of,
    too_far,
    zone_of,
)
from hub.registry.spell_rows import PlaceKind, rooms_of
from hub.registry.spells import Spells, first_difference, retired, standing
from wire.text import Text

Work = Callable[[Session, str, int], None]  # in a school, at an instant
LONGEST_REASON = 200
NAMED = 5


class Retiring(msgspec.Struct, frozen=True):
    """`since`: the first local day out of use. `take_out`: devices that hang there are taken out on that day, and a
    building's rooms are retired with it.
    """

    since: date
    reason: str
    take_out: bool = False


def retire_room(session: Session, school: str, room: str, order: Retiring, now_ms: int | None = None) -> None:
    """Out of use from that day on; another retirement of it is replaced. Its past stays."""
    row, asked_ms = room_row(session, school, room), or_now(now_ms)
    today = today_of(session, school, asked_ms)
    _check_order(order, today)
    hanging = _hanging(session, school, room, _midnight_ms(session, school, order.since.isoformat()))
    if hanging and not order.take_out:
        count = len({one.device for one in hanging})
        reason = Text(
            f"từ ngày {order.since:%d/%m/%Y} phòng {row.name} còn {count} thiết bị: hãy chuyển đi trước,"
            " hoặc chọn tháo chúng ra cùng lúc",
            f"room {row.name} still has {count} devices on {order.since}: move them first,"
            " or have them taken out with it",
        )
        raise RegistryError(reason, "take_out")
    before = known(session, (school, PlaceKind.ROOM, room), row)
    _put_standing(
        session, row, before, retired(_as_if_standing(before), order.since.isoformat(), order.reason), asked_ms
    )


def reopen_room(session: Session, school: str, room: str, since: date | None = None, now_ms: int | None = None) -> None:
    """Take the retirement back as if it had never been, or let it end on `since`. Devices are to be hung up again."""
    row, asked_ms = room_row(session, school, room), or_now(now_ms)
    building = session.get(BuildingRow, (school, row.building))
    if building is not None:
        check_stays(session, building)
    before = known(session, (school, PlaceKind.ROOM, room), row)
    _put_standing(session, row, before, _reopened(before, since, today_of(session, school, asked_ms)), asked_ms)


def retire_building(session: Session, school: str, building: str, order: Retiring, now_ms: int | None = None) -> None:
    """All its rooms must be out of use by then, or are retired with it."""
    row, asked_ms = building_row(session, school, building), or_now(now_ms)
    _check_order(order, today_of(session, school, asked_ms))
    staying = _standing_rooms(session, school, building, order.since)
    if staying and not order.take_out:
        names = ", ".join(one.name for one in staying[:NAMED]) + (" …" if len(staying) > NAMED else "")
        reason = Text(
            f"tòa nhà {row.name} còn {len(staying)} phòng đang dùng ({names}): cho ngừng từng phòng trước,"
            " hoặc chọn cùng lúc",
            f"building {row.name} has {len(staying)} rooms in use ({names}): retire them first, or with it",
        )
        raise RegistryError(reason, "take_out")
    for one in staying:
        retire_room(session, school, one.id, order, asked_ms)
    row = building_row(session, school, building)
    before = known(session, (school, PlaceKind.BUILDING, building), row)
    _put_standing(
        session, row, before, retired(_as_if_standing(before), order.since.isoformat(), order.reason), asked_ms
    )


def reopen_building(
    session: Session, school: str, building: str, since: date | None = None, now_ms: int | None = None
) -> None:
    """Its rooms are taken back one by one."""
    row, asked_ms = building_row(session, school, building), or_now(now_ms)
    before = known(session, (school, PlaceKind.BUILDING, building), row)
    _put_standing(session, row, before, _reopened(before, since, today_of(session, school, asked_ms)), asked_ms)


def turn(session: Session, school: str, now_ms: int) -> None:
    """A day came on which names change or a room goes: what holds today is put in the rows, devices go out."""
    today = today_of(session, school, now_ms)
    places = spell_rows.eventful_spells(session.connection(), [school])
    for (_, kind, place), spells in sorted(places.items()):
        row = _row(session, school, kind, place)
        if row is not None:
            settle(row, spells, today)
            _empty(session, row, spells, today)


# ---- inside ----


def _row(session: Session, school: str, kind: PlaceKind, place: str) -> RoomRow | BuildingRow | None:
    return (
        session.get(RoomRow, (school, place)) if kind is PlaceKind.ROOM else session.get(BuildingRow, (school, place))
    )


def _put_standing(session: Session, row: RoomRow | BuildingRow, before: Spells, after: Spells, now_ms: int) -> None:
    """Whether a place stands: its days since then are derived anew, its room's minutes, too."""
    school, today = row.school, today_of(session, row.school, now_ms)
    kind = PlaceKind.ROOM if isinstance(row, RoomRow) else PlaceKind.BUILDING
    with rematching(session, school, now_ms):
        spell_rows.put(session.connection(), (school, kind, row.id), after, now_ms)
        settle(row, after, today)
        session.flush()
    touched = first_difference(before, after)
    if touched is not None and touched <= today and kind is PlaceKind.ROOM:
        first, last = date.fromisoformat(touched), date.fromisoformat(today)
        due.mark(session.connection(), school, first, last, due.Reason.EDIT, now_ms, rooms=[row.id])
    _empty(session, row, after, today)


def _empty(session: Session, row: RoomRow | BuildingRow, spells: Spells, today: str) -> None:
    """Devices still in a room that is out of use for good by now hang nowhere from that day on; those of one that was
    closed for a while in advance stay.
    """
    gone = retirement_of(spells)
    if gone is None or gone.since > today or not isinstance(row, RoomRow):
        return
    school, since_ms = row.school, _midnight_ms(session, row.school, gone.since)
    session.flush()
    for one in _hanging(session, school, row.id, since_ms):
        assign(session, school, one.device, None, max(one.from_ms, since_ms), one.to_ms)
        session.flush()


def _hanging(session: Session, school: str, room: str, since_ms: int) -> list[AssignmentRow]:
    later = or_(AssignmentRow.to_ms.is_(None), AssignmentRow.to_ms > since_ms)
    ours = (AssignmentRow.school == school, AssignmentRow.room == room, later)
    return list(session.scalars(select(AssignmentRow).where(*ours).order_by(AssignmentRow.device)))


def _standing_rooms(session: Session, school: str, building: str, since: date) -> list[Room]:
    session.flush()
    rooms = [room for room in rooms_of(session.connection(), school) if room.building == building]
    return [room for room in rooms if room.on(since) is not None and _lasts(room, since)]


def _lasts(room: Room, since: date) -> bool:
    gone = room.retirement
    return gone is None or gone.since > since.isoformat()


def _as_if_standing(spells: Spells) -> Spells:
    gone = retirement_of(spells)
    return spells if gone is None else standing(spells, gone.since)


def _reopened(before: Spells, since: date | None, today: str) -> Spells:
    gone = retirement_of(before)
    if gone is None:
        raise RegistryError(
            Text("chưa ngừng dùng: không có gì để hủy", "it is not retired: nothing to take back"), "room"
        )
    if since is None:
        return standing(before, gone.since)
    if since.isoformat() <= gone.since or since > date.fromisoformat(today) + FURTHEST_AHEAD:
        reason = Text(
            f"ngày dùng lại phải sau ngày ngừng ({gone.since}) và không quá một năm nữa",
            f"it can be in use again after it was retired ({gone.since}), at most a year ahead",
        )
        raise RegistryError(reason, "since")
    return standing(before, since.isoformat())


def _check_order(order: Retiring, today: str) -> None:
    now = date.fromisoformat(today)
    if not order.reason.strip() or len(order.reason) > LONGEST_REASON:
        said = Text(
            f"cần lý do, tối đa {LONGEST_REASON} ký tự", f"a reason is needed, of at most {LONGEST_REASON} letters"
        )
        raise RegistryError(said, "reason")
    if order.since < now - timedelta(days=due.BACK_DAYS):
        reason = Text(
            f"ngày ngừng không thể quá {due.BACK_DAYS} ngày trước: những ngày ấy không được tính lại nữa",
            f"it cannot have been retired more than {due.BACK_DAYS} days ago: those days are not worked out again",
        )
        raise RegistryError(reason, "since")
    if order.since > now + FURTHEST_AHEAD:
        raise too_far("since")


def _midnight_ms(session: Session, school: str, day: str) -> int:
    return round(datetime.fromisoformat(day).replace(tzinfo=zone_of(session, school)).timestamp() * 1000)

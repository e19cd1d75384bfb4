"""Changes of schools, gateways, devices and where they hang: what is checked and what is written, inside the caller's
transaction. Rooms and buildings are in hub.registry.premises.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.db.models import (
    AssignmentRow,
    CalibrationRow,
    DeviceRow,
    GatewayRow,
    MaintenanceRow,
    RegistryVersionRow,
    RoomRow,
    SchoolRow,
)
from hub.derived.due import Reason, mark
from hub.registry.intervals import placed
from hub.registry.model import Calibration, GatewayStatus, School
from hub.registry.records import assignment
from hub.registry.spell_rows import PlaceKind, spells_of
from hub.registry.spells import at
from wire.ids import is_id
from wire.quantities import QUANTITIES, Kind
from wire.text import Text
from wire.topics import RESERVED_SCHOOL

Result = TypeVar("Result")
Seen = tuple[str, str, int | None, str]
MAX_SCALE = 1_000
LONGEST_NAME = 200
JUST_NOW_MS = 60_000


class RegistryError(Exception):
    """A change that cannot be made; `text` says why and what to do, for people; `field` is what is wrong in it."""

    def __init__(self, text: Text, field: str | None = None) -> None:
        self.text, self.field = text, field
        super().__init__(text.both())


def unknown(vi: str, en: str, name: str) -> RegistryError:
    return RegistryError(Text(f"không có {vi} {name!r}", f"no such {en}: {name!r}"))


def bump(session: Session, school: str) -> int:
    """Count one change of the school; the new version."""
    row = session.get(RegistryVersionRow, school)
    if row is None:
        row = RegistryVersionRow(school=school, version=0)
        session.add(row)
    row.version += 1
    return row.version


def put_school(session: Session, school: School) -> None:
    check_id(school.id)
    if school.id == RESERVED_SCHOOL:
        raise RegistryError(
            Text(f"mã trường không được là {school.id!r}: tên này dành cho hệ thống", f"no school may be {school.id!r}")
        )
    _check_timezone(school.timezone)
    check_name(school.name)
    session.merge(
        SchoolRow(
            id=school.id,
            name=school.name,
            timezone=school.timezone,
            simulated=school.simulated,
            keep_raw_days=school.keep_raw_days,
        )
    )


def put_gateway(session: Session, school: str, gateway: str, name: str, status: GatewayStatus) -> None:
    check_id(gateway)
    check_name(name)
    need_school(session, school)
    row = session.get(GatewayRow, (school, gateway))
    if row is None:
        session.add(GatewayRow(school=school, id=gateway, name=name or gateway, status=status.value))
    else:
        row.name, row.status = name or row.name, status.value


def set_gateway_status(session: Session, school: str, gateway: str, status: GatewayStatus) -> None:
    row = session.get(GatewayRow, (school, gateway))
    if row is None:
        raise unknown("cổng", "gateway", f"{school}.{gateway}")
    if status is GatewayStatus.ACCEPTED:
        need_school(session, school)
    row.status = status.value


def note_pending(session: Session, school: str, gateway: str, now_ms: int) -> None:
    check_id(school)
    check_id(gateway)
    if session.get(GatewayRow, (school, gateway)) is None:
        pending = GatewayStatus.PENDING.value
        session.add(GatewayRow(school=school, id=gateway, name=gateway, status=pending, first_seen_ms=now_ms))


def note_all_devices(session: Session, devices: Mapping[str, Sequence[Seen]]) -> None:
    """`note_devices` for several schools."""
    for school, seen in devices.items():
        note_devices(session, school, seen)


def note_devices(session: Session, school: str, devices: Sequence[Seen]) -> None:
    """New devices get their id for a name; of known ones the gateway and the model are brought up to date."""
    rows = {row.id: row for row in session.scalars(select(DeviceRow).where(DeviceRow.school == school))}
    for device, gateway, first_seen_ms, told in devices:
        model, row = told[:LONGEST_NAME], rows.get(device)
        if row is None:
            check_id(device)
            row = rows[device] = DeviceRow(
                school=school, id=device, gateway=gateway, name=device, model=model, first_seen_ms=first_seen_ms
            )
            session.add(row)
        row.gateway, row.model = gateway, model or row.model
        times = [time for time in (row.first_seen_ms, first_seen_ms) if time is not None]
        row.first_seen_ms = min(times, default=None)


def name_device(session: Session, school: str, device: str, name: str) -> None:
    check_name(name)
    _device(session, school, device).name = name


def assign(session: Session, school: str, device: str, room: str | None, from_ms: int, to_ms: int | None) -> None:
    _device(session, school, device)
    if room is not None:
        _check_stands(session, school, room, from_ms, to_ms)
    if to_ms is not None and to_ms <= from_ms:
        raise RegistryError(Text("thời điểm kết thúc phải sau thời điểm bắt đầu", "the end must be after the start"))
    ours = (AssignmentRow.school == school, AssignmentRow.device == device)
    before = [assignment(row) for row in session.scalars(select(AssignmentRow).where(*ours))]
    touched = {item.room for item in before if item.to_ms is None or item.to_ms > from_ms} | {room}
    _derive_again(session, school, device, touched, from_ms, to_ms)
    session.execute(delete(AssignmentRow).where(*ours))
    session.expunge_all()
    session.add_all(
        AssignmentRow(school=school, device=device, room=item.room, from_ms=item.from_ms, to_ms=item.to_ms)
        for item in placed(before, school, device, room, from_ms, to_ms)
    )


def _check_stands(session: Session, school: str, room: str, from_ms: int, to_ms: int | None) -> None:
    """Nothing is hung up for good in a room that is out of use."""
    row, found = session.get(RoomRow, (school, room)), session.get(SchoolRow, school)
    if row is None or found is None:
        raise unknown("phòng", "room", room)
    day = datetime.fromtimestamp(from_ms / 1000, ZoneInfo(found.timezone)).date().isoformat()
    spells = spells_of(session.connection(), (school, PlaceKind.ROOM, room))
    then = at(spells, day)
    # What is announced takes the device out when its day comes; a retirement that began does not.
    through = row.retired and any(spell.retired and spell.first > day for spell in spells)
    if (then is not None and then.retired) or (to_ms is None and through):
        reason = Text(
            f"phòng {row.name} đã ngừng dùng lúc đó: chọn phòng khác, hoặc hủy việc ngừng dùng",
            f"room {row.name} is out of use then: choose another, or take its retirement back",
        )
        raise RegistryError(reason, "room")


def replace_device(session: Session, school: str, old: str, new: str, from_ms: int) -> None:
    old_name = _device(session, school, old).name
    if old == new:
        raise RegistryError(Text("thiết bị mới trùng thiết bị cũ", "the new device is the old one"))
    new_row = _device(session, school, new)
    if new_row.name == new:
        new_row.name = old_name
    held = session.scalars(
        select(AssignmentRow)
        .where(AssignmentRow.school == school, AssignmentRow.device == old, AssignmentRow.from_ms <= from_ms)
        .order_by(AssignmentRow.from_ms.desc())
    ).first()
    if held is None or (held.to_ms is not None and held.to_ms <= from_ms):
        raise RegistryError(
            Text(f"lúc đó thiết bị {old!r} không ở phòng nào", f"device {old!r} was in no room at that time")
        )
    room = held.room
    session.flush()
    assign(session, school, old, None, from_ms, None)
    session.flush()
    assign(session, school, new, room, from_ms, None)


def calibrate(session: Session, calibration: Calibration) -> None:
    _device(session, calibration.school, calibration.device)
    quantity = QUANTITIES.get(calibration.quantity)
    if quantity is None:
        raise unknown("đại lượng", "quantity", calibration.quantity)
    if quantity.kind in {Kind.TEXT, Kind.STATE}:
        raise RegistryError(
            Text(f"không hiệu chỉnh được {quantity.key}: không phải số đo", f"{quantity.key} cannot be calibrated")
        )
    _check_scaling(calibration, quantity.maximum - quantity.minimum)
    stays = select(AssignmentRow).where(
        AssignmentRow.school == calibration.school, AssignmentRow.device == calibration.device
    )
    rooms = {row.room for row in session.scalars(stays) if row.to_ms is None or row.to_ms > calibration.from_ms}
    _derive_again(session, calibration.school, calibration.device, rooms, calibration.from_ms, None)
    session.merge(
        CalibrationRow(
            school=calibration.school,
            device=calibration.device,
            quantity=calibration.quantity,
            from_ms=calibration.from_ms,
            scale=calibration.scale,
            offset=calibration.offset,
        )
    )


def _derive_again(
    session: Session, school: str, device: str, rooms: Iterable[str | None], from_ms: int, to_ms: int | None
) -> None:
    """What was derived in these rooms since then rests on other readings now; of a device never heard nothing does."""
    now_ms = time.time_ns() // 1_000_000
    heard_ms = _device(session, school, device).first_seen_ms
    found, named = session.get(SchoolRow, school), sorted(room for room in rooms if room is not None)
    end_ms = now_ms if to_ms is None else min(to_ms, now_ms)
    if heard_ms is None or found is None or not named or max(from_ms, heard_ms) >= end_ms - JUST_NOW_MS:
        return
    zone = ZoneInfo(found.timezone)
    first, last = (datetime.fromtimestamp(t_ms / 1000, zone).date() for t_ms in (max(from_ms, heard_ms), end_ms))
    mark(session.connection(), school, first, last, Reason.DEVICE, now_ms, rooms=named)


def _check_scaling(calibration: Calibration, width: float) -> None:
    """No instrument is wrong by more than this; a slip of the keyboard is."""
    if not 0 < abs(calibration.scale) <= MAX_SCALE:  # false for what is no number, too
        reason = Text(
            f"scale (hệ số) phải khác 0 và từ -{MAX_SCALE} đến {MAX_SCALE}, đang là {calibration.scale:g}",
            f"scale must not be 0 and lie between -{MAX_SCALE} and {MAX_SCALE}, it is {calibration.scale:g}",
        )
        raise RegistryError(reason, "scale")
    if not abs(calibration.offset) <= width:
        reason = Text(
            f"offset (độ lệch) của {calibration.quantity} phải từ -{width:g} đến {width:g},"
            f" đang là {calibration.offset:g}",
            f"the offset of {calibration.quantity} must lie between -{width:g} and {width:g},"
            f" it is {calibration.offset:g}",
        )
        raise RegistryError(reason, "offset")


def start_maintenance(
    session: Session, school: str, room: str | None, device: str | None, note: str, from_ms: int, to_ms: int | None
) -> int:
    if (room is None) == (device is None):
        raise RegistryError(Text("chọn một phòng hoặc một thiết bị", "choose either a room or a device"))
    if room is not None and session.get(RoomRow, (school, room)) is None:
        raise unknown("phòng", "room", room)
    if device is not None:
        _device(session, school, device)
    if to_ms is not None and to_ms <= from_ms:
        raise RegistryError(Text("bảo trì phải kết thúc sau khi bắt đầu", "maintenance must end after it began"), "to")
    row = MaintenanceRow(school=school, room=room, device=device, note=note, from_ms=from_ms, to_ms=to_ms)
    session.add(row)
    session.flush()
    _derive_without(session, row, from_ms, to_ms)
    return row.id


def end_maintenance(session: Session, maintenance: int, to_ms: int) -> None:
    row = session.get(MaintenanceRow, maintenance)
    if row is None:
        raise unknown("lần bảo trì", "maintenance", str(maintenance))
    before, row.to_ms = row.to_ms, max(to_ms, row.from_ms)
    if before is None:
        _derive_without(session, row, row.to_ms, None)
    else:
        _derive_without(session, row, min(before, row.to_ms), max(before, row.to_ms))


def remove_maintenance(session: Session, school: str, maintenance: int) -> None:
    """As if it had never been told."""
    row = session.get(MaintenanceRow, maintenance)
    if row is None or row.school != school:
        raise unknown("lần bảo trì", "maintenance", str(maintenance))
    _derive_without(session, row, row.from_ms, row.to_ms)
    session.delete(row)


def _derive_without(session: Session, row: MaintenanceRow, from_ms: int, to_ms: int | None) -> None:
    """What was derived in that time rests on readings that do not count, or on others that count again."""
    now_ms = time.time_ns() // 1_000_000
    found, end_ms = session.get(SchoolRow, row.school), now_ms if to_ms is None else min(to_ms, now_ms)
    if found is None or from_ms >= end_ms - JUST_NOW_MS:
        return  # the live hub knows of it in time
    stays = select(AssignmentRow).where(AssignmentRow.school == row.school, AssignmentRow.device == row.device)
    hung = {
        stay.room
        for stay in (session.scalars(stays) if row.device is not None else ())
        if stay.from_ms < end_ms and (stay.to_ms is None or stay.to_ms > from_ms)
    }
    rooms = sorted(room for room in {row.room, *hung} if room is not None)
    if rooms:
        zone = ZoneInfo(found.timezone)
        first, last = (datetime.fromtimestamp(t_ms / 1000, zone).date() for t_ms in (from_ms, end_ms))
        mark(session.connection(), row.school, first, last, Reason.MAINTENANCE, now_ms, rooms=rooms)


def _device(session: Session, school: str, device: str) -> DeviceRow:
    row = session.get(DeviceRow, (school, device))
    if row is None:
        raise RegistryError(
            Text(
                f"trường {school!r} chưa thấy thiết bị {device!r}; đợi nó gửi số liệu hoặc khai báo trong tệp trường",
                f"school {school!r} has not seen device {device!r}; wait for its first row or name it in its file",
            )
        )
    return row


def check_name(name: str, field: str = "name") -> None:
    """As long as the column is: SQLite would take more, PostgreSQL refuses the whole transaction."""
    if len(name) > LONGEST_NAME:
        reason = Text(
            f"tên dài quá {LONGEST_NAME} ký tự: {name[:40]}…",
            f"a name of more than {LONGEST_NAME} letters: {name[:40]}…",
        )
        raise RegistryError(reason, field)


def need_school(session: Session, school: str) -> None:
    if session.get(SchoolRow, school) is None:
        raise RegistryError(
            Text(
                f"chưa có trường {school!r}; tạo bằng `classhub hub apply`",
                f"no such school: {school!r}; make it with `classhub hub apply`",
            )
        )


def check_id(name: str) -> None:
    if not is_id(name):
        raise RegistryError(
            Text(
                f"mã {name!r} không hợp lệ: chỉ dùng a-z, 0-9 và dấu gạch nối, tối đa 64 ký tự",
                f"{name!r} is no id: use a-z, 0-9 and hyphens, at most 64",
            )
        )


def _check_timezone(name: str) -> None:

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as wrong:
        raise unknown("múi giờ", "time zone", name) from wrong

"""Changes of rooms and buildings: made, named, corrected; inside the caller's transaction.

A name holds from a local date on, and is believed from the instant it was said: a timetable of last month is matched
with the names of last month, and what was believed then stays to be seen (hub.registry.spell_rows).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hub.db.models import AssignmentRow, BuildingRow, MaintenanceRow, RoomRow, SchoolRow
from hub.registry import spell_rows
from hub.registry.changes import RegistryError, check_id, check_name, need_school, unknown
from hub.registry.model import Building, Room, Spell, retirement_of
from hub.registry.spell_rows import PlaceKind, eventful_spells, rooms_of
from hub.registry.spells import Spells, at, corrected, made, renamed
from hub.school import rematched
from hub.school.names import room_key
from wire.text import Text

MOST_ALIASES = 30
FURTHEST_AHEAD = timedelta(days=366)
ROOM_FIGURES = {
    "volume_m3": (10.0, 50_000.0),
    "capacity": (0, 3_000),
    "co2_limit_ppm": (450.0, 10_000.0),
    "pupil_age_years": (2.0, 90.0),
}
_CALLED = {
    "volume_m3": Text("Thể tích (m³)", "Volume (m³)"),
    "capacity": Text("Sức chứa", "Capacity"),
    "co2_limit_ppm": Text("Giới hạn CO₂ (ppm)", "CO₂ limit (ppm)"),
    "pupil_age_years": Text("Tuổi học sinh", "Pupils' age"),
}


def put_building(session: Session, building: Building, *, since: date | None = None, now_ms: int | None = None) -> None:
    """`since`: called so from that day on; None: for as long as what it is called today."""
    check_id(building.id)
    check_name(building.name)
    need_school(session, building.school)
    asked_ms = or_now(now_ms)
    today, key = today_of(session, building.school, asked_ms), (building.school, PlaceKind.BUILDING, building.id)
    row = session.get(BuildingRow, (building.school, building.id))
    before = known(session, key, row)
    after = _called(before, building.name, (), since, today)
    spell_rows.put(session.connection(), key, after, asked_ms)
    if row is None:
        row = BuildingRow(school=building.school, id=building.id)
        session.add(row)
    settle(row, after, today)


def put_room(session: Session, room: Room, *, since: date | None = None, now_ms: int | None = None) -> None:
    """Figures hold at once and for the past; names as with buildings."""
    check_id(room.id)
    check_name(room.name)
    building = session.get(BuildingRow, (room.school, room.building))
    if building is None:
        raise unknown("tòa nhà", "building", room.building)
    row = session.get(RoomRow, (room.school, room.id))
    if row is None or row.building != room.building:
        check_stays(session, building)
    asked_ms = or_now(now_ms)
    today, key = today_of(session, room.school, asked_ms), (room.school, PlaceKind.ROOM, room.id)
    before = known(session, key, row)
    begins = max((day for day in (since, _free_since(session, room, before)) if day is not None), default=None)
    after = _called(before, room.name, room.aliases, begins, today)
    with rematching(session, room.school, asked_ms, unless=before == after):
        spell_rows.put(session.connection(), key, after, asked_ms)
        if row is None:
            row = RoomRow(school=room.school, id=room.id)
            session.add(row)
        row.building, row.volume_m3, row.capacity = room.building, room.volume_m3, room.capacity
        row.co2_limit_ppm, row.pupil_age_years = room.co2_limit_ppm, room.pupil_age_years
        settle(row, after, today)


def check_figures(room: Room) -> None:
    """What no room is: a slip of the keyboard would make every estimate wrong. Raises RegistryError with the field."""
    for field, (low, high) in ROOM_FIGURES.items():
        value = getattr(room, field)
        if not low <= value <= high:  # false for what is no number, too
            called = _CALLED[field]
            reason = Text(
                f"{called.vi} phải từ {low:g} đến {high:g}, đang là {value:g}",
                f"{called.en} must lie between {low:g} and {high:g}, it is {value:g}",
            )
            raise RegistryError(reason, field)
    if len(room.aliases) > MOST_ALIASES:
        raise RegistryError(Text(f"nhiều hơn {MOST_ALIASES} tên khác", f"more than {MOST_ALIASES} aliases"), "aliases")
    for name in room.aliases:
        check_name(name, "aliases")


def remove_room(session: Session, school: str, room: str, now_ms: int | None = None) -> None:
    """Only of a room no device ever hung in: it was a mistake. What was believed of it stays to be seen."""
    row = room_row(session, school, room)
    ours = (AssignmentRow.school == school, AssignmentRow.room == room)
    if session.scalars(select(AssignmentRow).where(*ours).limit(1)).first() is not None:
        reason = Text(
            f"phòng {row.name} có hoặc từng có thiết bị: số đo giữ tên phòng, nên không bỏ được; hãy cho ngừng dùng",
            f"room {row.name} has, or had, devices: their readings keep its name, so it cannot be removed; retire it",
        )
        raise RegistryError(reason, "room")
    asked_ms = or_now(now_ms)
    with rematching(session, school, asked_ms):
        session.execute(delete(MaintenanceRow).where(MaintenanceRow.school == school, MaintenanceRow.room == room))
        spell_rows.forget(session.connection(), (school, PlaceKind.ROOM, room), asked_ms)
        session.delete(row)


# ---- inside ----


def _called(before: Spells, name: str, aliases: tuple[str, ...], since: date | None, today: str) -> Spells:
    if since is not None and since.isoformat() > (date.fromisoformat(today) + FURTHEST_AHEAD).isoformat():
        raise too_far("since")
    if not before:
        return made(name, aliases, None if since is None else since.isoformat())
    if since is None:
        return corrected(before, today, name, aliases)
    return renamed(before, since.isoformat(), name, aliases)


def _free_since(session: Session, room: Room, before: Spells) -> date | None:
    """A name that was another room's until some day is this one's from that day on, not before: lessons of then stay
    where they were.
    """
    known_names = {name for spell in before for name in (spell.name, *spell.aliases)}
    new = {room_key(name) for name in {room.name, *room.aliases} - known_names}
    ends = [
        day
        for (_, kind, other), spells in eventful_spells(session.connection(), [room.school]).items()
        if kind is PlaceKind.ROOM and other != room.id and new
        for spell, following in pairwise(spells)
        if (day := following.first) and new & _answers(other, spell) and not new & _answers(other, spells[-1])
    ]
    return date.fromisoformat(max(ends)) if ends else None


def _answers(room: str, spell: Spell) -> set[str]:
    """What timetables may call it then; nothing where it does not stand."""
    names = (room, spell.name, *spell.aliases) if spell.retired is None else ()
    return {room_key(name) for name in names}


def known(session: Session, key: spell_rows.Key, row: RoomRow | BuildingRow | None) -> Spells:
    """Of a row nobody said anything else of: since ever."""
    if row is None:
        return ()
    session.flush()
    aliases = tuple(row.aliases) if isinstance(row, RoomRow) else ()
    return spell_rows.spells_of(session.connection(), key) or made(row.name, aliases)


def settle(row: RoomRow | BuildingRow, spells: Spells, today: str) -> None:
    now = at(spells, today) or spells[-1]
    row.name, row.retired = now.name, now.retired
    if isinstance(row, RoomRow):
        row.aliases = list(now.aliases)


@contextmanager
def rematching(session: Session, school: str, now_ms: int, *, unless: bool = False) -> Iterator[None]:
    """Days whose timetable means other rooms afterwards are derived anew; it is asked in the same transaction."""
    session.flush()
    planned = not unless and rematched.plans_rooms(session.connection(), school)
    before = rooms_of(session.connection(), school) if planned else []
    yield
    session.flush()
    if planned:
        rematched.mark(session.connection(), school, before, rooms_of(session.connection(), school), now_ms)


def room_row(session: Session, school: str, room: str) -> RoomRow:
    """Raises RegistryError."""
    row = session.get(RoomRow, (school, room))
    if row is None:
        raise unknown("phòng", "room", room)
    return row


def building_row(session: Session, school: str, building: str) -> BuildingRow:
    """Raises RegistryError."""
    row = session.get(BuildingRow, (school, building))
    if row is None:
        raise unknown("tòa nhà", "building", building)
    return row


def check_stays(session: Session, building: BuildingRow) -> None:
    """Nothing comes into a building that is retired, or will be: all its rooms are out of use by then.

    Raises RegistryError.
    """
    gone = retirement_of(known(session, (building.school, PlaceKind.BUILDING, building.id), building))
    if gone is None and building.retired is None:
        return
    vi, en = ("đã ngừng dùng", "is retired")
    if gone is not None and building.retired is None:
        vi, en = f"ngừng dùng từ ngày {gone.since}", f"is retired from {gone.since} on"
    raise RegistryError(Text(f"tòa nhà {building.name} {vi}", f"building {building.name} {en}"), "building")


def too_far(field: str) -> RegistryError:
    return RegistryError(Text("ngày không quá một năm nữa", "a date at most one year ahead"), field)


def zone_of(session: Session, school: str) -> ZoneInfo:
    row = session.get(SchoolRow, school)
    return ZoneInfo("Asia/Ho_Chi_Minh" if row is None else row.timezone)


def today_of(session: Session, school: str, now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, zone_of(session, school)).date().isoformat()


def or_now(given: int | None) -> int:
    return time.time_ns() // 1_000_000 if given is None else given

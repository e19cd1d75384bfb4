"""Reads the registry out of the database, as frozen records: one query a table, however many schools."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from hub.db.models import (
    AssignmentRow,
    BuildingRow,
    CalibrationRow,
    DeviceRow,
    GatewayRow,
    MaintenanceRow,
    RoomRow,
    SchoolRow,
)
from hub.registry.index import SchoolRecords
from hub.registry.model import (
    Assignment,
    Building,
    Calibration,
    Device,
    Gateway,
    GatewayStatus,
    Maintenance,
    Room,
    School,
)
from hub.registry.spell_rows import eventful_spells, over_time

Record = TypeVar("Record")
Columns = tuple[InstrumentedAttribute[Any], ...]

# More names than this are not listed in a query: everything is read.
_LISTED = 50

# The order of the columns is the order of the records' fields.
_SCHOOL: Columns = (
    *(SchoolRow.id, SchoolRow.name, SchoolRow.timezone, SchoolRow.simulated),
    SchoolRow.keep_raw_days,
)
_BUILDING: Columns = (BuildingRow.school, BuildingRow.id, BuildingRow.name, BuildingRow.retired)
_ROOM: Columns = (
    *(RoomRow.school, RoomRow.id, RoomRow.name, RoomRow.building, RoomRow.aliases, RoomRow.volume_m3),
    *(RoomRow.capacity, RoomRow.co2_limit_ppm, RoomRow.pupil_age_years, RoomRow.retired),
)
_GATEWAY: Columns = (GatewayRow.school, GatewayRow.id, GatewayRow.name, GatewayRow.status, GatewayRow.first_seen_ms)
_DEVICE: Columns = (
    *(DeviceRow.school, DeviceRow.id, DeviceRow.gateway, DeviceRow.name, DeviceRow.model),
    DeviceRow.first_seen_ms,
)
_ASSIGNMENT: Columns = (
    *(AssignmentRow.school, AssignmentRow.device, AssignmentRow.room),
    *(AssignmentRow.from_ms, AssignmentRow.to_ms),
)
_CALIBRATION: Columns = (
    *(CalibrationRow.school, CalibrationRow.device, CalibrationRow.quantity, CalibrationRow.scale),
    *(CalibrationRow.offset, CalibrationRow.from_ms),
)
_MAINTENANCE: Columns = (
    *(MaintenanceRow.id, MaintenanceRow.school, MaintenanceRow.room, MaintenanceRow.device),
    *(MaintenanceRow.from_ms, MaintenanceRow.to_ms, MaintenanceRow.note),
)


def read_schools(session: Session, schools: Collection[str]) -> dict[str, SchoolRecords]:
    """Everything of these schools; `school` is None in it where only gateways are known."""
    found = _grouped(session, schools, _SCHOOL, SchoolRow.id, lambda row: School(*row))
    spells = eventful_spells(session.connection(), schools if len(schools) <= _LISTED else None)

    def building(row: Sequence[Any]) -> Building:
        return over_time(Building(*row), spells)

    def room(row: Sequence[Any]) -> Room:
        return over_time(_room(row), spells)

    buildings = _grouped(session, schools, _BUILDING, BuildingRow.school, building)
    rooms = _grouped(session, schools, _ROOM, RoomRow.school, room)
    gateways = _grouped(session, schools, _GATEWAY, GatewayRow.school, _gateway)
    devices = _grouped(session, schools, _DEVICE, DeviceRow.school, lambda row: Device(*row))
    assignments = _grouped(session, schools, _ASSIGNMENT, AssignmentRow.school, lambda row: Assignment(*row))
    calibrations = _grouped(session, schools, _CALIBRATION, CalibrationRow.school, lambda row: Calibration(*row))
    maintenance = _grouped(session, schools, _MAINTENANCE, MaintenanceRow.school, lambda row: Maintenance(*row))
    return {
        name: SchoolRecords(
            school=next(iter(found.get(name, ())), None),
            buildings=tuple(buildings.get(name, ())),
            rooms=tuple(rooms.get(name, ())),
            gateways=tuple(gateways.get(name, ())),
            devices=tuple(devices.get(name, ())),
            assignments=tuple(assignments.get(name, ())),
            calibrations=tuple(calibrations.get(name, ())),
            maintenance=tuple(maintenance.get(name, ())),
        )
        for name in schools
    }


def assignment(row: AssignmentRow) -> Assignment:
    return Assignment(row.school, row.device, row.room, row.from_ms, row.to_ms)


def _room(row: Sequence[Any]) -> Room:
    school, name, label, building, aliases, *figures = row
    return Room(school, name, label, building, tuple(aliases), *figures)


def _gateway(row: Sequence[Any]) -> Gateway:
    return Gateway(row[0], row[1], row[2], GatewayStatus(row[3]), row[4])


def _grouped(
    session: Session,
    schools: Collection[str],
    columns: Columns,
    of_school: InstrumentedAttribute[str],
    record: Callable[[Sequence[Any]], Record],
) -> dict[str, list[Record]]:
    """The records by school, in the order of their columns' first two: school and id."""
    query = select(*columns, of_school.label("of_school")).order_by(*columns[:2])
    if len(schools) <= _LISTED:
        query = query.where(of_school.in_(schools))
    found: dict[str, list[Record]] = {}
    for row in session.execute(query):
        found.setdefault(row.of_school, []).append(record(row[:-1]))
    return found

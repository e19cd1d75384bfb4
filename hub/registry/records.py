"""Reads one school's registry out of the database, as frozen records."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.db.models import (
    AssignmentRow,
    Base,
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

Row = TypeVar("Row", bound=Base)


def read_school(session: Session, school: str) -> SchoolRecords:
    """Everything of one school; `school` is None in it where only gateways are known."""
    row = session.get(SchoolRow, school)
    return SchoolRecords(
        school=None if row is None else School(row.id, row.name, row.timezone, row.simulated, row.keep_raw_days),
        buildings=tuple(Building(each.school, each.id, each.name) for each in _all(session, BuildingRow, school)),
        rooms=tuple(_room(each) for each in _all(session, RoomRow, school)),
        gateways=tuple(
            Gateway(each.school, each.id, each.name, GatewayStatus(each.status), each.first_seen_ms)
            for each in _all(session, GatewayRow, school)
        ),
        devices=tuple(
            Device(each.school, each.id, each.gateway, each.name, each.model, each.first_seen_ms)
            for each in _all(session, DeviceRow, school)
        ),
        assignments=tuple(assignment(each) for each in _all(session, AssignmentRow, school)),
        calibrations=tuple(
            Calibration(each.school, each.device, each.quantity, each.scale, each.offset, each.from_ms)
            for each in _all(session, CalibrationRow, school)
        ),
        maintenance=tuple(
            Maintenance(each.id, each.school, each.room, each.device, each.from_ms, each.to_ms, each.note)
            for each in _all(session, MaintenanceRow, school)
        ),
    )


def assignment(row: AssignmentRow) -> Assignment:
    return Assignment(row.school, row.device, row.room, row.from_ms, row.to_ms)


def room_row(room: Room) -> RoomRow:
    return RoomRow(
        school=room.school,
        id=room.id,
        name=room.name,
        building=room.building,
        aliases=list(room.aliases),
        volume_m3=room.volume_m3,
        capacity=room.capacity,
        co2_limit_ppm=room.co2_limit_ppm,
        pupil_age_years=room.pupil_age_years,
    )


def _room(row: RoomRow) -> Room:
    return Room(
        row.school,
        row.id,
        row.name,
        row.building,
        tuple(row.aliases),
        row.volume_m3,
        row.capacity,
        row.co2_limit_ppm,
        row.pupil_age_years,
    )


def _all(session: Session, table: type[Row], school: str) -> Sequence[Row]:
    """The school's rows of a table, in the order of its primary key."""
    columns = table.__table__.columns
    keys = list(table.__table__.primary_key)
    return session.scalars(select(table).where(columns["school"] == school).order_by(*keys)).all()

"""What a province owns, frozen: schools, buildings, rooms, gateways, devices and how they belong together.

Intervals are half-open [from_ms, to_ms) in UTC milliseconds; `to_ms` None is open.
"""

from enum import StrEnum

import msgspec


class School(msgspec.Struct, frozen=True):
    id: str
    name: str
    timezone: str = "Asia/Ho_Chi_Minh"
    simulated: bool = False
    keep_raw_days: int | None = 90  # None: a replay school keeps everything


class Building(msgspec.Struct, frozen=True):
    school: str
    id: str
    name: str


class Room(msgspec.Struct, frozen=True):
    """A room. `aliases` are other names timetables use; `pupil_age_years` sets how much CO2 a person gives."""

    school: str
    id: str
    name: str
    building: str
    aliases: tuple[str, ...] = ()
    volume_m3: float = 180.0
    capacity: int = 45
    co2_limit_ppm: float = 1500.0
    pupil_age_years: float = 13.0

    @property
    def uid(self) -> str:
        """`{school}.{room}`: unique in the hub, used in addresses of pages."""
        return f"{self.school}.{self.id}"


class GatewayStatus(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Gateway(msgspec.Struct, frozen=True):
    school: str
    id: str
    name: str
    status: GatewayStatus
    first_seen_ms: int | None = None

    @property
    def uid(self) -> str:
        return f"{self.school}.{self.id}"


class Device(msgspec.Struct, frozen=True):
    """A device, known since its first row. `room` is where it is now; None lists it as unassigned."""

    school: str
    id: str
    gateway: str
    name: str
    model: str = ""
    first_seen_ms: int | None = None
    room: str | None = None


class Assignment(msgspec.Struct, frozen=True):
    """A device hangs in a room for an interval."""

    school: str
    device: str
    room: str
    from_ms: int
    to_ms: int | None = None


class Calibration(msgspec.Struct, frozen=True):
    """From `from_ms` until the next one: value = measured * scale + offset."""

    school: str
    device: str
    quantity: str
    scale: float
    offset: float
    from_ms: int


class Maintenance(msgspec.Struct, frozen=True):
    """A room or device being worked on: shown so, and left out of judgements."""

    id: int
    school: str
    room: str | None
    device: str | None
    from_ms: int
    to_ms: int | None
    note: str

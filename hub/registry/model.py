"""What a province owns, frozen: schools, buildings, rooms, gateways, devices and how they belong together.

Intervals are half-open [from_ms, to_ms) in UTC milliseconds; `to_ms` None is open. Rooms and buildings change with a
local date: their spells are half-open [first, until) in ISO dates.
"""

from datetime import date
from enum import StrEnum

import msgspec

ALWAYS = "0001-01-01"  # a spell that begins here: nothing is known to have been different before


class School(msgspec.Struct, frozen=True):
    id: str
    name: str
    timezone: str = "Asia/Ho_Chi_Minh"
    simulated: bool = False
    keep_raw_days: int | None = 90  # None: a replay school keeps everything


class Spell(msgspec.Struct, frozen=True):
    """What a room or building was called on [first, until). `retired` is why it was out of use then; None: it stood;
    "": it was not there yet.
    """

    first: str
    until: str | None
    name: str
    aliases: tuple[str, ...] = ()
    retired: str | None = None

    def holds(self, day: str) -> bool:
        return self.first <= day and (self.until is None or day < self.until)


class Retirement(msgspec.Struct, frozen=True):
    """Out of use from a local date (ISO) on, for good as far as is known."""

    since: str
    reason: str


def retirement_of(spells: tuple[Spell, ...]) -> Retirement | None:
    """The one in force or announced; None where the last that is known is that it stands."""
    found: Retirement | None = None
    for spell in reversed(spells):
        if not spell.retired:
            break
        found = Retirement(spell.first, spell.retired)
    return found


class Building(msgspec.Struct, frozen=True):
    """`name` and `retired` as they hold today, `spells` as for rooms."""

    school: str
    id: str
    name: str
    retired: str | None = None
    spells: tuple[Spell, ...] = ()

    @property
    def retirement(self) -> Retirement | None:
        return retirement_of(self.spells)


class Room(msgspec.Struct, frozen=True):
    """A room. `aliases` are other names timetables use; `pupil_age_years` sets how much CO2 a person gives.

    `name`, `aliases` and `retired` are what holds today; `spells` how it was and will be, empty where that never
    changed.
    """

    school: str
    id: str
    name: str
    building: str
    aliases: tuple[str, ...] = ()
    volume_m3: float = 180.0
    capacity: int = 45
    co2_limit_ppm: float = 1500.0
    pupil_age_years: float = 13.0
    retired: str | None = None
    spells: tuple[Spell, ...] = ()

    @property
    def uid(self) -> str:
        """`{school}.{room}`: unique in the hub, used in addresses of pages."""
        return f"{self.school}.{self.id}"

    @property
    def retirement(self) -> Retirement | None:
        return retirement_of(self.spells)

    def on(self, day: date) -> "Room | None":
        """The room as it was called on that local date; None where it did not stand."""
        if not self.spells:
            return self if self.retired is None else None
        wanted = day.isoformat()
        spell = next((one for one in self.spells if one.holds(wanted)), None)
        if spell is None or spell.retired is not None:
            return None
        if (spell.name, spell.aliases, self.retired) == (self.name, self.aliases, None):
            return self
        return msgspec.structs.replace(self, name=spell.name, aliases=spell.aliases, retired=None)

    def out_of_use_since(self, day: date) -> str | None:
        """The date (ISO) from which it is out of use on that local date; None where it stands or was not there yet."""
        since: str | None = None
        for spell in self.spells:
            if spell.first > day.isoformat():
                break
            since = (since or spell.first) if spell.retired else None
        return since


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

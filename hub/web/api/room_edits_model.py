"""Rooms and buildings as people set them up, name them and retire them, as the API takes and tells it."""

from datetime import date

import msgspec

from hub.web.api.model import Words


class PutRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: a room of the registry, made where there is none of that id. `since`: name and aliases hold from that local
    date on; null: they were never others, for as long as those of today held.
    """

    name: str
    building: str
    aliases: tuple[str, ...] = ()
    volume_m3: float = 180.0
    capacity: int = 45
    co2_limit_ppm: float = 1500.0
    pupil_age_years: float = 13.0
    since: date | None = None


class PutBuilding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    since: date | None = None


class Retire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: out of use from that local date on. `take_out`: devices that hang there go out of the room on that day, and
    rooms of a building are retired with it; without it they must be elsewhere first.
    """

    since: date
    reason: str
    take_out: bool = False


class RetiredOut(msgspec.Struct, frozen=True):
    """`since`: the first day out of use; of a room whose lessons of today have begun that is tomorrow at the earliest.
    `words` tell what the timetable has in it.
    """

    since: str
    words: tuple[Words, ...] = ()


class SpellOut(msgspec.Struct, frozen=True):
    """What it was called on [since, until), local dates; null: since ever, or open. `retired`: why it was out of use
    then; "" where it was not there yet.
    """

    since: str | None
    until: str | None
    name: str
    aliases: tuple[str, ...]
    retired: str | None


class PastOut(msgspec.Struct, frozen=True):
    """A room over time, as known now or as it was known then."""

    room: str
    known: str | None
    spells: tuple[SpellOut, ...]

"""What pages, the API and feeds show of the present, as frozen structures; shaping for HTML happens in hub/web.

Every value carries when it was measured; ages are computed where they are shown. Times are UTC milliseconds.
"""

from enum import StrEnum

import msgspec

from wire.text import Text


class RoomStatus(StrEnum):
    IN_LESSON = "in_lesson"
    LESSON_BUT_EMPTY = "lesson_but_empty"
    OCCUPIED_UNSCHEDULED = "occupied_unscheduled"
    IDLE = "idle"
    AFTER_HOURS = "after_hours"
    UNKNOWN = "unknown"


class Value(msgspec.Struct, frozen=True):
    """The newest value of a quantity in a room, the device that measured it, and whether it is stale."""

    quantity: str
    value: float | str
    at_ms: int
    device: str
    stale: bool


class Reason(msgspec.Struct, frozen=True):
    """Why a status was chosen, for a person to read; `hot` asks for attention."""

    text: Text
    hot: bool = False


class People(msgspec.Struct, frozen=True):
    """An estimate with its range; `expected` comes from the roster, None where there is no lesson or roster."""

    estimate: float | None
    low: float | None
    high: float | None
    expected: int | None


class Ventilation(msgspec.Struct, frozen=True):
    air_changes_per_h: float | None
    litres_per_s_person: float | None
    at_ms: int | None


class Forecast(msgspec.Struct, frozen=True):
    """Minutes until CO2 crosses the room's limit as things are; None where it likely will not before the bell, without
    a lesson within two hours.

    `lesson_end_…`: what it will be when the lesson that runs ends; None without one, or where it cannot be said.
    `before_bell`: how likely it crosses the limit before that, 0 to 1; None without a lesson, or over it already.
    """

    limit_ppm: float
    slope_ppm_per_min: float | None
    minutes: float | None
    minutes_low: float | None
    minutes_high: float | None
    over: bool
    lesson_end_ppm: float | None = None
    lesson_end_low_ppm: float | None = None
    lesson_end_high_ppm: float | None = None
    before_bell: float | None = None


class LessonView(msgspec.Struct, frozen=True):
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    period: str
    start_ms: int
    end_ms: int


class Running(StrEnum):
    """What runs in a room with nobody there."""

    DISPLAY = "display"
    PROJECTOR = "projector"
    LIGHTS = "lights"
    AIR_CONDITIONER = "air_conditioner"


class Waste(msgspec.Struct, frozen=True):
    """Something that runs with nobody there, since when, and the energy spent so where a meter says it."""

    what: Running
    device: str
    since_ms: int
    energy_kwh: float | None


class RoomView(msgspec.Struct, frozen=True):
    """Everything the wall and the room page say about one room now.

    `since_least`: before `since_ms` nothing was known, so the status may be older.
    """

    school: str
    room: str
    name: str
    building: str
    status: RoomStatus
    since_ms: int | None
    reasons: tuple[Reason, ...]
    lesson: LessonView | None
    next_lesson: LessonView | None
    values: dict[str, Value]
    newest_ms: int | None
    stale: bool
    people: People
    ventilation: Ventilation
    forecast: Forecast
    waste: tuple[Waste, ...]
    sparkline: tuple[tuple[int, float], ...]
    maintenance: str | None = None
    since_least: bool = False


class DeviceView(msgspec.Struct, frozen=True):
    """One device now: `interval_s` is its usual pace (None while unknown), `available` what its bridge last said."""

    school: str
    device: str
    name: str
    model: str
    gateway: str
    room: str | None
    last_ms: int | None
    interval_s: float | None
    stale: bool
    available: bool | None
    values: dict[str, Value]
    maintenance: str | None = None


class StreamAccount(msgspec.Struct, frozen=True):
    """Rows of one stream over the epochs the hub remembers. expected = received + lost + dropped + outstanding."""

    expected: int
    received: int
    duplicate: int
    late: int
    lost: int
    overwritten: int
    quarantined: int
    outstanding: int
    dropped: dict[str, int]


class GatewayView(msgspec.Struct, frozen=True):
    """One gateway: what it says of itself and what the hub counted."""

    school: str
    gateway: str
    name: str
    status: str
    online: bool
    last_seen_ms: int | None
    since_ms: int | None
    clock: str
    clock_skew_ms: int | None
    outbox_rows: int
    outbox_bytes: int
    flash_bytes: int
    flash_bytes_per_day: int
    set_aside: int
    software: str
    two_machines: bool
    tele: StreamAccount
    event: StreamAccount
    problems: tuple[Text, ...]

"""The API's structures, as other programs see them: RFC 3339 times with offset, units beside values, both languages."""

import msgspec


class Words(msgspec.Struct, frozen=True):
    vi: str
    en: str


class SchoolOut(msgspec.Struct, frozen=True):
    id: str
    name: str
    timezone: str
    simulated: bool
    rooms: int
    devices: int
    gateways: int


class ValueOut(msgspec.Struct, frozen=True):
    """A measured value. `stale`: older than its device's pace allows; it is not the present."""

    value: float | str
    unit: str
    time: str
    device: str
    stale: bool


class LessonOut(msgspec.Struct, frozen=True):
    subject: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    period: str
    start: str
    end: str


class ReasonOut(msgspec.Struct, frozen=True):
    text: Words
    hot: bool


class PeopleOut(msgspec.Struct, frozen=True):
    estimate: float | None
    low: float | None
    high: float | None
    expected: int | None


class VentilationOut(msgspec.Struct, frozen=True):
    air_changes_per_h: float | None
    litres_per_s_person: float | None


class ForecastOut(msgspec.Struct, frozen=True):
    """`minutes` until the limit is crossed, null where it likely is not before the bell (without a lesson: within two
    hours); `before_bell`: how likely it is crossed before the lesson that runs ends, 0 to 1.
    """

    limit_ppm: float
    slope_ppm_per_min: float | None
    minutes: float | None
    minutes_low: float | None
    minutes_high: float | None
    over: bool
    lesson_end_ppm: float | None
    lesson_end_low_ppm: float | None
    lesson_end_high_ppm: float | None
    before_bell: float | None


class WasteOut(msgspec.Struct, frozen=True):
    what: str
    device: str
    since: str
    energy_kwh: float | None


class AuditOut(msgspec.Struct, frozen=True):
    """One change: `who` (an operator, or `cli:` and the system's user), `what`, `at`."""

    who: str
    what: str
    at: str


class RoomOut(msgspec.Struct, frozen=True):
    """A room now. `uid` is `{school}.{room}`; `values` by quantity key (docs/protocol.md section 7)."""

    uid: str
    school: str
    id: str
    name: str
    building: str
    status: str
    since: str | None
    reasons: tuple[ReasonOut, ...]
    lesson: LessonOut | None
    next_lesson: LessonOut | None
    values: dict[str, ValueOut]
    newest: str | None
    stale: bool
    people: PeopleOut
    ventilation: VentilationOut
    forecast: ForecastOut
    waste: tuple[WasteOut, ...]
    maintenance: str | None


class DeviceOut(msgspec.Struct, frozen=True):
    id: str
    name: str
    model: str
    gateway: str
    room: str | None
    last: str | None
    interval_s: float | None
    stale: bool
    available: bool | None
    values: dict[str, ValueOut]
    maintenance: str | None


class AccountOut(msgspec.Struct, frozen=True):
    """expected = received + lost + dropped + outstanding."""

    expected: int
    received: int
    duplicate: int
    late: int
    lost: int
    overwritten: int
    quarantined: int
    outstanding: int
    dropped: dict[str, int]


class GatewayOut(msgspec.Struct, frozen=True):
    school: str
    id: str
    name: str
    status: str
    online: bool
    last_seen: str | None
    since: str | None
    clock: str
    clock_skew_ms: int | None
    outbox_rows: int
    outbox_bytes: int
    flash_bytes: int
    flash_bytes_per_day: int
    set_aside: int
    software: str
    two_machines: bool
    tele: AccountOut
    event: AccountOut
    problems: tuple[Words, ...]


class ReadingOut(msgspec.Struct, frozen=True):
    """One stored value, calibrated; `room` is where its device hung at that time."""

    time: str
    time_ms: int
    device: str
    quantity: str
    value: float | str
    unit: str
    room: str | None


class PointOut(msgspec.Struct, frozen=True):
    """One step: the mean, lowest and highest of what was measured in it."""

    time: str
    mean: float
    minimum: float
    maximum: float
    count: int


class HistoryOut(msgspec.Struct, frozen=True):
    """Steps without a measurement are left out: a gap is a gap."""

    room: str
    quantity: str
    unit: str
    step_s: int
    points: tuple[PointOut, ...]


class QuarantineOut(msgspec.Struct, frozen=True):
    digest: str
    school: str
    gateway: str
    stream: str
    reason: str
    count: int
    first: str
    last: str
    status: str
    size_bytes: int
    raw: str


class NoticeOut(msgspec.Struct, frozen=True):
    """Trouble of the hub in words, with the code that names its kind."""

    code: str
    severity: str
    school: str | None
    vi: str
    en: str


class StatusOut(msgspec.Struct, frozen=True):
    version: str
    hub: str
    started: str
    problems: tuple[NoticeOut, ...]
    viewers: int
    figures: dict[str, float]


class Done(msgspec.Struct, frozen=True):
    """What a change answers with."""

    ok: bool = True


class Assign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: `room` null takes the device out of its room. `from`: "now", "first", or a time."""

    room: str | None
    since: str = msgspec.field(default="now", name="from")


class Replace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: the broken device whose room (and history) this one continues."""

    old: str
    since: str = msgspec.field(default="now", name="from")


class Calibrate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: true value = measured x scale + offset, from then on."""

    quantity: str
    scale: float = 1.0
    offset: float = 0.0
    since: str = msgspec.field(default="now", name="from")


class Maintain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: what is being done, for others to read. `from` and `to` ("now" or times) also of the past; `to` null: it
    goes on. What was derived of that time is derived anew without it.
    """

    note: str = ""
    since: str = msgspec.field(default="now", name="from")
    to: str | None = None


class MaintenanceOut(msgspec.Struct, frozen=True):
    """One time a room or device was worked on, is or will be; `to` null: it goes on."""

    id: int
    note: str
    since: str = msgspec.field(name="from")
    to: str | None


class Maintained(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: when the maintenance that runs, or ran then, ended or will end ("now" or a time)."""

    to: str = "now"

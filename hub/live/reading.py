"""A measurement as the hub works with it, after decoding, checking, clock correction and calibration."""

import msgspec

from wire.messages import TimeQuality


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One row of one device: `values` maps quantity keys to calibrated numbers or texts."""

    school: str
    gateway: str
    device: str
    at_ms: int
    received_ms: int
    values: dict[str, float | str]
    quality: TimeQuality = TimeQuality.OK


class Happening(msgspec.Struct, frozen=True):
    """One event of one device; `room`, `lesson` (its id) and `classes` (names) are what held at its own time."""

    school: str
    gateway: str
    id: str
    device: str
    kind: str
    at_ms: int | None
    received_ms: int
    data: dict[str, object]
    quality: TimeQuality = TimeQuality.OK
    room: str | None = None
    lesson: str | None = None
    classes: str | None = None

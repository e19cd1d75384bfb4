"""What a dialect of local MQTT made of one message: values in our units, events, and what it did not understand."""

from typing import Any

import msgspec

from wire.text import Text


class DecodedEvent(msgspec.Struct, frozen=True):
    kind: str
    data: dict[str, Any]


class Decoded(msgspec.Struct, frozen=True):
    """`device` is the dialect's own name (friendly name, topic part, serial); `device_id` the stable id, a slug.

    `at_local`: the time came without an offset, so it is as right as the time zone set in the device; a message that
    arrives live was measured when it arrived. `refusal`: the device says why it does not do what it was told.
    `plain`: the figures as JSON where the message itself is not text; mappings and the list of what is heard read that.
    """

    device: str
    device_id: str
    values: dict[str, float | str] = {}
    at_ms: int | None = None
    model: str = ""
    available: bool | None = None
    events: tuple[DecodedEvent, ...] = ()
    unknown: tuple[str, ...] = ()
    problems: tuple[Text, ...] = ()
    refusal: Text | None = None
    at_local: bool = False
    plain: bytes = b""

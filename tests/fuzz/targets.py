"""What the fuzzers feed: one function a family, bytes in, nothing out; it raises where a decoder breaks its word.

A decoder's word: no exception whatever comes, bounded memory, and only values that name a quantity of the table and are
finite. The first bytes of an input choose device or topic and where the rest is cut.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from edge.dialects.codecs import elsys, milesight
from edge.dialects.codecs.milesight_models import MODELS, model_named
from edge.dialects.router import Router, build_router
from edge.dialects.table import Surroundings
from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Measured, Options, Values
from firmware_bridge.devices.air import AIR
from firmware_bridge.devices.displays import DISPLAYS
from firmware_bridge.devices.identity import IDENTITY
from firmware_bridge.devices.meters import METERS
from firmware_bridge.devices.nodes import NODES
from firmware_bridge.framing.frame import BadFrame
from wire.messages import VERSION
from wire.quantities import QUANTITIES

assert VERSION == 1

BETWEEN = b"\n\xff\n"
"""Separates the messages of one input to a router: births, then states."""

TOPICS: dict[str, tuple[str, ...]] = {
    "zigbee2mqtt": (
        "zigbee2mqtt/room",
        "zigbee2mqtt/bridge/devices",
        "zigbee2mqtt/bridge/groups",
        "zigbee2mqtt/bridge/state",
        "zigbee2mqtt/room/availability",
    ),
    "tasmota": ("tele/plug/SENSOR", "tele/plug/STATE", "stat/plug/STATUS10", "stat/plug/RESULT", "stat/plug/POWER2"),
    "shelly": (
        "shellyplus1pm-a1/events/rpc",
        "shellyplus1pm-a1/status/switch:0",
        "shellies/shellyem-1/emeter/0/power",
        "shellies/shellyht-1/sensor/temperature",
        "shellies/announce",
        "shellies/shellyem-1/info",
    ),
    "homeassistant": (
        "homeassistant/sensor/room/co2/config",
        "homeassistant/device/room/config",
        "homeassistant/switch/plug/config",
        "room/state",
        "room/available",
    ),
    "esphome": ("room/sensor/co2/state", "room/binary_sensor/motion/state", "room/status", "room/switch/fan/state"),
    "homie": ("homie/5/room/$description", "homie/5/room/$state", "homie/5/room/air/co2", "homie/room/$nodes"),
    "lorawan": (
        "application/1/device/24e124710c140001/event/up",
        "application/1/device/24e124710c140001/event/status",
        "v3/app@tenant/devices/room-1/up",
    ),
    "sparkplug": ("spBv1.0/school/NBIRTH/edge", "spBv1.0/school/NDATA/edge", "spBv1.0/school/DBIRTH/edge/room",
                  "spBv1.0/school/DDATA/edge/room", "spBv1.0/school/NDEATH/edge", "spBv1.0/STATE/host"),
    "unknown": ("somebody/s/own/topic", "weather/station-12/data", "a/24e124710c140001/b"),
}  # fmt: skip


def check_values(values: Values) -> None:
    for key, value in values.items():
        assert key in QUANTITIES, key
        assert isinstance(value, str) or math.isfinite(value), (key, value)


def check_heard(heard: Iterable[Heard | BadFrame]) -> None:
    for one in heard:
        if isinstance(one, BadFrame):
            assert one.reason.en
            assert len(one.raw) <= 64
        elif isinstance(one.meaning, Measured):
            check_values(one.meaning.values)


def slices(data: bytes, step: int) -> list[bytes]:
    """`data` in pieces of `step` bytes; whole for 0."""
    return [data] if step == 0 else [data[at : at + step] for at in range(0, len(data), step)]


def devices(family: Sequence[Device]) -> Callable[[bytes], None]:
    """Both ways into a device: a capture decoded, and a talk in which these bytes are all it ever says."""

    def feed(data: bytes) -> None:
        if len(data) < 3:
            return
        device, step = family[data[0] % len(family)], data[1] % 40
        conversation = Conversation(device)
        for piece in slices(data[2:], step):
            check_heard(conversation.feed(piece))
        check_heard(conversation.finish())
        dialogue = Asking(device) if device.dialogue is None else device.dialogue(device, Options(password="0"))
        check_heard((*dialogue.begin(0.0).heard, *dialogue.idle(0.0).heard))
        for number, piece in enumerate(slices(data[2:], step)):
            check_heard(dialogue.receive(piece, number * 0.1).heard)
            if number % 3 == 0:
                check_heard(dialogue.idle(number * 0.1 + 0.05).heard)

    return feed


def messages(topics: Sequence[str], data: bytes) -> Iterable[tuple[str, bytes, bool]]:
    """Topic, payload and whether it is retained; the first byte of each part chooses."""
    for part in data.split(BETWEEN)[:20]:
        if part:
            yield topics[part[0] % len(topics)], part[1:], part[0] > 0x7F


def dialect(name: str) -> Callable[[bytes], None]:
    """A router with every dialect, on topics of one of them; nothing may be forgotten without a trace."""

    def feed(data: bytes) -> None:
        router = build_router("fuzz", (), Surroundings())
        for topic, payload, retained in messages(TOPICS[name], data):
            decode(router, topic, payload, retained=retained)
        router.accepts()
        assert len(router.heard()) <= 64

    return feed


def decode(router: Router, topic: str, payload: bytes, *, retained: bool) -> None:
    for one in router.decode(topic, payload, retained=retained):
        check_values(one.values)
        assert one.device_id
        assert one.at_ms is None or one.at_ms >= 0


def codecs(data: bytes) -> None:
    """The bytes of a LoRaWAN uplink as every model there is would send them."""
    if data:
        model = model_named(MODELS[data[0] % len(MODELS)])
        assert model is not None
        for found in (milesight.read(model, data[1:]), elsys.read(data[1:])):
            for told in (found.values, *(row.values for row in found.history)):
                for values in told.values():
                    check_values(values)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "air": devices(AIR),
    "meters": devices(METERS),
    "displays": devices(DISPLAYS),
    "identity": devices(IDENTITY),
    "nodes": devices(NODES),
    "codecs": codecs,
    **{name: dialect(name) for name in TOPICS},
}

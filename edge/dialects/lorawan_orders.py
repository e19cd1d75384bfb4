"""Orders to LoRaWAN switches: which device is told on and off in which bytes, by what its uplinks have shown. Pure.

Source: Milesight "Downlink Command" pages of WS52x (08 01 00 FF is on) and WS50x (08, high nibble which switch, low
        nibble on or off, FF), and the maker's encoders for WS51x and the first WS50x (FF 29), port 85.
        ChirpStack v4 "Scheduling a downlink": application/{id}/device/{DevEUI}/command/down.
        The Things Stack "Publishing Downlink Traffic": v3/{application}/devices/{id}/down/push.
These devices listen all the time (class C), so a server sends at once and keeps no order for later.
"""

import base64
from collections.abc import Callable

import msgspec

from edge.dialects.dialect import Expectation, Telegram
from wire.orders import Order, OrderKind

_REMEMBERED = 1_024
_ON_OFF = {OrderKind.SWITCH_ON: True, OrderKind.SWITCH_OFF: False}


class Downlink(msgspec.Struct, frozen=True):
    """Where a server takes what is for a device; `eui` empty: The Things Stack, which has the device in the topic."""

    topic: str
    port: int
    eui: str = ""

    def telegram(self, payload: bytes, expects: Expectation) -> Telegram:
        data = base64.b64encode(payload).decode()
        body: dict[str, object] = {"devEui": self.eui, "confirmed": False, "fPort": self.port, "data": data}
        if not self.eui:
            body = {"downlinks": [{"f_port": self.port, "frm_payload": data, "priority": "NORMAL"}]}
        return Telegram(self.topic, msgspec.json.encode(body), expects)


class _Switch(msgspec.Struct, frozen=True):
    downlink: Downlink
    way: str
    gang: int


class Switches:
    """The switches that uplinks have shown. Mutable, bounded."""

    def __init__(self) -> None:
        self._known: dict[str, _Switch] = {}

    def learn(self, device_id: str, sub: str, way: str, downlink: Downlink) -> None:
        """`way` is how it told its state: a key of `_BYTES`; others take no orders here."""
        if way not in _BYTES:
            return
        if device_id not in self._known and len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        gang = int(sub[1:]) - 1 if sub[:1] == "l" and sub[1:].isdecimal() else 0
        self._known[device_id] = _Switch(downlink, way, gang)

    def accepts(self) -> dict[str, list[str]]:
        return {device: [OrderKind.SWITCH_ON.value, OrderKind.SWITCH_OFF.value] for device in self._known}

    def telegram(self, order: Order) -> Telegram | None:
        """None: no switch of ours, or no such order."""
        switch, on = self._known.get(order.device), _ON_OFF.get(order.kind)
        if switch is None or on is None:
            return None
        payload = _BYTES[switch.way](switch.gang, on)
        return switch.downlink.telegram(payload, Expectation(order.device, "switch_on", float(on)))


def _nibbles(gang: int, on: bool) -> int:  # noqa: FBT001 the state is the value
    """Which switch, and on or off; the others are left as they are."""
    return 1 << (gang + 4) | int(on) << gang


_BYTES: dict[str, Callable[[int, bool], bytes]] = {
    "08 70 WS52": lambda _, on: bytes((0x08, int(on), 0x00, 0xFF)),
    "08 70 WS51": lambda _, on: bytes((0x08, int(on), 0xFF, 0xFF)),
    "08 29 WS50": lambda gang, on: bytes((0x08, _nibbles(gang, on), 0xFF)),
    "ff 29 WS50": lambda gang, on: bytes((0xFF, 0x29, _nibbles(gang, on))),
}

"""What else the demo's local broker hears: a Tasmota plug with a fan, a LoRaWAN monitor, a board pupils have built."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

import msgspec

from demo.boards import Habit
from demo.chance import share
from demo.classroom import Observation
from demo.units import FAN, LORA, PUPILS_BOARD, PUPILS_ROOM

_FAN_W, _FAN_KWH = 58.0, 63.418
_PLUG_EVERY_MS, _LORA_EVERY_MS, _BOARD_EVERY_MS = 20_000, 60_000, 15_000
_FIRST_MS = 12_000  # what is said before a gateway listens is lost
_PLUG_ZONE = timezone(timedelta(hours=7))  # a Tasmota tells local time without an offset
_APPLICATION = "4f0c5d6e-1d1b-4b68-9a3e-6c0d4a2f7b10"


class Message(NamedTuple):
    topic: str
    payload: bytes
    retain: bool = False


class Fan:
    """A wall fan on a Tasmota plug: people turn it on when they come; it obeys `cmnd`."""

    orders = f"cmnd/{FAN.id}/#"

    def __init__(self) -> None:
        self.on, self._kwh = False, _FAN_KWH
        self._habit = Habit(FAN.room)

    def follow(self, seen: Observation, dt_s: float) -> Iterator[Message]:
        hand = self._habit.hand(seen.t_ms, wanted=seen.people >= 1)
        self._kwh += self._watts(seen.t_ms) * dt_s / 3.6e6
        if hand is not None and hand is not self.on:
            self.on = hand
            yield from self._told()

    def obey(self, topic: str, payload: bytes) -> Iterator[Message]:
        """`POWER` with ON, OFF, TOGGLE, or nothing for a question."""
        if topic.upper() not in {f"CMND/{FAN.id}/POWER".upper(), f"CMND/{FAN.id}/POWER1".upper()}:
            return
        word = payload.decode("ascii", "replace").strip().upper()
        self.on = {"ON": True, "1": True, "OFF": False, "0": False, "TOGGLE": not self.on}.get(word, self.on)
        yield from self._told()

    def hello(self) -> Message:
        return Message(f"tele/{FAN.id}/LWT", b"Online", retain=True)

    def report(self, t_ms: int) -> Iterator[Message]:
        """STATE and SENSOR, as at every TelePeriod."""
        time, watts = datetime.fromtimestamp(t_ms // 1_000, _PLUG_ZONE).strftime("%Y-%m-%dT%H:%M:%S"), self._watts(t_ms)
        volts = 228 + round(4 * (share(FAN.room, t_ms // 60_000) - 0.5))
        energy = {
            "Total": round(self._kwh, 3), "Power": round(watts), "Factor": 0.91 if self.on else 0.0,
            "Voltage": volts, "Current": round(watts / volts / 0.91, 3),
        }  # fmt: skip
        wifi = {"AP": 1, "RSSI": 68, "Signal": -66}
        yield _json(f"tele/{FAN.id}/STATE", {"Time": time, "POWER": self._word(), "Wifi": wifi})
        yield _json(f"tele/{FAN.id}/SENSOR", {"Time": time, "ENERGY": energy})

    def _watts(self, t_ms: int) -> float:
        return _FAN_W + 3 * share(FAN.id, t_ms // 30_000) if self.on else 0.0

    def _word(self) -> str:
        return "ON" if self.on else "OFF"

    def _told(self) -> Iterator[Message]:
        yield _json(f"stat/{FAN.id}/RESULT", {"POWER": self._word()})
        yield Message(f"stat/{FAN.id}/POWER", self._word().encode())


class Wireless:
    """All of them; `follow` is called about once a second."""

    def __init__(self, now_ms: int) -> None:
        self.fan = Fan()
        self._frames = 1_204
        self._due = dict.fromkeys((FAN.id, LORA.id, PUPILS_BOARD), now_ms + _FIRST_MS)

    def follow(self, rooms: dict[str, Observation], dt_s: float) -> Iterator[Message]:
        yield from self.fan.follow(rooms[FAN.room], dt_s)
        t_ms = rooms[FAN.room].t_ms
        if self._is_due(FAN.id, t_ms, _PLUG_EVERY_MS):
            yield from self.fan.report(t_ms)
        if self._is_due(LORA.id, t_ms, _LORA_EVERY_MS):
            self._frames += 1
            yield uplink(rooms[LORA.room], self._frames)
        if self._is_due(PUPILS_BOARD, t_ms, _BOARD_EVERY_MS):
            yield pupils_board(rooms[PUPILS_ROOM])

    def _is_due(self, what: str, t_ms: int, every_ms: int) -> bool:
        if t_ms < self._due[what]:
            return False
        self._due[what] = t_ms + every_ms
        return True


def uplink(seen: Observation, frame: int) -> Message:
    """A Milesight AM307's report as ChirpStack v4 publishes it, without a codec: raw bytes."""
    event: dict[str, Any] = {
        "time": datetime.fromtimestamp(seen.t_ms / 1_000, UTC).isoformat(),
        "deviceInfo": {
            "applicationName": "khong-khi", "deviceProfileName": "Milesight AM307",
            "deviceName": LORA.name, "devEui": LORA.id,
        },
        "fCnt": frame, "fPort": 85, "dr": 5,
        "data": base64.b64encode(am307(seen)).decode(),
        "rxInfo": [{"gatewayId": "24e124fffef00001", "rssi": -71 - frame % 9, "snr": 8.5}],
    }  # fmt: skip
    return _json(f"application/{_APPLICATION}/device/{LORA.id}/event/up", event)


def am307(seen: Observation) -> bytes:
    """Channel, type and little-endian value, one after the other."""
    stuffiness = min(500, round(110 + max(0.0, seen.co2_ppm - 420) * 0.12))
    parts = (
        (0x01, 0x75, 91, 1), (0x03, 0x67, round(seen.temperature_c * 10) & 0xFFFF, 2),
        (0x04, 0x68, round(seen.humidity_pct * 2), 1), (0x05, 0x00, int(seen.occupancy), 1),
        (0x07, 0x7D, round(seen.co2_ppm), 2), (0x08, 0x7D, stuffiness, 2),
        (0x09, 0x73, round((1_009 + 3 * share("pressure", seen.t_ms // 3_600_000)) * 10), 2),
    )  # fmt: skip
    return b"".join(bytes((channel, kind)) + value.to_bytes(size, "little") for channel, kind, value, size in parts)


def pupils_board(seen: Observation) -> Message:
    """A format of their own: no dialect knows it, and a person has to say what it is."""
    said = {
        "co2": round(seen.co2_ppm * 0.97 + 14), "nhiet_do": round(seen.temperature_c + 0.4, 1),
        "do_am": round(seen.humidity_pct), "lan_do": seen.t_ms // _BOARD_EVERY_MS % 100_000,
    }  # fmt: skip
    return _json(PUPILS_BOARD, said)


def _json(topic: str, body: dict[str, Any]) -> Message:
    return Message(topic, msgspec.json.encode(body))

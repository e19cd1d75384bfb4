"""What the Zigbee devices of the demo report, message by message: some at a pace, some only when something changes."""

from typing import Any

import msgspec

from demo.chance import share
from demo.classroom import Observation
from demo.units import KINDS, ZigbeeUnit

_MAINS_V = 228.0
# How often a device reports by itself (ms); a change of its state is reported at once.
_PACE_MS = {"climate": 30_000, "motion": 40_000, "door": 300_000, "plug": 15_000, "light": 300_000, "sound": 10_000}


# Gateways and Zigbee2MQTT start together here: what is said before a gateway listens is lost, so all is said twice.
_FIRST_MS, _AGAIN_MS = 6_000, 8_000


class Reporter:
    """Decides for one device what it says at an instant; remembers what it said. It starts at `started_ms`."""

    def __init__(self, unit: ZigbeeUnit, started_ms: int) -> None:
        self.unit = unit
        self._state: tuple[Any, ...] | None = None
        pace = _PACE_MS[unit.kind]
        # The paces are spread, or all would speak in one breath for ever.
        self._due = [started_ms + _FIRST_MS, started_ms + _FIRST_MS + _AGAIN_MS]
        self._due.append(self._due[-1] + int(pace * (0.3 + 0.7 * share(unit.id, "phase"))))

    def report(self, seen: Observation, t_ms: int) -> bytes | None:
        """The payload to publish now, or None where the device keeps silent."""
        if self._state is None and t_ms < self._due[0]:
            return None
        values = reported(self.unit, seen)
        state = tuple(values.get(key) for key in KINDS[self.unit.kind].binary)
        if state == self._state and t_ms < self._due[0]:
            return None
        if t_ms >= self._due[0]:
            last = self._due.pop(0)
            if not self._due:
                self._due.append(max(last, t_ms - _PACE_MS[self.unit.kind]) + _PACE_MS[self.unit.kind])
        self._state = state
        return msgspec.json.encode(values)


def reported(unit: ZigbeeUnit, seen: Observation) -> dict[str, Any]:
    """The device's whole state, in Zigbee2MQTT's keys and units."""
    values = _measured(unit, seen)
    values["linkquality"] = 70 + int(110 * share(unit.id, seen.t_ms // 600_000))
    if not KINDS[unit.kind].mains:
        values["battery"] = 55 + int(45 * share(unit.id))
        values["voltage"] = 2_800 + 3 * values["battery"]
    return values


def _measured(unit: ZigbeeUnit, seen: Observation) -> dict[str, Any]:
    match unit.kind:
        case "climate":
            return {"temperature": round(seen.temperature_c, 2), "humidity": round(seen.humidity_pct, 1)}
        case "motion":
            return {"occupancy": seen.occupancy, "illuminance": round(seen.illuminance_lx)}
        case "door":
            return {"contact": not seen.contact_open}
        case "light":
            return {"state": "ON" if seen.lights_on else "OFF"}
        case "sound":
            return {"noise": round(seen.noise_dba, 1)}
        case _:
            cooler = unit.friendly_name.endswith("dieu-hoa")
            watts = seen.cooling_w if cooler else seen.projector_w
            register = seen.cooling_kwh if cooler else seen.projector_kwh
            volts = _MAINS_V + 4 * (share(unit.room, seen.t_ms // 60_000) - 0.5)
            return {
                "state": "ON",
                "power": round(watts, 1),
                "current": round(watts / volts, 3),
                "voltage": round(volts, 1),
                "energy": round(register, 3),
            }

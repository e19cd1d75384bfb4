"""The demo's RS-485 line: a PZEM-016 that meters the computer room, an XY-MD02 on its wall."""

from demo.chance import share
from demo.classroom import Observation
from demo.units import BUS_DEVICES, STUCK_HUMIDITY_PCT
from firmware_bridge.simulated.modbus import Slave, SlavesOnALine

_LAMPS_W, _COMPUTER_W, _STANDBY_W = 216.0, 62.0, 14.0
_REGISTER_KWH = 1_842.6
_MAINS_V, _MAINS_HZ = 228.0, 50.0
_FACTOR = 0.93


class Rs485:
    """The line and both devices; `follow` puts what they would measure into their registers."""

    def __init__(self) -> None:
        self._meter, self._climate = (Slave(address, inputs={}) for _, _, address in BUS_DEVICES)
        self.line = SlavesOnALine([self._meter, self._climate])
        self._kwh = _REGISTER_KWH

    def follow(self, seen: Observation, dt_s: float) -> None:
        watts = power_w(seen)
        self._kwh += watts * dt_s / 3.6e6
        volts = _MAINS_V + 4 * (share("rs485", seen.t_ms // 20_000) - 0.5)
        milliamps = round(watts / volts / _FACTOR * 1_000)
        words = [round(volts * 10)]
        for register in (milliamps, round(watts * 10), round(self._kwh * 1_000)):
            words += [register & 0xFFFF, register >> 16]  # the low word first
        words += [round((_MAINS_HZ + 0.1 * (share("hz", seen.t_ms // 10_000) - 0.5)) * 10), round(_FACTOR * 100), 0]
        self._meter.tables[4] = dict(enumerate(words))
        self._climate.tables[4] = {
            0: 0,
            1: round(seen.temperature_c * 10) & 0xFFFF,
            2: round(STUCK_HUMIDITY_PCT * 10),
        }


def power_w(seen: Observation) -> float:
    """What everything in the computer room takes together."""
    lamps = _LAMPS_W if seen.lights_on else 0.0
    return _STANDBY_W + lamps + seen.people * _COMPUTER_W + seen.projector_w + seen.cooling_w

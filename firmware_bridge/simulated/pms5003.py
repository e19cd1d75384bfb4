"""A simulated PMS5003, from its data sheet's frames."""

import math

from firmware_bridge.simulated.sensor import Level


def _plantower(body: bytes) -> bytes:
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


class SimulatedPms5003:
    """PMS5003: streams, or answers when passive; sleeps and wakes; zeros while its fan starts."""

    def __init__(self, pm25_ugm3: Level, *, period_s: float = 1.0, fan_start_s: float = 0.0) -> None:
        self.pm25_ugm3, self.period_s, self.fan_start_s = pm25_ugm3, period_s, fan_start_s
        self.active, self.asleep, self.silent = True, False, False
        self.error = 0
        self._fan_s = self._next_s = 0.0
        self._heard = b""

    def power(self, at_s: float) -> None:
        self.active, self.asleep, self._heard = True, False, b""
        self._fan_s = self._next_s = at_s

    def receive(self, data: bytes, at_s: float) -> bytes:
        self._heard = (self._heard + data)[-64:]
        answer = b""
        while (at := self._heard.find(b"BM")) >= 0 and len(self._heard) >= at + 7:
            frame, self._heard = self._heard[at : at + 7], self._heard[at + 7 :]
            if frame == _plantower(frame[:5]):
                answer += self._obey(frame[2], frame[4], at_s)
        return b"" if self.silent else answer

    def speak(self, at_s: float) -> bytes:
        if self.silent or self.asleep or not self.active or at_s < self._next_s:
            return b""
        self._next_s = at_s + self.period_s
        return self._measurement(at_s)

    def _obey(self, code: int, value: int, at_s: float) -> bytes:
        if code == 0xE4:  # noqa: PLR2004 sleep and wake
            if value and self.asleep:
                self._fan_s = self._next_s = at_s
            self.asleep = not value
        elif code == 0xE1:  # noqa: PLR2004 passive and active
            self.active = bool(value)
        elif code == 0xE2 and not self.asleep:  # noqa: PLR2004 read in passive mode
            return self._measurement(at_s)
        else:
            return b""
        return _plantower(bytes((0x42, 0x4D, 0, 4, code, value)))

    def _measurement(self, at_s: float) -> bytes:
        if at_s - self._fan_s < self.fan_start_s:
            return _plantower(b"BM\x00\x1c" + bytes(26))
        pm25 = max(0.0, self.pm25_ugm3(at_s))
        masses = [round(pm25 * share) for share in (0.62, 1.0, 1.18)]
        counts = [math.ceil(pm25 * share) for share in (130, 38, 6.5, 0.6, 0.2, 0.1)]
        words = [*masses, *masses, *counts]
        content = b"".join(min(word, 0xFFFF).to_bytes(2, "big") for word in words) + bytes((0x97, self.error))
        return _plantower(b"BM\x00\x1c" + content)

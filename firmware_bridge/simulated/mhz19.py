"""A simulated MH-Z19B, from its data sheet's frames."""

from firmware_bridge.simulated.sensor import Level


def _winsen(body: bytes) -> bytes:
    return b"\xff" + body + bytes(((256 - sum(body) % 256) % 256,))


class SimulatedMhz19:
    """MH-Z19B: answers polls; sends 500 ppm while it warms up; takes the calibration commands."""

    def __init__(self, co2_ppm: Level, *, warm_up_s: float = 0.0) -> None:
        self.co2_ppm, self.warm_up_s = co2_ppm, warm_up_s
        self.self_calibration, self.range_ppm, self.zeroed = True, 2000, 0
        self.silent = False
        self._offset_ppm = 0.0
        self._powered_s = 0.0
        self._heard = b""

    def power(self, at_s: float) -> None:
        self._powered_s, self._heard = at_s, b""

    def receive(self, data: bytes, at_s: float) -> bytes:
        self._heard = (self._heard + data)[-64:]
        answer = b""
        while (at := self._heard.find(b"\xff\x01")) >= 0 and len(self._heard) >= at + 9:
            frame, self._heard = self._heard[at : at + 9], self._heard[at + 9 :]
            if frame == _winsen(frame[1:8]):
                answer += self._obey(frame, at_s)
        return b"" if self.silent else answer

    def speak(self, at_s: float) -> bytes:  # noqa: ARG002 it never speaks unasked
        return b""

    def _obey(self, frame: bytes, at_s: float) -> bytes:
        match frame[2]:
            case 0x86:
                ppm = self._ppm(at_s)
                return _winsen(bytes((0x86, ppm >> 8, ppm & 0xFF, 0x40 + 27, 0, 0, 0)))
            case 0x79:
                self.self_calibration = frame[3] == 0xA0  # noqa: PLR2004 the data sheet's "on"
            case 0x99:
                self.range_ppm = frame[6] << 8 | frame[7]
            case 0x87:
                self.zeroed += 1
                self._offset_ppm = 400 - self.co2_ppm(at_s)
                return b""
            case _:
                return b""
        return _winsen(bytes((frame[2], 1, 0, 0, 0, 0, 0)))

    def _ppm(self, at_s: float) -> int:
        if at_s - self._powered_s < self.warm_up_s:
            return 500
        return round(min(max(self.co2_ppm(at_s) + self._offset_ppm, 400), self.range_ppm))

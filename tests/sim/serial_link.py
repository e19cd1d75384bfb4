"""A serial line that spoils what goes over it: splits, corrupts, repeats or swallows bytes."""

from collections.abc import Callable

from firmware_bridge.simulated import SimulatedSensor

Spoil = Callable[[bytes], bytes]


class SpoiltLine:
    """Stands between a simulated sensor and its pseudo-terminal; `spoil` changes what the sensor says."""

    def __init__(self, sensor: SimulatedSensor, spoil: Spoil) -> None:
        self.sensor, self.spoil = sensor, spoil

    def power(self, at_s: float) -> None:
        self.sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        return self.spoil(self.sensor.receive(data, at_s))

    def speak(self, at_s: float) -> bytes:
        return self.spoil(self.sensor.speak(at_s))


class Echoing:
    """A half-duplex adapter: everything sent comes back before the answer."""

    def __init__(self, sensor: SimulatedSensor) -> None:
        self.sensor = sensor

    def power(self, at_s: float) -> None:
        self.sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        return data + self.sensor.receive(data, at_s)

    def speak(self, at_s: float) -> bytes:
        return self.sensor.speak(at_s)

"""Whether a device's values can be trusted yet: sensors that warm up send figures long before they measure."""

from firmware_bridge.device import Device, Values


class WarmUp:
    """One device on one line. Times are monotonic seconds given by the caller. Mutable.

    Power is known to have come back where the port itself came back, where the device was woken, or where it says so by
    an empty frame. Where it is not known (the program was started), only a device that begins with a placeholder and
    repeats it is held: a value that follows a single placeholder clears it.
    """

    def __init__(self, device: Device, opened_s: float) -> None:
        self._device = device
        self._opened_s = opened_s
        self._until_s = opened_s
        self._settled = False
        self._suspicions = 0

    def powered(self, at_s: float) -> None:
        """The device has just got power, or was woken."""
        self._until_s = at_s + self._device.warm_up_s
        self._settled = True

    def empty(self, at_s: float) -> None:
        """The device sent an empty frame: it is warming up, since when is not known unless power was seen."""
        if at_s >= self._until_s:
            self.powered(at_s)

    def holds(self, values: Values, at_s: float) -> bool:
        """Whether `values`, measured now, must not be used."""
        if at_s < self._until_s:
            return True
        if self._settled or not self._device.is_placeholder(values):
            self._settled = True
            return False
        self._suspicions += 1
        if self._suspicions > 1:
            self.powered(self._opened_s)
        return True

    def remaining_s(self, at_s: float) -> float:
        return max(0.0, self._until_s - at_s)

"""The recent course of one room's CO2 as one sensor saw it: 20-second means of the last half hour."""

from array import array
from functools import lru_cache

BUCKET_MS = 20_000
SPAN_MS = 30 * 60_000
MOST = SPAN_MS // BUCKET_MS + 2
MINUTE_MS = 60_000


_SHARED = tuple(float(ppm) for ppm in range(5_000))  # one object for a level in thousands of lines


class Trace:
    """Means in time order; about 1.5 KB when full. Samples must be added in time order."""

    __slots__ = ("count", "times", "values")

    def __init__(self) -> None:
        self.times = array("d")
        self.values = array("d")
        self.count = 0  # samples in the newest bucket

    def add(self, at_ms: int, value: float) -> None:
        times, values = self.times, self.values
        if times and int(times[-1]) // BUCKET_MS == at_ms // BUCKET_MS:
            self.count += 1
            times[-1] += (at_ms - times[-1]) / self.count
            values[-1] += (value - values[-1]) / self.count
            return
        times.append(at_ms)
        values.append(value)
        self.count = 1
        if len(times) > MOST:
            del times[0], values[0]

    def clear(self) -> None:
        del self.times[:], self.values[:]
        self.count = 0

    def since(self, from_ms: float) -> list[tuple[float, float]]:
        """Points (time in ms, ppm) measured at or after the instant, oldest first."""
        times = self.times
        first = len(times)
        while first and times[first - 1] >= from_ms:
            first -= 1
        return list(zip(times[first:], self.values[first:], strict=True))

    def minutes(self, now_ms: int) -> tuple[tuple[int, float], ...]:
        """The last half hour by minute: (start of the minute, mean in ppm), minutes without samples left out."""
        sums: dict[int, tuple[float, int]] = {}
        for time, value in self.since(now_ms - SPAN_MS):
            minute = int(time) // MINUTE_MS * MINUTE_MS
            total, count = sums.get(minute, (0.0, 0))
            sums[minute] = (total + value, count + 1)
        return tuple((_minute(minute), _whole(total / count)) for minute, (total, count) in sums.items())


@lru_cache(maxsize=256)
def _minute(start_ms: int) -> int:
    """The same number as one object for all rooms: half an hour of minutes in thousands of lines is megabytes."""
    return start_ms


def _whole(ppm: float) -> float:
    level = round(ppm)
    return _SHARED[level] if 0 <= level < len(_SHARED) else float(level)

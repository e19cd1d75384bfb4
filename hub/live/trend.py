"""A robust straight line through the last minutes of a noisy series: level now, slope, and how sure the slope is."""

import math
from collections.abc import Sequence
from statistics import median

import msgspec

WINDOW_MIN = 5.0
LONG_WINDOW_MIN = 16.0  # for sensors that report once in a few minutes
FEWEST = 4
SHORTEST_MIN = 2.0
FLOOR_NOISE_PPM = 2.0  # sensors count in whole ppm or worse: a perfectly flat line is not perfectly known
TO_DEVIATION = 1.4826  # median absolute deviation to standard deviation


class Trend(msgspec.Struct, frozen=True):
    """`level` at `at_ms`, `slope` per minute with its standard `error`."""

    at_ms: int
    level: float
    slope: float
    error: float


def trend(points: Sequence[tuple[float, float]]) -> Trend | None:
    """Theil-Sen line through points (time in ms, value), oldest first; None where they are too few or too close."""
    if len(points) < FEWEST:
        return None
    last = points[-1][0]
    window = _window(points, last - WINDOW_MIN * 60_000)
    if len(window) < FEWEST:
        window = _window(points, last - LONG_WINDOW_MIN * 60_000)
    if len(window) < FEWEST or window[-1][0] - window[0][0] < SHORTEST_MIN * 60_000:
        return None
    times = [(time - last) / 60_000 for time, _ in window]
    values = [value for _, value in window]
    slopes = [
        (values[later] - values[earlier]) / (times[later] - times[earlier])
        for later in range(1, len(window))
        for earlier in range(later)
    ]
    slope = median(slopes)
    rest = [value - slope * time for time, value in zip(times, values, strict=True)]
    level = median(rest)
    noise = max(TO_DEVIATION * median([abs(value - level) for value in rest]), FLOOR_NOISE_PPM)
    middle = sum(times) / len(times)
    spread = math.sqrt(sum((time - middle) ** 2 for time in times))
    return Trend(int(last), level, slope, noise / spread)


def _window(points: Sequence[tuple[float, float]], from_ms: float) -> Sequence[tuple[float, float]]:
    first = len(points)
    while first and points[first - 1][0] >= from_ms:
        first -= 1
    return points[first:]

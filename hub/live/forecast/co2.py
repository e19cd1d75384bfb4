"""CO2 of a room from now on: at the end of the lesson that runs, and when it reaches the room's limit, if at all.

The course begins with what was measured: a slope that noise could have made counts less, an air change learnt from poor
evidence is drawn towards the usual one. While a class comes in the slope does not know it yet: then the roster speaks.
"""

import math

import msgspec

from hub.live.air import AirChange, AirSettings, Balance
from hub.live.forecast.crossing import crossing
from hub.live.forecast.outlook import Outlook, leaving
from hub.live.trend import Trend
from hub.live.views import Forecast

UNKNOWN_MIN = 5.0  # the line looks back so far: until then it knows nothing of a class that comes in
SETTLING_MIN = 12.0  # a class is complete and the air mixed by then
LEAST_MIN, MOST_MIN = 1.0, 120.0
LEAST_EXCHANGE = 0.05 / 60
ROSTER_ERROR = 0.35  # a class is rarely complete, now and then half of it is away, and children differ
USUAL = AirSettings()  # of the air change, before anything was learnt
MOST_ERROR = 0.6
RESTLESS_PPM_PER_MIN = 3.0  # slopes that come and go within minutes in a room where nothing changes
SETTLES_PER_MIN = 0.03  # people and windows answer to the air: a slope fades faster than the exchange alone makes it
FLAT_PPM_PER_MIN = 0.5
FALLING_RISE_PPM = 100.0  # enough above outdoors for a fall to tell the air change


class UnderWay(msgspec.Struct, frozen=True):
    """A lesson that runs: its minutes so far and to come, and how many people its roster names."""

    since_min: float
    left_min: float
    expected: int | None = None


def awaited(expected: int | None, since_min: float, *, occupied: bool) -> int | None:
    """Whom the roster may speak of: a class that is seen there, or may be coming in still."""
    return expected if occupied or since_min < UNKNOWN_MIN else None


class LessonEnd(msgspec.Struct, frozen=True):
    """CO2 expected when the lesson ends, and the interval that holds it nine times in ten."""

    ppm: float
    low_ppm: float
    high_ppm: float


def forecast(
    now: Trend | None, balance: Balance | None, limit_ppm: float, lesson: UnderWay | None, *, over: bool
) -> Forecast:
    """While a lesson runs it looks as far as the bell, for then people leave; else two hours as things are."""
    if now is None or balance is None:
        return Forecast(limit_ppm, None, None, None, None, over)
    ahead = outlook(now, balance, lesson)
    told = Forecast(limit_ppm, round(now.slope, 2), None, None, None, over)
    within_min = MOST_MIN
    if lesson is not None:
        within_min = min(max(lesson.left_min, LEAST_MIN), MOST_MIN)  # in its last minute it looks a minute ahead
        told = _with_end(told, at_lesson_end(ahead, lesson, now.level - balance.rise_ppm))
    rising = ahead.slope - now.error >= FLAT_PPM_PER_MIN
    if over or not (rising or lesson):
        return told
    found = crossing(ahead, limit_ppm, within_min)
    if lesson is not None and lesson.left_min <= MOST_MIN:
        told = msgspec.structs.replace(told, before_bell=round(found.likely, 2))
    if found.minutes is None or not rising or now.level >= limit_ppm:
        return told
    return msgspec.structs.replace(
        told,
        minutes=round(found.minutes, 1),
        minutes_low=round(found.low or 0.0, 1),
        minutes_high=None if found.high is None else round(found.high, 1),
    )


def _with_end(told: Forecast, end: LessonEnd | None) -> Forecast:
    if end is None:
        return told
    return msgspec.structs.replace(
        told, lesson_end_ppm=end.ppm, lesson_end_low_ppm=end.low_ppm, lesson_end_high_ppm=end.high_ppm
    )


def at_lesson_end(ahead: Outlook, lesson: UnderWay, outdoor_ppm: float) -> LessonEnd | None:
    """None at the very end, or where the bell is too far to say. No room's air is better than that outdoors."""
    if not LEAST_MIN <= lesson.left_min <= MOST_MIN:
        return None
    least = math.ceil(round(outdoor_ppm, 3) / 10) * 10.0
    middle, below, above = ahead.span(lesson.left_min)
    if lesson.expected:
        below *= leaving(lesson.left_min)
    return LessonEnd(*(max(least, _tens(one)) for one in (middle, middle - below, middle + above)))


def outlook(now: Trend, balance: Balance, lesson: UnderWay | None) -> Outlook:
    exchange = _exchange(now, balance)
    noise = now.error**2 + RESTLESS_PPM_PER_MIN**2
    slope = now.slope**3 / (now.slope**2 + noise)
    error = now.error
    taken = exchange * max(0.0, balance.rise_ppm)
    if lesson is not None and lesson.expected:
        due = lesson.expected * balance.person_ppm_per_min
        trust = _roster_trust(lesson.since_min, slope + taken, due)
        error = math.hypot(error, ROSTER_ERROR * due * trust, abs(due - taken - slope) * trust / 2)
        slope += (due - taken - slope) * trust
    return Outlook(now.level, slope, error, exchange + SETTLES_PER_MIN, (max(0.0, slope + taken) + taken) / 2)


def _tens(ppm: float) -> float:
    """Finer would move the page every few seconds and promise what no sensor holds."""
    return float(round(ppm, -1))


def _exchange(now: Trend, balance: Balance) -> float:
    """Air changes a minute: what was learnt and what is usual, each by its error; a fall tells of more."""
    learnt = _drawn(balance.air) / 60
    if now.slope < 0 and balance.rise_ppm >= FALLING_RISE_PPM:
        learnt = max(learnt, -now.slope / balance.rise_ppm)
    return max(learnt, LEAST_EXCHANGE)


def _drawn(air: AirChange) -> float:
    """In ratios: twice as much and half as much are equally far."""
    error = min(air.error, MOST_ERROR)
    share = USUAL.usual_ach_error**2 / (USUAL.usual_ach_error**2 + error**2)
    return float(USUAL.usual_ach * (air.per_h / USUAL.usual_ach) ** share)


def _roster_trust(since_min: float, gain: float, due: float) -> float:
    """How far the roster speaks: wholly at first, not at all once the class is in or gives more than it would."""
    if since_min >= UNKNOWN_MIN and gain > due:
        return 0.0
    return min(1.0, max(0.0, (SETTLING_MIN - since_min) / (SETTLING_MIN - UNKNOWN_MIN)))

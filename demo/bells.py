"""The demo school's bells, laid around the present moment, so that a lesson is about 60 % through at any hour."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

PERIOD_MIN = 45
THROUGH = 0.6  # how much of the running period is over when the demo starts
PERIODS = 10
CURRENT = 4  # the period (counted from 1) that runs when the demo starts
DAY_MIN = 24 * 60
# Minutes of break after period n; after the fifth comes the midday break, kept short for visitors.
_BREAKS_MIN = {2: 15, 5: 30, 7: 15}
_SHORT_BREAK_MIN = 5
_ZONE = "Asia/Ho_Chi_Minh"
# A bell period cannot cross midnight. For visitors around Vietnamese midnight the simulated school
# lives two hours further east, where the same instant lies safely inside a day.
_ZONE_AT_MIDNIGHT = "Asia/Tokyo"
_MARGIN_MIN = 45


class Bell(msgspec.Struct, frozen=True):
    """One bell period; `start` and `end` are minutes of the local day."""

    number: int
    start: int
    end: int

    @property
    def name(self) -> str:
        return f"Tiết {self.number}"


class Bells(msgspec.Struct, frozen=True):
    """The bell schedule of every day of the demo school, and the local day on which the demo started."""

    timezone: str
    today: date
    periods: tuple[Bell, ...]

    def midnight_ms(self, day: date) -> int:
        start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.timezone))
        return int(start.timestamp() * 1000)

    def local(self, t_ms: int) -> datetime:
        return datetime.fromtimestamp(t_ms / 1000, ZoneInfo(self.timezone))

    @property
    def current(self) -> Bell:
        """The period that runs when the demo starts."""
        return next(bell for bell in self.periods if bell.number == CURRENT)


def lay_bells(now_ms: int) -> Bells:
    """Periods around `now_ms`: number CURRENT is THROUGH over; those that would leave the day are left out."""
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    zone = _zone(moment)
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    starts = {CURRENT: minute - round(PERIOD_MIN * THROUGH)}
    for number in range(CURRENT - 1, 0, -1):
        starts[number] = starts[number + 1] - _pause(number) - PERIOD_MIN
    for number in range(CURRENT + 1, PERIODS + 1):
        starts[number] = starts[number - 1] + PERIOD_MIN + _pause(number - 1)
    bells = (Bell(number, start, start + PERIOD_MIN) for number, start in sorted(starts.items()))
    return Bells(zone, local.date(), tuple(bell for bell in bells if bell.start >= 0 and bell.end < DAY_MIN))


def _zone(moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(_ZONE))
    same_day = {(local + timedelta(minutes=shift)).date() for shift in (-_MARGIN_MIN, 0, _MARGIN_MIN)}
    return _ZONE if len(same_day) == 1 else _ZONE_AT_MIDNIGHT


def _pause(after: int) -> int:
    return _BREAKS_MIN.get(after, _SHORT_BREAK_MIN)

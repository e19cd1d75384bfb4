"""The API's structures about forecasts of rooms and the health of devices."""

import msgspec

from hub.web.api.model import Words


class HourOut(msgspec.Struct, frozen=True):
    """`low` to `high` holds four hours in five, by the errors made so far."""

    hour: int
    value: float
    low: float
    high: float


class DayForecastOut(msgspec.Struct, frozen=True):
    """`target`: energy_kwh, people, or occupied (share of the hour). `method`: seasonal (same weekday and hour) or
    timetable, whichever erred less on the `compared_days` days held out. `hours` is empty while `known_days` of
    history are too few. `mae_so_far`: of the forecasts made for the last `checked_days` days, against what came.
    """

    day: str
    target: str
    unit: str
    method: str
    known_days: int
    needed_days: int
    compared_days: int
    mae_seasonal: float | None
    mae_timetable: float | None
    checked_days: int
    mae_so_far: float | None
    inside_so_far: float | None
    hours: tuple[HourOut, ...]


class ForecastsOut(msgspec.Struct, frozen=True):
    room: str
    days: tuple[DayForecastOut, ...]


class FindingOut(msgspec.Struct, frozen=True):
    """`fault`: stuck frozen drift apart outliers lamp_end battery_end; `ends` with its range only of the last two.

    `sure` from 0 to 1; people are told from 0.9 on.
    """

    school: str
    device: str
    quantity: str
    fault: str
    since: str | None
    sure: float
    why: Words
    todo: Words
    ends: str | None
    ends_early: str | None
    ends_late: str | None


class LampRating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: hours the lamp is rated for (100 to 200,000); null: the usual of its kind."""

    rated_h: float | None = None


class LampOut(msgspec.Struct, frozen=True):
    """Hours a lamp is rated for: `rated_h` as a person said (null: nobody did), `usual_h` of its kind (null: none)."""

    rated_h: float | None
    usual_h: float | None

"""Past hours, forecasts, findings and lamp ratings in the state database. Blocks."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from sqlalchemy import Engine, Table, delete, insert, select

from hub.db.engine import reading
from hub.db.forecast_models import ForecastDayRow
from hub.live.forecast.backtest import Compared, DayForecast, HourForecast
from hub.live.forecast.baseline import Method
from hub.live.forecast.hours import Target
from hub.live.health.finding import Fault, Finding
from wire.text import Text

TABLES = ForecastDayRow.metadata.tables
HOURS, FORECASTS = TABLES["room_hours"], TABLES["forecast_day"]
FINDINGS, RATINGS = TABLES["device_finding"], TABLES["lamp_rating"]
KEPT_DAYS = 70  # of hours: two months are learnt from
KEPT_FORECAST_DAYS = 15
SchoolHours = dict[str, dict[Target, list[float | None]]]  # by room, then by what was measured


class Told(msgspec.Struct, frozen=True):
    """One room's forecast of one day, as it was made."""

    room: str
    day: date
    target: Target
    forecast: DayForecast
    made_ms: int


class ForecastRows:
    """Each call is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def hours(self, school: str, first: date, last: date) -> dict[date, SchoolHours]:
        """Days that were measured, from first to last, both included."""
        query = select(HOURS.c.day, HOURS.c.hours).where(
            HOURS.c.school == school, HOURS.c.day.between(first.isoformat(), last.isoformat())
        )
        with reading(self._engine).connect() as connection:
            return {
                date.fromisoformat(day): {
                    room: {Target(target): values for target, values in targets.items()}
                    for room, targets in hours.items()
                }
                for day, hours in connection.execute(query)
            }

    def measured(self, school: str, first: date) -> set[date]:
        query = select(HOURS.c.day).where(HOURS.c.school == school, HOURS.c.day >= first.isoformat())
        with reading(self._engine).connect() as connection:
            return {date.fromisoformat(day) for day in connection.scalars(query)}

    def put_hours(self, school: str, day: date, hours: Mapping[str, Mapping[Target, Sequence[float | None]]]) -> None:
        here = (HOURS.c.school == school) & (HOURS.c.day == day.isoformat())
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        row = {room: {target.value: list(values) for target, values in known.items()} for room, known in hours.items()}
        with self._engine.begin() as connection:
            connection.execute(delete(HOURS).where(here | ((HOURS.c.school == school) & (HOURS.c.day < oldest))))
            connection.execute(insert(HOURS).values(school=school, day=day.isoformat(), hours=row))

    def forecast_days(self, school: str) -> set[date]:
        query = select(FORECASTS.c.day).where(FORECASTS.c.school == school).distinct()
        with reading(self._engine).connect() as connection:
            return {date.fromisoformat(day) for day in connection.scalars(query)}

    def put_forecasts(self, school: str, day: date, told: Sequence[Told]) -> None:
        """All of that day; old ones go."""
        oldest = (day - timedelta(days=KEPT_FORECAST_DAYS)).isoformat()
        gone = (FORECASTS.c.day == day.isoformat()) | (FORECASTS.c.day < oldest)
        with self._engine.begin() as connection:
            connection.execute(delete(FORECASTS).where(FORECASTS.c.school == school, gone))
            if told:
                connection.execute(insert(FORECASTS), [_forecast_row(school, one) for one in told])

    def forecasts(self, school: str, room: str, first: date, last: date) -> list[Told]:
        query = select(FORECASTS).where(
            FORECASTS.c.school == school,
            FORECASTS.c.room == room,
            FORECASTS.c.day.between(first.isoformat(), last.isoformat()),
        )
        with reading(self._engine).connect() as connection:
            rows = connection.execute(query.order_by(FORECASTS.c.day, FORECASTS.c.target)).mappings()
            return [_told(row) for row in rows]

    def put_findings(self, school: str, findings: Sequence[Finding], now_ms: int) -> None:
        """All of the school, in place of those before."""
        rows = [_finding_row(school, one, now_ms) for one in findings]
        self._replace(FINDINGS, school, rows)

    def findings(self, school: str | None = None) -> list[tuple[str, Finding]]:
        """(school, finding), the surest first."""
        query = select(FINDINGS).order_by(FINDINGS.c.sure.desc(), FINDINGS.c.device, FINDINGS.c.quantity)
        if school is not None:
            query = query.where(FINDINGS.c.school == school)
        with reading(self._engine).connect() as connection:
            return [(row["school"], _finding(row)) for row in connection.execute(query).mappings()]

    def ratings(self, school: str) -> dict[str, float]:
        """Rated hours of lamps by device, where a person said so."""
        query = select(RATINGS.c.device, RATINGS.c.rated_h).where(RATINGS.c.school == school)
        with reading(self._engine).connect() as connection:
            return {row.device: row.rated_h for row in connection.execute(query)}

    def rate(self, school: str, device: str, rated_h: float | None, who: str, now_ms: int) -> None:
        """None: the usual of its kind again."""
        with self._engine.begin() as connection:
            connection.execute(delete(RATINGS).where(RATINGS.c.school == school, RATINGS.c.device == device))
            if rated_h is not None:
                row = {"school": school, "device": device, "rated_h": rated_h, "set_by": who, "at_ms": now_ms}
                connection.execute(insert(RATINGS).values(row))

    def _replace(self, table: Table, school: str, rows: list[dict[str, Any]]) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.school == school))
            if rows:
                connection.execute(insert(table), rows)


def _forecast_row(school: str, told: Told) -> dict[str, Any]:
    said = told.forecast
    return {
        "school": school,
        "day": told.day.isoformat(),
        "room": told.room,
        "target": told.target.value,
        "method": said.method.value,
        "known_days": said.known_days,
        "compared_days": said.compared.days,
        "mae_seasonal": said.compared.seasonal,
        "mae_timetable": said.compared.timetable,
        "hours": msgspec.to_builtins(said.hours),
        "made_ms": told.made_ms,
    }


def _told(row: Any) -> Told:
    compared = Compared(row["compared_days"], row["mae_seasonal"], row["mae_timetable"])
    hours = tuple(None if hour is None else HourForecast(*hour) for hour in row["hours"])
    said = DayForecast(Method(row["method"]), row["known_days"], compared, hours)
    return Told(row["room"], date.fromisoformat(row["day"]), Target(row["target"]), said, row["made_ms"])


def _finding_row(school: str, one: Finding, now_ms: int) -> dict[str, Any]:
    return {
        "school": school,
        "device": one.device,
        "quantity": one.quantity,
        "fault": one.fault.value,
        "since_ms": one.since_ms,
        "sure": one.sure,
        "why_vi": one.why.vi,
        "why_en": one.why.en,
        "todo_vi": one.todo.vi,
        "todo_en": one.todo.en,
        "ends_ms": one.ends_ms,
        "ends_low_ms": one.ends_low_ms,
        "ends_high_ms": one.ends_high_ms,
        "found_ms": now_ms,
    }


def _finding(row: Any) -> Finding:
    return Finding(
        row["device"],
        row["quantity"],
        Fault(row["fault"]),
        row["since_ms"],
        row["sure"],
        Text(row["why_vi"], row["why_en"]),
        Text(row["todo_vi"], row["todo_en"]),
        row["ends_ms"],
        row["ends_low_ms"],
        row["ends_high_ms"],
    )

"""What comes late makes a school due again: once, when it is over, and only where it is worth it."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from hub.forecasts.late_hours import EVERY_MS, HOUR_MS, MOST_HOURS, QUIET_MS, LateHours
from hub.forecasts.rows import ForecastRows
from hub.live.forecast.hours import Target
from hub.live.health.finding import Fault
from hub.stores.duckdb import DuckDbSeries
from tests.hub.forecasts.school import SCHOOL, TODAY, ZONE, fill, nightly_of, now_ms, registry_of

LATER_MS = 10 * EVERY_MS


def hours(count: int) -> list[int]:
    return [n * HOUR_MS + 5 for n in range(count)]


def test_a_backlog_is_due_when_it_is_over() -> None:
    late = LateHours()
    late.note("s", hours(20), LATER_MS)
    late.note("s", hours(40), LATER_MS + 1_000)
    assert not late.due("s", 0, LATER_MS + 1_000 + QUIET_MS - 1)
    assert late.due("s", 0, LATER_MS + 1_000 + QUIET_MS)
    assert not late.due("other", 0, LATER_MS + 1_000 + QUIET_MS)
    assert late.take("s") == set(range(40))
    assert not late.due("s", 0, LATER_MS + 1_000 + QUIET_MS)


def test_a_gateway_that_is_always_late_is_no_reason() -> None:
    late = LateHours()
    late.note("s", hours(2) * 50, LATER_MS)
    assert not late.due("s", 0, LATER_MS + QUIET_MS)


def test_not_more_often_than_every_two_minutes() -> None:
    late = LateHours()
    late.note("s", hours(9), LATER_MS)
    assert not late.due("s", LATER_MS, LATER_MS + EVERY_MS - 1)
    assert late.due("s", LATER_MS, LATER_MS + EVERY_MS)


def test_it_is_bounded() -> None:
    late = LateHours()
    for at in range(100):
        late.note("s", [hour + at * 1_000 * HOUR_MS for hour in hours(100)], LATER_MS)
    assert len(late.take("s")) <= MOST_HOURS + 100


async def test_what_a_gateway_kept_is_measured_and_examined_when_it_has_come(
    state_engine: Engine, tmp_path: Path
) -> None:
    """A stuck sensor behind a gateway that was away for the week: nothing was known of it, then all of it."""
    nightly, series = nightly_of(state_engine, tmp_path, days=0)
    clock = [now_ms()]
    nightly._now_ms = lambda: clock[0]
    rows = ForecastRows(state_engine)
    try:
        await nightly.follow()
        assert rows.findings(SCHOOL) == []
        assert isinstance(series.store, DuckDbSeries)
        fill(series.store, registry_of(state_engine), 6, stuck="a3-air")
        first = datetime.combine(TODAY - timedelta(days=6), datetime.min.time(), ZONE)
        nightly.late(SCHOOL, [round((first + timedelta(hours=n)).timestamp() * 1000) for n in range(6 * 24)])
        await nightly.follow()
        assert rows.findings(SCHOOL) == [], "it may still be coming"
        clock[0] += EVERY_MS
        await nightly.follow()
        await nightly.follow()
    finally:
        await series.close()
    assert [(one.device, one.fault) for _, one in rows.findings(SCHOOL)] == [("a3-air", Fault.STUCK)]
    assert nightly.took_s.count == 2
    day = TODAY - timedelta(days=5)
    energy = rows.hours(SCHOOL, day, day)[day]["a1"][Target.ENERGY]
    assert all(kwh is not None for kwh in energy[1:])

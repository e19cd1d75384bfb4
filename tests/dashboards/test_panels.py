"""Every query of every panel, asked of a real influxd and a real PostgreSQL that hold a simulated school day."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import Connection, Engine, text

from dashboards.book import dashboards
from demo.cast import SCHOOL
from tests.dashboards.asking import Asked, asked, escaped, ranges, variables
from tests.dashboards.conftest import Flux
from tests.dashboards.day import BOARD, METER, OTHER_SCHOOL, Day
from tests.dashboards.grafana_variables import Range, replace_variables, sql_macros
from tests.dashboards.shapes import SHAPES, Bounds
from wire.text import Language

# The day is built once a run: tests/schedule.py keeps these on one worker.
pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]
Row = dict[str, object]


@pytest.fixture
def connection(reader: Engine) -> Iterator[Connection]:
    with reader.connect() as connection:
        yield connection


def everything(language: Language, day: Day, connection: Connection, shown: str) -> Iterator[tuple[Asked, str]]:
    """Each query with its place among those of its panel's title: two panels may share one."""
    for key, dashboard in dashboards(language).items():
        chosen = variables(dashboard, connection, ranges(day)[shown])
        seen: Counter[str] = Counter()
        for one in asked(key, dashboard, chosen, ranges(day)[shown]):
            place = chr(ord("A") + seen[one.panel])
            seen[one.panel] += 1
            yield one, place


def answered(one: Asked, flux: Flux, connection: Connection) -> list[Row]:
    if one.is_flux:
        return [dict(row) for row in flux.query(one.query)]
    return [dict(row._mapping) for row in connection.execute(text(escaped(one.query)))]


def test_every_panel_shows_the_day(day: Day, flux: Flux, connection: Connection) -> None:
    left = set(SHAPES)
    for one, place in everything("en", day, connection, "6h"):
        name = (one.dashboard, one.panel, place)
        shape = SHAPES[name]
        left.discard(name)
        rows = answered(one, flux, connection)
        assert len(rows) >= shape.rows, f"{name}: {len(rows)} rows\n{one.query}"
        for column, bounds in shape.columns.items():
            _check(name, column, [row.get(column) for row in rows], bounds)
    assert not left, "shapes of panels that are gone"


def _check(name: tuple[str, str, str], column: str, values: list[object], bounds: Bounds | None) -> None:
    found = [value for value in values if value not in {None, ""}]
    assert found, f"{name}: nothing in {column}"
    if bounds is None:
        return
    numbers = [float(str(value)) for value in found]
    assert bounds[0] <= min(numbers), f"{name} {column}: {min(numbers)}"
    assert max(numbers) <= bounds[1], f"{name} {column}: {max(numbers)}"


@pytest.mark.parametrize("shown", ["7d", "90d"])
def test_long_ranges_read_the_coarse_levels_and_end_with_the_present(
    day: Day, flux: Flux, connection: Connection, shown: str
) -> None:
    """The levels end where the hub has summed up; raw values bring the line up to now."""
    [one] = [one for one, _ in everything("en", day, connection, shown) if one.panel == "CO₂ of the rooms"]
    rows = [row for row in flux.query(one.query) if row["A101"]]
    times = [datetime.fromisoformat(row["_time"]).timestamp() * 1000 for row in rows]
    interval = ranges(day)[shown].interval_ms
    assert day.now_ms - times[-1] <= 2 * max(interval, 60_000)
    assert len(times) == len(set(times))
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert max(steps) <= 2 * max(interval, 240_000), "no hole between the level and the raw values"
    assert times[0] < day.now_ms - 24 * 3_600_000
    assert all(380 < float(row["A101"]) < 3_000 for row in rows)


def test_every_query_in_vietnamese_over_a_week(day: Day, flux: Flux, connection: Connection) -> None:
    for one, _ in everything("vi", day, connection, "7d"):
        rows = answered(one, flux, connection)
        assert rows or "Tiếng ồn" in one.panel, f"{one.dashboard} {one.panel}\n{one.query}"


def test_a_register_that_was_reset_counts_on_from_nought(day: Day, flux: Flux, connection: Connection) -> None:
    [one] = [one for one, _ in everything("en", day, connection, "24h") if one.panel == "Energy by room"]
    by_room = {row["name"]: float(row["_value"]) for row in flux.query(one.query)}
    assert 24 * 0.6 * 0.98 < by_room["B102 Tin học"] < 24 * (0.6 + 1.6)
    assert by_room["A101"] < 24 * 0.25


def test_the_limit_is_the_room_s_own(day: Day, flux: Flux, connection: Connection) -> None:
    [one] = [one for one, _ in everything("en", day, connection, "24h") if one.panel == "Air during lessons"]
    limits = {row["Room"]: float(row["Limit (ppm)"]) for row in flux.query(one.query)}
    assert limits.pop("A102") == 900
    assert set(limits.values()) == {1500}


def test_a_room_that_fell_silent_looks_so(day: Day, flux: Flux, connection: Connection) -> None:
    """An hour after the last reading nothing is shown as the present, and the ages say why."""
    later = Range(day.now_ms - 5 * 3_600_000, day.now_ms + 3_600_000, 21_600)
    dashboard = dashboards("en")["school-now"]
    found = {}
    for one in asked("school-now", dashboard, variables(dashboard, connection, later), later):
        if one.is_flux:
            found[one.panel, one.ref] = flux.query(one.query)
    rows = found["Rooms now", "C"]
    assert len(rows) == 12
    assert all(60 <= float(row["Age of data (min)"]) <= 65 for row in rows)
    assert not any(row.get("CO₂ (ppm)") for row in rows)
    assert found["Silent rooms", "A"][0]["_value"] == "12"
    assert found["Gateways offline", "A"][0]["_value"] == "3"


def test_another_school_shows_nothing_of_this_one(day: Day, flux: Flux, connection: Connection) -> None:
    shown = ranges(day)["6h"]
    for key in ("school-now", "air", "energy", "gateways"):
        dashboard = dashboards("en")[key]
        others = variables(dashboard, connection, shown, OTHER_SCHOOL)
        chosen = variables(dashboard, connection, shown) | {"school": OTHER_SCHOOL}
        chosen |= {name: others[name] for name in ("expected_rooms",) if name in others}
        for one in asked(key, dashboard, chosen, shown):
            rows = answered(one, flux, connection)
            values = [value for row in rows for value in row.values() if value not in {None, "", "0", "—"}]
            assert one.panel in {"Open alerts", "CO₂ of room $room"} or not values, f"{one.panel}: {values[:5]}"


def test_a_school_without_buildings_rooms_and_gateways_is_no_error(
    day: Day, flux: Flux, connection: Connection
) -> None:
    shown = ranges(day)["6h"]
    for key, dashboard in dashboards("vi").items():
        chosen = variables(dashboard, connection, shown, OTHER_SCHOOL)
        assert chosen.get("school") in {OTHER_SCHOOL, None}
        assert chosen.get("room") in ([], "", None)
        for one in asked(key, dashboard, chosen, shown):
            assert isinstance(answered(one, flux, connection), list)


def test_marks_of_lessons_and_alerts(day: Day, connection: Connection) -> None:
    shown = ranges(day)["6h"]
    for key, dashboard in dashboards("vi").items():
        chosen = variables(dashboard, connection, shown)
        for mark in dashboard["annotations"]["list"]:
            query = sql_macros(replace_variables(mark["target"]["rawSql"], chosen), shown)
            rows = list(connection.execute(text(escaped(query))))
            assert rows, f"{key}: {mark['name']}"
            for row in rows:
                assert row.time <= row.timeend
                assert row.text
            if mark["name"] == "Tiết học":
                assert all(" · " in row.text for row in rows)


def test_names_typed_by_people_cannot_break_a_query(flux: Flux, connection: Connection, day: Day) -> None:
    chosen = variables(dashboards("vi")["room"], connection, ranges(day)["6h"])
    assert f'{{key: "{METER}", value: "Công tơ \\"{METER}\\" \\${{x}}"}}' in chosen["device_names"]
    [found] = flux.query(
        f'import "array"\nimport "dict"\nnames = dict.fromList(pairs: [{chosen["device_names"]}])\n'
        f'array.from(rows: [{{_value: dict.get(dict: names, key: "{METER}", default: "")}}])'
    )
    assert found["_value"] == f'Công tơ "{METER}" ${{x}}'


def test_series_hold_no_school_but_their_own_tags(day: Day) -> None:
    assert {point.school for point in day.points} == {SCHOOL}
    assert {BOARD, METER} <= {point.device for point in day.points}

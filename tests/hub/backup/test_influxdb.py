"""Backups and migrations where the series lie in InfluxDB and the state in PostgreSQL: both ways, counted."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from classhub.__main__ import main
from hub.backup.contents import DAY_MS
from hub.backup.jobs import migrated
from hub.backup.migrate import Outcome
from hub.config import HubConfig
from hub.control import JobStopped
from hub.db.engine import open_database
from hub.db.series_models import SeriesRawGoneRow
from hub.registry.model import Assignment
from hub.stores.series import Level, Mark, Point, SeriesStore, Summary
from tests.hub.backup import town
from tests.hub.backup.test_restore import backed_up, restored
from tests.hub.databases import Databases, state_section
from tests.sim.influxd import ORG, Influxd
from wire.text import Text

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx")) as server:
        yield server


def influx_section(influx: Influxd, folder: Path, kind: str = "influxdb", raw_days: int = 90) -> str:
    """`[store]` and `[influxdb]` of buckets that are made here, with the token a hub gets."""
    folder.mkdir(parents=True, exist_ok=True)
    admin = folder / "admin.token"
    admin.touch(0o600)
    admin.write_text(influx.token)
    bucket = f"b{time.time_ns()}"
    section = (
        f'[store]\nkind = "{kind}"\nmin_free_mb = 0\n[influxdb]\nurl = "{influx.url}"\norg = "{ORG}"\n'
        f'bucket = "{bucket}"\nraw_days = {raw_days}\ntoken_file = "influx.token"\n'
    )
    (folder / "hub.toml").write_text(section)
    assert main(["store", "setup", "--config", str(folder / "hub.toml"), "--admin-token-file", str(admin)]) == 0
    return section


def differing(found: dict[str, object], wanted: dict[str, object]) -> dict[str, Any]:
    """Which figures differ, the first place of each: a whole history is no message."""
    return {
        key: next(
            (pair for pair in zip(list(found[key]), list(wanted[key]), strict=False) if pair[0] != pair[1]),  # type: ignore[call-overload]
            (found[key], wanted[key]) if not isinstance(wanted[key], list) else "lengths",
        )
        for key in wanted
        if found[key] != wanted[key]
    }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, influx: Influxd) -> HubConfig:
    folder = tmp_path_factory.mktemp("source")
    settings = town.config(folder, store=influx_section(influx, folder, "duckdb"))
    town.build(settings)
    return settings


def moved(settings: HubConfig, source: str, target: str, dry_run: str = "") -> Outcome:
    engine = open_database(settings.state_url)
    try:
        wanted = {"from": source, "to": target} | ({"dry_run": "yes"} if dry_run else {})
        return migrated(settings, engine, None, wanted, town.silent)
    finally:
        engine.dispose()


def test_from_the_embedded_stack_into_the_production_stack_and_back(
    source: HubConfig, influx: Influxd, tmp_path: Path, postgresql_databases: Databases
) -> None:
    folder = tmp_path / "production"
    url = postgresql_databases.empty(tmp_path)
    production = town.config(folder, state_section(url, tmp_path), influx_section(influx, folder))
    outcome = restored(production, backed_up(source, tmp_path / "embedded.classhub"))
    assert outcome.differences == []
    assert outcome.notes == []
    wanted = town.figures(source)
    assert differing(town.figures(production), wanted) == {}
    again = town.config(tmp_path / "again", state_section(postgresql_databases.empty(tmp_path), tmp_path))
    assert restored(again, backed_up(production, tmp_path / "production.classhub")).differences == []
    assert differing(town.figures(again), wanted) == {}


def test_windows_survive_a_backup_of_the_production_stack(influx: Influxd, tmp_path: Path) -> None:
    """What is left of values that are long gone: windows, restored as windows, and counted."""
    first = town.config(tmp_path / "a", store=influx_section(influx, tmp_path / "a", raw_days=30))
    old_ms = town.FIRST_MS - 60 * DAY_MS
    town.build(first)
    with town.opened(first) as (_, store):
        points = [Point("thu", "a-co2", old_ms + n * 60_000, {"co2_ppm": 500.0 + n}, "bb", n) for n in range(50)]
        store.commit(points, [])
        for _ in range(8):
            if not store.tend(town.NOW_MS):
                break
        wanted = windows(store)
    assert len(wanted) > 50
    second = town.config(tmp_path / "b", store=influx_section(influx, tmp_path / "b", raw_days=30))
    outcome = restored(second, backed_up(first, tmp_path / "a.classhub"))
    assert outcome.differences == []
    with town.opened(second) as (_, store):
        assert windows(store) == wanted
    embedded = town.config(tmp_path / "c")
    outcome = restored(embedded, tmp_path / "a.classhub")
    assert outcome.differences == []
    assert any("the embedded store keeps none" in note.en for note in outcome.notes)


@pytest.mark.parametrize("told", [True, False])
def test_windows_restored_without_raw_values_stay_when_a_room_changes(
    influx: Influxd, tmp_path: Path, told: bool
) -> None:
    """`told`: whether the archive says itself what is gone; one of an older release does not."""
    first = town.config(tmp_path / "a", store=influx_section(influx, tmp_path / "a", raw_days=0))
    town.build(first)
    with town.opened(first) as (engine, store):
        while store.tend(town.NOW_MS):
            pass
        assert store.forget_before("thu", town.FIRST_MS + DAY_MS) > 0
        if not told:
            with engine.begin() as connection:
                connection.execute(delete(SeriesRawGoneRow))
        wanted = {(level, window.t_ns, window.quantity) for level, window in windows(store)}
    second = town.config(tmp_path / "b", store=influx_section(influx, tmp_path / "b", raw_days=0))
    assert restored(second, backed_up(first, tmp_path / "a.classhub")).differences == []
    with town.opened(second) as (_, store):
        store.replace_assignments("thu", "a-co2", [Assignment("thu", "a-co2", "r102", 0)])
        while store.tend(town.NOW_MS):
            pass
        found = windows(store)
        assert wanted == {(level, window.t_ns, window.quantity) for level, window in found}
        assert {window.room for _, window in found if window.device == "a-co2"} == {"r102"}


def windows(store: SeriesStore) -> list[tuple[Level, Summary]]:
    return [
        (level, window)
        for level in Level
        for window in sorted(
            (each for piece in store.export_summaries("thu", level, 0, 10**15) for each in piece),
            key=lambda each: (each.t_ns, each.device, each.quantity, each.room or ""),
        )
    ]


def test_migration_is_resumed_counted_and_caught_up(source: HubConfig, influx: Influxd, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    section = influx_section(influx, folder, "duckdb")
    settings = town.config(folder, store=section)
    assert restored(settings, backed_up(source, tmp_path / "a.classhub")).differences == []
    seen = moved(settings, "duckdb", "influxdb", dry_run="yes")
    assert [day.target for day in seen.days] == [0] * len(seen.days)
    assert not any(day.copied for day in seen.days)
    engine = open_database(settings.state_url)
    told: list[Text] = []

    def stop(said: Text) -> None:
        told.append(said)
        if len(told) > 6:
            raise JobStopped

    with pytest.raises(JobStopped):
        migrated(settings, engine, None, {"from": "duckdb", "to": "influxdb"}, stop)
    engine.dispose()
    first = moved(settings, "duckdb", "influxdb")
    assert first.differences == []
    assert 0 < sum(day.copied for day in first.days) < len(first.days)
    with town.opened(settings) as (_, store):
        store.commit([Point("thu", "a-co2", town.NOW_MS - 1000, {"co2_ppm": 999.0}, "bb", 10**9)], [])
    rest = moved(settings, "duckdb", "influxdb")
    assert [(day.school, day.copied) for day in rest.days if day.copied] == [("thu", True)]
    assert rest.differences == []
    wanted = town.figures(settings)
    switched = town.config(folder, store=section.replace('kind = "duckdb"', 'kind = "influxdb"'))
    assert differing(town.figures(switched), wanted) == {}
    settings.series_path.unlink()
    back = moved(switched, "influxdb", "duckdb")
    assert back.differences == []
    assert differing(town.figures(town.config(folder)), wanted) == {}


@pytest.fixture
def within_a_day() -> None:
    """What is too old for the raw bucket is so by the day: one that is about to end is waited out."""
    left_s = 86_400 - time.time() % 86_400
    if left_s < 60:
        time.sleep(left_s + 0.1)


@pytest.mark.usefixtures("within_a_day")
def test_values_older_than_the_raw_bucket_go_to_the_coarser_levels(
    source: HubConfig, influx: Influxd, tmp_path: Path
) -> None:
    folder = tmp_path / "hub"
    settings = town.config(folder, store=influx_section(influx, folder, "duckdb", raw_days=2))
    restored(settings, backed_up(source, tmp_path / "a.classhub"))
    outcome = moved(settings, "duckdb", "influxdb")
    assert outcome.differences == []
    assert {day.target is None for day in outcome.days} == {True, False}
    again = moved(settings, "duckdb", "influxdb")
    assert not any(day.copied for day in again.days)


def test_a_value_overwritten_after_it_went_over_goes_again(source: HubConfig, influx: Influxd, tmp_path: Path) -> None:
    """The number of values does not tell; the account of the stream does."""
    folder = tmp_path / "hub"
    section = influx_section(influx, folder, "duckdb")
    settings = town.config(folder, store=section)
    restored(settings, backed_up(source, tmp_path / "a.classhub"))
    moved(settings, "duckdb", "influxdb")
    with town.opened(settings) as (_, store):
        newer = Point("thu", "a-co2", town.FIRST_MS, {"co2_ppm": 777.0}, "bb", 2**39)
        mark = Mark("thu", "g1", "tele", "bb", 6, b'{"counts":{"overwritten":1}}')
        assert store.commit([newer], [mark]).overwritten == 1
    outcome = moved(settings, "duckdb", "influxdb")
    assert {day.school for day in outcome.days if day.copied} == {"thu"}
    wanted = town.figures(settings)
    switched = town.config(folder, store=section.replace('kind = "duckdb"', 'kind = "influxdb"'))
    assert differing(town.figures(switched), wanted) == {}

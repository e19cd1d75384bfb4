"""The store for the event loop: reads beside writes, bounded waiting, and the registry mirrored into it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.db.engine import open_database
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.stores import reader as reader_module
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import RegistryMirror
from hub.stores.reader import SeriesReader
from hub.stores.series import CommitResult, Mark, Point, RoomMinute, StoreDown


class SlowReads(DuckDbSeries):
    """The real store with one query that lasts: every pair of a million numbers."""

    def raw(self, *_arguments: object, **_named: object) -> list[tuple[int, str, str, str | None, float | str]]:
        with self._file.reading() as connection:
            connection.execute("SELECT sum(a.i * b.i) FROM range(10_000_000) a(i), range(1_000_000) b(i)").fetchall()
        return []


@pytest.fixture
async def series(tmp_path: Path) -> AsyncIterator[SeriesReader]:
    made = SeriesReader(SlowReads(tmp_path / "series.duckdb"), read_timeout_s=0.5)
    yield made
    await made.close()


def _point(t_ms: int) -> Point:
    return Point("s1", "d1", t_ms, {"energy_kwh": float(t_ms)}, "aa", t_ms)


async def test_everything_passes_through(series: SeriesReader) -> None:
    mark = Mark("s1", "g1", "tele", "aa", 0, b"{}")
    assert await series.commit([_point(1), _point(2)], [mark]) == CommitResult(2, 0, 0)
    assert await series.marks() == [mark]
    minute = RoomMinute("s1", "r1", 0, "idle", None, None)
    await series.put_minutes([minute])
    assert await series.minutes("s1", "r1", 0, 1) == [minute]
    assert await series.history("s1", "r1", "energy_kwh", 0, 10, 10) == {}
    assert await series.consumption("s1", "r1", "energy_kwh", 0, 10, 10) == {}
    assert await series.forget_before("s1", 2) == 1
    assert series.size_bytes() > 0


async def test_a_slow_page_does_not_delay_a_commit_and_is_given_up(series: SeriesReader, tmp_path: Path) -> None:
    patient = SeriesReader(SlowReads(tmp_path / "patient.duckdb"), read_timeout_s=3_600)
    page = asyncio.create_task(patient.raw("s1", None, None, 0, 1, 1))
    await asyncio.sleep(0)
    for t_ms in range(2, 7):
        assert (await patient.commit([_point(t_ms)], [])).stored == 1
    assert not page.done(), "the commits waited for the page"
    page.cancel()
    await patient.close()
    with pytest.raises(StoreDown, match="choose a shorter time"):
        await series.raw("s1", None, None, 0, 1, 1)
    assert len(await series.marks()) == 0  # the reading thread is free again


async def test_too_many_waiting_queries_are_refused(series: SeriesReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "READS_WAITING", 2)
    pages = [asyncio.create_task(series.raw("s1", None, None, 0, 1, 1)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreDown, match="too many"):
        await series.marks()
    assert all(isinstance(each, StoreDown) for each in await asyncio.gather(*pages, return_exceptions=True))
    assert await series.marks() == []


async def test_a_closed_store_is_down_and_nothing_else(tmp_path: Path) -> None:
    series = SeriesReader(DuckDbSeries(tmp_path / "other.duckdb"))
    await series.commit([_point(1)], [])
    await series.close()
    with pytest.raises(StoreDown, match="closed"):
        await series.commit([_point(2)], [])
    with pytest.raises(StoreDown, match="closed"):
        await series.marks()


async def test_the_registry_is_mirrored(series: SeriesReader, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    registry = Registry(engine)
    registry.add_school(School("s1", "x"))
    registry.add_building(Building("s1", "a", "A"))
    registry.add_room(Room("s1", "r1", "R", "a"))
    registry.note_devices([("s1", "d1", "g1", 0, ""), ("s1", "d2", "g1", 0, "")])
    await series.commit([_point(1), _point(5)], [])
    mirror = RegistryMirror(registry, series)
    assert await mirror.tell() == 0
    registry.assign("s1", "d1", "r1", 0)
    registry.calibrate("s1", "d1", "energy_kwh", 2.0, 1.0, 3)
    assert await mirror.tell() == 1
    assert await mirror.tell() == 0
    history = await series.history("s1", "r1", "energy_kwh", 0, 10, 5)
    assert [bucket.mean for bucket in history["d1"]] == [1.0, 11.0]
    registry.assign("s1", "d1", None, 0)
    assert await mirror.tell() == 1
    assert await series.history("s1", "r1", "energy_kwh", 0, 10, 5) == {}
    assert await RegistryMirror(registry, series).tell() == 0  # told again at a start: nothing is written
    engine.dispose()

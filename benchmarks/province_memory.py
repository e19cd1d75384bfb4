"""What a whole province weighs in one hub: `python -m benchmarks province_memory`.

The state database of `benchmarks school` (730 schools, 14,600 rooms, 400,040 pupils) with two devices a room; a fresh
process imports all of the hub, opens registry, plans, live state and store, makes every school ready and then lives an
hour: a value of each of five quantities three times a minute, judged and stored every tenth minute (every room, every
minute would be the same memory and ten times the processor).
"""

import asyncio
import gc
import importlib
import multiprocessing
import tempfile
from pathlib import Path

from sqlalchemy import text

from benchmarks.school import NOW_MS, PUPILS, ROOMS, SCHOOLS, fill, resident_mb
from benchmarks.table import print_table
from hub.db.engine import open_database
from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.registry.registry import Registry
from hub.school.repository import Schools
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader

MINUTE_MS, STEP_MS, MINUTES, JUDGED_EVERY = 60_000, 20_000, 60, 10
AT_ONCE = 1_000  # readings, as batches bring them
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("air", ("co2_ppm", "temperature_c", "humidity_pct")),
    ("more", ("occupancy", "power_w")),
)


def main(_seconds: float = 0.0, *, schools: int = SCHOOLS, minutes: int = MINUTES) -> None:
    with tempfile.TemporaryDirectory(prefix="classhub-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'state.db'}"
        fill(url, schools)
        equip(url, schools)
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            rows = fresh.apply(measure, (url, folder, schools, minutes))
    title = f"One hub with {schools} schools, {ROOMS * schools:,} rooms, {PUPILS * schools:,} pupils"
    print_table(f"{title} (`benchmarks province_memory`)", ["resident after", "MB", "goal"], rows)


def equip(url: str, schools: int) -> None:
    """Two devices in every room, by SQL."""
    engine = open_database(url)
    names = [(f"d{room}-{kind}", f"r{room}") for room in range(ROOMS) for kind, _ in KINDS]
    devices = text(
        "INSERT INTO device (school, id, gateway, name, model, first_seen_ms) VALUES (:school, :id, 'gw', :id, '', 1)"
    )
    stays = text("INSERT INTO assignment (school, device, room, from_ms) VALUES (:school, :id, :room, 0)")
    with engine.begin() as connection:
        for number in range(schools):
            rows = [{"school": f"s{number}", "id": name, "room": room} for name, room in names]
            connection.execute(devices, rows)
            connection.execute(stays, rows)
    engine.dispose()


def measure(url: str, folder: str, schools: int, minutes: int) -> list[list[str]]:
    return asyncio.run(_measured(url, Path(folder), schools, minutes))


async def _measured(url: str, folder: Path, schools: int, minutes: int) -> list[list[str]]:
    importlib.import_module("hub.service")
    found = [_line("importing the hub")]
    engine = open_database(url)
    registry, shelf = Registry(engine), Schools(engine)
    found.append(_line("the registry"))
    for number in range(schools):
        shelf.make_ready(f"s{number}", NOW_MS)
    found.append(_line("the ready days of every school: the hub has started", "450"))
    live = LiveEngine(registry, shelf.known)
    series = SeriesReader(DuckDbSeries(folder / "series.duckdb"))
    names = [(f"s{school}", f"d{room}-{kind}", keys) for school in range(schools) for room in range(ROOMS)
             for kind, keys in KINDS]  # fmt: skip
    for minute in range(minutes):
        start_ms = NOW_MS + minute * MINUTE_MS
        for now_ms in range(start_ms, start_ms + MINUTE_MS, STEP_MS):
            for first in range(0, len(names), AT_ONCE):
                live.apply(_readings(names[first : first + AT_ONCE], now_ms), now_ms)
        if minute % JUDGED_EVERY == JUDGED_EVERY - 1:
            await _judge(live, series, registry, start_ms + MINUTE_MS)
            found.append(_line(f"{minute + 1} minutes", "450"))
    await series.close()
    return found


async def _judge(live: LiveEngine, series: SeriesReader, registry: Registry, end_ms: int) -> None:
    for school in registry.schools():
        live.wall(school.id, end_ms - 1)
    minutes = live.finished_minutes(end_ms)
    if len(minutes) != ROOMS * len(registry.schools()):
        raise RuntimeError(f"only {len(minutes)} rooms live")
    await series.put_minutes(minutes)
    b"".join(live.snapshot_pieces())


def _readings(names: list[tuple[str, str, tuple[str, ...]]], now_ms: int) -> list[Reading]:
    """Levels differ from room to room and move with time, as no two readings are one object in a hub."""
    found = []
    for number, (school, device, keys) in enumerate(names):
        base = 420.0 + (number * 7 + now_ms // STEP_MS * 3) % 900
        values: dict[str, float | str] = {
            key: float(number // 2 % 2) if key == "occupancy" else base + place for place, key in enumerate(keys)
        }
        found.append(Reading(school, "gw", device, now_ms, now_ms, values))
    return found


def _line(what: str, goal: str = "") -> list[str]:
    gc.collect()
    return [what, f"{resident_mb():.0f}", goal]


if __name__ == "__main__":
    main()

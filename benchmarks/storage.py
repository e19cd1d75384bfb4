"""What a reading takes on disk, and how long a month of one room takes to read: InfluxDB and DuckDB, the same points.

Two devices of one room, five quantities every five seconds for 30 days: 5.2 million values a store.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import sin
from pathlib import Path

from benchmarks.ingest.hub import with_influx
from benchmarks.table import print_table
from hub.config import load_config
from hub.db.engine import open_database
from hub.registry.model import Assignment
from hub.stores.duckdb import DuckDbSeries
from hub.stores.influx.setup import token_of
from hub.stores.influxdb import InfluxSeries
from hub.stores.series import Point, SeriesStore
from tests.sim.influxd import Influxd

DAYS, STEP_MS, DAY_MS = 30, 5_000, 86_400_000
BLOCK = 512  # bytes of `st_blocks`: files of series are sparse, their length says nothing
DEVICES = ("a101-air", "a101-power")
TOGETHER = 8_640  # points a commit: half a day of one device
COLD = ("--storage-cache-snapshot-write-cold-duration", "1s", "--storage-compact-full-write-cold-duration", "2s")


def points(from_ms: int, days: int) -> Iterator[list[Point]]:
    """Values as sensors give them: few decimals, slow, with some noise."""
    row = 0
    for start in range(from_ms, from_ms + days * DAY_MS, TOGETHER * STEP_MS):
        for device in DEVICES:
            piece = []
            for t_ms in range(start, start + TOGETHER * STEP_MS, STEP_MS):
                row += 1
                piece.append(Point("s1", device, t_ms, _values(t_ms), "00000000000000ab", row))
            yield piece


def _values(t_ms: int) -> dict[str, float | str]:
    day, noise = sin(t_ms / DAY_MS * 6.283), (t_ms // STEP_MS * 2_654_435_761 % 1_000) / 1_000
    return {
        "co2_ppm": float(round(800 + 350 * day + 12 * noise)),
        "temperature_c": round(26 + 3 * day + 0.2 * noise, 1),
        "humidity_pct": round(65 - 8 * day + noise, 1),
        "illuminance_lx": float(round(max(0.0, 450 * day + 9 * noise))),
        "power_w": round(300 + 200 * day + 5 * noise, 1),
    }


@contextmanager
def influx_store(folder: Path, influx: Influxd) -> Iterator[InfluxSeries]:
    """The production store as a hub opens it, everything kept for ever."""
    path = folder / "storage" / "hub.toml"
    path.parent.mkdir()
    path.write_text('[hub]\ndata_dir = "data"\n')
    with_influx(path, influx)
    path.write_text(path.read_text().replace("[influxdb]\n", "[influxdb]\nraw_days = 0\n"))
    config = load_config(path)
    state = open_database(config.state_url)
    store = InfluxSeries(config.influxdb, token_of(config.influxdb), state, lambda: time.time_ns() // 1_000_000)
    yield store
    store.close()


def filled(store: SeriesStore, now_ms: int, days: int) -> tuple[int, float]:
    """Fill a store; (values, seconds it took)."""
    from_ms = now_ms // DAY_MS * DAY_MS - days * DAY_MS
    for device in DEVICES:
        store.replace_assignments("s1", device, [Assignment("s1", device, "a101", 0)])
    began, values = time.monotonic(), 0
    for piece in points(from_ms, days):
        store.commit(piece, [])
        values += 5 * len(piece)
    return values, time.monotonic() - began


def reading_s(store: SeriesStore, now_ms: int) -> float:
    """A month of one room as its page asks for it: five charts in steps of two hours; the best of three."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        for quantity in _values(0):
            found = store.history("s1", "a101", quantity, now_ms - DAYS * DAY_MS, now_ms, 2 * 3_600_000)
            if len(found) != len(DEVICES):
                raise RuntimeError(f"{quantity}: {len(found)} devices of {len(DEVICES)}")
        times.append(time.monotonic() - began)
    return min(times)


def main(_seconds: float = 0, days: int = DAYS) -> None:
    now_ms = time.time_ns() // 1_000_000
    rows = []
    with tempfile.TemporaryDirectory() as folder, Influxd(Path(folder), extra=COLD) as influx:
        with influx_store(Path(folder), influx) as store:
            values, took_s = filled(store, now_ms, days)
            raw_bytes = settled_bytes(influx)
            rows.append(_row("InfluxDB 2.7, raw values", values, took_s, raw_bytes, reading_s(store, now_ms)))
            began = time.monotonic()
            while store.tend(now_ms):
                pass
            name = f"the same with levels (summed up in {time.monotonic() - began:.0f} s)"
            rows.append(_row(name, values, took_s, settled_bytes(influx), reading_s(store, now_ms)))
        embedded = DuckDbSeries(Path(folder) / "series.duckdb")
        values, took_s = filled(embedded, now_ms, days)
        month_s = reading_s(embedded, now_ms)
        embedded.close()
        rows.append(_row("DuckDB", values, took_s, _bytes(Path(folder) / "series.duckdb"), month_s))
    head = ("store", "values", "values/s written", "bytes a value", "a month of a room, five charts, s")
    print_table("series on disk", head, rows)


def settled_bytes(influx: Influxd) -> int:
    """The size of the data once the write-ahead log is empty and no compaction changes anything any more."""
    engine = influx.folder / "engine"
    before, same = -1, 0
    while same < 4:
        time.sleep(1)
        size = _bytes(engine / "data")
        same = same + 1 if size == before and _bytes(engine / "wal") < 1_000_000 else 0
        before = size
    return before


def _bytes(path: Path) -> int:
    """What a file, or all files of a folder, take on disk."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_blocks * BLOCK for file in files if file.is_file())


def _row(name: str, values: int, took_s: float, size: int, month_s: float) -> tuple[str, ...]:
    return name, f"{values:,}", f"{values / took_s:,.0f}", f"{size / values:.2f}", f"{month_s:.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=DAYS)
    main(days=parser.parse_args().days)

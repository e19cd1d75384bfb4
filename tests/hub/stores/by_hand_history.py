"""By hand: 12 rooms x 30 days at a pace of 5 s (18.7 M values), then how long a month of one room takes.

`python -m tests.hub.stores.by_hand_history [FOLDER]`; about half a minute and 300 MB of disk.
"""

import sys
import tempfile
import time
from pathlib import Path

import duckdb
import psutil

from hub.registry.model import Assignment
from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import Mark, Point

ROOMS, DAYS, PACE_MS = 12, 30, 5_000
DAY_MS = 86_400_000
START_MS = 1_760_000_000_000 // DAY_MS * DAY_MS
END_MS = START_MS + DAYS * DAY_MS
QUANTITIES = ("co2_ppm", "temperature_c", "occupancy")


def build(path: Path) -> None:
    """Names by the store itself, values by SQL in the order of arrival."""
    store = DuckDbSeries(path)
    for room in range(ROOMS):
        store.replace_assignments("s1", f"d{room}", [Assignment("s1", f"d{room}", f"r{room}", 0)])
        store.commit([Point("s1", f"d{room}", START_MS - 1, dict.fromkeys(QUANTITIES, 0.0), "aa", 1)], [])
    store.close()
    with duckdb.connect(str(path)) as raw:
        raw.execute("SET memory_limit = '1GB'")
        for day in range(DAYS):
            first = START_MS + day * DAY_MS
            raw.execute(
                "INSERT INTO point SELECT d.id, q.id, t, CASE q.key WHEN 'occupancy' THEN hash(t // 600000) % 2"
                " WHEN 'co2_ppm' THEN 400 + hash(t) % 1200 ELSE 25 + (hash(t) % 80) / 10 END, 0, t // 5000, 0"
                " FROM generate_series(?::BIGINT, ?::BIGINT, ?::BIGINT) g(t), device d, quantity q ORDER BY t, d.id",
                [first, first + DAY_MS - 1, PACE_MS],
            )


def timed(what: str, work: object) -> None:
    begun = time.perf_counter()
    result = work() if callable(work) else None
    taken = time.perf_counter() - begun
    count = len(next(iter(result.values()))) if isinstance(result, dict) and result else result
    memory_mb = psutil.Process().memory_info().rss / 2**20
    print(f"{what:<44} {taken * 1000:8.0f} ms  {count!s:.60}  rss {memory_mb:.0f} MB")  # noqa: T201


def late(store: DuckDbSeries, offset_ms: int, first_row: int) -> object:
    """An hour of backlog of one gateway, 3 values a row."""
    points = [
        Point(
            "s1",
            f"d{i % 12}",
            END_MS - 3_600_000 + offset_ms + i // 12 * PACE_MS,
            {"co2_ppm": 1.0},
            "aa",
            first_row + i,
        )
        for i in range(2000)
    ]
    return store.commit(points, [Mark("s1", "g1", "tele", "aa", 0, b"{}")])


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    path = folder / "series.duckdb"
    if not path.exists():
        timed("build", lambda: build(path))
    store = DuckDbSeries(path)
    timed("open, with the highest time of each device", store.marks)
    print(f"{path}: {store.size_bytes() / 2**20:.0f} MB")  # noqa: T201
    for quantity in (*QUANTITIES, "co2_ppm"):
        for days, step_ms in ((30, 1_800_000), (7, 600_000), (1, 60_000)):
            timed(
                f"{quantity}, {days} d in steps of {step_ms // 60_000} min",
                lambda q=quantity, d=days, s=step_ms: store.history("s1", "r3", q, END_MS - d * DAY_MS, END_MS, s),
            )
    timed("raw, 30 d of a room, first 1,000", lambda: len(store.raw("s1", "r3", None, START_MS, END_MS, 1000)))
    timed("commit 2,000 late rows", lambda: late(store, 1, 10**9))
    timed("the same once more", lambda: late(store, 1, 10**9))
    timed("2,000 rows that overwrite", lambda: late(store, 0, 2 * 10**9))
    timed("forget a day", lambda: store.forget_before("s1", START_MS + DAY_MS))
    store.close()


if __name__ == "__main__":
    main()

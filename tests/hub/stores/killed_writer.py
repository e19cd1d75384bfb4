"""A process for tests: commits to a store for ever, rows and a mark together, until somebody kills it."""

import sys
from pathlib import Path

from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import Mark, Point

ROWS = 500


def main(path: Path) -> None:
    store = DuckDbSeries(path)
    done = max((int(mark.ledger) for mark in store.marks()), default=0)
    while True:
        rows = range(done + 1, done + ROWS + 1)
        points = [
            Point("s1", f"d{row % 7}", row, {"co2_ppm": float(row), "error_code": "E"}, "aa", row) for row in rows
        ]
        done += ROWS
        store.commit(points, [Mark("s1", "g1", "tele", "aa", 0, str(done).encode())])
        print(done, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))

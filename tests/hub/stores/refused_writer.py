"""A process for tests: the kernel refuses its file to grow (as a full disk does), then lets it, and it goes on."""

import resource
import sys
from pathlib import Path

from hub.stores.duckdb import DuckDbSeries
from hub.stores.series import Mark, Point, StoreDown

BATCH = 2_000
MOST_ROUNDS = 400


def main(path: Path) -> None:
    store = DuckDbSeries(path)
    stored, refused, first, again = 0, 0, 1, True
    store.commit([], [])
    _limit_to(path, 3 * 2**20)
    for _ in range(MOST_ROUNDS):
        try:
            store.commit(_points(first), [Mark("s1", "g1", "tele", "aa", 0, str(first + BATCH - 1).encode())])
        except StoreDown as down:
            refused += 1
            if refused == 1:
                print(f"refused: {down.text.en}", file=sys.stderr)  # noqa: T201
            if refused == 3:
                _limit_to(path, None)
            continue
        stored, first = stored + BATCH, first + BATCH
        if refused >= 3 and not again:
            break
        again = refused < 3
    store.close()
    print(stored, refused)  # noqa: T201


def _points(first: int) -> list[Point]:
    return [
        Point("s1", f"d{row % 7}", row, {"co2_ppm": (row * 2654435761 % 2**32) / 7.0}, "aa", row)
        for row in range(first, first + BATCH)
    ]


def _limit_to(_path: Path, size: int | None) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

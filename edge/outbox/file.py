"""The outbox file as the other modules of this package use it: transactions, small values, sizes, rows."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from edge.outbox.packing import pack, unpack
from edge.outbox.schema import connect
from wire.messages import Stream

_ROW_OVERHEAD = 16  # number, anchor, time and length of a row
_NO_ROOM = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)


class StoredRow(NamedTuple):
    """A row as it goes on the wire, and the anchor (clock) that stamped it."""

    number: int
    anchor: int
    body: bytes


class RawRow(NamedTuple):
    """A row as it is kept: measured `mono_ms` after boot; `fixed` says that its time is not of our clock."""

    number: int
    anchor: int
    mono_ms: int
    fixed: int
    body: bytes


def cannot_write(broken: sqlite3.Error) -> bool:
    """Whether the disk is full or does not take writes (as against an error of ours, or a corrupt file)."""
    code = getattr(broken, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _NO_ROOM


class OutboxFile:
    """One connection, used by one thread at a time. Statements name tables only through `Stream`."""

    def __init__(self, path: Path, *, max_pages: int | None = None) -> None:
        self.path = path
        self.link = connect(path, max_pages=max_pages)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on the disk at the end. Raises sqlite3.Error with nothing changed."""
        if self.link.in_transaction:  # part of a larger one
            yield self.link
            return
        self.link.execute("BEGIN IMMEDIATE")
        try:
            yield self.link
            self.link.execute("COMMIT")
        except BaseException:
            if self.link.in_transaction:
                self.link.execute("ROLLBACK")
            raise

    def get(self, key: str) -> bytes | None:
        row = self.link.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, key: str, value: bytes) -> None:
        self.link.execute(
            "INSERT INTO meta VALUES (?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value", (key, value)
        )

    def used_bytes(self) -> int:
        """Bytes of the file that hold something (freed pages are used again before the file grows)."""
        pages, free, size = (
            self.link.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def insert(self, stream: Stream, rows: Sequence[RawRow]) -> None:
        packed = [row._replace(body=pack(row.body)) for row in rows]
        self.link.executemany(f"INSERT INTO {stream.value} VALUES (?,?,?,?,?)", packed)  # noqa: S608  # an enum

    def read(self, stream: Stream, first: int, last: int, limit: int) -> list[StoredRow]:
        found = self.link.execute(
            f"SELECT n, anchor, body FROM {stream.value} WHERE n BETWEEN ? AND ? ORDER BY n LIMIT ?",  # noqa: S608
            (first, last, limit),
        )
        return [StoredRow(number, anchor, unpack(body)) for number, anchor, body in found]

    def row_bytes(self, stream: Stream, first: int) -> float:
        """Bytes a row takes on average, from some rows at `first`."""
        found = self.link.execute(
            f"SELECT avg(length(body)) FROM (SELECT body FROM {stream.value} WHERE n>=? ORDER BY n LIMIT 200)",  # noqa: S608
            (first,),
        ).fetchone()[0]
        return 0.0 if found is None else float(found) + _ROW_OVERHEAD

    def highest(self, stream: Stream) -> int:
        return int(self.link.execute(f"SELECT coalesce(max(n), 0) FROM {stream.value}").fetchone()[0])  # noqa: S608

    def present(self, stream: Stream, above: int) -> list[tuple[int, int]]:
        """The numbers above `above` that are stored, as ranges."""
        ranges: list[tuple[int, int]] = []
        for (number,) in self.link.execute(f"SELECT n FROM {stream.value} WHERE n>? ORDER BY n", (above,)):  # noqa: S608
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
        return ranges

    def delete(self, stream: Stream, first: int, last: int) -> int:
        """How many rows were deleted."""
        return self.link.execute(
            f"DELETE FROM {stream.value} WHERE n BETWEEN ? AND ?",  # noqa: S608
            (first, last),
        ).rowcount

    def renumber(self, stream: Stream) -> int:
        """Number the stored rows 1, 2, 3 … in their order; the last number used. Inside a transaction."""
        table = stream.value
        last = 0
        while True:
            # A new number is never above the old one, so going upwards no two rows ever meet.
            chunk = self.link.execute(f"SELECT n FROM {table} WHERE n>? ORDER BY n LIMIT 5000", (last,)).fetchall()  # noqa: S608
            moved = [(last + index, old) for index, (old,) in enumerate(chunk, start=1)]
            if not moved:
                return last
            self.link.executemany(
                f"UPDATE {table} SET n=? WHERE n=?",  # noqa: S608
                [pair for pair in moved if pair[0] != pair[1]],
            )
            last = moved[-1][0]

    def close(self) -> None:
        self.link.close()

"""Reads the embedded store back as it was committed, for backups and migrations: points in pieces of bounded size.

Each piece is a query of its own on a connection of its own, so that pages and commits go on meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import groupby, islice

import duckdb

from hub.stores.series import Point, RoomMinute

Connect = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
Window = tuple[int, int]  # [from_ms, to_ms)

PIECE_VALUES = 50_000
PIECE_ROWS = 2_000  # what a commit of the receiving store takes well

_OF_SCHOOL = "device IN (SELECT id FROM device WHERE school = ?) AND t >= ? AND t < ?"
_COUNT = (
    f"SELECT (SELECT count(*) FROM point WHERE {_OF_SCHOOL})"  # noqa: S608
    f" + (SELECT count(*) FROM text_point WHERE {_OF_SCHOOL})"
)
_SPAN = (
    "SELECT min(first), max(last) FROM (SELECT min(t) AS first, max(t) AS last FROM point WHERE device IN"
    " (SELECT id FROM device WHERE school = $1) UNION ALL SELECT min(t), max(t) FROM text_point WHERE device IN"
    " (SELECT id FROM device WHERE school = $1))"
)
_VALUES = (
    'SELECT d.device, p.t, e.epoch, p."row", p.shift, q.key, p.value FROM {table} p JOIN device d ON d.id = p.device'
    " JOIN quantity q ON q.id = p.quantity JOIN epoch e ON e.id = p.epoch"
    " WHERE d.school = ? AND p.t >= ? AND p.t < ?"
)
Row = tuple[str, int, str, int, int]  # device, time, epoch, number, shift
Stored = tuple[str, int, str, int, int, str, float | str]  # the same, quantity, value


def span(connection: duckdb.DuckDBPyConnection, school: str) -> tuple[int, int] | None:
    """Oldest and newest time of any value."""
    found = connection.execute(_SPAN, [school]).fetchone()
    return None if found is None or found[0] is None else (int(found[0]), int(found[1]))


def count(connection: duckdb.DuckDBPyConnection, school: str, window: Window) -> int:
    """Values in the window, numbers and texts."""
    found = connection.execute(_COUNT, [school, *window, school, *window]).fetchone()
    return int(found[0]) if found else 0


def points(connect: Connect, school: str, window: Window) -> Iterator[list[Point]]:
    """Points in time order, at most PIECE_ROWS at a time; windows with many values are halved until they are few."""
    waiting = [window]
    while waiting:
        first, last = waiting.pop()
        with connect() as connection:
            values = count(connection, school, (first, last))
            if values > PIECE_VALUES and last - first > 1:
                middle = (first + last) // 2
                waiting += [(middle, last), (first, middle)]
                continue
            rows = _rows(connection, school, (first, last)) if values else []
        grouped = groupby(rows, key=_row_of)
        while piece := [_point(school, row, group) for row, group in islice(grouped, PIECE_ROWS)]:
            yield piece


def minutes(connect: Connect, school: str, window: Window) -> Iterator[list[RoomMinute]]:
    """Derived minutes in time order; the next piece begins behind the last one's room and time."""
    after: tuple[int, str] = (window[0] - 1, "")
    while True:
        with connect() as connection:
            rows = connection.execute(
                "SELECT * FROM room_minute WHERE school = ? AND t >= ? AND t < ? AND (t, room) > (?, ?)"
                " ORDER BY t, room LIMIT ?",
                [school, *window, *after, PIECE_VALUES],
            ).fetchall()
        if not rows:
            return
        yield [RoomMinute(*row) for row in rows]
        after = (rows[-1][2], rows[-1][1])


def _rows(connection: duckdb.DuckDBPyConnection, school: str, window: Window) -> list[Stored]:
    """Both tables' values, those of one row together."""
    found: list[Stored] = []
    for table in ("point", "text_point"):
        found += connection.execute(_VALUES.format(table=table), [school, *window]).fetchall()
    found.sort(key=lambda row: (row[1], row[0], row[2], row[3], row[5]))
    return found


def _row_of(value: Stored) -> Row:
    return value[:5]


def _point(school: str, row: Row, group: Iterator[Stored]) -> Point:
    device, t_ms, epoch, number, shift_ms = row
    return Point(school, device, t_ms, {value[5]: value[6] for value in group}, epoch, number, shift_ms)

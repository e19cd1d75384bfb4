"""The series in an archive: points as they were committed, windows of the coarse levels, derived minutes, marks.

Marks are taken first and put back last: a restored hub never acknowledges a row that it does not hold. What came after
the backup comes again from the gateways, which keep acknowledged rows for a day.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec
from sqlalchemy import Engine

from hub.backup.archive import ArchiveReader, ArchiveWriter
from hub.backup.contents import (
    DAY_MS,
    SchoolSeries,
    day_of,
    mark_line,
    mark_of,
    minute_line,
    minute_of,
    point_line,
    point_of,
    summary_line,
    summary_of,
)
from hub.backup.place import Tell, days_of, epochs_of, put_epochs
from hub.stores.series import Level, Mark, Point, PointsRefused, SeriesStore, Summary
from wire.text import Text

TOGETHER = 2_000
NS = 1_000_000
FAR_MS = 253_402_300_000_000  # the year 9999: later than anything a hub takes


def write_marks(marks: list[Mark], writer: ArchiveWriter) -> int:
    return writer.lines("series/marks", map(mark_line, marks))


def write_series(
    store: SeriesStore, engine: Engine, schools: Iterable[str], writer: ArchiveWriter, tell: Tell
) -> dict[str, SchoolSeries]:
    """Everything the store holds of these schools; the counts are those of what was written."""
    found = {}
    for school in schools:
        values: dict[str, int] = {}
        for day_ms, _ in days_of(store, school):
            day = iso_day(day_ms)
            tell(Text(f"{school}: ngày {day}", f"{school}: day {day}"))
            counted: Counter[str] = Counter()
            writer.lines(f"series/{school}/points-{day}", _point_lines(store, school, day_ms, counted, tell))
            values |= counted
        windows = {level: _write_windows(store, school, level, writer, tell) for level in Level}
        minutes = writer.lines(f"series/{school}/minutes", _minute_lines(store, school, tell))
        found[school] = SchoolSeries(values, {level: days for level, days in windows.items() if days}, minutes)
    writer.lines("series/epochs", map(msgspec.json.encode, epochs_of(store, engine)))
    return found


def read_series(
    store: SeriesStore, engine: Engine, reader: ArchiveReader, tell: Tell, oldest_raw_ms: int = 0
) -> list[str]:
    """Put all of it into a store; what it refuses is named, the rest goes in. Doing it again changes nothing.

    Values of days before `oldest_raw_ms` are left out where the archive has their windows: they are summed up already.
    """
    put_epochs(store, engine, [msgspec.json.decode(line, type=str) for line in reader.lines("series/epochs")])
    refused: list[str] = []
    for school, said in reader.manifest.series.items():
        summed_up = set().union(*said.windows.values()) if oldest_raw_ms else set()
        for day in said.values:
            if day in summed_up and day_start_ms(day) < oldest_raw_ms:
                continue
            tell(Text(f"{school}: ngày {day}", f"{school}: day {day}"))
            lines = reader.lines(f"series/{school}/points-{day}")
            while points := [point_of(school, line) for line in islice(lines, TOGETHER)]:
                refused += commit_points(store, points)
        for level in said.windows:
            tell(Text(f"{school}: mức {level}", f"{school}: level {level}"))
            lines = reader.lines(f"series/{school}/{level}")
            while windows := [summary_of(line) for line in islice(lines, TOGETHER)]:
                store.put_summaries(school, level, windows)
        lines = reader.lines(f"series/{school}/minutes")
        while minutes := [minute_of(school, line) for line in islice(lines, TOGETHER)]:
            store.put_minutes(minutes)
    marks = [mark_of(line) for line in reader.lines("series/marks")]
    tell(Text("dấu xác nhận", "marks"))
    store.commit([], marks)
    return refused


def tell_raw_gone(store: SeriesStore, schools: dict[str, SchoolSeries], oldest_raw_ms: int) -> None:
    """Windows older than the first raw value that was put back are all there is of their time."""
    for school, said in schools.items():
        windows = {day_start_ms(day) for days in said.windows.values() for day in days}
        raw = [start for start in map(day_start_ms, said.values) if start >= oldest_raw_ms]
        first_ms = min(raw, default=max(windows, default=0) + DAY_MS)
        if any(start < first_ms for start in windows):
            store.only_windows_before(school, first_ms)


def commit_points(store: SeriesStore, points: list[Point]) -> list[str]:
    """Commit; points the store will never take are left out and named."""
    named: list[str] = []
    while True:
        try:
            store.commit(points, [])
        except PointsRefused as refusal:
            if not refusal.refused:
                raise
            reasons = dict(refusal.refused)
            for index, reason in reasons.items():
                each = points[index]
                named.append(f"{each.school} {each.device} {each.t_ms}: {reason}")
            points = [point for index, point in enumerate(points) if index not in reasons]
        else:
            return named


def iso_day(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).date().isoformat()


def day_start_ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def _point_lines(store: SeriesStore, school: str, day_ms: int, counted: Counter[str], tell: Tell) -> Iterator[bytes]:
    day = iso_day(day_ms)
    for piece in store.export(school, day_ms, day_ms + DAY_MS):
        tell(Text(f"{school}: ngày {day}", f"{school}: day {day}"))
        for point in piece:
            counted[day] += len(point.values)
            yield point_line(point)


def _write_windows(store: SeriesStore, school: str, level: Level, writer: ArchiveWriter, tell: Tell) -> dict[str, int]:
    counted: Counter[str] = Counter()

    def lines() -> Iterator[bytes]:
        for piece in store.export_summaries(school, level, 0, FAR_MS):
            tell(Text(f"{school}: mức {level}", f"{school}: level {level}"))
            counted.update(window_day(window) for window in piece)
            yield from map(summary_line, piece)

    writer.lines(f"series/{school}/{level}", lines())
    return dict(sorted(counted.items()))


def window_day(window: Summary) -> str:
    return iso_day(day_of(window.t_ns // NS))


def _minute_lines(store: SeriesStore, school: str, tell: Tell) -> Iterator[bytes]:
    for piece in store.export_minutes(school, 0, FAR_MS):
        tell(Text(f"{school}: theo phút", f"{school}: minutes"))
        yield from map(minute_line, piece)

"""Moves the history of every school from one kind of store to the other, day by day, and counts both.

It may be run as often as one likes: days that are over there already are passed by, what came since is caught up.
A journal beside the data says which days went, so that one that was cut off goes on where it was.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from hub.backup.contents import DAY_MS
from hub.backup.place import Kind, Tell, days_of, epochs_of, put_epochs, schools_of, tell_intervals
from hub.backup.series import FAR_MS, commit_points, iso_day
from hub.stores.series import Level, Mark, SeriesStore
from wire.text import Text

MINUTES_AGAIN_MS = 2 * DAY_MS  # derived minutes are calculated anew where readings came late
JOURNAL = "migrate-{source}-{target}.jsonl"


class Day(msgspec.Struct, frozen=True):
    """One day of a school: values at the source, at the target afterwards (None: too old for it to keep each)."""

    school: str
    day: str
    source: int
    target: int | None
    copied: bool

    @property
    def differs(self) -> bool:
        return self.target is not None and self.target != self.source


class Outcome(msgspec.Struct, frozen=True):
    days: list[Day]
    minutes: int
    marks: int
    notes: list[Text]

    @property
    def differences(self) -> list[Day]:
        return [day for day in self.days if day.differs]


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """A day that went over: its values then, and how many values of the school had been overwritten by then."""

    school: str
    day: str  # ISO; or MINUTES, and `values` is the time up to which they went
    values: int
    overwritten: int = 0


MINUTES = "minutes"


class Journal:
    """Lines are added only; the last one of a day counts, and one that was cut off is as if it were not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[tuple[str, str], _Line] = {}
        if path.exists():
            for line in path.read_bytes().splitlines():
                try:
                    found = msgspec.json.decode(line, type=_Line)
                except msgspec.MsgspecError:
                    continue
                self._known[found.school, found.day] = found

    def day(self, school: str, day: str) -> _Line | None:
        return self._known.get((school, day))

    def add(self, line: _Line) -> None:
        """On the disk when it returns. Begins on a line of its own, whatever was cut off before."""
        with self._path.open("ab") as file:
            file.write(b"\n" + msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._known[line.school, line.day] = line


class Migration:
    """One pass. Both stores stay as they are described in hub.toml; the source is only read."""

    def __init__(
        self,
        engine: Engine,
        stores: Mapping[Kind, SeriesStore],
        direction: tuple[Kind, Kind],
        folder: Path,
        oldest_raw_ms: int,
    ) -> None:
        source, target = direction
        self._engine, self._source, self._target = engine, stores[source], stores[target]
        self._oldest_raw_ms = oldest_raw_ms
        self._journal = Journal(folder / JOURNAL.format(source=source, target=target))
        self._notes: list[Text] = []

    def run(self, tell: Tell, *, dry_run: bool = False) -> Outcome:
        """Marks are read first and written last: what they cover is over there. Raises StoreDown."""
        marks = self._source.marks()
        overwritten = _overwritten(marks)
        schools = schools_of(self._engine)
        if not dry_run:
            put_epochs(self._target, self._engine, epochs_of(self._source, self._engine))
            tell_intervals(self._target, self._engine)
        days: list[Day] = []
        minutes = 0
        for school in schools:
            for start_ms, values in days_of(self._source, school):
                tell(Text(f"{school}: ngày {iso_day(start_ms)}", f"{school}: day {iso_day(start_ms)}"))
                days.append(self._day(school, start_ms, values, overwritten[school], tell, dry_run=dry_run))
            if not dry_run:
                minutes += self._minutes(school, tell)
                self._note_windows(school, tell)
        if not dry_run:
            self._target.commit([], marks)
        return Outcome(days, minutes, len(marks), self._notes)

    def _day(self, school: str, start_ms: int, values: int, overwritten: int, tell: Tell, *, dry_run: bool) -> Day:
        day = iso_day(start_ms)
        kept = start_ms >= self._oldest_raw_ms
        there = self._target.count(school, start_ms, start_ms + DAY_MS) if kept else None
        known = self._journal.day(school, day)
        done = known is not None and (known.values, known.overwritten) == (values, overwritten)
        if dry_run or (done and there in {values, None}):
            return Day(school, day, values, there, copied=False)
        copied = self._copy(school, start_ms, tell)
        there = self._target.count(school, start_ms, start_ms + DAY_MS) if kept else None
        found = Day(school, day, copied, there, copied=True)
        if not found.differs:
            self._journal.add(_Line(school, day, copied, overwritten))
        return found

    def _copy(self, school: str, start_ms: int, tell: Tell) -> int:
        copied = 0
        for points in self._source.export(school, start_ms, start_ms + DAY_MS):
            tell(Text(f"{school}: ngày {iso_day(start_ms)}", f"{school}: day {iso_day(start_ms)}"))
            for refused in commit_points(self._target, points):
                self._notes.append(Text(f"không nhận: {refused}", f"refused: {refused}"))
            copied += sum(len(point.values) for point in points)
        return copied

    def _minutes(self, school: str, tell: Tell) -> int:
        """From a little before where the last pass ended."""
        known = self._journal.day(school, MINUTES)
        from_ms = known.values - MINUTES_AGAIN_MS if known else 0
        copied, newest_ms = 0, from_ms
        for piece in self._source.export_minutes(school, max(from_ms, 0), FAR_MS):
            tell(Text(f"{school}: theo phút", f"{school}: minutes"))
            self._target.put_minutes(piece)
            copied += len(piece)
            newest_ms = max(newest_ms, *(minute.t_ms for minute in piece))
        if copied:
            self._journal.add(_Line(school, MINUTES, newest_ms))
        return copied

    def _note_windows(self, school: str, tell: Tell) -> None:
        """Windows go over where the target keeps any; else they are said to stay."""
        for level in Level:
            left = 0
            for piece in self._source.export_summaries(school, level, 0, FAR_MS):
                tell(Text(f"{school}: mức {level}", f"{school}: level {level}"))
                left += len(piece) - self._target.put_summaries(school, level, piece)
            if left:
                self._notes.append(
                    Text(
                        f"{school}: {left} khoảng {level} ở lại kho cũ, kho nhúng không giữ",
                        f"{school}: {left} windows of {level} stay in the old store, the embedded one keeps none",
                    )
                )


def _overwritten(marks: list[Mark]) -> Counter[str]:
    """By school: where it has grown, values of days that went over may have changed, though their number has not."""
    found: Counter[str] = Counter()
    for mark in marks:
        for ledger in _ledger(mark.ledger):
            found[mark.school] += ledger.get("overwritten", 0)
    return found


class _Ledger(msgspec.Struct):
    counts: dict[str, int] = {}


def _ledger(data: bytes) -> Iterator[dict[str, int]]:
    try:
        yield msgspec.json.decode(data, type=_Ledger).counts
    except msgspec.MsgspecError:
        return  # a mark of another release: its stream counts nothing here

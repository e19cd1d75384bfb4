"""What was read and waits for a person's decision: one file an import, for the hub alone, never for long.

A roster holds names of pupils: mode 0600 in a folder of mode 0700, gone when decided or after KEPT_DAYS.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from hub.school.importers.column_map import ColumnMap
from hub.school.problems import Problem
from hub.school.reading_pieces import PIECE_ROWS, PLAN_ROWS, ROSTER_ROWS, list_of
from hub.school.roster import Roster
from hub.school.timetable import Timetable
from wire.text import Text

KEPT_DAYS = 30
DAY_MS = 86_400_000
MAX_BYTES, MAX_FILES = 200_000_000, 1_000  # a whole province may have something to decide in its first week
MAX_TOTAL_BYTES = 2_000_000_000
FINDINGS, _END = "findings", "end"
UPLOAD = "upload-"  # folders of files that are being read; what a killed hub left behind goes after a day


def held_folder(data_dir: Path) -> Path:
    """Where a hub keeps what waits for a person's decision."""
    return data_dir / "imports"


class Kept(msgspec.Struct, frozen=True):
    """An import that was read; exactly one of `roster` and `timetable` is there. `in_pieces`: of a file whose rows
    stand in the lines after it.
    """

    name: str
    digest: str
    format: str
    counts: dict[str, int]
    problems: dict[str, int]
    roster: Roster | None = None
    timetable: Timetable | None = None
    options: dict[str, Any] = {}
    valid_from: date | None = None
    findings: list[Problem] = []
    column_maps: tuple[ColumnMap, ...] = ()
    in_pieces: bool = False

    @property
    def thing(self) -> Roster | Timetable | None:
        return self.roster or self.timetable


class Gone(LookupError):
    """What was kept is not there any more; `text` says what to do."""

    text = Text(
        "nội dung tệp không còn được giữ: hãy nhập lại tệp", "what the file held is no longer kept: import it again"
    )


class KeptImports:
    """Blocks. `folder` None: nothing is kept, and a held import has to be made again to be applied."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, number: int, kept: Kept) -> bool:
        """False where it cannot be kept (too large, too many, disk). Never raises OSError."""
        if self._folder is None:
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sizes = [path.stat().st_size for path in self._folder.glob("*.json")]
            left = min(MAX_BYTES, MAX_TOTAL_BYTES - sum(sizes))
            whole = len(sizes) < MAX_FILES and self._write(number, kept, left)
        except OSError:
            whole = False
        if not whole:
            with suppress(OSError):
                self.forget(number)
        return whole

    def _write(self, number: int, kept: Kept, most_bytes: int) -> bool:
        """False beyond `most_bytes`. Raises OSError."""
        handle = os.open(self._path(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            for line in _lines(kept):
                most_bytes -= len(line)
                if most_bytes < 0:
                    return False
                stream.write(line)
        return True

    @property
    def keeps(self) -> bool:
        """Whether it is told where to."""
        return self._folder is not None

    def kept(self, number: int) -> Kept:
        """Raises Gone."""
        try:
            with self._path(number).open("rb") as lines:
                return _whole(lines)
        except (OSError, StopIteration, msgspec.MsgspecError, KeyError) as missing:
            raise Gone(number) from missing

    def forget(self, number: int) -> None:
        if self._folder is not None:
            self._path(number).unlink(missing_ok=True)

    def forget_before(self, now_ms: int) -> list[int]:
        """Files older than KEPT_DAYS; the numbers of their imports."""
        old: list[int] = []
        for path in self._folder.glob("*.json") if self._folder is not None and self._folder.is_dir() else ():
            try:
                if path.stat().st_mtime * 1000 < now_ms - KEPT_DAYS * DAY_MS and path.stem.isdigit():
                    path.unlink()
                    old.append(int(path.stem))
            except OSError:  # another process was quicker
                continue
        self._forget_uploads(now_ms - DAY_MS)
        return old

    def _forget_uploads(self, before_ms: int) -> None:
        """They hold names of pupils, and nobody reads them any more."""
        for folder in self._folder.glob(f"{UPLOAD}*") if self._folder is not None and self._folder.is_dir() else ():
            with suppress(OSError):
                if folder.stat().st_mtime * 1000 < before_ms:
                    shutil.rmtree(folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        if self._folder is None:
            raise Gone(number)
        return self._folder / f"{number}.json"


class _Rows(msgspec.Struct, frozen=True):
    """A line after the first: some rows of a table, or some findings."""

    table: str
    rows: msgspec.Raw


def _lines(kept: Kept) -> Iterator[bytes]:
    """JSON, a line each: all but rows and findings, then those, few at a time; one large piece holds up every page."""
    thing = kept.thing
    tables: dict[str, Sequence[Any]] = {FINDINGS: kept.findings}
    if thing is not None:
        tables |= {name: getattr(thing, name) for name in (ROSTER_ROWS if isinstance(thing, Roster) else PLAN_ROWS)}
    bare = Roster(delta=kept.roster.delta, gone=kept.roster.gone) if kept.roster is not None else None
    empty = None if kept.timetable is None else Timetable()
    head = msgspec.structs.replace(kept, roster=bare, timetable=empty, findings=[], in_pieces=True)
    yield msgspec.json.encode(head) + b"\n"
    for table, rows in tables.items():
        for start in range(0, len(rows), PIECE_ROWS):
            some = msgspec.Raw(msgspec.json.encode(rows[start : start + PIECE_ROWS]))
            yield msgspec.json.encode(_Rows(table, some)) + b"\n"
    yield msgspec.json.encode(_Rows(_END, msgspec.Raw(b"[]"))) + b"\n"


def _whole(lines: Iterator[bytes]) -> Kept:
    """Raises StopIteration, MsgspecError, KeyError."""
    kept = msgspec.json.decode(next(lines), type=Kept)
    if not kept.in_pieces:
        return kept  # as hubs before this one kept it
    thing = Timetable if kept.roster is None else Roster
    rows: dict[str, list[Any]] = {}
    decoders: dict[str, msgspec.json.Decoder[Any]] = {FINDINGS: msgspec.json.Decoder(list[Problem])}
    ended = False
    for line in lines:
        some = msgspec.json.decode(line, type=_Rows)
        ended = some.table == _END
        if ended:
            break
        if some.table not in decoders:
            decoders[some.table] = msgspec.json.Decoder(list_of(thing, some.table))
        rows.setdefault(some.table, []).extend(decoders[some.table].decode(some.rows))
    if not ended:  # a hub that was killed while it wrote: half a school must not be taken for the school
        raise KeyError(_END)
    findings = rows.pop(FINDINGS, [])
    if kept.thing is None:
        return msgspec.structs.replace(kept, findings=findings)
    filled: Any = msgspec.structs.replace(kept.thing, **{table: tuple(some) for table, some in rows.items()})
    place = "timetable" if kept.roster is None else "roster"
    return msgspec.structs.replace(kept, findings=findings, in_pieces=False, **{place: filled})

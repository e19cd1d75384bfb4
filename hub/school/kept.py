"""What was read and waits for a person's decision: one file an import, for the hub alone, never for long.

A roster holds names of pupils: mode 0600 in a folder of mode 0700, gone when decided or after KEPT_DAYS.
"""

import os
import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from hub.school.importers.column_map import ColumnMap
from hub.school.problems import Problem
from hub.school.roster import Roster
from hub.school.timetable import Timetable
from wire.text import Text

KEPT_DAYS = 30
DAY_MS = 86_400_000
MAX_BYTES, MAX_FILES = 200_000_000, 1_000  # a whole province may have something to decide in its first week
MAX_TOTAL_BYTES = 2_000_000_000
UPLOAD = "upload-"  # folders of files that are being read; what a killed hub left behind goes after a day


def held_folder(data_dir: Path) -> Path:
    """Where a hub keeps what waits for a person's decision."""
    return data_dir / "imports"


class Kept(msgspec.Struct, frozen=True):
    """An import that was read; exactly one of `roster` and `timetable` is there."""

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
        content = msgspec.json.encode(kept)
        if self._folder is None or len(content) > MAX_BYTES:
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sizes = [path.stat().st_size for path in self._folder.glob("*.json")]
            if len(sizes) >= MAX_FILES or sum(sizes) + len(content) > MAX_TOTAL_BYTES:
                return False
            path = self._path(number)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
        except OSError:
            with suppress(OSError):
                self.forget(number)
            return False
        return True

    @property
    def keeps(self) -> bool:
        """Whether it is told where to."""
        return self._folder is not None

    def kept(self, number: int) -> Kept:
        """Raises Gone."""
        try:
            return msgspec.json.decode(self._path(number).read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError) as missing:
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

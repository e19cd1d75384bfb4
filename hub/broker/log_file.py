"""A log that another program writes, followed over rotation, truncation and our own restarts; blocks, for a thread."""

import logging
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

_log = logging.getLogger(__name__)
READ_BYTES = 1_000_000
LONGEST_LINE = 64_000
TRIM_BYTES = 64_000_000
WORRYING_BYTES = 1_000_000_000  # Debian turns its log over once a day


class _Place(msgspec.Struct, frozen=True):
    inode: int
    offset: int


class LogFile:
    """`lines` whenever there is time; `save` now and then. A first start begins at the end: the past was not missed."""

    def __init__(self, path: Path, place: Path) -> None:
        self.path, self._place = path, place
        self._file: BinaryIO | None = None
        self._inode = 0
        self._rest = b""
        self._first = True
        self._saved: _Place | None = None
        self._unreadable = ""
        self._oversized = ""

    @property
    def problem(self) -> str:
        """Why it cannot be used, in a word or two; empty where it can."""
        return self._unreadable or self._oversized

    def lines(self) -> list[str]:
        """What was added, at most a megabyte of it; empty when all is read."""
        try:
            if self._file is None:
                self._open()
            block = self._read()
        except FileNotFoundError:
            self._first = False  # what comes is all new
            self._unreadable = "not there yet"
            return []
        except OSError as refused:
            self._unreadable = refused.strerror or str(refused)
            return []
        self._unreadable = ""
        *whole, rest = (self._rest + block).split(b"\n")
        self._rest = rest[:LONGEST_LINE]
        return [line.decode(errors="replace") for line in whole]

    def trim(self) -> None:
        """Empty a large log that was read to its end: its writer appends, and nobody else keeps it from growing."""
        if self._file is None or self._file.tell() < TRIM_BYTES or self._rest:
            return
        self._oversized = ""
        try:
            os.truncate(self.path, 0)
        except OSError as refused:  # somebody else's log, which they turn over, we hope
            if self._file.tell() > WORRYING_BYTES:
                self._oversized = f"{self._file.tell() // 1_000_000} MB, cannot be emptied: {refused.strerror}"
        else:
            _log.info("%s was read to its end and emptied", self.path)

    def save(self) -> None:
        """Remember the place for the next start."""
        if self._file is None:
            return
        here = _Place(self._inode, self._file.tell() - len(self._rest))
        if here == self._saved:
            return
        try:
            self._place.write_bytes(msgspec.json.encode(here))
            self._saved = here
        except OSError as refused:
            _log.warning("the place in %s was not kept: %s", self.path, refused)

    def close(self) -> None:
        if self._file is not None:
            self.save()
            self._file.close()
            self._file = None

    def _open(self) -> None:
        file = self.path.open("rb")
        found = os.fstat(file.fileno())
        kept = self._kept()
        if kept is not None and kept.inode == found.st_ino and kept.offset <= found.st_size:
            file.seek(kept.offset)
        elif self._first and kept is None:
            file.seek(0, os.SEEK_END)
        self._file, self._inode, self._first, self._rest = file, found.st_ino, False, b""

    def _kept(self) -> _Place | None:
        """Where an earlier run was; only asked at the first opening."""
        if not self._first:
            return None
        try:
            return msgspec.json.decode(self._place.read_bytes(), type=_Place)
        except (OSError, msgspec.MsgspecError):
            return None

    def _read(self) -> bytes:
        if self._file is None:
            raise FileNotFoundError(self.path)
        block = self._file.read(READ_BYTES)
        if block:
            return block
        if os.fstat(self._file.fileno()).st_size < self._file.tell():  # emptied in place
            self._file.seek(0)
            self._rest = b""
            return self._file.read(READ_BYTES)
        if self.path.stat().st_ino != self._inode:  # moved away, and a new one begun: the old one is read to its end
            self._file.close()
            self._file = None
            self._open()
            return self._read()
        return b""

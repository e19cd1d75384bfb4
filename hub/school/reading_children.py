"""Files read in processes of their own, so that a large, slow or hostile one neither slows nor ends the hub.

Errors: OSError where the file cannot be had, the hub stops, or somebody else ended the child; whatever the file itself
did to it (too long, too much memory, a crash) makes it Unreadable, in words.
"""

import errno
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

import msgspec

from hub.school.kind import Kind
from hub.school.problems import Unreadable, refuse
from hub.school.reading import Read, Wanted
from hub.school.reading_child import NO_MEMORY, Bounds
from hub.school.reading_pieces import (
    LENGTH_BYTES,
    MAX_PIECE_BYTES,
    BadPieces,
    End,
    Fault,
    NoFile,
    Refused,
    Rows,
    Whole,
    piece_of,
)
from wire.text import Text

AT_ONCE = 2  # each may need much memory, and a Pi has four cores
LONGEST_S = 600.0  # by the clock: computing is bounded apart from it
MAX_ANSWER_BYTES = 512 * 1024 * 1024
_CHUNK = 1 << 16
_LOOK_S = 0.5
_LAST_WORDS_S = 0.2
_MODULE = "hub.school.reading_child"
_PASSED_ON = ("PATH", "PYTHONHOME", "PYTHONUTF8", "LANG", "LC_ALL", "TZ", "PYTHONTZPATH")
_log = logging.getLogger(__name__)


class _Ended(Exception):
    """The child is no more; `late`: because we ended it."""

    def __init__(self, *, late: bool = False) -> None:
        self.late = late
        super().__init__()


class Children:
    """At most AT_ONCE children; one that has read is kept until it leaves by itself. Safe to use from any thread."""

    def __init__(self, bounds: Bounds | None = None, longest_s: float = LONGEST_S, at_once: int = AT_ONCE) -> None:
        self._bounds, self._longest_s = bounds or Bounds(), longest_s
        self._places = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._closed = False

    def read(self, wanted: Wanted) -> Read:
        """Blocks until one has time, then while it reads. Raises OSError."""
        while not self._places.acquire(timeout=_LOOK_S):
            self._need_open()
        try:
            return self._read(wanted)
        finally:
            self._places.release()

    def close(self) -> None:
        """What is being read ends now; nothing is read any more."""
        with self._lock:
            self._closed = True
            children = list(self._all)
            idle, self._idle = self._idle, []
        for child in children:
            child.kill()  # who asked it hears of it, and ends it
        for child in idle:
            child.end()

    @property
    def pids(self) -> list[int]:
        """Of the children alive."""
        with self._lock:
            return [child.pid for child in self._all if child.alive]

    def _read(self, wanted: Wanted) -> Read:
        until = time.monotonic() + self._longest_s
        child, was_kept = self._take()
        try:
            end, whole = child.ask(wanted, until)
        except _Ended as ended:
            code = self._let_go(child)
            if was_kept and code == 0 and not ended.late:  # it left just when it was asked
                return self._read(wanted)
            if (stopped := self._stopped_from_outside(code, late=ended.late)) is not None:
                raise stopped from None
            _log.warning("a file could not be read: its process ended with %s", code)
            return _refused(wanted, self._why(code, late=ended.late))
        except BadPieces as broken:
            self._let_go(child)
            _log.warning("a file could not be read: its process sent %s", broken)
            return _refused(wanted, _fault("BadPieces"))
        return self._told(wanted, child, end, whole)

    def _told(self, wanted: Wanted, child: "_Child", end: End, whole: Whole) -> Read:
        if isinstance(end, Fault):
            self._let_go(child)
            _log.warning("a file could not be read: %s at %s", end.name, end.place)
            return _refused(wanted, _fault(end.name))
        self._keep(child)
        if isinstance(end, NoFile):
            raise OSError(end.number, end.said)
        if isinstance(end, Refused):
            return Read(end.kind, Unreadable(end.problem))
        try:
            return whole.read(end)
        except BadPieces as broken:
            _log.warning("a file could not be read: its process sent bad %s", broken)
            return _refused(wanted, _fault("BadPieces"))

    def _take(self) -> tuple["_Child", bool]:
        """A child, and whether it has been waiting since an earlier file."""
        with self._lock:
            self._need_open()
            if self._idle:
                return self._idle.pop(), True
            child = _Child(self._bounds)
            self._all = {one for one in self._all if one.alive} | {child}
            return child, False

    def _keep(self, child: "_Child") -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(child)
                return
        child.end()

    def _let_go(self, child: "_Child") -> int:
        """Its exit code."""
        code = child.end()
        with self._lock:
            self._all.discard(child)
        return code

    def _need_open(self) -> None:
        """Raises OSError."""
        if self._closed:
            raise OSError(errno.ECANCELED, "trung tâm đang dừng / the hub is stopping")

    def _stopped_from_outside(self, code: int, *, late: bool) -> OSError | None:
        """Killed, and not by us: the file may be sound, it is worth another try."""
        if self._closed:
            return OSError(errno.ECANCELED, "trung tâm đang dừng / the hub is stopping")
        if late or code not in {-signal.SIGKILL, -signal.SIGTERM}:
            return None
        said = "tiến trình đọc tệp bị hệ thống dừng (thiếu bộ nhớ?); hãy thử lại"
        return OSError(errno.EAGAIN, f"{said} / the process that read the file was killed (memory?): try again")

    def _why(self, code: int, *, late: bool) -> Text:
        if late:
            minutes = max(1, round(self._longest_s / 60))
            return Text(f"đọc quá lâu (giới hạn {minutes} phút)", f"takes too long to read (limit {minutes} min)")
        if code == -signal.SIGXCPU:
            limit = self._bounds.cpu_s
            return Text(
                f"đọc tốn quá nhiều tính toán (giới hạn {limit} giây)", f"takes too long to read (limit {limit} s)"
            )
        if code == NO_MEMORY:
            limit = self._bounds.memory_mb
            return Text(
                f"cần quá nhiều bộ nhớ để đọc (giới hạn {limit} MB); hãy chia nhỏ tệp",
                f"needs too much memory to be read (limit {limit} MB): split the file",
            )
        return _fault(signal.Signals(-code).name if code < 0 else f"exit {code}")


def _refused(wanted: Wanted, why: Text) -> Read:
    return Read(wanted.kind or Kind.ROSTER, refuse(wanted.file.name, why))


def _fault(name: str) -> Text:
    return Text(
        f"lỗi phần mềm khi đọc tệp ({name}); hãy gửi tệp cho người bảo trì hoặc xuất lại dạng khác",
        f"a software fault while reading the file ({name}): tell the maintainers, or export it in another form",
    )


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("a child is started with pipes")
    return stream


class _Child:
    """One process. Only who took it talks to it and ends it; anybody may kill it."""

    def __init__(self, bounds: Bounds) -> None:
        self._process = subprocess.Popen(  # our own interpreter and module
            [sys.executable, "-P", "-W", "ignore", "-m", _MODULE, msgspec.json.encode(bounds).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_surroundings(),
            start_new_session=True,  # Ctrl-C is for the hub, which ends its children
        )
        # Who nobody asked for a while leaves by itself: somebody must take note, or it stays as a zombie.
        threading.Thread(target=self._process.wait, name="reading child", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, wanted: Wanted, until: float) -> tuple[End, Whole]:
        """Raises _Ended and BadPieces."""
        body = msgspec.msgpack.encode(wanted)
        try:
            questions = _piped(self._process.stdin)
            questions.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
            questions.flush()
        except OSError as gone:
            raise _Ended from gone
        whole, answers = Whole(), _Answers(_piped(self._process.stdout).fileno(), until)
        while True:
            piece = piece_of(answers.next())
            if not isinstance(piece, Rows):
                return piece, whole
            whole.add(piece)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()

    def end(self) -> int:
        """Kill it where it lives. Its exit code: what it ended with by itself counts for a moment."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_S)
        self.kill()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _piped(stream).close()
        return code


def _surroundings() -> dict[str, str]:
    """The same modules as ours, and none of the hub's secrets."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }


class _Answers:
    """Frames out of a pipe, before a deadline, so many bytes and no more."""

    def __init__(self, pipe: int, until: float) -> None:
        self._pipe, self._until = pipe, until
        self._left = MAX_ANSWER_BYTES

    def next(self) -> bytes:
        """Raises _Ended and BadPieces."""
        length = int.from_bytes(self._exactly(LENGTH_BYTES), "big")
        if length > min(MAX_PIECE_BYTES, self._left):
            raise BadPieces("too much")
        self._left -= length
        return self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while len(parts) < size:
            left_s = self._until - time.monotonic()
            if left_s <= 0 or not poll.poll(left_s * 1_000):
                raise _Ended(late=True)
            chunk = os.read(self._pipe, min(size - len(parts), _CHUNK))
            if not chunk:
                raise _Ended
            parts += chunk
        return bytes(parts)

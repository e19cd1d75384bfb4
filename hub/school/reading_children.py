"""Files and servers read in processes of their own: a large, slow or hostile one neither slows nor ends the hub.

Errors: OSError where the file cannot be had, the hub stops, or somebody else ended the child; whatever the file or the
server itself did to it (too long, too much memory, a crash) makes it Unreadable, in words. DeltaRefused of a server.
"""

import errno
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hub.school.importers.rest.roster import DeltaRefused, Pulled
from hub.school.importers.rest.trouble import place
from hub.school.kind import Kind
from hub.school.problems import Unreadable, refuse
from hub.school.reading import Read, Wanted
from hub.school.reading_child import NO_MEMORY, Bounds, Question
from hub.school.reading_pieces import (
    BadPieces,
    End,
    Fault,
    NoDelta,
    NoFile,
    PulledEnd,
    Refused,
    RosterEnd,
    TimetableEnd,
    Whole,
)
from hub.school.reading_process import Child, Ended
from hub.school.reading_server import Asked
from wire.text import Text

AT_ONCE = 2  # each may need much memory, and a Pi has four cores
SERVERS_AT_ONCE = 4  # as many as are pulled at once: a slow server may hold its child for half an hour
LONGEST_S = 600.0  # by the clock: computing is bounded apart from it
SERVER_GRACE_S = 60.0  # beyond what asking may take
_LOOK_S = 0.5
T = TypeVar("T")
_log = logging.getLogger(__name__)


class _Spoilt(Exception):
    """What was read made an end of its child, or the child sent nonsense."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__()


class Children:
    """At most AT_ONCE children for files, SERVERS_AT_ONCE for servers; AT_ONCE that have read are kept until they leave
    by themselves. Safe to use from any thread.
    """

    def __init__(self, bounds: Bounds | None = None, longest_s: float = LONGEST_S, at_once: int = AT_ONCE) -> None:
        self._bounds, self._longest_s, self._most_idle = bounds or Bounds(), longest_s, at_once
        self._places = threading.Semaphore(at_once)
        self._server_places = threading.Semaphore(SERVERS_AT_ONCE)
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._closed = False

    def read(self, wanted: Wanted) -> Read:
        """Blocks until one has time, then while it reads. Raises OSError."""
        try:
            with self._turn(self._places):
                end, whole = self._answered(wanted, self._longest_s)
            if isinstance(end, Refused):
                return Read(end.kind, Unreadable(end.problem))
            if isinstance(end, RosterEnd | TimetableEnd):
                return _sound(lambda: whole.read(end))
            raise _bad(type(end).__name__)
        except _Spoilt as spoilt:
            return Read(wanted.kind or Kind.ROSTER, refuse(wanted.file.name, spoilt.text))

    def read_server(self, asked: Asked) -> Pulled:
        """Blocks until one has time, then while it asks. Raises Unreadable, DeltaRefused, OSError."""
        try:
            with self._turn(self._server_places):
                end, whole = self._answered(asked, asked.limits.total_s + SERVER_GRACE_S)
            if isinstance(end, NoDelta):
                raise DeltaRefused
            if isinstance(end, Refused):
                raise Unreadable(end.problem)
            if isinstance(end, PulledEnd):
                return _sound(lambda: whole.pulled(end))
            raise _bad(type(end).__name__)
        except _Spoilt as spoilt:
            raise refuse(place(asked.server.url), spoilt.text) from None

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

    @contextmanager
    def _turn(self, places: threading.Semaphore) -> Iterator[None]:
        """Raises OSError where the hub stops first."""
        while not places.acquire(timeout=_LOOK_S):
            self._need_open()
        try:
            yield
        finally:
            places.release()

    def _answered(self, question: Question, longest_s: float) -> tuple[End, Whole]:
        """Raises _Spoilt and OSError."""
        child, was_kept = self._take()
        try:
            end, whole = child.ask(question, time.monotonic() + longest_s)
        except Ended as ended:
            code = self._let_go(child)
            if was_kept and code == 0 and not ended.late:  # it left just when it was asked
                return self._answered(question, longest_s)
            if (stopped := self._stopped_from_outside(code, late=ended.late)) is not None:
                raise stopped from None
            _log.warning("%s could not be read: its process ended with %s", _what(question), code)
            raise _Spoilt(self._why(question, code, longest_s, late=ended.late)) from None
        except BadPieces as broken:
            self._let_go(child)
            raise _bad(str(broken)) from broken
        if isinstance(end, Fault):
            self._let_go(child)
            _log.warning("%s could not be read: %s at %s", _what(question), end.name, end.place)
            raise _Spoilt(_fault(end.name))
        self._keep(child)
        if isinstance(end, NoFile):
            raise OSError(end.number, end.said)
        return end, whole

    def _take(self) -> tuple[Child, bool]:
        """A child, and whether it has been waiting since an earlier question."""
        with self._lock:
            self._need_open()
            if self._idle:
                return self._idle.pop(), True
            child = Child(self._bounds)
            self._all = {one for one in self._all if one.alive} | {child}
            return child, False

    def _keep(self, child: Child) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < self._most_idle:
                self._idle.append(child)
                return
        self._let_go(child)

    def _let_go(self, child: Child) -> int:
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
        said = "tiến trình đọc dữ liệu bị hệ thống dừng (thiếu bộ nhớ?); hãy thử lại"
        return OSError(errno.EAGAIN, f"{said} / the process that read it was killed (memory?): try again")

    def _why(self, question: Question, code: int, longest_s: float, *, late: bool) -> Text:
        if late:
            minutes = max(1, round(longest_s / 60))
            return Text(f"đọc quá lâu (giới hạn {minutes} phút)", f"takes too long to read (limit {minutes} min)")
        if code == -signal.SIGXCPU:
            limit = self._bounds.cpu_s
            return Text(
                f"đọc tốn quá nhiều tính toán (giới hạn {limit} giây)", f"takes too long to read (limit {limit} s)"
            )
        if code == NO_MEMORY:
            limit, of_file = self._bounds.memory_mb, isinstance(question, Wanted)
            return Text(
                f"cần quá nhiều bộ nhớ để đọc (giới hạn {limit} MB)" + ("; hãy chia nhỏ tệp" if of_file else ""),
                f"needs too much memory to be read (limit {limit} MB)" + (": split the file" if of_file else ""),
            )
        return _fault(signal.Signals(-code).name if code < 0 else f"exit {code}")


def _sound(made: Callable[[], T]) -> T:
    """What the pieces make. Raises _Spoilt."""
    try:
        return made()
    except BadPieces as broken:
        raise _bad(str(broken)) from broken


def _bad(what: str) -> _Spoilt:
    _log.warning("a reading process sent bad %s", what)
    return _Spoilt(_fault("BadPieces"))


def _what(question: Question) -> str:
    return "a file" if isinstance(question, Wanted) else "a server"


def _fault(name: str) -> Text:
    return Text(
        f"lỗi phần mềm khi đọc ({name}); hãy báo người bảo trì, hoặc xuất dữ liệu dạng khác",
        f"a software fault while reading it ({name}): tell the maintainers, or export it in another form",
    )

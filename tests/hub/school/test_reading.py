"""Files read in a process of their own: the same result as here, and nothing a file does to it reaches the hub."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.school.importers.column_map import ColumnMap, SheetKind, Target
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.kind import Kind
from hub.school.problems import Unreadable
from hub.school.reading import Read, Wanted, read_here
from hub.school.reading_child import Bounds
from hub.school.reading_children import Children
from hub.school.reading_pieces import (
    BadPieces,
    RosterEnd,
    Rows,
    TimetableEnd,
    Whole,
    frame,
    piece_of,
    pieces,
)
from tests.hub.school.conftest import FIXTURES
from tests.patience import PATIENCE_S

FILES = sorted(path for path in FIXTURES.iterdir() if path.suffix != ".md")


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file nobody ever finishes reading."""
    path = tmp_path / "endless.csv"
    os.mkfifo(path)
    return path


def said(found: RosterImport | TimetableImport | Unreadable) -> list[Any]:
    """All a reader hands over, fit for comparing."""
    if isinstance(found, Unreadable):
        return [found.problem]
    fields = [getattr(found, name) for name in found.__struct_fields__ if name != "findings"]
    return [type(found), *fields, found.findings.problems, dict(found.findings.counts)]


def until(fits: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not fits():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Asking:
    """A reading under way in a thread of its own."""

    def __init__(self, children: Children, path: Path) -> None:
        self.read: Read | None = None
        self.refused: OSError | None = None
        self._thread = threading.Thread(target=self._ask, args=(children, path))
        self._thread.start()
        until(lambda: bool(children.pids), "a child began")

    def _ask(self, children: Children, path: Path) -> None:
        try:
            self.read = children.read(Wanted.of(path))
        except OSError as refused:
            self.refused = refused

    def ended(self) -> "Asking":
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return self

    @property
    def why(self) -> str:
        assert self.read is not None
        assert isinstance(self.read.found, Unreadable)
        return self.read.found.problem.text.en


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_child_reads_what_we_read(path: Path, children: Children) -> None:
    here, there = read_here(Wanted.of(path)), children.read(Wanted.of(path))
    assert there.kind is here.kind
    assert said(there.found) == said(here.found)


def test_one_child_reads_file_after_file(children: Children) -> None:
    wanted = Wanted.of(FIXTURES / "asc_school.xml", Kind.TIMETABLE, "Asia/Ho_Chi_Minh")
    children.read(wanted)
    before = children.pids
    children.read(wanted)
    assert children.pids == before
    assert len(before) == 1


def test_a_column_map_goes_along(tmp_path: Path, children: Children) -> None:
    path = tmp_path / "Danh sách.csv"
    path.write_text("Số thẻ,Người học,Nhóm\n007,Trần Thị Ánh,10A1\n", "utf-8")
    columns: dict[Target, str | tuple[str, ...]] = {Target.ID: "Số thẻ", Target.FULL_NAME: "Người học"}
    found = children.read(Wanted.of(path, Kind.ROSTER, "", ColumnMap(SheetKind.PUPILS, columns))).found
    assert isinstance(found, RosterImport)
    assert [(one.id, one.given_name) for one in found.roster.people] == [("007", "Ánh")]


def test_a_file_that_is_away_is_the_system_s_word(tmp_path: Path, children: Children) -> None:
    with pytest.raises(FileNotFoundError):
        children.read(Wanted.of(tmp_path / "none.csv"))


def test_reading_that_never_ends_is_ended_and_told(endless: Path) -> None:
    children = Children(longest_s=0.2)
    asking = Asking(children, endless).ended()
    assert "too long" in asking.why
    assert not children.pids
    assert isinstance(children.read(Wanted.of(endless)).found, Unreadable)  # a new child, which is ended too
    children.close()


@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGSEGV, "software fault"), (signal.SIGXCPU, "too long"), (signal.SIGABRT, "SIGABRT")]
)
def test_a_crash_is_a_refusal(number: signal.Signals, words: str, endless: Path) -> None:
    children = Children()
    asking = Asking(children, endless)
    os.kill(children.pids[0], number)
    assert words in asking.ended().why
    assert isinstance(children.read(Wanted.of(FIXTURES / "roster_1_2")).found, RosterImport)
    children.close()


def test_killed_from_outside_is_worth_another_try(endless: Path) -> None:
    children = Children()
    asking = Asking(children, endless)
    os.kill(children.pids[0], signal.SIGKILL)
    refused = asking.ended().refused
    assert refused is not None
    assert refused.errno == errno.EAGAIN
    children.close()


@pytest.mark.parametrize(
    ("bounds", "words"), [(Bounds(cpu_s=0), "too long"), (Bounds(memory_mb=300), "memory")], ids=["cpu", "memory"]
)
def test_a_file_that_needs_too_much_is_refused(bounds: Bounds, words: str, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_text("Mã học sinh,Họ và tên,Lớp\n" + "0123456789,Trần Thị Ánh Nguyệt,10A1\n" * 250_000, "utf-8")
    children = Children(bounds)
    found = children.read(Wanted.of(path)).found
    assert isinstance(found, Unreadable)
    assert words in found.problem.text.en
    assert found.problem.file == "large.csv"
    assert not children.pids
    children.close()


def test_a_hub_that_stops_ends_what_is_being_read(endless: Path) -> None:
    children = Children(at_once=1)
    asking = Asking(children, endless)
    waiting = Asking(children, endless)  # for its turn
    (pid,) = children.pids
    children.close()
    for one in (asking, waiting):
        refused = one.ended().refused
        assert refused is not None
        assert refused.errno == errno.ECANCELED
    assert not is_alive(pid)
    with pytest.raises(OSError, match="stopping"):
        children.read(Wanted.of(endless))


PARENT = """
import sys, threading
from pathlib import Path
from hub.school.reading import Wanted
from hub.school.reading_children import Children
children = Children()
threading.Thread(target=lambda: children.read(Wanted.of(Path(sys.argv[1]))), daemon=True).start()
while not children.pids: pass
print(children.pids[0], flush=True)
sys.stdin.read()
"""


def test_a_child_ends_with_a_hub_that_is_killed(endless: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(endless)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    until(lambda: not is_alive(pid), "the child ended with its hub")


def test_who_is_not_asked_leaves_and_another_comes() -> None:
    children = Children(Bounds(idle_s=0.05))
    for _ in range(2):
        assert isinstance(children.read(Wanted.of(FIXTURES / "roster_1_2")).found, RosterImport)
        until(lambda: not children.pids, "an idle child left")
    children.close()


def test_a_child_knows_no_secrets_and_comes_after_live(endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSHUB_BROKER_PASSWORD", "bí mật")
    children = Children()
    asking = Asking(children, endless)
    pid = children.pids[0]
    until(lambda: b"hub.school.reading_child" in Path(f"/proc/{pid}/cmdline").read_bytes(), "it runs")
    until(lambda: os.getpriority(os.PRIO_PROCESS, pid) > 0, "it lets others go first")
    until(lambda: Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000", "it goes before the hub")
    assert b"CLASSHUB" not in Path(f"/proc/{pid}/environ").read_bytes()
    children.close()
    asking.ended()


def test_what_a_child_sends_is_not_believed() -> None:
    with pytest.raises(BadPieces):
        piece_of(b"\x93\x01\x02\x03")
    here = read_here(Wanted.of(FIXTURES / "roster_1_2"))
    whole = Whole()
    end = None
    for piece in pieces(here):
        assert piece_of(frame(piece)[4:]) == piece
        if isinstance(piece, Rows):
            whole.add(Rows("classes", piece.rows) if piece.table == "people" else piece)
        else:
            end = piece
    assert isinstance(end, RosterEnd | TimetableEnd)
    with pytest.raises(BadPieces):
        whole.read(end)

"""A school's server asked by a process of its own: it finds what we would find, and nothing of it harms a hub."""

import errno
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.roster import DeltaRefused, Pulled
from hub.school.problems import Unreadable
from hub.school.reading import Wanted
from hub.school.reading_children import Children
from hub.school.reading_server import Asked, read_server_here
from tests.hub.school.rest.conftest import QUICK, reach
from tests.hub.school.test_reading import is_alive, said, until
from tests.patience import PATIENCE_S
from tests.sim.oneroster_server import Fault, OneRosterServer, school

AGO = "2020-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[OneRosterServer]:
    with OneRosterServer(school()) as running:
        yield running


class Asking:
    """A server being asked in a thread of its own; it is known to be inside its first answer of `users`."""

    def __init__(self, children: Children, server: OneRosterServer, limits: Limits = QUICK) -> None:
        self.raised: Exception | None = None
        self._inside = threading.Event()
        server.faults = [Fault("users", times=100, slow_s=PATIENCE_S)]
        server.before = lambda collection, _: self._inside.set() if collection == "users" else None
        self._thread = threading.Thread(target=self._ask, args=(children, Asked(reach(server), limits=limits)))
        self._thread.start()
        assert self._inside.wait(PATIENCE_S)

    def _ask(self, children: Children, asked: Asked) -> None:
        try:
            children.read_server(asked)
        except (OSError, Unreadable) as raised:
            self.raised = raised

    def ended(self) -> Exception | None:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return self.raised


def told(pulled: Pulled) -> list[object]:
    """All but the time of the first answer."""
    return [*said(pulled.found), pulled.digest, bool(pulled.since), pulled.records, pulled.failed]


def nothing(server: OneRosterServer) -> None:
    server.faults = []


def a_failing_part(server: OneRosterServer) -> None:
    server.faults = [Fault("enrollments", times=10**6, status=500)]


def odd_records(server: OneRosterServer) -> None:
    server.rows["users"][3]["givenName"] = ["không", "phải", "chữ"]
    server.rows["classes"].append("not an object")  # type: ignore[arg-type]


@pytest.mark.parametrize("trouble", [nothing, a_failing_part, odd_records])
@pytest.mark.parametrize("newer_than", ["", AGO], ids=["all", "delta"])
def test_a_child_finds_what_we_find(
    trouble: Callable[[OneRosterServer], None], newer_than: str, server: OneRosterServer, children: Children
) -> None:
    trouble(server)
    asked = Asked(reach(server), newer_than, QUICK)
    assert told(children.read_server(asked)) == told(read_server_here(asked))


def test_a_server_without_deltas_is_told_as_such(server: OneRosterServer, children: Children) -> None:
    server.filters = False
    with pytest.raises(DeltaRefused):
        children.read_server(Asked(reach(server), AGO, QUICK))
    assert children.read_server(Asked(reach(server), "", QUICK)).found.counts["users"] == 44, "the child is well"


def test_refusals_come_in_words_and_secrets_go_nowhere(
    server: OneRosterServer, children: Children, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = Asked(reach(server), limits=QUICK)
    server.faults = [Fault("token", times=10**6, status=403)]
    with pytest.raises(Unreadable, match="403") as refused:
        children.read_server(wrong)
    shown = [refused.value.problem.text.both(), caplog.text, repr(wrong)]
    for pid in children.pids:
        shown += [Path(f"/proc/{pid}/{name}").read_bytes().decode() for name in ("cmdline", "environ")]
    assert not [text for text in shown if server.secret in text]
    assert len(shown) > 3, "a child is there to be looked at"


@pytest.mark.parametrize(("number", "words"), [(signal.SIGXCPU, "too long"), (signal.SIGSEGV, "software fault")])
def test_a_server_that_ends_its_child_is_told(number: signal.Signals, words: str, server: OneRosterServer) -> None:
    children = Children()
    asking = Asking(children, server)
    os.kill(children.pids[0], number)
    raised = asking.ended()
    assert isinstance(raised, Unreadable)
    assert words in raised.problem.text.en
    assert raised.problem.file == server.url
    assert not children.pids
    children.close()


def test_a_child_that_is_killed_is_worth_another_try(server: OneRosterServer) -> None:
    children = Children()
    asking = Asking(children, server)
    (pid,) = children.pids
    os.kill(pid, signal.SIGKILL)
    raised = asking.ended()
    assert isinstance(raised, OSError)
    assert raised.errno == errno.EAGAIN
    nothing(server)
    assert children.read_server(Asked(reach(server), limits=QUICK)).found.counts["users"] == 44
    children.close()


def test_a_hub_that_stops_ends_the_asking(server: OneRosterServer) -> None:
    children = Children()
    asking = Asking(children, server)
    (pid,) = children.pids
    children.close()
    raised = asking.ended()
    assert isinstance(raised, OSError)
    assert raised.errno == errno.ECANCELED
    until(lambda: not is_alive(pid), "the child ended")


def test_slow_servers_keep_no_file_waiting(server: OneRosterServer, tmp_path: Path) -> None:
    children = Children(at_once=1)
    asking = Asking(children, server)
    path = tmp_path / "Danh sách.csv"
    path.write_text("Mã học sinh,Họ và tên,Lớp\n007,Trần Thị Ánh,10A1\n", "utf-8")
    assert not isinstance(children.read(Wanted.of(path)).found, Unreadable)
    assert len(children.pids) == 2
    children.close()
    asking.ended()

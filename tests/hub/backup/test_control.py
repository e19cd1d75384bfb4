"""The running hub's local socket: jobs one at a time, given up with their connection, for the hub's own user only."""

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from hub.control import NAME, Control, JobFailed, NoHub, Request, Tell, ask
from tests.patience import PATIENCE_S
from wire.text import Text


class Jobs:
    """`count` tells its steps until it is let go or given up; `write` writes into the file it got."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.given_up = threading.Event()
        self.begun = threading.Event()

    def count(self, _arguments: dict[str, str], _file: BinaryIO | None, tell: Tell) -> object:
        self.begun.set()
        try:
            while not self.go_on.wait(0.01):
                tell(Text("một", "one"))
        except BaseException:
            self.given_up.set()
            raise
        return {"steps": 7}

    def write(self, arguments: dict[str, str], file: BinaryIO | None, _tell: Tell) -> object:
        assert file is not None
        return file.write(arguments["words"].encode())

    def fail(self, arguments: dict[str, str], _file: BinaryIO | None, _tell: Tell) -> object:
        raise OSError(28, arguments["why"]) if arguments else ZeroDivisionError


def explained(failed: BaseException) -> Text | None:
    return Text("đĩa", f"disk: {failed}") if isinstance(failed, OSError) else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Longer than an address of a Unix socket may be."""
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    return deep


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def control(folder: Path, jobs: Jobs) -> Iterator[Control]:
    (folder / NAME).touch()  # left by a hub that was killed
    made = Control(folder, {"count": jobs.count, "write": jobs.write, "fail": jobs.fail}, explained)
    made.start()
    yield made
    jobs.go_on.set()
    made.stop()
    assert not (folder / NAME).exists()


def until(condition: threading.Event) -> None:
    assert condition.wait(PATIENCE_S)


@pytest.mark.usefixtures("control")
def test_a_job_tells_and_ends(folder: Path, jobs: Jobs) -> None:
    told: list[Text] = []

    def hear(said: Text) -> None:
        told.append(said)
        jobs.go_on.set()

    assert ask(folder, Request("count"), hear) == {"steps": 7}
    assert told[0] == Text("một", "one")
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


@pytest.mark.usefixtures("control")
def test_the_job_writes_into_the_file_the_other_end_opened(folder: Path, tmp_path: Path) -> None:
    with (tmp_path / "archive").open("wb") as file:
        assert ask(folder, Request("write", {"words": "chào"}), print, file) == 5
    assert (tmp_path / "archive").read_text() == "chào"


@pytest.mark.usefixtures("control")
def test_one_job_at_a_time_and_a_closed_connection_gives_it_up(folder: Path, jobs: Jobs) -> None:
    class Gone(Exception):
        pass

    def leave(_said: Text) -> None:
        with pytest.raises(JobFailed, match="busy"):
            ask(folder, Request("write", {"words": ""}), print)
        raise Gone

    with pytest.raises(Gone):
        ask(folder, Request("count"), leave)
    until(jobs.given_up)
    jobs.go_on.set()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert ask(folder, Request("count"), print) == {"steps": 7}
            break
        except JobFailed:  # the one before is just ending
            assert time.monotonic() < deadline


@pytest.mark.usefixtures("control")
def test_errors_are_words_and_faults_end_nothing(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(JobFailed, match="no space"):
        ask(folder, Request("fail", {"why": "no space"}), print)
    assert "Traceback" not in caplog.text
    with pytest.raises(JobFailed, match="software fault"):
        ask(folder, Request("fail"), print)
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(JobFailed, match="knows no such request"):
        ask(folder, Request("format-disk"), print)


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize("words", [b"", b"{", b"\xff\n", b"[]\n", b"x" * 10_000 + b"\n"])
def test_nonsense_is_answered_and_forgotten(folder: Path, jobs: Jobs, words: bytes) -> None:
    handle = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(f"/proc/self/fd/{handle}/{NAME}")
        try:
            connection.sendall(words)
            connection.shutdown(socket.SHUT_WR)
            assert b"failed" in connection.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had heard enough
    os.close(handle)
    jobs.go_on.set()
    assert ask(folder, Request("count"), print) == {"steps": 7}


def test_stopping_gives_the_job_up(folder: Path, jobs: Jobs) -> None:
    control = Control(folder, {"count": jobs.count}, explained)
    control.start()
    failures: list[str] = []

    def wait_for_it() -> None:
        try:
            ask(folder, Request("count"), lambda _said: None)
        except JobFailed as failed:
            failures.append(failed.text.en)

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    until(jobs.begun)
    control.stop()
    waiting.join(PATIENCE_S)
    assert jobs.given_up.is_set()
    assert failures == ["the hub ended in the middle: run the command again"]
    with pytest.raises(NoHub):
        ask(folder, Request("count"), print)


def test_no_hub(tmp_path: Path) -> None:
    with pytest.raises(NoHub):
        ask(tmp_path, Request("count"), print)

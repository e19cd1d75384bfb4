"""The running hub's local socket: long jobs (backup, migration) for the command line, beside the work of the hub.

`hub.sock` in the data folder, mode 600; the other end has to be the hub's own user or root. One request a connection,
one JSON line `{"job": …, "arguments": {…}}`, an open file along with it where the job writes one; JSON lines back:
`progress`…, then `done` or `failed`. One job at a time, in a thread of its own; closing the connection gives it up.
"""

import contextlib
import logging
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from wire.text import Text

_log = logging.getLogger(__name__)
NAME = "hub.sock"
REQUEST_BYTES = 4_096
ANSWER_BYTES = 2**20
CONNECTIONS = 4
PROGRESS_S = 0.2
TALK_S = 10.0  # longest that the other end may keep us waiting
STOP_S = 10.0

Tell = Callable[[Text], None]
Job = Callable[[dict[str, str], BinaryIO | None, Tell], object]
Failure = Callable[[Exception], Text | None]


class JobStopped(Exception):
    """Somebody gave the job up, or the hub stops."""


class JobFailed(Exception):
    """The hub could not do it; `text` says why."""

    def __init__(self, said: Text) -> None:
        self.text = said
        super().__init__(said.both())


class NoHub(Exception):
    """No hub listens there."""


class Request(msgspec.Struct, frozen=True):
    job: str
    arguments: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Progress, or the end: `done` with its result, or `failed`."""

    progress: Text | None = None
    done: bool = False
    result: Any = None
    failed: Text | None = None


class Control:
    """`with Control(...)`: listens until left. `explain` puts an expected error into words; None: a fault of ours."""

    def __init__(self, folder: Path, jobs: Mapping[str, Job], explain: Failure) -> None:
        self._folder, self._jobs, self._explain = folder, jobs, explain
        self._stopping = threading.Event()
        self._job = threading.Lock()
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        self._threads: set[threading.Thread] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def start(self) -> None:
        """Raises OSError."""
        with _address(self._folder) as address:
            with contextlib.suppress(FileNotFoundError):
                Path(address).unlink()  # of a hub that was killed: the folder is ours alone
            self._listener.bind(address)
            Path(address).chmod(0o600)
        self._listener.listen(CONNECTIONS)
        self._begin(self._accept, ())

    def stop(self) -> None:
        """Give up the job that runs, and wait for its end."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        until = time.monotonic() + STOP_S
        for thread in list(self._threads):
            thread.join(max(0.0, until - time.monotonic()))
        (self._folder / NAME).unlink(missing_ok=True)

    # ---- inside: one thread accepts, one serves each connection ----

    def _begin(self, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
        thread = threading.Thread(target=work, args=arguments, name="control", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                time.sleep(0.1)  # out of file descriptors: the next one may find some
                continue
            self._threads = {thread for thread in self._threads if thread.is_alive()}
            if not _is_ours(connection) or not self._room.acquire(blocking=False):
                connection.close()
                continue
            self._begin(self._serve, (connection,))

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(TALK_S)
                self._answer(connection)
        except (OSError, JobStopped):
            pass  # the other end is gone: nobody to tell
        finally:
            self._room.release()

    def _answer(self, connection: socket.socket) -> None:
        request, file = _received(connection)
        with contextlib.ExitStack() as stack:
            if file is not None:
                stack.enter_context(file)
            job = self._jobs.get(request.job) if request is not None else None
            if request is None or job is None:
                _send(connection, Answer(failed=Text("không hiểu yêu cầu", "this hub knows no such request")))
                return
            if not self._job.acquire(blocking=False):
                busy = Text(
                    "trung tâm đang làm một việc khác: hãy đợi", "the hub is busy with another job: wait for its end"
                )
                _send(connection, Answer(failed=busy))
                return
            stack.callback(self._job.release)
            _log.info("job: %s", request.job)
            _send(connection, self._done(job, request, file, connection))

    def _done(self, job: Job, request: Request, file: BinaryIO | None, connection: socket.socket) -> Answer:
        """The job's end; its file is on the disk before anybody hears of it."""
        try:
            result = job(request.arguments, file, self._teller(connection))
            if file is not None:
                file.close()
            return Answer(done=True, result=result)
        except JobStopped:
            raise
        except Exception as failed:  # noqa: BLE001  # supervisor of one job: it must not end the hub
            said = self._explain(failed)
            if said is None:
                _log.exception("job %s failed", request.job)
                said = Text(f"lỗi phần mềm ({failed!r})", f"a software fault ({failed!r})")
            return Answer(failed=said)

    def _teller(self, connection: socket.socket) -> Tell:
        told_s = 0.0

        def tell(said: Text) -> None:
            nonlocal told_s
            if self._stopping.is_set():
                raise JobStopped
            if time.monotonic() - told_s >= PROGRESS_S:
                told_s = time.monotonic()
                try:
                    if _is_closed(connection):
                        raise JobStopped
                    _send(connection, Answer(progress=said))
                except OSError as gone:
                    raise JobStopped from gone

        return tell


def ask(folder: Path, request: Request, tell: Tell, file: BinaryIO | None = None) -> Any:
    """Have the hub of that data folder do a job; what it says at the end, as JSON has it.

    Raises NoHub where none listens, JobFailed. Ctrl-C gives the job up.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            with _address(folder) as address:
                connection.connect(address)
        except OSError as missing:
            raise NoHub(str(missing)) from missing
        data = msgspec.json.encode(request) + b"\n"
        socket.send_fds(connection, [data], [] if file is None else [file.fileno()])
        for line in _lines(connection):
            answer = msgspec.json.decode(line, type=Answer)
            if answer.failed is not None:
                raise JobFailed(answer.failed)
            if answer.done:
                return answer.result
            if answer.progress is not None:
                tell(answer.progress)
    raise JobFailed(
        Text("trung tâm dừng giữa chừng: hãy chạy lại lệnh", "the hub ended in the middle: run the command again")
    )


def _lines(connection: socket.socket) -> Iterator[bytes]:
    with connection.makefile("rb") as incoming:
        while line := incoming.readline(ANSWER_BYTES):
            yield line


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """A name of the socket that is short whatever the folder's: the kernel takes 107 bytes."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{NAME}"
    finally:
        os.close(handle)


def _received(connection: socket.socket) -> tuple[Request | None, BinaryIO | None]:
    """The request and the file that came with it; None for what is no request."""
    data, handles, _, _ = socket.recv_fds(connection, REQUEST_BYTES, 1)
    file = os.fdopen(handles[0], "wb") if handles else None
    while data and not data.endswith(b"\n") and len(data) < REQUEST_BYTES:
        more = connection.recv(REQUEST_BYTES - len(data))
        if not more:
            break
        data += more
    try:
        return msgspec.json.decode(data, type=Request), file
    except msgspec.MsgspecError:
        return None, file


def _send(connection: socket.socket, answer: Answer) -> None:
    connection.sendall(msgspec.json.encode(answer) + b"\n")


def _is_ours(connection: socket.socket) -> bool:
    """The kernel says who the other end is."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return user in {0, os.geteuid()}


def _is_closed(connection: socket.socket) -> bool:
    """The other end has nothing more to say after its request: what can be read is its end."""
    look = select.poll()
    look.register(connection, select.POLLIN)
    return bool(look.poll(0)) and not connection.recv(1, socket.MSG_PEEK)

"""A process that does nothing but read files and servers for a hub: questions come in on its standard input (what gets
it into a server, too: never a command line, never a file), pieces go out.

It imports importers only, writes no file, may use so much memory and computing and no more, ends when its hub ends
(its input closes) and by itself when nobody has asked for a while.
"""

import gc
import os
import queue
import resource
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec

from hub.school.importers.rest.roster import DeltaRefused
from hub.school.kind import Kind
from hub.school.problems import Unreadable
from hub.school.reading import Wanted, read_here
from hub.school.reading_pieces import (
    LENGTH_BYTES,
    Fault,
    NoDelta,
    NoFile,
    Piece,
    Refused,
    frame,
    pieces,
    pieces_of_server,
)
from hub.school.reading_server import Asked, read_server_here

Question = Wanted | Asked
NICENESS = 10  # who reads a file can wait: live comes first
END, BAD_QUESTION, NO_MEMORY = 0, 3, 4
_decoder: "msgspec.msgpack.Decoder[Question]" = msgspec.msgpack.Decoder(Question)


class Bounds(msgspec.Struct, frozen=True):
    """What one child may use: `cpu_s` for one file or server, `memory_mb` of address space. It ends after `idle_s`."""

    cpu_s: int = 120
    memory_mb: int = 1_024
    idle_s: float = 60.0


def main() -> NoReturn:
    bounds = msgspec.json.decode(sys.argv[1], type=Bounds)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    _bind(bounds)
    asked: queue.SimpleQueue[Question] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    while True:
        try:
            question = asked.get(timeout=bounds.idle_s)
        except queue.Empty:
            os._exit(END)
        _let_compute(bounds.cpu_s)
        _answer(question, answers)
        del question
        gc.collect()


def _bind(bounds: Bounds) -> None:
    os.nice(NICENESS)
    with suppress(OSError):  # where memory is short the system shall end this process, not the hub
        Path("/proc/self/oom_score_adj").write_text("1000")
    memory = bounds.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold names of pupils
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _let_compute(cpu_s: int) -> None:
    """From now on; beyond it the system ends the process (SIGXCPU), whatever it is doing."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + cpu_s + 1, most))


def _listen(questions: BinaryIO, asked: "queue.SimpleQueue[Question]") -> None:
    """In a thread of its own, so that the end of the hub ends a reading at once."""
    while True:
        length = questions.read(LENGTH_BYTES)
        if len(length) < LENGTH_BYTES:
            os._exit(END)
        try:
            asked.put(_decoder.decode(questions.read(int.from_bytes(length, "big"))))
        except msgspec.MsgspecError:
            os._exit(BAD_QUESTION)


def _answer(question: Question, answers: BinaryIO) -> None:
    try:
        for piece in _read(question):
            _send(answers, piece)
    except OSError as away:
        _send(answers, NoFile(away.errno or 0, away.strerror or type(away).__name__))
    except MemoryError:
        os._exit(NO_MEMORY)  # what is left of it is of no more use
    except Exception as fault:  # noqa: BLE001  # the supervisor of one file: it is told, and the next one is read
        _send(answers, Fault(type(fault).__name__, _place(fault)))


def _read(question: Question) -> Iterator[Piece]:
    if isinstance(question, Wanted):
        yield from pieces(read_here(question))
        return
    try:
        yield from pieces_of_server(read_server_here(question))
    except DeltaRefused:
        yield NoDelta()
    except Unreadable as refused:
        yield Refused(Kind.ROSTER, refused.problem)


def _place(fault: Exception) -> str:
    """Where it happened; what it says may quote the file, and the file names children."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _send(answers: BinaryIO, piece: Piece) -> None:
    left = memoryview(frame(piece))
    while left:
        left = left[answers.write(left) :]


if __name__ == "__main__":
    main()

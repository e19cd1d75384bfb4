"""A process that does nothing but read files for a hub: questions come in on its standard input, pieces go out.

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
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec

from hub.school.reading import Wanted, read_here
from hub.school.reading_pieces import LENGTH_BYTES, Fault, NoFile, Piece, frame, pieces

NICENESS = 10  # who reads a file can wait: live comes first
END, BAD_QUESTION, NO_MEMORY = 0, 3, 4


class Bounds(msgspec.Struct, frozen=True):
    """What one child may use: `cpu_s` for one file, `memory_mb` of address space. It ends after `idle_s`."""

    cpu_s: int = 120
    memory_mb: int = 1_024
    idle_s: float = 60.0


def main() -> NoReturn:
    bounds = msgspec.json.decode(sys.argv[1], type=Bounds)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    _bind(bounds)
    asked: queue.SimpleQueue[Wanted] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    while True:
        try:
            wanted = asked.get(timeout=bounds.idle_s)
        except queue.Empty:
            os._exit(END)
        _let_compute(bounds.cpu_s)
        _answer(wanted, answers)
        del wanted
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


def _listen(questions: BinaryIO, asked: "queue.SimpleQueue[Wanted]") -> None:
    """In a thread of its own, so that the end of the hub ends a reading at once."""
    while True:
        length = questions.read(LENGTH_BYTES)
        if len(length) < LENGTH_BYTES:
            os._exit(END)
        try:
            asked.put(msgspec.msgpack.decode(questions.read(int.from_bytes(length, "big")), type=Wanted))
        except msgspec.MsgspecError:
            os._exit(BAD_QUESTION)


def _answer(wanted: Wanted, answers: BinaryIO) -> None:
    try:
        for piece in pieces(read_here(wanted)):
            _send(answers, piece)
    except OSError as away:
        _send(answers, NoFile(away.errno or 0, away.strerror or type(away).__name__))
    except MemoryError:
        os._exit(NO_MEMORY)  # what is left of it is of no more use
    except Exception as fault:  # noqa: BLE001  # the supervisor of one file: it is told, and the next one is read
        _send(answers, Fault(type(fault).__name__, _place(fault)))


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

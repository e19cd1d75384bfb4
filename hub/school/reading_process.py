"""One reading child as the hub holds it: a question goes in, pieces come out, before a deadline and so many bytes.

Errors: Ended where the child is no more, or was too slow; BadPieces where it sends what no child does.
"""

import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

import msgspec

from hub.school.reading_child import Bounds, Question
from hub.school.reading_pieces import LENGTH_BYTES, MAX_PIECE_BYTES, BadPieces, End, Rows, Whole, piece_of

# 300,000 pupils of a list, 400,000 enrolments of a bundle, 300,000 lessons: 40 to 65 MB each. Several children answer
# at once and the hub holds what they say.
MAX_ANSWER_BYTES = 192 * 1024 * 1024
_CHUNK = 1 << 16
_LAST_WORDS_S = 0.2
_MODULE = "hub.school.reading_child"
# SSL_CERT_…: whom this machine trusts, where an installation says so.
_PASSED_ON = (
    "PATH", "PYTHONHOME", "PYTHONUTF8", "LANG", "LC_ALL", "TZ", "PYTHONTZPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip


class Ended(Exception):
    """The child is no more; `late`: because we ended it."""

    def __init__(self, *, late: bool = False) -> None:
        self.late = late
        super().__init__()


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("a child is started with pipes")
    return stream


class Child:
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

    def ask(self, question: Question, until: float) -> tuple[End, Whole]:
        """Raises Ended and BadPieces."""
        body = msgspec.msgpack.encode(question)
        try:
            questions = _piped(self._process.stdin)
            questions.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
            questions.flush()
        except OSError as gone:
            raise Ended from gone
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
        """Raises Ended and BadPieces."""
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
                raise Ended(late=True)
            chunk = os.read(self._pipe, min(size - len(parts), _CHUNK))
            if not chunk:
                raise Ended
            parts += chunk
        return bytes(parts)

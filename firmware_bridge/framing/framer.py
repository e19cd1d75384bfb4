"""Bytes in, frames out, whatever comes between them: no input or output of its own, a bounded buffer.

How the bytes are cut into calls of `feed` never changes what comes out.
"""

from firmware_bridge.framing.frame import MAX_RAW, NOISE, TRUNCATED, BadFrame, Frame
from firmware_bridge.framing.shape import MORE, Ending, Lost, More, Shape, Skip, Stray, Whole, Wrong
from wire.text import Text

_FIRST_LOOK = 4096
"""Long frames are rare: a shape that may hold a megabyte is not given one for every byte of noise."""


class Framer:
    """Finds the frames of one `shape` in a stream. Mutable; one for each opened line.

    `until`: the stream was joined in the middle, nothing before one of these bytes can be trusted to be whole.
    """

    def __init__(self, shape: Shape, until: bytes = b"") -> None:
        self._shape = shape
        self._until = until
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte in the stream
        self._reported = 0  # bytes before this offset are part of a bad frame that was told already
        self._noise = bytearray()  # skipped bytes not told yet, at most MAX_RAW

    @property
    def held_bytes(self) -> int:
        """How much is kept for later: below the shape's `max_size` plus MAX_RAW after every call of `feed`."""
        return len(self._buffer) + len(self._noise)

    def feed(self, data: bytes) -> list[Frame | BadFrame]:
        """Take bytes as they come; returns what they completed, oldest first."""
        self._buffer += data
        found: list[Frame | BadFrame] = []
        while self._step(found, ended=False):
            pass
        return found

    def finish(self) -> list[Frame | BadFrame]:
        """The line fell silent or the file ended: what is still held is a frame cut short, or noise."""
        found: list[Frame | BadFrame] = []
        while self._step(found, ended=True):
            pass
        self._tell_noise(found)
        return found

    def _step(self, found: list[Frame | BadFrame], *, ended: bool) -> bool:
        """Deal with the front of the buffer; False when it is empty or has to wait for more."""
        if not self._buffer:
            return False
        if self._until:
            self._seek(found)
            return True
        to_start = self._bytes_before_start()
        if to_start:
            self._skip(to_start, found)
            return True
        head = bytes(self._buffer[: min(self._shape.max_size, _FIRST_LOOK)])
        verdict = MORE if len(head) < len(self._shape.start) else self._shape.measure(head)
        if isinstance(verdict, More) and len(head) < min(len(self._buffer), self._shape.max_size):
            head = bytes(self._buffer[: self._shape.max_size])
            verdict = self._shape.measure(head)
        if ended and isinstance(verdict, More) and isinstance(self._shape, Ending):
            verdict = self._shape.last(head)
        if isinstance(verdict, Whole):
            self._take(verdict.size, found)
        elif isinstance(verdict, Wrong):
            self._refuse(verdict.reason, verdict.size, found)
        elif isinstance(verdict, Lost):
            self._lose(verdict, found)
        elif isinstance(verdict, Skip):
            self._pass_over(verdict.size, found)
        elif isinstance(verdict, Stray):
            self._skip(1, found)
        elif ended:
            self._refuse(TRUNCATED, len(head), found)
        else:
            return False
        return True

    def _bytes_before_start(self) -> int:
        """How far the next possible beginning of a frame is, a beginning cut off at the buffer's end included."""
        start = self._shape.start
        at = self._buffer.find(start)
        if at >= 0:
            return at
        for kept in range(min(len(start) - 1, len(self._buffer)), 0, -1):
            if self._buffer.endswith(start[:kept]):
                return len(self._buffer) - kept
        return len(self._buffer)

    def _take(self, size: int, found: list[Frame | BadFrame]) -> None:
        self._tell_noise(found)
        found.append(Frame(bytes(self._buffer[:size]), self._offset))
        self._drop(size)
        self._reported = max(self._reported, self._offset)

    def _refuse(self, reason: Text, size: int, found: list[Frame | BadFrame]) -> None:
        """Tell a bad frame once, then look for a good one inside it: only its first byte is given up."""
        if self._offset >= self._reported:
            self._tell_noise(found)
            raw = bytes(self._buffer[: min(size, MAX_RAW)])
            found.append(BadFrame(reason, raw, self._offset, size))
            self._reported = self._offset + size
        self._skip(1, found)

    def _lose(self, lost: Lost, found: list[Frame | BadFrame]) -> None:
        self._refuse(lost.reason, lost.size, found)
        self._skip(lost.size - 1, found)
        self._until = lost.until

    def _seek(self, found: list[Frame | BadFrame]) -> None:
        """Give up everything before a byte of `until`, and that byte."""
        for at, byte in enumerate(self._buffer):
            if byte in self._until:
                self._until = b""
                self._skip(at + 1, found)
                return
        self._skip(len(self._buffer), found)

    def _pass_over(self, count: int, found: list[Frame | BadFrame]) -> None:
        self._tell_noise(found)
        self._drop(count)

    def _skip(self, count: int, found: list[Frame | BadFrame]) -> None:
        told = min(count, max(0, self._reported - self._offset))
        self._drop(told)
        while told < count:
            piece = min(count - told, MAX_RAW - len(self._noise))
            self._noise += self._buffer[:piece]
            self._drop(piece)
            told += piece
            if len(self._noise) == MAX_RAW:
                self._tell_noise(found)

    def _tell_noise(self, found: list[Frame | BadFrame]) -> None:
        """Skipped bytes always end where the buffer begins, so their place need not be remembered."""
        if self._noise:
            count = len(self._noise)
            found.append(BadFrame(NOISE, bytes(self._noise), self._offset - count, count, noise=True))
            self._noise.clear()

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._offset += count

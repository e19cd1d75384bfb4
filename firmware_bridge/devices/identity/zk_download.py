"""Reading a terminal's log once: disable, prepare the buffer, take it piece by piece, free it, enable. Pure.

It says which request comes next; the dialogue sends it. A log whose remembered place does not fit is read again, by
time.
"""

from enum import Enum, auto

from firmware_bridge.devices.identity import zk_packets as zk
from firmware_bridge.devices.identity.zk_log import MOST_LOG_BYTES, LogReader
from firmware_bridge.devices.identity.zk_memory import MISPLACED, LogMemory
from firmware_bridge.devices.identity.zk_records import Record
from wire.text import Text

PIECE_BYTES = 16 * 1024
"""How much is asked for at once: what UDP terminals give, and few enough punches to wait for the disk between."""
PATIENCE_S = 10.0
"""How long a disabled terminal waits for our disk; then it is enabled and the log read later."""
_ASK = b"\x01" + zk.ATTLOG.to_bytes(2, "little") + bytes(8)


class _At(Enum):
    DISABLE = auto()
    PREPARE = auto()
    PIECES = auto()
    FREE = auto()
    ENABLE = auto()


class Download:
    """Mutable; one for each time the log is read."""

    def __init__(self, count: int, memory: LogMemory) -> None:
        self._memory, self._count = memory, count
        self._at = _At.DISABLE
        self._size = self._asked = 0  # bytes of the log, and how many were asked for
        self._wanted = self._taken = 0  # of the piece that is on its way
        self._announced = self._useless = False  # that piece: more than one packet; not to be read
        self._since_s: float | None = None
        self._failed = False
        self._new = 0
        self.answered = False  # the last request needs no other answer
        self._start(by_time=False)

    @property
    def complete(self) -> bool:
        return not self._failed and self._log.complete

    @property
    def news(self) -> bool:
        """Whether anybody wants to hear of it."""
        return bool(self._new) or not self.complete

    def report(self) -> dict[str, int | bool]:
        return {"records": self._count, "new": self._new, "complete": self.complete}

    def request(self, now_s: float, *, stored: bool) -> tuple[int | None, bytes]:
        """What to send next; no command while the disk is waited for."""
        self.answered = False
        if self._at is _At.DISABLE:
            return zk.DISABLE, b""
        if self._at is _At.PREPARE:
            self._announced = self._useless = False
            return zk.ASK_BUFFER, _ASK
        if self._at is _At.PIECES:
            return self._piece(now_s, stored=stored)
        return (zk.FREE, b"") if self._at is _At.FREE else (zk.ENABLE, b"")

    def _piece(self, now_s: float, *, stored: bool) -> tuple[int | None, bytes]:
        if not stored:
            self._since_s = now_s if self._since_s is None else self._since_s
            if now_s - self._since_s < PATIENCE_S:
                return None, b""
            self._failed = True
        self._since_s = None
        if self._failed or self._asked >= self._size:
            self._at = _At.FREE
            return zk.FREE, b""
        self._wanted, self._taken = min(PIECE_BYTES, self._size - self._asked), 0
        self._announced = self._useless = False
        data = self._asked.to_bytes(4, "little") + self._wanted.to_bytes(4, "little")
        self._asked += self._wanted
        return zk.READ_BUFFER, data

    def answer(self, packet: zk.Packet) -> None:
        """The answer that ends a request."""
        good = packet.command == zk.OK
        if self._at is _At.DISABLE:
            self._at = _At.PREPARE  # also where a terminal does not want to be disabled
        elif self._at is _At.PREPARE:
            self._size = int.from_bytes(packet.data[1:5], "little") if good else 0
            self._failed = not 0 < self._size <= MOST_LOG_BYTES
            self._at = _At.ENABLE if self._failed else _At.PIECES
        elif self._at is _At.PIECES:
            if not good or (self._taken != self._wanted and not self._useless):
                self._failed = True  # packets were lost: datagrams do get lost
        else:
            self._at = _At.ENABLE

    def take(self, packet: zk.Packet) -> list[tuple[Record, int] | Text]:
        """A part of the log, or the announcement of parts; returns the records that are new."""
        if packet.command == zk.PREPARE:
            self._announced = True
            return []
        self._taken += len(packet.data)
        if self._at is _At.PREPARE:  # a small log comes at once, and nothing else follows
            self._at, self.answered = _At.FREE, True
        elif not self._announced:
            self.answered = True
        if self._failed or self._useless:
            return []
        if self._at is _At.PIECES and self._taken > self._wanted:
            self._failed = True
            return [Text("máy gửi nhiều hơn đã hỏi", "the terminal sent more than it was asked for")]
        return self._read(packet.data)

    def _read(self, data: bytes) -> list[tuple[Record, int] | Text]:
        found: list[tuple[Record, int] | Text] = []
        for one in self._log.feed(data):
            if isinstance(one, Text):
                found.append(one)
                continue
            receipt = self._memory.log_record(one)
            if receipt == MISPLACED:
                self._again()
                return found
            if receipt is not None:
                self._new += 1
                found.append((one, receipt))
        if self._log.refused is not None:
            self._failed = True
        return found

    def _again(self) -> None:
        """The log is not the one that was read before: from its beginning, by time."""
        self._start(by_time=True)
        self._asked, self._useless = 0, True
        if self._at is _At.FREE:
            self._at = _At.PREPARE

    def _start(self, *, by_time: bool) -> None:
        self._log = LogReader(self._count)
        self._memory.begin_log(self._count, by_time=by_time)

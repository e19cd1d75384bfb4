"""A terminal's attendance log as it arrives in pieces: records as soon as they are whole. Pure, bounded."""

from firmware_bridge.devices.identity.zk_records import SIZES, TOTAL_BYTES, Record, likely_size, record, record_size
from wire.text import Text

MOST_LOG_BYTES = 16 << 20
"""More than the largest terminals keep: a total beyond it is no total."""


class LogReader:
    """Takes the bytes of one log in order. Mutable. `count` is how many records the terminal says it has, 0: unknown.

    With a count records come out at once; without one when all is there, in the form in which all make sense.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._buffer = bytearray()
        self._left: int | None = None  # bytes still to come after the total; None before it is known
        self._size = 0
        self.refused: Text | None = None

    @property
    def complete(self) -> bool:
        return self._left == 0 and not self._buffer

    def feed(self, data: bytes) -> list[Record | Text]:
        """The records these bytes complete, oldest first; a Text says why one, or all the rest, cannot be read."""
        if self.refused is not None:
            return []
        self._buffer += data
        if self._left is None and len(self._buffer) >= TOTAL_BYTES:
            total = int.from_bytes(self._buffer[:TOTAL_BYTES], "little")
            del self._buffer[:TOTAL_BYTES]
            self._left = total
            if total > MOST_LOG_BYTES:
                return self._refuse(Text(f"nhật ký {total} byte", f"a log of {total} bytes"))
            self._size = record_size(total, self._count)
        return [] if self._left is None else self._records(self._left)

    def _records(self, left: int) -> list[Record | Text]:
        if len(self._buffer) > left:
            del self._buffer[left:]  # padding of the last piece
        if not self._size:
            if len(self._buffer) < left or not left:
                return []
            self._size = likely_size(bytes(self._buffer))
            if not self._size:
                return self._refuse(_unknown_form(left, self._count))
        whole = len(self._buffer) - len(self._buffer) % self._size
        found = [record(bytes(self._buffer[at : at + self._size])) for at in range(0, whole, self._size)]
        del self._buffer[:whole]
        self._left = left - whole
        return found

    def _refuse(self, why: Text) -> list[Record | Text]:
        self.refused = why
        self._buffer.clear()
        return [why]


def _unknown_form(total: int, count: int) -> Text:
    forms = ", ".join(map(str, SIZES))
    if count:
        return Text(
            f"{count} bản ghi trong {total} byte: không phải cỡ {forms}",
            f"{count} records in {total} bytes: none of the sizes {forms}",
        )
    return Text(f"{total} byte không phải nhật ký chấm công", f"{total} bytes that are no attendance log")

"""Requests and answers of Modbus, and a listener that joins them: which registers an answer holds, and whose it is.

Source: MODBUS Application Protocol V1.1b3. Registers are numbered from 0, as on the wire.
An answer names neither its registers nor its request. A listener knows the request where it was sent from here
(`asked`) or stands in the capture before the answer; without one an answer counts only where exactly one of the reads
its device knows has that function and that many bytes. Anything else is refused with the reason.
"""

from collections.abc import Callable

import msgspec

from firmware_bridge.device import Answer, Echo, Meaning, Measured, Noted, Unusable
from firmware_bridge.framing.modbus_rtu import READS, REFUSED, is_request, with_crc
from wire.text import Text

HOLDING, INPUT, WRITE = 0x03, 0x04, 0x06
LAST_UNIT = 247

REASONS: dict[int, Text] = {
    0x01: Text("không có chức năng này", "illegal function"),
    0x02: Text("không có thanh ghi này", "illegal data address"),
    0x03: Text("giá trị không hợp lệ", "illegal data value"),
    0x04: Text("thiết bị bị lỗi", "device failure"),
    0x05: Text("đã nhận, cần thời gian", "acknowledged, still at work"),
    0x06: Text("thiết bị đang bận", "device busy"),
    0x08: Text("lỗi bộ nhớ", "memory parity error"),
    0x0A: Text("cổng nối không có đường đi", "gateway path unavailable"),
    0x0B: Text("thiết bị sau cổng nối không trả lời", "gateway target did not answer"),
}

_TELLING = 3
"""A read of so many values of a device's table is meant for such a device."""

Words = dict[int, int]
"""Register number -> its 16 bits."""
Interpret = Callable[[int, Words], tuple[Meaning, ...]]
"""What registers read by this function mean; empty where none of them is known."""


class Read(msgspec.Struct, frozen=True):
    """A request for `count` registers from `start` on."""

    start: int
    count: int
    function: int = INPUT

    def __contains__(self, other: "Read") -> bool:
        """Whether all of its registers are among these."""
        end, others_end = self.start + self.count, other.start + other.count
        return self.function == other.function and self.start <= other.start and others_end <= end

    def request(self, unit: int) -> bytes:
        body = bytes((unit, self.function)) + self.start.to_bytes(2, "big") + self.count.to_bytes(2, "big")
        return with_crc(body)


def write_register(unit: int, register: int, value: int) -> bytes:
    """The request to set one register; its answer is the same again."""
    return with_crc(bytes((unit, WRITE)) + register.to_bytes(2, "big") + value.to_bytes(2, "big"))


class Language(msgspec.Struct, frozen=True):
    """What a listener must know of one kind of device.

    `reads` are the requests it is known to be asked with, `values` where each of its values stands; `shared` the
    addresses every such device answers to (its own stands in the answer, or that address again), `own` a maker's
    functions without content. `end`: it has no registers from there on.
    """

    reads: tuple[Read, ...]
    values: tuple[Read, ...]
    interpret: Interpret
    shared: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()
    end: int = 0x10000

    def is_of(self, read: Read) -> bool:
        """Whether this request says by itself that it is for such a device: a known one, or one of many values."""
        whole = sum(value in read for value in self.values)
        many = whole >= _TELLING and read.start + read.count <= self.end
        return read in self.reads or read in self.values or many


def line_bytes(poll: bytes) -> int:
    """How many bytes go over the line for a poll and its answer."""
    return len(poll) + 5 + 2 * int.from_bytes(poll[4:6], "big")


def refusal(code: int) -> Text:
    """The words for a refusing answer's code."""
    reason = REASONS.get(code, Text("lý do lạ", "unknown reason"))
    return Text(f"thiết bị từ chối: {reason.vi} (mã {code})", f"the device refuses: {reason.en} (code {code})")


def mismatch(request: bytes, answer: bytes) -> Text | None:
    """Why a sound frame cannot be the answer to this request (address aside), or None where it can."""
    wanted, function = request[1], answer[1]
    if function & ~REFUSED != wanted:
        return Text(
            f"trả lời chức năng {function:02X}, đã hỏi {wanted:02X}",
            f"answer of function {function:02X} to {wanted:02X}",
        )
    if function & REFUSED:
        return None
    if wanted in READS:
        count = int.from_bytes(request[4:6], "big")
        size = (count + 7) // 8 if wanted < HOLDING else 2 * count
        return None if answer[2] == size else _wrong_size(answer[2], size)
    part = slice(2, 6)  # single write: register and value; several: register and number of them
    if request[part] != answer[part]:
        found, sent = answer[part].hex(" ").upper(), request[part].hex(" ").upper()
        return Text(f"xác nhận {found}, đã gửi {sent}", f"confirms {found}, sent {sent}")
    return None


def _wrong_size(found: int, wanted: int) -> Text:
    return Text(f"{found} byte dữ liệu, phải là {wanted}", f"{found} data bytes, expected {wanted}")


class Listener:
    """A decode with a memory (firmware_bridge.device.Attentive) for one device.

    `unit` None: the address is learnt from the first answer that fits, for the rest of the line.
    """

    def __init__(self, language: Language, unit: int | None = None) -> None:
        self._language = language
        self._unit = None if unit in language.shared else unit
        self._request: bytes | None = None
        self._sender = False  # requests are sent from here, so that others' need no attention
        self._unseen = False  # our request may still come back as an echo
        self._echoes = False

    def asked(self, request: bytes) -> None:
        self._sender, self._unseen, self._request = True, True, request or None  # nothing: the answer is given up

    def __call__(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        if frame == self._request and not frame[1] & REFUSED:
            return self._same_again(frame)
        both_ways = frame[1] in {0x05, WRITE, *self._language.own}
        if is_request(frame) or (both_ways and not self._sender and self._request is None):
            return self._overheard(frame)
        return self._answered(frame)

    def _same_again(self, frame: bytes) -> Meaning:
        """An echo; or, where the answer to a write looks like it, the answer."""
        if is_request(frame):
            self._echoes = self._echoes or self._unseen
            self._unseen = False
            return Echo()
        if self._unseen and self._echoes:
            self._unseen = False
            return Echo()
        self._request = None
        return Answer(frame[1], accepted=True)

    def _overheard(self, frame: bytes) -> Meaning:
        if self._sender:
            return Unusable(Text("yêu cầu lạ: có máy khác hỏi trên cùng đường dây?", "a request of somebody else's"))
        self._request = frame
        if self._is_mine(frame[0]) or frame[0] in self._language.shared:
            return Echo()
        return Noted(Text(f"yêu cầu gửi tới địa chỉ {frame[0]}", f"a request to address {frame[0]}"))

    def _answered(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        request, unit = self._request, frame[0]
        wrong = self._stranger(unit) or (None if request is None else mismatch(request, frame))
        if wrong is None and request is None and self._sender:
            wrong = Text("trả lời mà không ai hỏi", "an answer to no question")
        if wrong is not None:
            return Unusable(wrong)
        self._request = None
        if frame[1] & REFUSED:
            return self._refused(frame)
        if frame[1] not in {HOLDING, INPUT}:
            return Answer(frame[1], accepted=True)
        return self._registers(frame, request)

    @staticmethod
    def _refused(frame: bytes) -> Meaning | tuple[Meaning, ...]:
        """To a write it is the answer; to a read it is both a sign of life and a frame without a measurement."""
        function, reason = frame[1] & ~REFUSED, refusal(frame[2])
        if function in READS:
            return Noted(reason), Unusable(reason)
        return Answer(function, accepted=False, reason=reason)

    def _stranger(self, unit: int) -> Text | None:
        """Why an answer from this address is none of ours."""
        asked, shared = None if self._request is None else self._request[0], self._language.shared
        if self._unit is not None and asked not in {None, self._unit, *shared}:
            return _not_ours(unit, self._unit)  # somebody else was asked
        wanted = self._unit
        if wanted is None and asked not in shared:
            wanted = asked
        same = wanted is None or unit == wanted or (unit in shared and asked in {None, unit})
        return None if same or wanted is None else _not_ours(unit, wanted)

    def _is_mine(self, unit: int) -> bool:
        return self._unit is None or unit == self._unit

    def _registers(self, frame: bytes, request: bytes | None) -> Meaning | tuple[Meaning, ...]:
        function, content = frame[1], frame[3:-2]
        start = self._start(function, len(content)) if request is None else int.from_bytes(request[2:4], "big")
        if isinstance(start, Text):
            return Unusable(start)
        count = len(content) // 2
        meanings: tuple[Meaning, ...] = ()
        if self._unit is not None or self._sender or self._language.is_of(Read(start, count, function)):
            words = {start + at: content[2 * at] << 8 | content[2 * at + 1] for at in range(count)}
            meanings = self._language.interpret(function, words)
        if not meanings:
            # Where the address is not known yet, only reads of this kind of device say that it is one.
            span = f"{start}" if count == 1 else f"{start}…{start + count - 1}"
            return Noted(Text(f"không biết thanh ghi {span}", f"nothing known of registers {span}"))
        learns = self._unit is None and not self._sender and frame[0] not in self._language.shared
        if learns and any(isinstance(one, Measured) for one in meanings):
            self._unit = frame[0]
        return meanings

    def _start(self, function: int, size: int) -> int | Text:
        """The first register of an answer whose request nobody saw, or why it cannot be told."""
        every = dict.fromkeys((*self._language.reads, *self._language.values))
        reads = [one for one in every if one.function == function]
        fitting = [one for one in reads if 2 * one.count == size]
        if len(fitting) == 1:
            return fitting[0].start
        if fitting:
            return Text(
                "không rõ thanh ghi nào: nhiều yêu cầu cho trả lời dài như vậy, không thấy yêu cầu",
                "ambiguous: several requests have an answer of this size, and none was seen",
            )
        known = ", ".join(str(2 * count) for count in sorted({one.count for one in reads})) or "0"
        return Text(f"{size} byte dữ liệu, phải là {known}", f"{size} data bytes, expected {known}")


def _not_ours(unit: int, wanted: int) -> Text:
    return Text(f"từ địa chỉ {unit}, cần địa chỉ {wanted}", f"from address {unit}, expected {wanted}")

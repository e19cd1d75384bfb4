"""What the packets of a captured ZKTeco conversation mean: punches in their log and live, and what was asked and said.

Users, names, passwords, card numbers and templates in a capture are passed over: only the attendance log is read.
"""

from datetime import datetime

from firmware_bridge.device import Answer, Echo, Happened, Meaning, Noted, Unusable
from firmware_bridge.devices.identity import zk_packets as zk
from firmware_bridge.devices.identity.zk_log import LogReader
from firmware_bridge.devices.identity.zk_records import Record, live
from wire.text import Text

EVENT_ATTENDANCE, EVENT_ALARM = 1, 0x200
_EVENTS = {
    2: Text("có ngón tay đặt lên", "a finger was put down"),
    4: Text("đã thêm người dùng", "a user was enrolled"),
    8: Text("đã ghi danh vân tay", "a finger was enrolled"),
    16: Text("bấm phím", "a key was pressed"),
    32: Text("mở khóa", "unlocked"),
    128: Text("đang xác minh", "somebody is being verified"),
    256: Text("chất lượng vân tay", "quality of a finger"),
}
_MASK_BYTES = 4
_RECORDS_AT = 32  # in the answer to SIZES: how many records the log has
_OPTION_NAME = b"~SerialNumber="


class Capture:
    """A decode with a memory: an answer means what was asked before it. Mutable."""

    def __init__(self) -> None:
        self._asked = 0
        self._count = 0
        self._log: LogReader | None = None
        self._other = False  # data of other kinds are on their way: users, templates

    def decode(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        packet = zk.parsed(frame)
        if packet.command == zk.EVENT:
            return event(packet)
        if packet.command in zk.REQUESTS:
            return self._request(packet)
        if packet.command == zk.DATA:
            return self._data(packet.data)
        if packet.command == zk.PREPARE:
            size = int.from_bytes(packet.data[:4], "little")
            return Noted(Text(f"sắp gửi {size} byte", f"{size} bytes follow"))
        return self._reply(packet)

    def _request(self, packet: zk.Packet) -> Meaning:
        self._asked = packet.command
        if packet.command == zk.ASK_BUFFER:
            self._other = int.from_bytes(packet.data[1:3], "little") != zk.ATTLOG
            self._log = None
        elif packet.command in {zk.ATTLOG, zk.USERS, zk.DATABASE}:
            self._other = packet.command != zk.ATTLOG
            self._log = None
        return Echo()

    def _data(self, data: bytes) -> Meaning | tuple[Meaning, ...]:
        if self._other:
            return Noted(
                Text(f"{len(data)} byte dữ liệu khác, không đọc", f"{len(data)} bytes of other data, not read")
            )
        log = self._log or LogReader(self._count)
        self._log = None
        found = log.feed(data)
        if not log.complete and log.refused is None:
            self._log = log
        if not found:
            count = len(data)
            return Noted(Text(f"{count} byte của nhật ký", f"{count} bytes of the log"))
        return meanings(found)

    def _reply(self, packet: zk.Packet) -> Meaning:
        asked, self._asked = self._asked, 0
        if packet.command != zk.OK:
            said = zk.REPLIES.get(packet.command)
            if said is None:
                return Unusable(Text(f"lệnh {packet.command} không rõ", f"unknown command {packet.command}"))
            return Answer(packet.command, accepted=False, reason=said)
        if asked == zk.GET_TIME and len(packet.data) >= _MASK_BYTES:
            return _clock(zk.unpacked_time(int.from_bytes(packet.data[:4], "little")))
        if asked == zk.SIZES and len(packet.data) >= _RECORDS_AT + 4:
            self._count = records_kept(packet.data)
            return Noted(Text(f"{self._count} lần chấm công trong máy", f"{self._count} punches in the terminal"))
        if asked == zk.OPTION:
            return Noted(Text("tham số của máy", "a parameter of the terminal"))
        return Answer(packet.command, accepted=True, reason=zk.REPLIES[zk.OK])


def event(packet: zk.Packet) -> Meaning | tuple[Meaning, ...]:
    """What an event packet tells; the same command from our side asks for events."""
    kind = packet.session
    if kind == EVENT_ATTENDANCE and len(packet.data) > _MASK_BYTES:
        return meanings(live(packet.data))
    if kind == EVENT_ALARM and packet.reply == 0 and packet.data:
        return Happened("terminal_alarm", {"code": packet.data[0]})
    if kind in _EVENTS and packet.reply == 0:
        return Noted(_EVENTS[kind])
    if len(packet.data) == _MASK_BYTES:
        return Echo()
    return Noted(Text(f"sự kiện loại {kind}", f"an event of kind {kind}"))


def meanings(found: list[Record | Text]) -> tuple[Meaning, ...]:
    return tuple(one.identified() if isinstance(one, Record) else Unusable(one) for one in found)


def records_kept(sizes: bytes) -> int:
    """How many records the log has, from the answer to SIZES."""
    return int.from_bytes(sizes[_RECORDS_AT : _RECORDS_AT + 4], "little")


def serial_number(option: bytes) -> str:
    """From the answer to the question for `~SerialNumber`; empty where it does not say so."""
    if not option.startswith(_OPTION_NAME):
        return ""
    said = option.removeprefix(_OPTION_NAME).partition(b"\x00")[0].decode("ascii", errors="replace").strip()
    return said if said.isprintable() else ""


def _clock(time: datetime | None) -> Meaning:
    if time is None:
        return Unusable(Text("đồng hồ máy không có thật", "the terminal's clock shows no such time"))
    return Noted(Text(f"đồng hồ máy {time.isoformat()}", f"the terminal's clock {time.isoformat()}"))

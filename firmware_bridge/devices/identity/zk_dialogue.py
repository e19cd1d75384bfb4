"""Talking with a ZKTeco terminal: log in, compare clocks, ask for live punches, read the log, and keep in touch.

The terminal is disabled only while its log is read, and enabled again whatever happens: also after every login, for a
lost connection may have left it disabled. Ages of old punches come from the terminal's own clock on both sides, so a
clock that is wrong does not put them at a wrong time.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime

from firmware_bridge.asking import MAX_ORDERS, ended
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Device, Happened, Meaning, Noted, Options
from firmware_bridge.devices.identity import zk_packets as zk
from firmware_bridge.devices.identity.zk_capture import EVENT_ATTENDANCE, event, records_kept, serial_number
from firmware_bridge.devices.identity.zk_clock import TerminalClock
from firmware_bridge.devices.identity.zk_download import Download
from firmware_bridge.devices.identity.zk_memory import LogMemory
from firmware_bridge.devices.identity.zk_records import live
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import MAX_RAW, BadFrame
from firmware_bridge.framing.framer import Framer
from wire.orders import Order, OrderKind, Result
from wire.text import Text

QUIET_S = 0.5  # after so much silence half a packet stays half
TOUCH_S = 60.0  # between two looks at its clock and its number of records
AGAIN_S = 5.0  # until a terminal that did not answer is called again
REFUSED_S = 60.0
_PARAMETER = b"~SerialNumber\x00"
_COUNTED_BYTES = 36

Then = Callable[[zk.Packet], None]


class ZkDialogue:
    """See firmware_bridge.dialogue.Dialogue, Acknowledging, Revocable, Remembering, Punctual and Parting."""

    def __init__(self, device: Device, options: Options) -> None:
        self._device, self._options = device, options
        self._framer = Framer(zk.TcpStream())
        self._key = _key(options.password)
        self._memory = LogMemory({})
        self._now_s = self._next_s = self._until_s = 0.0
        self._clocks = TerminalClock(options.utc_offset_min)
        self._then: Then | None = None  # what an answer is awaited for
        self._session = self._reply = 0
        self._steps: deque[Callable[[], None]] = deque()
        self._online = self._refused = False
        self._seen_count = -1  # records when the log was read last, and live ones since
        self._download: Download | None = None
        self._orders: deque[Order] = deque()
        self._heard: list[Heard | BadFrame] = []
        self._out: deque[bytes] = deque()  # packets to send; datagrams go one by one
        self._data_s = 0.0

    # ── what the shell calls ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def due_s(self) -> float:
        if self._out:
            return self._now_s
        if self._then is not None:
            return self._until_s
        return self._now_s if self._may_obey() else self._next_s

    @property
    def waiting(self) -> bool:
        return self._then is not None

    def recall(self, kept: dict[str, str]) -> None:
        self._memory = LogMemory(kept)

    def kept(self) -> dict[str, str]:
        return self._memory.kept()

    def time_is(self, unix_s: float | None, now_s: float) -> None:
        self._now_s = now_s
        self._clocks.time_is(unix_s)

    def begin(self, now_s: float) -> Turn:
        self._now_s = self._next_s = now_s
        return Turn()

    def receive(self, data: bytes, now_s: float) -> Turn:
        self._now_s = self._data_s = now_s
        for found in self._framer.feed(zk.on_tcp(data) if self._options.datagrams else data):
            if isinstance(found, BadFrame):
                self._heard.append(found)
            else:
                self._packet(zk.parsed(found.data), found.data, found.offset)
        return self._turn()

    def idle(self, now_s: float) -> Turn:
        self._now_s = now_s
        if now_s - self._data_s >= QUIET_S:
            self._heard += [one for one in self._framer.finish() if isinstance(one, BadFrame)]
        if self._then is not None and now_s >= self._until_s:
            self._call_again(AGAIN_S)
        return self._turn()

    def stored(self, receipt: int, now_s: float) -> Turn:
        self._now_s = now_s
        self._memory.stored(receipt)
        return self._turn()

    def order(self, order: Order, now_s: float) -> Turn:
        self._now_s = now_s
        if order.kind is not OrderKind.SET_CLOCK:
            self._heard.append(ended(order, Result.UNSUPPORTED))
        elif len(self._orders) >= MAX_ORDERS:
            busy = Text("quá nhiều lệnh đang chờ", "too many orders are waiting")
            self._heard.append(ended(order, Result.REFUSED, busy))
        else:
            self._orders.append(order)
        return self._turn()

    def revoke(self, order: str) -> None:
        self._orders = deque(one for one in self._orders if one.id != order)

    def parting(self) -> bytes:
        """Stopped while the log is read: people must be able to clock in while nobody is connected."""
        if self._download is None:
            return b""
        enable = zk.packet(zk.ENABLE, self._session, (self._reply + (self._then is not None)) % 0xFFFF)
        return enable if self._options.datagrams else zk.on_tcp(enable)

    # ── one request after the other ────────────────────────────────────────────────────────────────────────────────

    def _turn(self) -> Turn:
        if self._then is None and (self._now_s >= self._next_s or self._may_obey()):
            self._advance()
        heard, self._heard = tuple(self._heard), []
        if self._options.datagrams:
            return Turn(self._out.popleft() if self._out else b"", heard)
        send = b"".join(map(zk.on_tcp, self._out))
        self._out.clear()
        return Turn(send, heard)

    def _may_obey(self) -> bool:
        return self._online and self._download is None and bool(self._orders)

    def _advance(self) -> None:
        """The next request; while a log is on its way, only what belongs to it."""
        if not self._online:
            self._connect()
        elif self._download is not None:
            self._go_on(self._download)
        elif self._orders:
            self._set_clock(self._orders.popleft())
        elif self._steps:
            self._steps.popleft()()
        else:
            self._look_after()

    def _ask(self, command: int, data: bytes, then: Then) -> None:
        self._then, self._until_s = then, self._now_s + self._device.answer_s
        self._out.append(zk.packet(command, self._session, self._reply, data))

    def _packet(self, packet: zk.Packet, frame: bytes, offset: int) -> None:
        if packet.command == zk.EVENT:
            self._event(packet, frame, offset)
            return
        if self._then is None or packet.reply != self._reply or packet.command in zk.REQUESTS:
            return  # an answer that came too late, or our own request read back
        self._until_s = self._now_s + self._device.answer_s
        if self._download is not None and packet.command in {zk.PREPARE, zk.DATA} and not self._download.answered:
            self._take_log(self._download, packet, frame, offset)
            return
        then, self._then = self._then, None
        self._reply = (self._reply + 1) % 0xFFFF
        self._heard.append(Heard(Noted(Text("máy trả lời", "the terminal answered")), offset))
        then(packet)

    def _tell(self, meaning: Meaning, offset: int = -1) -> None:
        self._heard.append(Heard(meaning, offset))

    # ── login ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> None:
        self._session = self._reply = 0
        self._ask(zk.CONNECT, b"", self._connected)

    def _connected(self, packet: zk.Packet) -> None:
        self._session = packet.session
        if packet.command == zk.UNAUTHORISED:
            key = zk.scrambled_key(self._key, self._session)
            self._ask(zk.AUTH, key, self._let_in)
        else:
            self._let_in(packet)

    def _let_in(self, packet: zk.Packet) -> None:
        if packet.command != zk.OK:
            if not self._refused:
                reason = zk.REPLIES.get(packet.command, Text("máy từ chối", "the terminal refuses"))
                self._tell(Happened("device_refused", {"reason_vi": reason.vi, "reason_en": reason.en}))
            self._refused = True
            self._next_s = self._now_s + REFUSED_S
            return
        self._online, self._refused, self._next_s = True, False, self._now_s
        self._steps = deque(
            (
                lambda: self._ask(zk.ENABLE, b"", _nothing),
                lambda: self._ask(zk.OPTION, _PARAMETER, self._serial),
                lambda: self._ask(zk.GET_TIME, b"", self._clock),
                lambda: self._ask(zk.EVENT, EVENT_ATTENDANCE.to_bytes(4, "little"), _nothing),
                lambda: self._ask(zk.SIZES, b"", self._counted),
            )
        )

    def _call_again(self, after_s: float) -> None:
        """No answer: begin anew. A terminal that was away lost our login."""
        self._then = self._download = None
        self._online, self._seen_count = False, -1
        self._steps.clear()
        self._next_s = self._now_s + after_s

    def _serial(self, packet: zk.Packet) -> None:
        self._memory.terminal(serial_number(packet.data) if packet.command == zk.OK else "")

    # ── clock ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look_after(self) -> None:
        """Nothing else to do: its clock, then its number of records, then rest."""
        self._steps.append(lambda: self._ask(zk.SIZES, b"", self._counted))
        self._ask(zk.GET_TIME, b"", self._clock)

    def _clock(self, packet: zk.Packet) -> None:
        news = self._clocks.heard(packet, self._now_s)
        if news is not None:
            self._tell(news)

    def _set_clock(self, order: Order) -> None:
        wanted = self._clocks.wanted(order.value)
        if wanted is None:
            why = Text("không biết giờ, hoặc giờ sai dạng", "the time is not known here, or not written as ISO 8601")
            self._heard.append(ended(order, Result.REFUSED, why))
            return
        packed = zk.packed_time(wanted).to_bytes(4, "little")
        self._ask(zk.SET_TIME, packed, lambda packet: self._clock_set(order, wanted, packet))

    def _clock_set(self, order: Order, wanted: datetime, packet: zk.Packet) -> None:
        if packet.command != zk.OK:
            self._heard.append(ended(order, Result.REFUSED, zk.REPLIES.get(packet.command)))
            return
        self._ask(zk.REFRESH, b"", lambda _: self._clock_taken(order, wanted))  # "so the changes take effect"

    def _clock_taken(self, order: Order, wanted: datetime) -> None:
        self._ask(zk.GET_TIME, b"", lambda answer: self._clock_checked(order, wanted, answer))

    def _clock_checked(self, order: Order, wanted: datetime, packet: zk.Packet) -> None:
        self._clock(packet)
        if self._clocks.shows(wanted):
            self._heard.append(ended(order, Result.DONE))
        else:
            other = Text("máy vẫn hiện giờ khác", "the terminal still shows another time")
            self._heard.append(ended(order, Result.REFUSED, other))

    # ── live punches ───────────────────────────────────────────────────────────────────────────────────────────────

    def _event(self, packet: zk.Packet, frame: bytes, offset: int) -> None:
        self._out.append(zk.packet(zk.OK, self._session, packet.reply))
        if packet.session != EVENT_ATTENDANCE:
            meant = event(packet)
            self._heard += [Heard(one, offset) for one in (meant if isinstance(meant, tuple) else (meant,))]
            return
        for one in live(packet.data):
            if isinstance(one, Text):
                self._heard.append(BadFrame(one, frame[:MAX_RAW], offset, len(frame)))
                continue
            receipt = self._memory.live_record(one)
            self._seen_count += 1
            if receipt is not None:
                self._tell(one.identified(receipt=receipt), offset)

    # ── the log ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _counted(self, packet: zk.Packet) -> None:
        self._next_s = self._now_s + TOUCH_S
        known = packet.command == zk.OK and len(packet.data) >= _COUNTED_BYTES
        if not known or not self._clocks.comparable:
            return
        count = records_kept(packet.data)
        if count != self._seen_count and count:
            self._download = Download(count, self._memory)
            self._next_s = self._now_s
        self._seen_count = count

    def _go_on(self, download: Download) -> None:
        """The download's next request, where it may go on; it waits until what it gave is on disk."""
        command, data = download.request(self._now_s, stored=not self._memory.waits())
        if command is None:
            self._next_s = self._now_s + 0.1
        elif command == zk.ENABLE:
            self._download = None
            self._seen_count = self._seen_count if download.complete else -1
            self._next_s = self._now_s if download.complete else self._now_s + TOUCH_S
            self._ask(zk.ENABLE, b"", _nothing)
            if download.news:
                self._tell(Happened("log_read", download.report()))
        else:
            self._ask(command, data, lambda packet: self._log_answered(download, packet))

    def _log_answered(self, download: Download, packet: zk.Packet) -> None:
        self._next_s = self._now_s
        download.answer(packet)

    def _take_log(self, download: Download, packet: zk.Packet, frame: bytes, offset: int) -> None:
        """Pieces of the log: they come between a request and the answer that ends it."""
        for one in download.take(packet):
            if isinstance(one, Text):
                self._heard.append(BadFrame(one, frame[:MAX_RAW], offset, len(frame)))
            else:
                record, receipt = one
                self._tell(record.identified(age_ms=self._clocks.age_ms(record, self._now_s), receipt=receipt), offset)
        if download.answered:
            self._then = None
            self._reply = (self._reply + 1) % 0xFFFF
            self._next_s = self._now_s


def _nothing(_: zk.Packet) -> None:
    """An answer that changes nothing."""


def _key(said: str | None) -> int:
    """The communication key, a number; what is none is refused by the terminal itself."""
    return int(said) & 0xFFFFFFFF if said and said.isascii() and said.isdecimal() else 0

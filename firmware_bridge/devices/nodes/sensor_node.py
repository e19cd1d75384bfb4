"""A school's own sensor node: it says what it measures, and keeps a reading until the gateway has it on disk.

Source: docs/node-protocol.md, version 1; firmware_bridge/node is such a node.
Frame:  COBS with CRC-16, see firmware_bridge.node_messages.
Units:  the keys a node announces are those of wire.quantities; others are refused by name.
Errors: BadFrame(CRC, stuffing, cut short, undescribed index, unknown quantity, other version); never None.
"""

from collections import deque

import msgspec

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import (
    Device,
    Happened,
    Identified,
    Meaning,
    Measured,
    Noted,
    Options,
    Scheme,
    Unusable,
    Values,
)
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.cobs import CobsFrame
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.node_messages import (
    KEPT,
    MAX_MESSAGE,
    NO_VALUE,
    UNREADABLE,
    UNSPOKEN,
    VERSION,
    Described,
    Event,
    Hello,
    Malformed,
    NodeMessage,
    Readings,
    Result,
    acknowledgement,
    describe,
    read_message,
)
from firmware_bridge.node_messages import order as order_frame
from firmware_bridge.node_orders import PendingOrders
from wire.orders import Order
from wire.quantities import QUANTITIES, Kind
from wire.text import Text

FRAME = CobsFrame(MAX_MESSAGE)
_REMEMBERED = 64
_MAX_AGE_MS = 14 * 86_400_000
_MAX_KIND = 40
_SCHEMES = {scheme.value: scheme for scheme in Scheme if scheme is not Scheme.UNKNOWN}


class Listener:
    """What a node has said so far: its quantities, and which of its messages were taken. Mutable; one for each line.

    `replies` is what must be sent back for what was just understood.
    """

    def __init__(self) -> None:
        self.orders: tuple[str, ...] = ()
        self.replies = b""
        self.results: list[Result] = []
        self._boot: int | None = None
        self._described: dict[int, Described] = {}
        self._total = 0  # so many will be described; 0: not known
        self._owed: dict[int, int] = {}  # sequence -> values of it that are not on disk yet; 0: all are
        self._order: deque[int] = deque()  # of the sequences in _owed, oldest first

    def decode(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        said = FRAME.message(frame)
        try:
            return self._take(read_message(said))
        except Malformed as wrong:
            if len(said) > 1 and said[0] & 0x0F in KEPT:
                # It would be the same when it comes again: the node need not keep it, nor let others wait behind it.
                self.replies += acknowledgement(said[1], UNREADABLE)
            return Unusable(wrong.text)

    def stored(self, sequence: int) -> bytes:
        """One value of a message is on disk; the acknowledgement where it was the last."""
        left = self._owed.get(sequence, 0) - 1
        if left < 0:
            return b""
        self._owed[sequence] = left
        return b"" if left else acknowledgement(sequence)

    def _take(self, message: NodeMessage) -> Meaning | tuple[Meaning, ...]:
        if message.version != VERSION:
            self.replies += acknowledgement(message.sequence, UNSPOKEN)
            return Unusable(
                Text(
                    f"giao thức nút bản {message.version}, cổng này nói bản {VERSION}",
                    f"node protocol version {message.version}, this gateway speaks {VERSION}",
                )
            )
        match message.content:
            case Hello() as hello:
                return self._hello(hello, message.sequence)
            case Readings() as readings:
                unknown = self._undescribed(readings)
                return unknown or self._once(message.sequence, self._readings(readings, message.sequence))
            case Event() as event:
                return self._once(message.sequence, (_event(event, message.sequence),))
            case Result() as result:
                self.results.append(result)
                return Noted(Text(f"lệnh {result.number} đã trả lời", f"order {result.number} answered"))
        return Noted(Text(f"bản tin loại {message.kind}", f"message of type {message.kind}"))

    def _hello(self, hello: Hello, sequence: int) -> Meaning:
        if hello.boot != self._boot:
            self._boot, self._described = hello.boot, {}
            self._owed.clear()
            self._order.clear()
        self._total = hello.total
        for index, described in enumerate(hello.quantities, hello.first):
            self._described[index] = described
        if hello.first == 0:
            self.orders = hello.orders
        self.replies += acknowledgement(sequence)
        unknown = [one.key for one in hello.quantities if not _is_number(one.key)]
        if unknown:
            named = ", ".join(unknown)[:100]
            return Unusable(Text(f"nút báo đại lượng lạ: {named}", f"the node announces unknown quantities: {named}"))
        keys = ", ".join(one.key for one in hello.quantities)
        return Noted(Text(f"nút đo {keys}", f"a node that measures {keys}"))

    def _undescribed(self, readings: Readings) -> Unusable | None:
        """A quantity nobody announced: such a message comes again, behind the announcement that is asked for."""
        missing = next((index for index, _ in readings.values if index not in self._described), None)
        if missing is None:
            return None
        if 0 < self._total == len(self._described):
            raise Malformed(Text(f"không có đại lượng số {missing}", f"there is no quantity {missing}"))
        self.replies += describe()
        return Unusable(Text(f"đại lượng số {missing} chưa được báo", f"quantity {missing} was not announced"))

    def _readings(self, readings: Readings, sequence: int) -> tuple[Meaning, ...]:
        channels: dict[str, Values] = {}
        wrong: list[Meaning] = []
        for index, raw in readings.values:
            described = self._described[index]
            if raw != NO_VALUE and _is_number(described.key):
                value = raw * 10.0**described.exponent if described.exponent >= 0 else raw / 10.0**-described.exponent
                if QUANTITIES[described.key].accepts(value):
                    channels.setdefault(described.channel, {})[described.key] = value
                else:
                    wrong.append(_outside(described.key, value))
        age_ms = min(readings.age_ms, _MAX_AGE_MS)
        return (*wrong, *(Measured(values, channel, age_ms, sequence) for channel, values in channels.items()))

    def _once(self, sequence: int, meanings: tuple[Meaning, ...]) -> tuple[Meaning, ...]:
        """Nothing of a message that came before; its acknowledgement again where it is on disk already."""
        if sequence in self._owed:
            if self._owed[sequence] == 0:
                self.replies += acknowledgement(sequence)
            return (Noted(Text(f"bản tin {sequence} đến lần nữa", f"message {sequence} came again"), again=True),)
        if len(self._order) >= _REMEMBERED:
            del self._owed[self._order.popleft()]
        self._order.append(sequence)
        self._owed[sequence] = sum(not isinstance(one, Unusable) for one in meanings)
        if self._owed[sequence] == 0:
            self.replies += acknowledgement(sequence)
        return meanings


class NodeTalk:
    """The dialogue with a node: acknowledges what is on disk, asks who it is. See firmware_bridge.dialogue."""

    def __init__(self, device: Device, _: Options) -> None:
        self._listener = Listener()
        self._conversation = Conversation(msgspec.structs.replace(device, decoder=lambda: self._listener.decode))
        self._orders = PendingOrders()

    @property
    def due_s(self) -> float:
        return self._orders.due_s

    @property
    def waiting(self) -> bool:
        return False

    def accepts(self) -> list[str]:
        return list(self._listener.orders)

    def begin(self, now_s: float) -> Turn:
        del now_s
        return Turn(b"\x00" + describe())  # the zero ends whatever half a frame the line still holds

    def receive(self, data: bytes, now_s: float) -> Turn:
        return self._turn(self._conversation.feed(data), now_s)

    def idle(self, now_s: float) -> Turn:
        return self._turn(self._conversation.finish(), now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        name = f"{order.kind}:{order.value}" if order.value else str(order.kind)
        number, ends = self._orders.take(order, now_s, known=name in self._listener.orders)
        return Turn(b"" if number is None else order_frame(number, name), tuple(ends))

    def stored(self, receipt: int, now_s: float) -> Turn:
        del now_s
        return Turn(self._listener.stored(receipt))

    def _turn(self, heard: list[Heard | BadFrame], now_s: float) -> Turn:
        results, self._listener.results = self._listener.results, []
        replies, self._listener.replies = self._listener.replies, b""
        return Turn(replies, (*heard, *self._orders.ended(results, now_s)))


def _event(event: Event, sequence: int) -> Meaning:
    """Raises Malformed for what can be no event."""
    age_ms = min(event.age_ms, _MAX_AGE_MS)
    if event.kind in _SCHEMES:
        if not event.what:
            raise Malformed(Text("không có số thẻ hay mã nào", "nobody's number or code"))
        return Identified(_SCHEMES[event.kind], event.what, age_ms=age_ms, receipt=sequence)
    if not (0 < len(event.kind) <= _MAX_KIND and event.kind.isidentifier() and event.kind.islower()):
        raise Malformed(Text(f"loại sự kiện {event.kind[:60]!r} không hợp lệ", f"{event.kind[:60]!r} is no event kind"))
    return Happened(event.kind, {"text": event.what}, age_ms, sequence)


def _outside(key: str, value: float) -> Unusable:
    row = QUANTITIES[key]
    span = f"{row.minimum:g}…{row.maximum:g} {row.unit}".strip()
    return Unusable(Text(f"{key} {value:g} nằm ngoài {span}", f"{key} {value:g} is outside {span}"))


def _is_number(key: str) -> bool:
    return key in QUANTITIES and QUANTITIES[key].kind is not Kind.TEXT


DEVICE = Device(
    name="node",
    title=Text("bo mạch cảm biến tự làm", "a school's own sensor node"),
    baud=115_200,
    frame=FRAME,
    decode=lambda frame: Listener().decode(frame),
    decoder=lambda: Listener().decode,
    dialogue=NodeTalk,
    quantities=tuple(key for key in QUANTITIES if _is_number(key)),
    interval_s=60.0,
    wiring=Text(
        "cắm USB, hoặc UART 3,3 V (TX và RX nối chéo, chung GND); docs/node-protocol.md nói cách viết nút",
        "USB, or a UART at 3.3 V (TX and RX crossed, common ground); docs/node-protocol.md says how to write a node",
    ),
    also=("sensor-node", "classhub-node"),
)

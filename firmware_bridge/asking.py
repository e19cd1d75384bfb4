"""The plain way to talk with a device: listen, or send its polls in turn; orders go between them. Pure."""

from collections import deque

import msgspec

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Command, Device, Echo, Ended
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import BadFrame
from wire.orders import Order, Result
from wire.text import Text

_NEVER = float("inf")
MAX_ORDERS = 8
"""Orders waiting for one device; more are refused at once."""


class _Sent(msgspec.Struct, frozen=True):
    """What is on the line and not answered yet: a poll, or an order's command."""

    until_s: float
    order: Order | None = None
    code: int | None = None  # of the answer that is waited for, where that is known


class Asking:
    """The dialogue of every device that needs no steps of its own. See firmware_bridge.dialogue.Dialogue.

    `shared`: others hang on the same line, so that a time-out gives the turn away instead of asking on.
    """

    def __init__(self, device: Device, *, shared: bool = False) -> None:
        self._device, self._shared = device, shared
        self._conversation = Conversation(device, joined=not device.polls and not device.change_driven)
        self._polls: deque[bytes] = deque()
        self._round_s = _NEVER
        self._orders: deque[tuple[Order, Command]] = deque()
        self._sent: _Sent | None = None
        self._free_s = 0.0  # the device needs silence until then

    @property
    def due_s(self) -> float:
        if self._sent is not None:
            return self._sent.until_s
        return self._free_s if self._orders or self._polls else self._round_s

    @property
    def waiting(self) -> bool:
        return self._sent is not None

    def begin(self, now_s: float) -> Turn:
        self._round_s = now_s if self._device.polls else _NEVER
        # Where answers do not say what they answer, that to `start` must not be taken for the first question's.
        self._free_s = now_s + (self._device.recovery_s if self._device.start else 0.0)
        return Turn(b"".join(self._device.start))

    def receive(self, data: bytes, now_s: float) -> Turn:
        return self._turn(self._conversation.feed(data), now_s)

    def idle(self, now_s: float) -> Turn:
        return self._turn(self._conversation.finish(), now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        command = command_for(self._device, order)
        if command is None:
            return Turn(heard=(ended(order, Result.UNSUPPORTED),))
        if len(self._orders) >= MAX_ORDERS:
            busy = Text("quá nhiều lệnh đang chờ", "too many orders are waiting")
            return Turn(heard=(ended(order, Result.REFUSED, busy),))
        self._orders.append((order, command))
        return self._turn([], now_s)

    def revoke(self, order: str) -> None:
        """See firmware_bridge.dialogue.Revocable."""
        self._orders = deque(one for one in self._orders if one[0].id != order)

    def _turn(self, heard: list[Heard | BadFrame], now_s: float) -> Turn:
        ends = [end for one in heard if (end := self._settled(one, now_s)) is not None]
        if self._sent is not None and now_s >= self._sent.until_s:
            if self._sent.order is not None:
                ends.append(ended(self._sent.order, Result.TIMED_OUT))
            self._sent = None
            self._recover(now_s)
            if self._shared:
                return Turn(heard=(*heard, *ends))
        send = b""
        if self._sent is None and now_s >= self._free_s:
            send = self._command(now_s, ends) if self._orders else self._poll(now_s)
        return Turn(send, (*heard, *ends))

    def _settled(self, one: Heard | BadFrame, now_s: float) -> Heard | None:
        """Whether that was what was waited for; then the end of an order, where it was one."""
        if self._sent is None or isinstance(one, BadFrame) or isinstance(one.meaning, Echo):
            return None
        order, answer = self._sent.order, one.meaning
        if order is not None and not (isinstance(answer, Answer) and self._sent.code in {None, answer.code}):
            return None  # the device said something by itself meanwhile, or answers too late what was said before
        self._sent, self._free_s = None, now_s + self._device.turnaround_s
        if order is not None:
            self._round_s = min(self._round_s, now_s + self._device.settles_s)
        if order is None or not isinstance(answer, Answer):
            return None
        return ended(order, Result.DONE if answer.accepted else Result.REFUSED, answer.reason)

    def _recover(self, now_s: float) -> None:
        """Where answers do not say what they answer, a late one must not meet the next question."""
        if self._device.recovery_s > 0:
            self._free_s = max(self._free_s, now_s + self._device.recovery_s)
            self._conversation.asked(b"")

    def _command(self, now_s: float, ends: list[Heard]) -> bytes:
        order, command = self._orders.popleft()
        if command.answered:
            self._sent = _Sent(now_s + self._device.answer_s, order, command.code)
        else:
            self._free_s = now_s + max(self._device.turnaround_s, self._device.answer_s)
            self._round_s = min(self._round_s, now_s + self._device.settles_s)
            ends.append(ended(order, Result.DONE, confirmed=False))
        self._conversation.asked(command.data)
        return command.data

    def _poll(self, now_s: float) -> bytes:
        if not self._polls and now_s >= self._round_s:
            self._polls.extend(self._device.polls)
            self._round_s += self._device.interval_s
            if self._round_s <= now_s:  # rounds that were missed are not made up for
                self._round_s = now_s + self._device.interval_s
        if not self._polls:
            return b""
        self._sent = _Sent(now_s + self._device.answer_s)
        poll = self._polls.popleft()
        self._conversation.asked(poll)
        return poll


def command_for(device: Device, order: Order) -> Command | None:
    """The device's words for an order; None where it knows none."""
    for command in device.commands:
        if command.kind is order.kind and command.value == order.value:
            return command
    return None


def ended(order: Order, result: Result, detail: Text | None = None, *, confirmed: bool = True) -> Heard:
    """The end of an order; it stands at no place of the stream."""
    return Heard(Ended(order.id, result, detail, confirmed), -1)

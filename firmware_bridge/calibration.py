"""A calibration in three steps: forget what was confirmed before, do it, ask until it is confirmed. Pure."""

import msgspec

from firmware_bridge.asking import Asking, ended
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Command, Device, Ended
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import BadFrame
from wire.orders import Order, OrderKind, Result
from wire.text import Text

CLEAR, CHECK, _DO = "clear", "check", "do"
WAIT_S = 4.0
"""A measuring cycle: nothing can be confirmed sooner."""
CHECKS = 4
_NEVER = float("inf")
_BUSY = Text("đang hiệu chuẩn", "a calibration is under way")


class Calibration:
    """The dialogue of a device whose CALIBRATE_OUTDOOR has to be checked; all else is plain asking.

    `steps` are the requests CLEAR and CHECK; the answer to CHECK is an Answer, accepted when it is done. See
    firmware_bridge.dialogue.Dialogue.
    """

    def __init__(self, device: Device, steps: dict[str, bytes], wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        kind = OrderKind.CALIBRATE_OUTDOOR
        more = tuple(Command(kind, data, Text(name, name), value=name) for name, data in steps.items())
        wordy = msgspec.structs.replace(device, commands=(*device.commands, *more))
        self._asking = Asking(wordy, shared=True)
        self._order: Order | None = None
        self._check_s = _NEVER
        self._checks_left = 0

    @property
    def due_s(self) -> float:
        return self._asking.due_s if self._asking.waiting else min(self._asking.due_s, self._check_s)

    @property
    def waiting(self) -> bool:
        return self._asking.waiting

    def begin(self, now_s: float) -> Turn:
        return self._asking.begin(now_s)

    def receive(self, data: bytes, now_s: float) -> Turn:
        return self._after(self._asking.receive(data, now_s), now_s)

    def idle(self, now_s: float) -> Turn:
        if self._order is not None and now_s >= self._check_s and not self._asking.waiting:
            self._check_s = _NEVER
            return self._step(self._order, CHECK, now_s)
        return self._after(self._asking.idle(now_s), now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        if order.kind is not OrderKind.CALIBRATE_OUTDOOR or order.value:
            wrong = order.kind is OrderKind.CALIBRATE_OUTDOOR
            return Turn(heard=(ended(order, Result.UNSUPPORTED),)) if wrong else self._asking.order(order, now_s)
        if self._order is not None:
            return Turn(heard=(ended(order, Result.REFUSED, _BUSY),))
        self._order, self._checks_left = order, CHECKS
        return self._step(order, CLEAR, now_s)

    def revoke(self, order: str) -> None:
        """See firmware_bridge.dialogue.Revocable: no further step of it is said."""
        self._asking.revoke(order)
        if self._order is not None and self._order.id == order:
            for step in (CLEAR, _DO, CHECK):
                self._asking.revoke(f"{order} {step}")
            self._order, self._check_s = None, _NEVER

    def _step(self, order: Order, step: str, now_s: float) -> Turn:
        said = msgspec.structs.replace(order, id=f"{order.id} {step}", value="" if step == _DO else step)
        return self._after(self._asking.order(said, now_s), now_s)

    def _after(self, turn: Turn, now_s: float) -> Turn:
        """The ends of steps are ours: they lead to the next one, or to the end of the order."""
        send, heard = turn.send, list[Heard | BadFrame]()
        for one in turn.heard:
            own = self._own(one)
            if own is None or self._order is None:
                heard.append(one)
                continue
            following = self._follow(*own, self._order, now_s)
            send, heard = send + following.send, [*heard, *following.heard]
        return Turn(send, tuple(heard))

    def _own(self, one: Heard | BadFrame) -> tuple[str, Ended] | None:
        """Which step has ended, and how; None for all else."""
        if self._order is None or isinstance(one, BadFrame) or not isinstance(one.meaning, Ended):
            return None
        name, _, step = one.meaning.order.rpartition(" ")
        return (step, one.meaning) if name == self._order.id else None

    def _follow(self, step: str, end: Ended, order: Order, now_s: float) -> Turn:
        if end.result is Result.DONE and step == CLEAR:
            return self._step(order, _DO, now_s)
        self._checks_left -= step == CHECK
        waits = end.result is Result.REFUSED and step == CHECK and self._checks_left > 0
        if waits or (end.result is Result.DONE and step == _DO):
            self._check_s = now_s + self._wait_s
            return Turn()
        self._order, self._check_s = None, _NEVER
        return Turn(heard=(ended(order, end.result, end.detail, confirmed=end.confirmed),))

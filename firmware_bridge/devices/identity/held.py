"""A dialogue that tells a card once, however often its reader repeats it while the card lies there. Pure."""

from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Device, Identified, Noted, Options
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import BadFrame
from wire.orders import Order
from wire.text import Text

QUIET_S = 2.0
"""A card is new again after so long without it: readers repeat one that lies there every 50 ms to 1 s."""
_STILL_THERE = Noted(Text("thẻ vẫn còn đó", "the card is still there"))


class HeldOnce:
    """The plain dialogue, and repetitions of one reference within QUIET_S of the last become a note."""

    def __init__(self, device: Device, _: Options) -> None:
        self._asking = Asking(device)
        self._last: str | None = None
        self._seen_s = 0.0

    @property
    def due_s(self) -> float:
        return self._asking.due_s

    @property
    def waiting(self) -> bool:
        return self._asking.waiting

    def begin(self, now_s: float) -> Turn:
        return self._asking.begin(now_s)

    def receive(self, data: bytes, now_s: float) -> Turn:
        return self._once(self._asking.receive(data, now_s), now_s)

    def idle(self, now_s: float) -> Turn:
        return self._once(self._asking.idle(now_s), now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        return self._asking.order(order, now_s)

    def _once(self, turn: Turn, now_s: float) -> Turn:
        return Turn(turn.send, tuple(self._judged(one, now_s) for one in turn.heard))

    def _judged(self, one: Heard | BadFrame, now_s: float) -> Heard | BadFrame:
        if isinstance(one, BadFrame) or not isinstance(one.meaning, Identified):
            return one
        reference = one.meaning.reference
        again = reference == self._last and now_s - self._seen_s < QUIET_S
        self._last, self._seen_s = reference, now_s
        return Heard(_STILL_THERE, one.offset) if again else one

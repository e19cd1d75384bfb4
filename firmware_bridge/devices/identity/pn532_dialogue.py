"""Talking with a PN532: wake it, set it up, then ask for a card all the time and tell each card once."""

from firmware_bridge.asking import ended
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Device, Identified, Meaning, Options, Unusable
from firmware_bridge.devices.identity import pn532_frames as pn
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import MAX_RAW, BadFrame
from firmware_bridge.framing.framer import Framer
from wire.orders import Order, Result

LOOK_S = 0.2
FREE_LOOKS = 2
SILENT_ANSWERS = 3
_SET_UP = (
    pn.WAKE + pn.command(pn.SAM, b"\x01\x14\x01"),  # normal mode, time-out 50 ms * 20, with IRQ
    pn.command(pn.FIRMWARE),
    # Item 5, retries: without it InListPassiveTarget waits for ever and a dead chip cannot be told from no card.
    pn.command(pn.RF, b"\x05\xff\x01\x02"),
)
_LOOK = pn.command(pn.LIST, bytes((1, pn.TYPE_A)))


class Pn532Dialogue:
    """See firmware_bridge.dialogue.Dialogue."""

    def __init__(self, device: Device, _: Options) -> None:
        self._device = device
        self._framer = Framer(device.frame)
        self._step = 0  # of the set-up
        self._asked = b""
        self._until_s = self._look_s = 0.0
        self._unanswered = 0
        self._there: str | None = None  # the card that was told
        self._free = 0

    @property
    def due_s(self) -> float:
        return self._until_s if self._asked else self._look_s

    @property
    def waiting(self) -> bool:
        return bool(self._asked)

    def begin(self, now_s: float) -> Turn:
        self._look_s = now_s
        return Turn()

    def receive(self, data: bytes, now_s: float) -> Turn:
        heard: list[Heard | BadFrame] = []
        for found in self._framer.feed(data):
            heard += [found] if isinstance(found, BadFrame) else self._frame(found.data, found.offset, now_s)
        return self._turn(heard, now_s)

    def idle(self, now_s: float) -> Turn:
        heard: list[Heard | BadFrame] = []
        if not self._asked or now_s >= self._until_s:
            heard += [one for one in self._framer.finish() if isinstance(one, BadFrame)]
        if self._asked and now_s >= self._until_s:
            self._silent()
        return self._turn(heard, now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        del now_s
        return Turn(heard=(ended(order, Result.UNSUPPORTED),))

    def _turn(self, heard: list[Heard | BadFrame], now_s: float) -> Turn:
        send = b""
        if not self._asked and now_s >= self._look_s:
            send = self._asked = _SET_UP[self._step] if self._step < len(_SET_UP) else _LOOK
            self._until_s = now_s + self._device.answer_s
        return Turn(send, tuple(heard))

    def _silent(self) -> None:
        self._asked = b""
        self._unanswered += 1
        if self._unanswered >= SILENT_ANSWERS:
            self._unanswered = self._step = 0  # it lost its power, or sleeps
            self._there = None

    def _frame(self, frame: bytes, offset: int, now_s: float) -> list[Heard | BadFrame]:
        content = pn.body(frame)
        if frame == pn.NACK:
            self._asked = b""  # say it again at once
        wanted = bytes((pn.FROM_CHIP, self._code() + 1))
        if not self._asked or not (content.startswith(wanted) or content[:1] == bytes((pn.ERROR,))):
            return []  # an acknowledgement, our own words read back, or an answer that came too late
        looking = self._step >= len(_SET_UP)
        self._asked, self._unanswered = b"", 0
        self._step = min(self._step + 1, len(_SET_UP))
        self._look_s = now_s + LOOK_S if looking else now_s
        return self._meant(frame, offset, looking=looking)

    def _code(self) -> int:
        """The command that is on the line."""
        return pn.body(self._asked.removeprefix(pn.WAKE))[1] if self._asked else 0

    def _meant(self, frame: bytes, offset: int, *, looking: bool) -> list[Heard | BadFrame]:
        meant = pn.decode(frame)
        heard: list[Heard | BadFrame] = []
        cards = 0
        for one in meant if isinstance(meant, tuple) else (meant,):
            if isinstance(one, Identified):
                cards += 1
                heard += self._card(one, offset)
            else:
                heard.append(self._plain(one, frame, offset))
        if looking and not cards:
            self._free += 1
            if self._free >= FREE_LOOKS:
                self._there = None
        return heard

    def _card(self, card: Identified, offset: int) -> list[Heard | BadFrame]:
        self._free = 0
        if card.reference == self._there:
            return []
        self._there = card.reference
        return [Heard(card, offset)]

    @staticmethod
    def _plain(one: Meaning, frame: bytes, offset: int) -> Heard | BadFrame:
        if isinstance(one, Unusable):
            return BadFrame(one.reason, frame[:MAX_RAW], offset, len(frame))
        return Heard(one, offset)

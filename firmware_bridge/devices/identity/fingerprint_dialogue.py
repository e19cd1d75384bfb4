"""Talking with a fingerprint module: log in, then look for a finger, search it, tell the result once; enrol and delete.

One question is on the line at a time. A finger is told once, however long it lies there, and again only after the
sensor was seen free twice. What a module answers never stops the dialogue: silence and refusals begin it anew.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from firmware_bridge.asking import MAX_ORDERS, ended
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Answer, Device, Happened, Identified, Meaning, Noted, Options, Scheme, Unusable
from firmware_bridge.devices.identity import fingerprint as fp
from firmware_bridge.devices.identity.enrolment import Enrolment, place_of
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import MAX_RAW, BadFrame
from firmware_bridge.framing.framer import Framer
from wire.orders import Order, OrderKind, Result
from wire.text import Text

LOOK_S = 0.25  # between two looks for a finger: felt as at once, and the module stays cool
AGAIN_S = 30.0  # until a module that refused its password is tried again
SMALLEST_LIBRARY = 163  # of the first modules; used until the parameters say how many
SEARCH_TRIES = 2  # one bad image is no stranger
FREE_LOOKS = 2
SILENT_ANSWERS = 3

Then = Callable[[bytes], None]
"""What to do with an answer's payload, code first."""


class _Question(msgspec.Struct, frozen=True):
    instruction: int
    content: bytes
    then: Then
    order: Order | None = None  # that ends with it


class FingerprintDialogue:
    """See firmware_bridge.dialogue.Dialogue and Revocable."""

    def __init__(self, device: Device, options: Options) -> None:
        self._device = device
        self._framer = Framer(device.frame)
        self._address = fp.ANYBODY if options.address is None else options.address
        self._password = _password(options.password)
        self._question: _Question | None = None  # on the line
        self._next: _Question | None = None
        self._until_s = self._look_s = 0.0
        self._now_s = 0.0
        self._unanswered = 0
        self._logged_in = False
        self._capacity: int | None = None
        self._count: int | None = None  # None: to be asked
        self._told_count: int | None = None
        self._told = self._refused = False
        self._tries = self._free = 0
        self._orders: deque[Order] = deque()
        self._enrolment: Enrolment | None = None
        self._heard: list[Heard | BadFrame] = []

    @property
    def due_s(self) -> float:
        return self._until_s if self._question is not None else self._look_s

    @property
    def waiting(self) -> bool:
        return self._question is not None

    def begin(self, now_s: float) -> Turn:
        self._now_s = self._look_s = now_s
        return Turn()

    def receive(self, data: bytes, now_s: float) -> Turn:
        self._now_s = now_s
        for found in self._framer.feed(data):
            if isinstance(found, BadFrame):
                self._heard.append(found)
            else:
                self._packet(found.data, found.offset)
        return self._turn()

    def idle(self, now_s: float) -> Turn:
        self._now_s = now_s
        if self._question is None or now_s >= self._until_s:
            self._heard += [one for one in self._framer.finish() if isinstance(one, BadFrame)]
        if self._question is not None and now_s >= self._until_s:
            self._silent()
        return self._turn()

    def order(self, order: Order, now_s: float) -> Turn:
        self._now_s = now_s
        place = place_of(order.value, self._capacity or SMALLEST_LIBRARY)
        if order.kind not in {OrderKind.ENROL, OrderKind.DELETE_TEMPLATE}:
            self._heard.append(ended(order, Result.UNSUPPORTED))
        elif isinstance(place, Text):
            self._heard.append(ended(order, Result.REFUSED, place))
        elif len(self._orders) >= MAX_ORDERS:
            busy = Text("quá nhiều lệnh đang chờ", "too many orders are waiting")
            self._heard.append(ended(order, Result.REFUSED, busy))
        else:
            self._orders.append(order)
        return self._turn()

    def revoke(self, order: str) -> None:
        """See firmware_bridge.dialogue.Revocable. An enrolment under way ends: nobody may be stored by it later."""
        self._orders = deque(one for one in self._orders if one.id != order)
        if self._enrolment is not None and self._enrolment.order.id == order:
            self._tell(self._enrolment.give_up())
            self._enrolment = None

    # ── one question after the other ───────────────────────────────────────────────────────────────────────────────

    def _turn(self) -> Turn:
        send = b""
        if self._question is None and self._now_s >= self._look_s:
            send = self._ask(self._next or self._what_now())
        heard, self._heard = tuple(self._heard), []
        return Turn(send, heard)

    def _ask(self, question: _Question) -> bytes:
        self._question, self._next = question, None
        self._until_s = self._now_s + self._device.answer_s
        return fp.packet(question.instruction, question.content, self._address)

    def _packet(self, frame: bytes, offset: int) -> None:
        kind, payload = fp.kind_and_payload(frame)
        if kind != fp.ANSWER or self._question is None or not fp.fits(self._question.instruction, payload):
            return  # our own question read back, or an answer that came too late: nobody knows to what
        question, self._question = self._question, None
        self._unanswered = 0
        meaning = fp.answered(question.instruction, payload)
        if isinstance(meaning, Unusable):
            self._heard.append(BadFrame(meaning.reason, frame[:MAX_RAW], offset, len(frame)))
            return
        if isinstance(meaning, Answer | Noted):
            self._heard.append(Heard(meaning, offset))
        if payload[0] == fp.LOGIN_FIRST:
            self._logged_in = False
        question.then(payload)

    def _silent(self) -> None:
        """No answer: ask anew; a module that stays silent may have lost its power, and with it our login."""
        order = None if self._question is None else self._question.order
        self._question = self._next = None
        self._look_s = self._now_s + self._device.answer_s  # what comes until then is late, and belongs to nothing
        if order is not None:
            self._end(order, Result.TIMED_OUT)
        self._unanswered += 1
        if self._unanswered >= SILENT_ANSWERS:
            self._unanswered = 0
            self._told = self._logged_in = False
            self._capacity = self._count = None
            if self._enrolment is not None:
                self._end(self._enrolment.order, Result.TIMED_OUT)
                self._enrolment = None

    def _tell(self, meaning: Meaning) -> None:
        self._heard.append(Heard(meaning, -1))

    def _end(self, order: Order, result: Result, detail: Text | None = None) -> None:
        self._heard.append(ended(order, result, detail))

    # ── login ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _first(self) -> _Question | None:
        """What must be known before the search; None where it is."""
        if not self._logged_in:
            return _Question(fp.PASSWORD, self._password.to_bytes(4, "big"), self._login_answered)
        if self._capacity is None:
            return _Question(fp.PARAMETERS, b"", self._parameters)
        return _Question(fp.COUNT, b"", self._counted) if self._count is None else None

    def _login_answered(self, answer: bytes) -> None:
        if answer[0] == fp.OK:
            self._logged_in, self._refused = True, False
            return
        self._look_s = self._now_s + AGAIN_S
        if not self._refused:
            self._refused = True
            reason = fp.code_text(answer[0])
            self._tell(Happened("device_refused", {"reason_vi": reason.vi, "reason_en": reason.en}))

    def _parameters(self, answer: bytes) -> None:
        known = int.from_bytes(answer[5:7], "big") if answer[0] == fp.OK else 0
        self._capacity = known or SMALLEST_LIBRARY

    def _counted(self, answer: bytes) -> None:
        self._count = int.from_bytes(answer[1:3], "big") if answer[0] == fp.OK else 0
        if answer[0] == fp.OK and self._count != self._told_count:
            self._told_count = self._count
            self._tell(Happened("template_count", {"count": self._count, "capacity": self._capacity}))

    # ── the search, and orders between ─────────────────────────────────────────────────────────────────────────────

    def _what_now(self) -> _Question:
        first = self._first()
        if first is not None:
            return first
        if self._enrolment is not None:
            return self._enrol_step(self._enrolment)
        if self._orders:
            order = self._orders.popleft()
            if order.kind is OrderKind.ENROL:
                self._enrolment = Enrolment(order, self._now_s)
                self._tell(self._enrolment.prompt())
                return self._enrol_step(self._enrolment)
            place = int(order.value).to_bytes(2, "big")
            return _Question(fp.DELETE, place + b"\x00\x01", lambda answer: self._deleted(order, answer), order)
        return _Question(fp.IMAGE, b"", self._looked)

    def _looked(self, answer: bytes) -> None:
        self._look_s = self._now_s + LOOK_S
        if answer[0] == fp.NO_FINGER:
            self._free += 1
            if self._free >= FREE_LOOKS:
                self._told, self._tries = False, 0
            return
        self._free = 0
        if self._told:
            return
        if answer[0] == fp.OK:
            self._at_once(_Question(fp.FEATURES, b"\x01", self._featured))
        elif answer[0] in fp.UNREADABLE:
            self._stranger(answer[0])

    def _featured(self, answer: bytes) -> None:
        if answer[0] == fp.OK:
            content = b"\x01\x00\x00" + (self._capacity or SMALLEST_LIBRARY).to_bytes(2, "big")
            self._at_once(_Question(fp.SEARCH, content, self._searched))
        elif answer[0] in fp.UNREADABLE:
            self._stranger(answer[0])

    def _searched(self, answer: bytes) -> None:
        if answer[0] == fp.OK:
            meaning = fp.answered(fp.SEARCH, answer)
            if isinstance(meaning, Identified) and int(meaning.reference) < (self._capacity or SMALLEST_LIBRARY):
                self._told = True
                self._tell(meaning)
        elif answer[0] == fp.NOT_FOUND:
            self._stranger(answer[0])

    def _stranger(self, code: int) -> None:
        """An image that says nothing; after the last try that is the news."""
        self._tries += 1
        if self._tries >= SEARCH_TRIES:
            self._told, self._tries = True, 0
            reason = fp.code_text(code)
            told = {"scheme": str(Scheme.FINGERPRINT), "reason_vi": reason.vi, "reason_en": reason.en}
            self._tell(Happened(fp.IDENTITY_UNKNOWN, told))

    def _at_once(self, question: _Question) -> None:
        self._next, self._look_s = question, self._now_s

    def _deleted(self, order: Order, answer: bytes) -> None:
        if answer[0] == fp.OK:
            self._end(order, Result.DONE)
            self._count = None
        else:
            self._end(order, Result.REFUSED, fp.code_text(answer[0]))

    # ── enrolment ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _enrol_step(self, enrolment: Enrolment) -> _Question:
        instruction, content = enrolment.question()
        return _Question(instruction, content, self._enrolled)

    def _enrolled(self, answer: bytes) -> None:
        enrolment = self._enrolment
        if enrolment is None:
            return
        if enrolment.looking:
            self._look_s = self._now_s + LOOK_S
        news = enrolment.answered(answer[0], self._now_s)
        if news is not None:
            self._tell(news)
        if enrolment.result is not None:
            self._end(enrolment.order, enrolment.result, enrolment.detail)
            self._enrolment, self._told = None, True  # the finger still lies there: it is no arrival
            self._count = None


def _password(said: str | None) -> int:
    """As people write it: 0x1234 or decimal; what is no number of four bytes is refused by the module itself."""
    try:
        return int(said or "0", 0) & 0xFFFFFFFF
    except ValueError:
        return 0

"""Talking with a PJLink projector: greeting and password, who it is, rounds of questions, orders between. Pure."""

import hashlib
import re
from collections import deque

import msgspec

from firmware_bridge.asking import MAX_ORDERS, command_for, ended
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Answer, Device, Options, Unusable
from firmware_bridge.devices.displays.pjlink import (
    ERRORS,
    WRONG_PASSWORD,
    Line,
    Listener,
    input_code,
    input_name,
    parse,
)
from firmware_bridge.dialogue import Turn
from firmware_bridge.framing.frame import MAX_RAW, BadFrame, Frame
from firmware_bridge.framing.framer import Framer
from wire.orders import Order, OrderKind, Result
from wire.text import Text

_NEVER = float("inf")
_GREETED = re.compile(rb"PJLINK (?:0|1 ([0-9a-f]{8}))", re.IGNORECASE)
_ERRA = b"PJLINK ERRA"
_INTRODUCTION = ("CLSS", "INST", "INF1", "INF2", "NAME")
_ROUND = ("POWR", "INPT", "AVMT", "ERST", "LAMP")
_ROUND_2 = ("FILT",)
_NEEDED = Text(
    "máy chiếu đòi mật khẩu PJLink: đặt password_file", "the projector wants a PJLink password: set password_file"
)
_NO_GREETING = Text(
    "không có lời chào PJLink: có đúng là máy chiếu PJLink?", "no PJLink greeting: is it PJLink at all?"
)


class _Sent(msgspec.Struct, frozen=True):
    pj_class: str
    command: str
    until_s: float
    order: Order | None = None


class PjlinkDialogue:
    """One connection. See firmware_bridge.dialogue.Dialogue."""

    def __init__(self, device: Device, options: Options) -> None:
        self._device, self._password = device, options.password
        self._framer, self._listener = Framer(device.frame), Listener()
        self._greeted = False
        self._proof = b""  # what the first command carries before it
        self._class = "1"
        self._inputs: frozenset[str] | None = None  # codes it has; None: not known yet
        self._unknown: set[str] = set()  # commands it has not (a laser has no lamp): never asked again
        self._questions: deque[str] = deque()
        self._orders: deque[Order] = deque()
        self._sent: _Sent | None = None
        self._round_s = _NEVER
        self._greeting_s = _NEVER

    @property
    def due_s(self) -> float:
        if not self._greeted:
            return self._greeting_s
        return self._round_s if self._sent is None else self._sent.until_s

    @property
    def waiting(self) -> bool:
        return self._sent is not None

    def accepts(self) -> list[str]:
        """The plain orders, and one for every input the projector has told of."""
        inputs = sorted(name for code in self._inputs or () if (name := input_name(code)) is not None)
        plain = [command.name for command in self._device.commands]
        return plain + [f"{OrderKind.DISPLAY_INPUT}:{name}" for name in inputs]

    def begin(self, now_s: float) -> Turn:
        self._greeting_s = now_s + self._device.answer_s
        return Turn()

    def receive(self, data: bytes, now_s: float) -> Turn:
        return self._turn(self._framer.feed(data), now_s)

    def idle(self, now_s: float) -> Turn:
        return self._turn(self._framer.finish(), now_s)

    def order(self, order: Order, now_s: float) -> Turn:
        if self._words(order) is None:
            return Turn(heard=(ended(order, Result.UNSUPPORTED),))
        if len(self._orders) >= MAX_ORDERS:
            busy = Text("quá nhiều lệnh đang chờ", "too many orders are waiting")
            return Turn(heard=(ended(order, Result.REFUSED, busy),))
        self._orders.append(order)
        return self._turn([], now_s)

    def revoke(self, order: str) -> None:
        """See firmware_bridge.dialogue.Revocable."""
        self._orders = deque(one for one in self._orders if one.id != order)

    # ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────

    def _turn(self, found: list[Frame | BadFrame], now_s: float) -> Turn:
        heard: list[Heard | BadFrame] = []
        for one in found:
            if isinstance(one, BadFrame):
                heard.append(one)
            elif not self._greeted:
                refused = self._greet(one.data.rstrip(b"\r\n"), now_s)
                if refused is not None:
                    return Turn(heard=tuple(heard), hang_up=refused)
            elif one.data.rstrip(b"\r\n").upper() == _ERRA:
                return Turn(heard=tuple(heard), hang_up=WRONG_PASSWORD)
            else:
                self._take(one, now_s, heard)
        if not self._greeted:
            return Turn(heard=tuple(heard), hang_up=_NO_GREETING if now_s >= self._greeting_s else None)
        self._give_up(now_s, heard)
        return Turn(self._next(now_s), tuple(heard))

    def _greet(self, line: bytes, now_s: float) -> Text | None:
        """Why the talk cannot begin; None where it can."""
        greeting = _GREETED.fullmatch(line)
        if greeting is None:
            return _NO_GREETING
        if greeting[1] is not None:
            if self._password is None:
                return _NEEDED
            secret = greeting[1] + self._password.encode()
            self._proof = hashlib.md5(secret, usedforsecurity=False).hexdigest().encode()
        self._greeted, self._round_s = True, now_s
        self._questions.extend(_INTRODUCTION)
        return None

    def _take(self, frame: Frame, now_s: float, heard: list[Heard | BadFrame]) -> None:
        meant = self._listener(frame.data)
        for one in meant if isinstance(meant, tuple) else (meant,):
            if isinstance(one, Unusable):
                heard.append(BadFrame(one.reason, frame.data[:MAX_RAW], frame.offset, len(frame.data)))
            else:
                heard.append(Heard(one, frame.offset))
        line = parse(frame.data.rstrip(b"\r\n").decode("utf-8", "replace"))
        sent = self._sent
        if sent is None or isinstance(line, Text) or (line.pj_class, line.command) != (sent.pj_class, sent.command):
            return
        self._sent = None
        if sent.order is None:
            self._learn(line)
        else:
            self._round_s = min(self._round_s, now_s + self._device.settles_s)
            heard.append(_end(sent.order, meant if isinstance(meant, Answer) else None))

    def _learn(self, line: Line) -> None:
        if line.value == "ERR1":
            self._unknown.add(line.command)
        elif line.command == "CLSS" and line.value == "2":
            self._class = "2"
        elif line.command == "INST" and line.value not in ERRORS:
            self._inputs = frozenset(code for code in line.value.split() if input_name(code) is not None)

    def _give_up(self, now_s: float, heard: list[Heard | BadFrame]) -> None:
        if self._sent is None or now_s < self._sent.until_s:
            return
        if self._sent.order is not None:
            heard.append(ended(self._sent.order, Result.TIMED_OUT))
        self._sent = None

    # ── what goes out ────────────────────────────────────────────────────────────────────────────────────────────────

    def _next(self, now_s: float) -> bytes:
        if self._sent is not None:
            return b""
        if self._orders:
            order = self._orders.popleft()
            return self._say("1", self._words(order) or "", now_s, order)
        if not self._questions and now_s >= self._round_s:
            self._round_s = max(self._round_s, now_s) + self._device.interval_s
            self._questions.extend(_ROUND)
            self._questions.extend(_ROUND_2 if self._class == "2" else ())
        while self._questions:
            command = self._questions.popleft()
            if command not in self._unknown:
                return self._say("2" if command in _ROUND_2 else "1", f"{command} ?", now_s)
        return b""

    def _say(self, pj_class: str, words: str, now_s: float, order: Order | None = None) -> bytes:
        self._sent = _Sent(pj_class, words[:4], now_s + self._device.answer_s, order)
        request = f"%{pj_class}{words}\r".encode()
        self._listener.asked(request)
        proof, self._proof = self._proof, b""
        return proof + request

    def _words(self, order: Order) -> str | None:
        """`POWR 1`; None for an order it cannot carry out."""
        if order.kind is OrderKind.DISPLAY_INPUT:
            code = input_code(order.value)
            missing = code is None or (self._inputs is not None and code not in self._inputs)
            return None if missing else f"INPT {code}"
        command = command_for(self._device, order)
        return None if command is None else command.data[2:-1].decode()


def _end(order: Order, answer: Answer | None) -> Heard:
    if answer is None:
        odd = Text("trả lời không hiểu được", "an answer that means nothing")
        return ended(order, Result.TIMED_OUT, odd)
    return ended(order, Result.DONE if answer.accepted else Result.REFUSED, answer.reason)

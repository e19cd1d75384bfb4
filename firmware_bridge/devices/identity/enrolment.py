"""The steps of storing a new finger: image, lift, the same finger again, join, store; each is told.

Pure: it says which question comes next and takes the answer's code; the dialogue does the talking.
"""

from enum import StrEnum

from firmware_bridge.device import Happened
from firmware_bridge.devices.identity import fingerprint as fp
from wire.orders import Order, Result
from wire.text import Text

PATIENCE_S = 30.0  # for somebody to put the finger down, or to lift it


class Step(StrEnum):
    """Where an enrolment stands; told as `step` of the event `enrol`."""

    PLACE_FINGER = "place_finger"
    FIRST_FEATURES = "first_features"
    LIFT_FINGER = "lift_finger"
    PLACE_AGAIN = "place_again"
    SECOND_FEATURES = "second_features"
    JOIN = "join"
    STORE = "store"
    DONE = "done"
    FAILED = "failed"


_PROMPTS = {
    Step.PLACE_FINGER: Text("đặt ngón tay lên mắt đọc", "put the finger on the sensor"),
    Step.LIFT_FINGER: Text("nhấc ngón tay lên", "lift the finger"),
    Step.PLACE_AGAIN: Text("đặt lại đúng ngón tay đó", "put the same finger down again"),
    Step.DONE: Text("đã lưu vân tay", "the finger is stored"),
}
_LOOKING = frozenset({Step.PLACE_FINGER, Step.LIFT_FINGER, Step.PLACE_AGAIN})
_AFTER = {
    Step.PLACE_FINGER: Step.FIRST_FEATURES,
    Step.FIRST_FEATURES: Step.LIFT_FINGER,
    Step.LIFT_FINGER: Step.PLACE_AGAIN,
    Step.PLACE_AGAIN: Step.SECOND_FEATURES,
    Step.SECOND_FEATURES: Step.JOIN,
    Step.JOIN: Step.STORE,
    Step.STORE: Step.DONE,
}
_BACK = {Step.FIRST_FEATURES: Step.PLACE_FINGER, Step.SECOND_FEATURES: Step.PLACE_AGAIN}


class Enrolment:
    """One finger on its way into the module. Mutable; `result` is set when it has ended."""

    def __init__(self, order: Order, now_s: float) -> None:
        self.order = order
        self.result: Result | None = None
        self.detail: Text | None = None
        self._place = int(order.value)
        self._step, self._since_s = Step.PLACE_FINGER, now_s

    @property
    def looking(self) -> bool:
        """Whether a person is waited for, so that there is no hurry."""
        return self._step in _LOOKING

    def question(self) -> tuple[int, bytes]:
        """Instruction and content of what to ask the module next."""
        match self._step:
            case Step.FIRST_FEATURES:
                return fp.FEATURES, b"\x01"
            case Step.SECOND_FEATURES:
                return fp.FEATURES, b"\x02"
            case Step.JOIN:
                return fp.MODEL, b""
            case Step.STORE:
                return fp.STORE, b"\x01" + self._place.to_bytes(2, "big")
            case _:
                return fp.IMAGE, b""

    def answered(self, code: int, now_s: float) -> Happened | None:
        """Take the answer's code; returns what is to be told, where something is."""
        if self.looking:
            return self._looked(code, now_s)
        if code == fp.OK:
            return self._go(_AFTER[self._step], now_s)
        if code in fp.UNREADABLE and self._step in _BACK:
            return self._go(_BACK[self._step], now_s, fp.code_text(code))
        return self._fail(Result.REFUSED, fp.code_text(code))

    def give_up(self) -> Happened:
        """Nobody waits for it any more."""
        return self._fail(Result.TIMED_OUT, Text("quá thời gian chờ", "it took too long"))

    def prompt(self, why: Text | None = None) -> Happened:
        """The event that says where this stands."""
        said: dict[str, str | int] = {"step": str(self._step), "place": self._place}
        for text in (why, _PROMPTS.get(self._step)):
            if text is not None:
                said |= {
                    "text_vi": "; ".join(filter(None, (str(said.get("text_vi", "")), text.vi))),
                    "text_en": "; ".join(filter(None, (str(said.get("text_en", "")), text.en))),
                }
        return Happened("enrol", said)

    def _looked(self, code: int, now_s: float) -> Happened | None:
        wanted = fp.NO_FINGER if self._step is Step.LIFT_FINGER else fp.OK
        if code == wanted:
            return self._go(_AFTER[self._step], now_s)
        if now_s - self._since_s >= PATIENCE_S:
            nobody = Text("không ai làm theo hướng dẫn", "nobody followed the prompt")
            return self._fail(Result.TIMED_OUT, nobody)
        return None

    def _go(self, step: Step, now_s: float, why: Text | None = None) -> Happened | None:
        self._step, self._since_s = step, now_s
        if step is Step.DONE:
            self.result = Result.DONE
        return self.prompt(why) if step in _PROMPTS else None

    def _fail(self, result: Result, why: Text) -> Happened:
        self._step, self.result, self.detail = Step.FAILED, result, why
        return self.prompt(why)


def place_of(said: str, capacity: int) -> int | Text:
    """The place an order names, or why it is none."""
    if not (said.isascii() and said.isdecimal() and len(said) <= len(str(0xFFFF))):
        return Text(f"vị trí {said!r} không phải là số", f"the place {said!r} is no number")
    place = int(said)
    if place >= capacity:
        most = capacity - 1
        return Text(f"vị trí {place}, bộ nhớ chỉ có 0…{most}", f"place {place}, the library has 0…{most}")
    return place

"""A Device made of a display's command table, and the decode that reads answers by what was asked last. Pure."""

from firmware_bridge.device import Answer, Command, Decode, Device, Echo, Meaning, Measured, Noted, Unusable
from firmware_bridge.display import Display, Kind, Question, Said
from wire.orders import OrderKind
from wire.quantities import QUANTITIES
from wire.text import Text

_WHAT = {
    OrderKind.DISPLAY_ON: Text("bật màn hình", "turn the display on"),
    OrderKind.DISPLAY_OFF: Text("tắt màn hình", "turn the display off"),
    OrderKind.DISPLAY_MUTE: Text("tắt tiếng", "mute the sound"),
    OrderKind.DISPLAY_UNMUTE: Text("bật lại tiếng", "sound on again"),
}
NEVER_S = float("inf")
SETTLES_S = 5.0
"""So long after an order a display shows what it did: it is asked again then."""
RECOVERY_S = 1.5
"""After an unanswered question nothing is asked for so long: a late answer must not be taken for the next one's."""


def display_device(display: Display, address: int | None = None) -> Device:
    """The declaration of one make, for one set number. Raises ValueError where the make has no such set number."""
    number = display.address if address is None else _checked(display, address)

    def decoder() -> Decode:
        return Listener(display, number)

    def at(wanted: int) -> Device:
        return display_device(display, wanted)

    return Device(
        name=display.name,
        title=display.title,
        baud=display.baud,
        frame=display.frame,
        decode=decoder(),
        decoder=decoder,
        quantities=display.quantities,
        interval_s=display.interval_s,
        polls=_polls(display, number),
        answer_s=display.answer_s,
        turnaround_s=display.turnaround_s,
        recovery_s=RECOVERY_S,
        settles_s=SETTLES_S if display.questions else NEVER_S,
        start=tuple(display.wrap(word, number) for word in display.first),
        commands=_commands(display, number),
        change_driven=not display.questions,  # it says nothing by itself: silence is no fault
        errors_apart=True,
        tcp_port=display.tcp_port,
        wiring=display.wiring,
        also=display.also,
        at=None if display.addresses is None else at,
    )


def _polls(display: Display, address: int) -> tuple[bytes, ...]:
    times = 1 if display.checked else 2
    asked = display.questions[: display.polled]
    return tuple(display.wrap(question.word, address) for question in asked for _ in range(times))


def _commands(display: Display, address: int) -> tuple[Command, ...]:
    return tuple(
        Command(
            kind,
            display.wrap(word, address),
            _WHAT.get(kind) or Text(f"chọn nguồn {value}", f"show the input {value}"),
            value=value,
            answered=display.answered,
        )
        for kind, value, word in display.words()
    )


def _checked(display: Display, address: int) -> int:
    if display.addresses is None or address not in display.addresses:
        raise ValueError(f"{display.name} has no set number {address}")
    return address


_LETTERS = 2  # of a word, where answers name only one of them (LG)
_UNASKED = Text("trả lời điều không ai hỏi", "an answer to nothing that was asked")
_TO_OTHERS = Text("trả lời một câu hỏi không đọc ở đây", "an answer to a question that is not read here")
_ONCE = Text("chờ nghe lần nữa cho chắc", "waiting to hear it once more")
_OTHER = Text("khung khác", "some other frame")


class Listener:
    """The decode of one display on one line; remembers what was asked. Mutable.

    Where frames carry no check, one flipped bit makes OFF of ON: on a line a value counts when two answers in a row
    agree. A capture is taken as it is, whichever set of a chain speaks in it.
    """

    def __init__(self, display: Display, address: int) -> None:
        self._display, self._address = display, address
        self._question: Question | None = None
        self._live = False
        self._own = b""  # the word somebody else said, in a capture: whose answer comes next
        self._foreign = False  # whether somebody else asked what is not asked here: its answer comes next
        self._before: dict[bytes, Meaning] = {}  # by question: the answer before
        self._questions = {display.wrap(one.word, address): one for one in display.questions}
        self._orders = {display.wrap(word, address) for _, _, word in display.words()}

    def asked(self, request: bytes) -> None:
        """What was sent: a question; or an order, or nothing, to which no value is the answer."""
        self._live, self._own, self._foreign = True, b"", False
        self._question = self._questions.get(request)

    def __call__(self, frame: bytes) -> Meaning | tuple[Meaning, ...]:
        asked = self._questions.get(frame)
        said = self._display.hear(frame, self._address if self._live else None)
        if asked is not None and asked is self._question and said.kind is Kind.VALUE:
            return self._read(said)  # an answer of zero may look like its question
        if asked is not None or frame in self._orders:
            self._question, self._own, self._foreign = asked, b"", False
            return Echo()
        return self._meaning(said)

    def _meaning(self, said: Said) -> Meaning | tuple[Meaning, ...]:
        match said.kind:
            case Kind.OURS:
                self._own = said.topic
                self._question = next((one for one in self._display.questions if one.word == said.topic), None)
                self._foreign = self._question is None
                return Echo()
            case Kind.ASIDE:
                return Noted(said.reason or _OTHER)
            case Kind.REFUSED:
                self._question, self._own, self._foreign = None, b"", False
                return Answer(_code(said), accepted=False, reason=said.reason)
            case Kind.DONE:
                return (Answer(_code(said), accepted=True), *self._news(said))
            case Kind.VALUE:
                return self._read(said)

    def _news(self, said: Said) -> tuple[Meaning, ...]:
        """What an order's confirmation says of the state, where it says something that can be read."""
        question = self._about(said)
        if question is None or not said.value:
            return ()
        meaning = self._sure(question, _figures(question, said.value))
        return (meaning,) if isinstance(meaning, Measured) else ()

    def _read(self, said: Said) -> Meaning:
        question, foreign = self._about(said), self._foreign
        self._question, self._foreign = None, False
        if question is not None:
            return self._sure(question, _figures(question, said.value))
        if foreign:
            return Noted(_TO_OTHERS)
        return Noted(_OTHER) if said.topic else Unusable(_UNASKED)

    def _sure(self, question: Question, meaning: Meaning) -> Meaning:
        if self._display.checked or not self._live or not isinstance(meaning, Measured):
            return meaning
        before = self._before.get(question.word)
        self._before[question.word] = meaning
        return meaning if before == meaning else Noted(_ONCE)

    def _about(self, said: Said) -> Question | None:
        if not said.topic:
            return self._question
        own, self._own = self._own[:_LETTERS], b""
        for one in self._display.questions:
            if one.topic == said.topic and (not own or own == one.word[:_LETTERS]):
                return one if not one.shared or one is self._question else None
        return None


def _code(said: Said) -> int:
    return said.topic[0] if said.topic else 0


def _figures(question: Question, value: bytes) -> Meaning:
    """A value that cannot be is refused; a code nobody knows is no fault of the line."""
    values = question.read(value)
    if isinstance(values, Text):
        return Noted(values)
    for quantity, found in values.items():
        if not QUANTITIES[quantity].accepts(found):
            return Unusable(Text(f"{quantity} không thể là {found}", f"{quantity} cannot be {found}"))
    return Measured(values)

"""iiyama ProLite displays: SICP's words in frames of their own (LE, LH), and the boards of the TE series.

Source: iiyama "LHxx54 RS232/LAN commands" and "TExx68 RS232 protocol 1.0.2" as read by the AI4AV catalogue; recorded
        answer 21 01 00 00 04 01 19 02 3E (on), and 21 01 00 00 04 01 00 00 25 (done, seen on hardware where the manual
        says 06; pocke/BDM4065UC11's tests have it too); YooUp/RS232-Monitor-Database (LExx40UHS).
Frame:  A6 id 00 00 00 LEN 01 data XOR; answers 21 id 00 00 LEN 01 data XOR; LEN counts everything after itself.
Units:  display_on, input_source, lamp_hours_h (operating hours).
Errors: BadFrame(checksum, length, cut short, noise). The database's power frames carry display number 0 and the check
        of number 1: number 1 is meant, as in its other frames.
"""

from firmware_bridge.devices.displays import philips
from firmware_bridge.display import Display, Kind, Said
from firmware_bridge.framing.shape import MORE, Verdict, Whole, Wrong
from wire.text import Text

_COMMAND, _REPORT = 0xA6, 0x21
_LONGEST = 40
_START = Text("không phải đầu khung A6 hay 21", "no frame begins like this: A6 or 21 expected")
_LENGTH = Text("độ dài vô lý", "an impossible length")


class Prolite:
    """Both kinds of frame: the length stands one place earlier in answers."""

    start = b""
    max_size = _LONGEST

    def measure(self, head: bytes) -> Verdict:
        at = {_COMMAND: 5, _REPORT: 4}.get(head[0])
        if at is None:
            return Wrong(_START, 1)
        if len(head) <= at:
            return MORE
        size = at + 1 + head[at]
        if any(head[2:at]) or not at + 4 <= size <= _LONGEST:
            return Wrong(_LENGTH, at + 1)
        if len(head) < size:
            return MORE
        reason = philips.check(head[:size])
        return Whole(size) if reason is None else Wrong(reason, size)


def _wrap(word: bytes, address: int) -> bytes:
    body = bytes((_COMMAND, address, 0, 0, 0, len(word) + 2, 0x01)) + word
    return body + bytes((philips.parity(body),))


def _hear(frame: bytes, address: int | None) -> Said:
    if frame[0] == _COMMAND:
        return Said(Kind.OURS)
    if address and frame[1] != address:
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {frame[1]}", f"from display number {frame[1]}"))
    return philips.said(frame[6:-1])


IIYAMA = Display(
    name="iiyama",
    title=Text("màn hình iiyama ProLite", "iiyama ProLite display"),
    wiring=Text(
        "DB9 RS-232, 9600; mạng: TCP 5000. Bảng dòng TE nói ngôn ngữ khác: dùng iiyama-te.",
        "DB9 RS-232, 9600; network: TCP port 5000. Boards of the TE series speak another language: use iiyama-te.",
    ),
    wrap=_wrap,
    frame=Prolite(),
    hear=_hear,
    on=b"\x18\x02",
    off=b"\x18\x01",
    inputs={name: bytes((0xAC, code, 0, 0, 0)) for name, code in philips.SOURCES.items()},
    questions=(philips.POWER, philips.INPUT, philips.HOURS),
    quantities=("display_on", "input_source", "lamp_hours_h"),
    address=1,
    addresses=range(0x100),
    tcp_port=5000,
    also=("iiyama-prolite", "iiyama-lh", "iiyama-le"),
)

"""What the Nova Fitness SDS sensors have in common: framing, commands and answers.

Source: Nova Fitness "Laser Dust Sensor Control Protocol V1.3"; SDS011 specification V1.3, SDS198 specification V1.2; as
        avaldebe/PyPMS (sds01x, sds198) and ikalchev/py-sds011 (github.com) and a Raspberry Pi driver of an SDS198
        beside a PMS7003 (Dust_Sensor_SDS198_Set_Mode: commands with their answers) read them.
Frame:  AA kind, six bytes, sum of these six, AB   (10 bytes). Kind C0: SDS011/018/021, PM2.5 and PM10 little-endian in
        0.1 µg/m³ and the device's number; CF: SDS198, two reserved bytes, PM100 little-endian in µg/m³, number; C5: the
        answer to a command: which (02 reporting, 05 number, 06 fan and laser, 07 firmware, 08 period), whether it was
        set, what holds now. Commands: AA B4, 15 bytes, sum of these, AB   (19 bytes).
Units:  pm25_ugm3, pm10_ugm3, pm100_ugm3 in µg/m³.
Errors: BadFrame(checksum, unknown header, last byte, cut short, noise); Unusable for another model's frame; never None.
"""

from firmware_bridge.device import Answer, Echo, Meaning, Measured, Unusable, WarmingUp
from firmware_bridge.framing.checksum import low_sum, wrong_sum
from firmware_bridge.framing.headed import Headed, Kind
from wire.text import Text

DUST, TOTAL, ANSWER, COMMAND = 0xC0, 0xCF, 0xC5, 0xB4
_FIRST, _LAST = 0xAA, 0xAB
_REPORTING, _WORKING, _FIRMWARE, _PERIOD = 2, 6, 7, 8  # what a command sets or asks
_STATES = {
    (_REPORTING, 0): Text("tự gửi số đo", "it reports by itself"),
    (_REPORTING, 1): Text("chỉ gửi số đo khi được hỏi", "it reports when asked"),
    (_WORKING, 0): Text("đang ngủ", "asleep"),
    (_WORKING, 1): Text("đang đo", "measuring"),
    (_PERIOD, 0): Text("đo liên tục", "it measures all the time"),
}

WIRING = Text(
    "Nguồn 5 V; tín hiệu 3,3 V ở chân R và T (không chịu được 5 V): T nối vào RX, R nối vào TX của bộ chuyển USB–UART. "
    "Quạt chạy liên tục, tuổi thọ khoảng 8000 giờ. Ống hút gió không dài quá 1 m.",
    "5 V supply; 3.3 V signals on pins R and T (not 5 V tolerant): T to RX, R to TX of the USB-UART adapter. "
    "The fan runs all the time and lasts about 8000 hours. An intake tube of at most 1 m.",
)


def check(frame: bytes) -> Text | None:
    if frame[-1] != _LAST:
        return Text(f"byte cuối {frame[-1]:02X}, phải là AB", f"last byte {frame[-1]:02X}, expected AB")
    return wrong_sum(frame[-2], low_sum(frame[2:-2]))


_SIZES = {DUST: 10, TOTAL: 10, ANSWER: 10, COMMAND: 19}
SHAPE = Headed(tuple(Kind(bytes((_FIRST, kind)), size, check) for kind, size in _SIZES.items()), bytes((_FIRST,)))


def command(what: int, *content: int) -> bytes:
    """AA B4 what content, zeros, FF FF (every device), sum, AB."""
    body = bytes((what, *content)).ljust(13, b"\x00") + b"\xff\xff"
    return bytes((_FIRST, COMMAND)) + body + bytes((low_sum(body), _LAST))


STREAM = command(_REPORTING, 1, 0)
WAKE = command(_WORKING, 1, 1)
CONTINUOUS = command(_PERIOD, 1, 0)
"""One that came from elsewhere may measure twice an hour; it keeps that in its memory, so only a silent one is told."""


def dust(frame: bytes) -> Meaning:
    """SDS011, SDS018, SDS021."""
    pm25, pm10 = _little(frame, 2), _little(frame, 4)
    return _meant(frame, DUST, {"pm25_ugm3": pm25 / 10, "pm10_ugm3": pm10 / 10})


def total(frame: bytes) -> Meaning:
    """SDS198."""
    return _meant(frame, TOTAL, {"pm100_ugm3": float(_little(frame, 4))})


def _meant(frame: bytes, own: int, values: dict[str, float]) -> Meaning:
    kind = frame[1]
    if kind == COMMAND:
        return Echo()
    if kind == ANSWER:
        return Answer(frame[2], accepted=True, reason=_state(frame))
    if kind != own:
        return Unusable(
            Text(f"khung {kind:02X} của kiểu SDS khác", f"frame {kind:02X} belongs to another model of SDS sensor")
        )
    if not any(frame[2:8]):
        return WarmingUp()  # not even its own number yet; with that number 0.0 is what filtered air may read
    return Measured(dict(values))


def _state(frame: bytes) -> Text | None:
    """What the answer to a command says in words, where that is known."""
    what, now = frame[2], frame[4]
    if what == _FIRMWARE:
        date = f"20{frame[3]:02d}-{frame[4]:02d}-{frame[5]:02d}"
        return Text(f"phần mềm ngày {date}", f"firmware of {date}")
    if what == _PERIOD and now:
        return Text(f"cứ {now} phút đo một lần", f"it measures every {now} minutes")
    return _STATES.get((what, now))


def _little(frame: bytes, at: int) -> int:
    return int.from_bytes(frame[at : at + 2], "little")

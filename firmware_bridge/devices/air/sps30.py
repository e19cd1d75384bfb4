"""Sensirion SPS30 particle sensor over UART (SHDLC).

Source: Sensirion SPS30 datasheet version 1.0, sections 4.4 and 5 (115200 8N1); github.com/Sensirion/embedded-uart-sps
        and MasandeM/sps30 (whose tests hold whole answers, escapes in them).
Frame:  to it 7E 00 cmd len data ck 7E, from it 7E 00 cmd state len data ck 7E, escapes inside (framing/shdlc.py);
        ck = inverted low byte of the sum. Read 03: ten big-endian floats (len 28 hex) or ten words (len 14 hex): mass
        of PM1, PM2.5, PM4, PM10, then numbers and typical size, which have no quantity; no data where nothing is new.
        State: 0 well, 01 02 03 04 28 43 refused, bit 7 a fault in the status register. Asked by others: D0 texts,
        D1 versions, D2 the status register (bit 21 fan speed, 5 laser, 4 fan).
Units:  pm1_ugm3, pm25_ugm3, pm4_ugm3, pm10_ugm3 in µg/m³.
Errors: BadFrame(checksum, length, escape, cut short, noise); Unusable for figures that are no number; never None.
"""

import math
import struct

from firmware_bridge.device import Answer, Command, Device, Echo, Meaning, Measured, Noted, Unusable, WarmingUp
from firmware_bridge.framing.checksum import inverted_sum, wrong_sum
from firmware_bridge.framing.shdlc import Shdlc, escaped, unescaped
from wire.orders import OrderKind
from wire.text import Text

START, READ, CLEAN = 0x00, 0x03, 0x56
_INFORMATION, _VERSIONS, _STATUS = 0xD0, 0xD1, 0xD2
_FLOATS, _WORDS = 40, 20
_LEAST = 4  # address, command, length, check
_FAULT = 0x80
_MASSES = ("pm1_ugm3", "pm25_ugm3", "pm4_ugm3", "pm10_ugm3")
_FAULTS = {1 << 21: "fan_speed", 1 << 5: "laser", 1 << 4: "fan"}
_REGISTER_BYTES, _VERSION_BYTES = 4, 7
_REFUSALS = {
    0x01: Text("sai độ dài dữ liệu", "wrong data length"),
    0x02: Text("lệnh lạ", "unknown command"),
    0x03: Text("không được phép", "no access right"),
    0x04: Text("tham số sai", "illegal parameter"),
    0x28: Text("tham số ngoài khoảng", "parameter out of range"),
    0x43: Text("không làm được ở trạng thái hiện tại", "not allowed in its present state"),
}


def command(code: int, data: bytes = b"") -> bytes:
    body = bytes((0, code, len(data))) + data
    return escaped(body + bytes((inverted_sum(body),)))


def check(content: bytes) -> Text | None:
    if len(content) < _LEAST or not (_is_command(content) or _is_answer(content)):
        return Text("độ dài không khớp", "length does not fit")
    return wrong_sum(content[-1], inverted_sum(content[:-1]))


def _is_command(content: bytes) -> bool:
    """A question read back. One of five bytes may look like an answer without data: then it is taken for that."""
    bare = len(content) == _LEAST + 1 and _is_answer(content)
    return content[2] == len(content) - _LEAST and not bare


def _is_answer(content: bytes) -> bool:
    return len(content) > _LEAST and content[3] == len(content) - _LEAST - 1


def decode(frame: bytes) -> Meaning:
    content = unescaped(frame) or b""
    if _is_command(content):
        return Echo()
    code, state, data = content[1], content[2], content[4:-1]
    refusal = state & ~_FAULT
    if refusal:
        unknown = Text(f"mã lỗi 0x{refusal:02X}", f"error 0x{refusal:02X}")
        return Answer(code, accepted=False, reason=_REFUSALS.get(refusal, unknown))
    if code != READ:
        return _told(code, data) or Answer(code, accepted=True)
    if state & _FAULT:
        # Fan, laser or fan speed: which of them stands in a register; the figures beside it cannot be trusted.
        return Measured({"error_code": f"0x{state:02X}"})
    return _measured(data)


def _told(code: int, data: bytes) -> Meaning | None:
    """What a sensor says of itself to whoever asks; None where that is no more than yes."""
    if code == _INFORMATION and data:
        text = data.rstrip(b"\x00").decode("ascii", "replace")
        return Noted(Text(f"tên hoặc số máy {text!r}", f"name or serial number {text!r}"))
    if code == _VERSIONS and len(data) == _VERSION_BYTES:
        major, minor, _, hardware = data[:4]
        return Noted(
            Text(f"phần mềm {major}.{minor}, phần cứng {hardware}", f"firmware {major}.{minor}, hardware {hardware}")
        )
    if code != _STATUS or len(data) < _REGISTER_BYTES:
        return None
    register = int.from_bytes(data[:_REGISTER_BYTES], "big")
    faults = [name for bit, name in _FAULTS.items() if register & bit]
    if faults:
        return Measured({"error_code": ",".join(faults)})
    return Noted(Text("thanh ghi trạng thái: không có lỗi", "status register: no fault"))


def _measured(data: bytes) -> Meaning:
    if not data:
        return Noted(Text("chưa có số đo mới", "no new measurement yet"))
    if len(data) not in {_FLOATS, _WORDS}:
        return Unusable(Text(f"{len(data)} byte số đo, phải là 40 hoặc 20", f"{len(data)} bytes of data, not 40 or 20"))
    if not any(data):
        return WarmingUp()
    figures = struct.unpack(">10f" if len(data) == _FLOATS else ">10H", data)
    if any(not math.isfinite(figure) or figure < 0 for figure in figures):
        return Unusable(Text("số đo không phải là số hợp lệ", "a figure is no number or below zero"))
    return Measured({name: float(mass) for name, mass in zip(_MASSES, figures, strict=False)})


_START = command(START, b"\x01\x03")  # measure, answer with floats

DEVICE = Device(
    name="sps30",
    title=Text("cảm biến bụi SPS30", "SPS30 particle sensor"),
    baud=115200,
    frame=Shdlc(content=_LEAST + 1 + _FLOATS, check=check),
    decode=decode,
    quantities=(*_MASSES, "error_code"),
    interval_s=10.0,
    polls=(_START, command(READ)),  # started again each time: a sensor that lost power for a moment would stay idle
    turnaround_s=0.02,  # "20 ms" between answer and next command in Sensirion's own driver
    wake=(_START,),
    warm_up_s=30.0,  # start-up time 8 s to 30 s, the longer the cleaner the air
    commands=(
        Command(
            OrderKind.CLEAN,
            command(CLEAN),
            Text("tự làm sạch quạt trong 10 giây", "clean the fan for 10 seconds"),
            code=CLEAN,
            caution=Text(
                "trong lúc làm sạch số đo không đổi; bụi bay ra quanh cảm biến",
                "figures stand still meanwhile; dust is blown out around the sensor",
            ),
        ),
    ),
    wiring=Text(
        "Nguồn 5 V; chân SEL để hở (nối GND là I²C). RX và TX theo mức 3,3 V hoặc 5 V. Đặt lỗ hút xuống dưới hoặc sang "
        "ngang, không để nắng chiếu vào.",
        "5 V supply; leave pin SEL open (grounded it is I²C). RX and TX take 3.3 V or 5 V logic. Mount with the inlet "
        "down or sideways, out of the sun.",
    ),
)

"""Winsen MH-Z19B/C CO2 sensor over UART.

Source: Winsen MH-Z19B user manual v1.0 (serial port, 9600 8N1); behaviour while warming up: github.com/WifWaf/MH-Z19
        issues 6 and 21, AlexGyver and ESPEasy users (first 400, 410 or 500, on some firmware 388 then 555); its
        MHZ19.cpp for which other commands are answered.
Frame:  FF 86 HH LL TT st xx xx CK   (9 bytes, CK = two's complement of the sum of bytes 1 to 7)
Units:  co2_ppm = HH*256 + LL. Byte TT is called a temperature by some; Winsen does not document it: ignored.
Errors: BadFrame(checksum, cut short, noise); Unusable where the head is unknown; never None.
"""

from firmware_bridge.device import Answer, Command, Device, Echo, Meaning, Measured, Noted, Unusable, Values, WarmingUp
from firmware_bridge.framing.checksum import negated_sum, wrong_sum
from firmware_bridge.framing.fixed import FixedFrame
from wire.orders import OrderKind
from wire.text import Text

SIZE = 9
READ, SELF_CALIBRATION, ZERO, SPAN, RANGE = 0x86, 0x79, 0x87, 0x88, 0x99
_TO_SENSOR = 0x01  # second byte of every command: the sensor's number, always 1
_COMMANDS = frozenset({SELF_CALIBRATION, ZERO, SPAN, RANGE})
# Answers to what other programs ask: ABC state, raw figures, range, background, firmware, last answer, temperature.
_OTHERS = frozenset({0x7D, 0x84, 0x85, 0x9B, 0x9C, 0xA0, 0xA2, 0xA3})
_LEAST_PPM = 200  # outdoor air has 420; a dust sensor with the same frame shows its micrograms here
_MOST_PPM = 10_000  # the widest range any of them can be set to
_PLACEHOLDERS = frozenset({388.0, 400.0, 410.0, 500.0, 555.0})


def check(frame: bytes) -> Text | None:
    return wrong_sum(frame[8], negated_sum(frame[1:8]))


def command(code: int, content: bytes = b"") -> bytes:
    """FF 01 code content (five bytes, zeros where fewer are given) CK."""
    body = bytes((_TO_SENSOR, code)) + content.ljust(5, b"\x00")
    return b"\xff" + body + bytes((negated_sum(body),))


def decode(frame: bytes) -> Meaning:
    code = frame[1]
    if code == READ:
        return _measured(frame[2] << 8 | frame[3])
    if code == _TO_SENSOR:
        return Echo()
    if code in _COMMANDS and not any(frame[3:8]):
        return Answer(code, accepted=frame[2] == 1)
    if code in _OTHERS:
        return Noted(Text(f"trả lời lệnh {code:02X}, không đọc", f"an answer to command {code:02X}, not read"))
    head = frame[:2].hex(" ").upper()
    return Unusable(Text(f"đầu khung {head}, phải là FF 86", f"header {head}, expected FF 86"))


def _measured(co2_ppm: int) -> Meaning:
    """Air without CO2 does not exist: 0 is what the sensor sends before its first measurement."""
    if co2_ppm > _MOST_PPM:
        far = Text(
            f"CO₂ {co2_ppm} ppm vượt dải đo {_MOST_PPM}", f"{co2_ppm} ppm of CO₂ is beyond the range {_MOST_PPM}"
        )
        return Unusable(far)
    if 0 < co2_ppm < _LEAST_PPM:
        dust = Text(
            f"CO₂ {co2_ppm} ppm không có thật: có phải ZH03 không?", f"no air has {co2_ppm} ppm of CO₂: is it a ZH03?"
        )
        return Unusable(dust)
    return Measured({"co2_ppm": float(co2_ppm)}) if co2_ppm else WarmingUp()


def is_placeholder(values: Values) -> bool:
    return values.get("co2_ppm") in _PLACEHOLDERS


def _range(ppm: int) -> Command:
    """Range in bytes 6 and 7, as sent to and answered by B and C models; 10 000 ppm by later ones, as drivers agree."""
    return Command(
        OrderKind.MEASURING_RANGE,
        command(RANGE, b"\x00\x00\x00" + ppm.to_bytes(2, "big")),
        Text(f"đặt dải đo 0 đến {ppm} ppm", f"measure 0 to {ppm} ppm"),
        value=str(ppm),
        code=RANGE,
    )


DEVICE = Device(
    name="mhz19",
    title=Text("cảm biến CO₂ MH-Z19", "MH-Z19 CO₂ sensor"),
    baud=9600,
    frame=FixedFrame(size=SIZE, start=b"\xff", check=check),
    decode=decode,
    quantities=("co2_ppm",),
    interval_s=10.0,
    polls=(command(READ),),
    warm_up_s=180.0,  # "Preheat time: 3 min"
    is_placeholder=is_placeholder,
    commands=(
        Command(
            OrderKind.SELF_CALIBRATION_ON,
            command(SELF_CALIBRATION, b"\xa0"),
            Text("bật tự hiệu chuẩn 24 giờ", "24-hour self-calibration on"),
            caution=Text(
                "chỉ dùng cho phòng được thông gió hết mỗi ngày (mức thấp nhất thành 400 ppm)",
                "only for rooms aired out every day (the lowest level becomes 400 ppm)",
            ),
            code=SELF_CALIBRATION,
        ),
        Command(
            OrderKind.SELF_CALIBRATION_OFF,
            command(SELF_CALIBRATION),
            Text("tắt tự hiệu chuẩn", "self-calibration off"),
            code=SELF_CALIBRATION,
        ),
        Command(
            OrderKind.CALIBRATE_OUTDOOR,
            command(ZERO),
            Text("đặt mức hiện tại thành 400 ppm", "take the present level as 400 ppm"),
            caution=Text(
                "cảm biến phải ở ngoài trời ít nhất 20 phút trước đó",
                "the sensor must have been in outdoor air for at least 20 minutes",
            ),
            answered=False,
        ),
        Command(
            OrderKind.CALIBRATE_TO,
            command(SPAN, (2000).to_bytes(2, "big")),
            Text("đặt mức hiện tại thành 2000 ppm", "take the present level as 2000 ppm"),
            value="2000",
            caution=Text(
                "chỉ với khí chuẩn 2000 ppm, sau khi đã đặt mức ngoài trời; nếu không mọi số đo về sau đều sai",
                "only in test gas of 2000 ppm, after the outdoor level was set; otherwise every later figure is wrong",
            ),
            answered=False,
        ),
        _range(2000),
        _range(5000),
        _range(10_000),
    ),
    wiring=Text(
        "Nguồn 5 V (150 mA) ở chân Vin; tín hiệu 3,3 V: Tx vào RX, Rx vào TX của bộ chuyển USB–UART. Chân HD để hở: "
        "nối GND quá 7 giây là đặt mức 400 ppm. Không bóp vỏ vàng, không để người thở thẳng vào.",
        "5 V supply (150 mA) on Vin; 3.3 V signals: Tx to RX, Rx to TX of the USB-UART adapter. Leave HD open: "
        "grounded for over 7 s it takes the level as 400 ppm. Do not press the gold case; keep it out of breath.",
    ),
    also=("mhz19a", "mhz19b", "mhz19c"),
)

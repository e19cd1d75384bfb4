"""SenseAir S8 CO2 sensor over UART (Modbus RTU, any-address 0xFE).

Source: SenseAir S8 "Modbus on S8" (registers, status and acknowledgement bits, special commands), as three independent
        libraries write them (github.com/jcomas/S8_UART, AirGradient's s8 driver, esphome senseair); facts.md section 4.
Frame:  request FE 04 0000 0004, answer: status, alarm, output, CO2; or CO2 alone: FE 04 0003 0001.
        Calibration: holding 0 := 0 (forget), holding 1 := 7C06 (take this as 400 ppm), holding 0 bit 5 says that it is
        done. ABC period in hours in holding 001F; 0 is off.
Units:  co2_ppm; error_code of the status bits that are set, and then no CO2: a faulty figure is worthless.
Errors: BadFrame(CRC, cut short, noise); Unusable(other address, size, out of range); Answer(refused) with the reason.
"""

from firmware_bridge.calibration import CHECK, CLEAR, Calibration
from firmware_bridge.device import Answer, Command, Meaning, Measured, Noted, WarmingUp
from firmware_bridge.modbus import HOLDING, INPUT, Read, Words, write_register
from firmware_bridge.modbus_device import Speech, modbus_device
from firmware_bridge.registers import Register, readings
from wire.orders import OrderKind
from wire.text import Text

ANY_SENSOR = 0xFE
STATUS, CO2 = 0, 3
ACKNOWLEDGED, SPECIAL, ABC_HOURS = 0x00, 0x01, 0x1F
BACKGROUND, BACKGROUND_DONE = 0x7C06, 0x20
ABC_DEFAULT_HOURS = 180  # "7.5 days"
FAULTS = {
    0x01: "fatal",
    0x02: "offset_regulation",
    0x04: "algorithm",
    0x08: "output",
    0x10: "self_diagnostic",
    0x20: "out_of_range",
    0x40: "memory",
}
REGISTERS = (Register(CO2, "co2_ppm"),)
NOT_DONE = Text("cảm biến chưa xác nhận hiệu chuẩn", "the sensor has not confirmed the calibration")


def interpret(function: int, words: Words) -> tuple[Meaning, ...]:
    if function == HOLDING:
        return _holding(words)
    if function != INPUT:
        return ()
    faults = [name for bit, name in FAULTS.items() if words.get(STATUS, 0) & bit]
    if faults:
        return (Measured({"error_code": ",".join(faults)}),)
    if words.get(CO2) == 0:
        return (WarmingUp(),)  # air without CO2 does not exist: it has not measured yet
    return readings(REGISTERS, words)


def _holding(words: Words) -> tuple[Meaning, ...]:
    if ACKNOWLEDGED in words:
        done = bool(words[ACKNOWLEDGED] & BACKGROUND_DONE)
        return (Answer(HOLDING, accepted=done, reason=None if done else NOT_DONE),)
    if ABC_HOURS in words:
        hours = words[ABC_HOURS]
        return (Noted(Text(f"tự hiệu chuẩn mỗi {hours} giờ", f"self-calibration every {hours} hours (0: off)")),)
    return ()


def commands(unit: int) -> tuple[Command, ...]:
    return (
        Command(
            OrderKind.SELF_CALIBRATION_ON,
            write_register(unit, ABC_HOURS, ABC_DEFAULT_HOURS),
            Text("bật tự hiệu chuẩn ABC 180 giờ", "180-hour ABC self-calibration on"),
            caution=Text(
                "chỉ dùng cho phòng được thông gió hết trong tuần (mức thấp nhất thành 400 ppm)",
                "only for rooms aired out within the week (the lowest level becomes 400 ppm)",
            ),
        ),
        Command(
            OrderKind.SELF_CALIBRATION_OFF,
            write_register(unit, ABC_HOURS, 0),
            Text("tắt tự hiệu chuẩn ABC", "ABC self-calibration off"),
        ),
        Command(
            OrderKind.CALIBRATE_OUTDOOR,
            write_register(unit, SPECIAL, BACKGROUND),
            Text("đặt mức hiện tại thành 400 ppm, rồi kiểm tra", "take the present level as 400 ppm, then check"),
            caution=Text(
                "cảm biến phải ở ngoài trời ít nhất 20 phút trước đó",
                "the sensor must have been in outdoor air for at least 20 minutes",
            ),
        ),
    )


def steps(unit: int) -> dict[str, bytes]:
    """What is said before and after the calibration itself."""
    return {
        CLEAR: write_register(unit, ACKNOWLEDGED, 0),
        CHECK: Read(ACKNOWLEDGED, 1, HOLDING).request(unit),
    }


DEVICE = modbus_device(
    Speech(
        REGISTERS,
        polls=(Read(STATUS, 4),),
        also_read=(Read(ACKNOWLEDGED, 1, HOLDING), Read(ABC_HOURS, 1, HOLDING)),
        interpret=interpret,
        commands=commands,
        shared=frozenset({ANY_SENSOR}),
    ),
    ANY_SENSOR,
    name="s8",
    title=Text("cảm biến CO₂ SenseAir S8", "SenseAir S8 CO₂ sensor"),
    errors=True,
    dialogue=lambda device, _: Calibration(device, steps(device.polls[0][0])),
    wiring=Text(
        "nguồn 5 V (G+ và G0), tín hiệu UART 3,3 V: nối thẳng Pi được; UART_TxD với RX, UART_RxD với TX; R/T để trống",
        "5 V supply (G+ and G0), 3.3 V UART signals: straight to a Pi; UART_TxD to RX, UART_RxD to TX; leave R/T open",
    ),
    also=("senseairs8", "s8lp", "senseairs8lp"),
)

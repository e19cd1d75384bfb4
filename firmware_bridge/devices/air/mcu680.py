"""GY-MCU680: a Bosch BME680 behind a microcontroller that speaks UART by itself (V1 module).

Source: github.com/avaldebe/PyPMS (MIT) and the maker's Arduino example in github.com/agmkv70/Projects, which agree (as
        facts); 9600 8N1. A5 55 3F 39 chooses all outputs, A5 56 02 FD has them sent continuously.
Frame:  5A 5A 3F 0F, 15 bytes, low byte of the sum   (20 bytes, big-endian): temperature (signed) and humidity in
        hundredths, pressure in Pa (three bytes), air quality index with its accuracy in the top four bits, gas
        resistance in ohms, altitude in m; these last two have no quantity and stay unspoken.
Units:  temperature_c, humidity_pct, pressure_hpa; air_quality_index (0 to 500) once its accuracy is above 0.
Errors: BadFrame(checksum, cut short, noise); an empty frame is a sensor that starts; never None.
"""

from firmware_bridge.device import Device, Meaning, Measured, Values, WarmingUp
from firmware_bridge.framing.checksum import low_sum, wrong_sum
from firmware_bridge.framing.fixed import FixedFrame
from wire.text import Text


def check(frame: bytes) -> Text | None:
    return wrong_sum(frame[-1], low_sum(frame[:-1]))


def decode(frame: bytes) -> Meaning:
    if not any(frame[4:-1]):
        return WarmingUp()
    values: Values = {
        "temperature_c": int.from_bytes(frame[4:6], "big", signed=True) / 100,
        "humidity_pct": int.from_bytes(frame[6:8], "big") / 100,
        "pressure_hpa": int.from_bytes(frame[8:11], "big") / 100,
    }
    accuracy, index = divmod(int.from_bytes(frame[11:13], "big"), 0x1000)
    return Measured(values | {"air_quality_index": float(index)} if accuracy else values)


DEVICE = Device(
    name="mcu680",
    title=Text("cảm biến khí hậu GY-MCU680 (BME680)", "GY-MCU680 climate sensor (BME680)"),
    baud=9600,
    frame=FixedFrame(size=20, start=b"\x5a\x5a\x3f\x0f", check=check),
    decode=decode,
    quantities=("temperature_c", "humidity_pct", "pressure_hpa", "air_quality_index"),
    interval_s=3.0,
    start=(b"\xa5\x55\x3f\x39", b"\xa5\x56\x02\xfd"),
    wake=(b"\xa5\x55\x3f\x39", b"\xa5\x56\x02\xfd"),
    wiring=Text(
        "Nguồn 3,3 V đến 5 V, tín hiệu 3,3 V; để hở chân chọn I²C. Đặt xa nguồn nóng; chỉ số cần vài giờ đầu.",
        "3.3 V to 5 V supply, 3.3 V signals; leave the I²C select pin open. Keep from heat; its index needs hours.",
    ),
    also=("gymcu680",),
)

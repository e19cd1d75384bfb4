"""Bosch BME280 and its like (BMP280, BME680, SHT3x, DHT22) behind a microcontroller that prints their readings.

Source: what published sketches print: Adafruit's bme280test ("Temperature = 24.10 *C", "Pressure = 1004.36 hPa",
        "Humidity = 48.20 %", each on a line of its own), SparkFun's, DFRobot's; Bosch BME280 datasheet for the ranges.
Frame:  a line of printable text ended by CR or LF: pairs, a flat JSON object, or columns under a heading (printed.py).
Units:  temperature_c from °C, °F or K; humidity_pct in %; pressure_hpa from hPa, mbar, Pa or kPa. Altitude is computed
        from pressure and gas resistance has no quantity: both stay unspoken.
Errors: as the SCD30's; columns without a heading are refused, for temperature and humidity cannot be told apart.
"""

from firmware_bridge.device import Device, Meaning
from firmware_bridge.devices.air.printed import Printed
from firmware_bridge.devices.air.printed_words import HUMIDITY, PRESSURE, TEMPERATURE
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

QUANTITIES = (TEMPERATURE, HUMIDITY, PRESSURE)


def decoder() -> Printed:
    return Printed(QUANTITIES)


def decode(frame: bytes) -> Meaning | tuple[Meaning, ...]:
    """A line alone, without the memory of a heading."""
    return decoder()(frame)


DEVICE = Device(
    name="bme280",
    title=Text("cảm biến khí hậu BME280 qua vi điều khiển USB", "BME280 climate sensor behind a USB microcontroller"),
    baud=115200,
    frame=Delimited(),
    decode=decode,
    decoder=decoder,
    quantities=QUANTITIES,
    interval_s=5.0,
    wiring=Text(
        "Cảm biến 3,3 V nối I²C với vi điều khiển; vi điều khiển cắm USB vào gateway và in từng dòng, ví dụ "
        "“Temperature = 24.10 *C”, 115200 baud. Đặt cảm biến xa vi điều khiển, vì hơi nóng làm sai nhiệt độ.",
        "A 3.3 V sensor on a microcontroller by I²C; that is plugged into the gateway by USB and prints lines such as "
        "“Temperature = 24.10 *C”, 115200 baud. Keep the sensor away from the board, whose heat falsifies it.",
    ),
    also=("bmp280", "sht3x", "dht22"),
)

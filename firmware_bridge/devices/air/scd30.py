"""Sensirion SCD30 CO₂ sensor behind a microcontroller that prints its readings over USB.

Source: what published sketches print: Adafruit and SparkFun examples for the SCD30 ("co2(ppm):612 temp(C):24.1
        humidity(%):48.2", "CO2: 612 ppm, Temp: 24.1 °C, Humidity: 48 %"), and CO2, T, RH as columns; Sensirion SCD30
        datasheet for the ranges. SCD30 alone speaks I²C or Modbus, not this.
Frame:  a line of printable text ended by CR or LF: pairs, a flat JSON object, or columns (printed.py).
Units:  co2_ppm; temperature_c from °C, °F or K; humidity_pct in %.
Errors: a reason for each figure that is no number, has a foreign unit or is impossible; columns in doubt are refused.
"""

from firmware_bridge.device import Device, Meaning
from firmware_bridge.devices.air.printed import Printed
from firmware_bridge.devices.air.printed_words import CO2, HUMIDITY, TEMPERATURE
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

QUANTITIES = (CO2, TEMPERATURE, HUMIDITY)


def decoder() -> Printed:
    return Printed(QUANTITIES, columns=QUANTITIES)


def decode(frame: bytes) -> Meaning | tuple[Meaning, ...]:
    """A line alone, without the memory of a heading."""
    return decoder()(frame)


DEVICE = Device(
    name="scd30",
    title=Text("cảm biến CO₂ SCD30 qua vi điều khiển USB", "SCD30 CO₂ sensor behind a USB microcontroller"),
    baud=115200,
    frame=Delimited(),
    decode=decode,
    decoder=decoder,
    quantities=QUANTITIES,
    interval_s=5.0,  # the sensor measures every 2 s, sketches print every 2 to 10 s
    wiring=Text(
        "Cảm biến nối I²C với vi điều khiển 3,3 V; vi điều khiển cắm USB vào gateway và in mỗi lần đo một dòng, ví dụ "
        "“co2: 612 ppm, t: 24.1 C, rh: 48 %”, 115200 baud. In kèm tên và đơn vị; cột không tên phải là CO2,T,RH.",
        "The sensor hangs on a 3.3 V microcontroller by I²C; that is plugged into the gateway by USB and prints a line "
        "a measurement, such as “co2: 612 ppm, t: 24.1 C, rh: 48 %”, 115200 baud. Print names and units; columns "
        "without names must be CO2,T,RH.",
    ),
)

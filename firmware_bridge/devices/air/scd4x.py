"""Sensirion SCD40, SCD41 and SCD43 CO₂ sensors behind a microcontroller that prints their readings over USB.

Source: what published sketches print: Sensirion's, Adafruit's and SparkFun's examples for the SCD4x ("CO2(ppm):612
        Temperature(C):24.1 Humidity(%RH):48.2", "CO2: 612 PPM"); Sensirion SCD4x datasheet for the ranges.
Frame:  as the SCD30's: a line of printable text ended by CR or LF.
Units:  co2_ppm; temperature_c from °C, °F or K; humidity_pct in %.
Errors: as the SCD30's.
"""

import msgspec

from firmware_bridge.devices.air import scd30
from wire.text import Text

DEVICE = msgspec.structs.replace(
    scd30.DEVICE,
    name="scd4x",
    title=Text("cảm biến CO₂ SCD4x qua vi điều khiển USB", "SCD4x CO₂ sensor behind a USB microcontroller"),
    also=("scd40", "scd41", "scd43"),
)

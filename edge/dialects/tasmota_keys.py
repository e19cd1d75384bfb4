"""The keys of Tasmota's sensor blocks and what they are in our table.

Source: github.com/arendst/Tasmota, tasmota_xsns_sensor/*.ino and include/i18n.h (JSON keys); tasmota.github.io/docs;
        github.com/ioBroker/ioBroker.sonoff lib/datapoints.js (units; keys of versions before 6, which were translated).
Units:  Temperature in TempUnit, Pressure in PressureUnit; SR04 in cm, VL53L0X in mm; energy in kWh.
Left out: eCO2 (an estimate, or an average of CarbonDioxide), CF1/CF2.5/CF10 (factory
        calibration, not the air), DewPoint, SeaPressure, Light/Noise/AirQuality of a Sonoff SC (per cent of nothing
        known), A0 and other raw inputs, SwitchN (a wall switch, a motion detector or a door: a mapping says which),
        RSSI of Wifi (per cent), Vcc (the chip's supply), MLX90614 (an object's heat and its own), LD2410 (raw),
        Zigbee's Illuminance and RMSCurrent (raw, scale not told), Contact without the zone status it was read from
        (which way round depends on the maker) and the Power of a button (an order it gives, `0006!02`, no state of it),
        Battery of LoRaWAN nodes (volts or per cent, as each decoder likes).
"""

from typing import NamedTuple


class Meaning(NamedTuple):
    """A quantity, and what to multiply and divide by: dividing by 1000 is exact where multiplying by 0.001 is not."""

    quantity: str
    multiply: float = 1.0
    divide: float = 1.0


TEMPERATURE, PRESSURE = "temperature_c", "pressure_hpa"
DEVICE_TEMPERATURE = "device_temperature_c"
ANYWHERE: dict[str, Meaning] = {
    "Temperature": Meaning(TEMPERATURE),
    "Temperatur": Meaning(TEMPERATURE),
    "Humidity": Meaning("humidity_pct"),
    "Feuchtigkeit": Meaning("humidity_pct"),
    "Pressure": Meaning(PRESSURE),
    "Druck": Meaning(PRESSURE),
    "CarbonDioxide": Meaning("co2_ppm"),
    "TVOC": Meaning("tvoc_ppb"),
    "Illuminance": Meaning("illuminance_lx"),
    "PM1": Meaning("pm1_ugm3"),
    "PM1_0": Meaning("pm1_ugm3"),
    "PM2.5": Meaning("pm25_ugm3"),
    "PM2_5": Meaning("pm25_ugm3"),
    "PM4": Meaning("pm4_ugm3"),
    "PM4_0": Meaning("pm4_ugm3"),
    "PM10": Meaning("pm10_ugm3"),
    "Total_in": Meaning("energy_kwh"),  # what smart-meter descriptors call the registers 1.8.0, 2.8.0 and 16.7.0
    "Total_out": Meaning("energy_returned_kwh"),
    "Power_curr": Meaning("power_w"),
}
ENERGY: dict[str, Meaning] = {
    "Total": Meaning("energy_kwh"),
    "ExportActive": Meaning("energy_returned_kwh"),
    "Power": Meaning("power_w"),
    "ApparentPower": Meaning("apparent_power_va"),
    "ReactivePower": Meaning("reactive_power_var"),
    "Factor": Meaning("power_factor"),
    "Frequency": Meaning("frequency_hz"),
    "Voltage": Meaning("voltage_v"),
    "Current": Meaning("current_a"),
    "Leistung": Meaning("power_w"),
    "Spannung": Meaning("voltage_v"),
    "Strom": Meaning("current_a"),
    "Faktor": Meaning("power_factor"),
    "Temperature": Meaning(DEVICE_TEMPERATURE),
}
_DC = {key: ENERGY[key] for key in ("Voltage", "Current", "Power")}
BLOCKS: dict[str, dict[str, Meaning]] = {
    "ENERGY": ENERGY,
    "CTEnergy": {"Energy": Meaning("energy_kwh"), **_DC},
    "INA219": _DC,
    "INA226": _DC,
    "SR04": {"Distance": Meaning("distance_mm", 10)},
    "VL53L0X": {"Distance": Meaning("distance_mm")},
    "VL53L1X": {"Distance": Meaning("distance_mm")},
}
"""Blocks with keys of their own, which go before those of ANYWHERE."""

INSIDE = frozenset(
    {"ESP32", "MPU6050", "DS3231", "BL0940", "BL09XX", "ADE7953", "CSE7761", "AXP192", "MHZ19", "MHZ19B", "MHZ19C"}
)
"""Their Temperature is a chip's or a heated cell's, not the room's (MH-Z19: a byte Winsen does not document)."""

MISLEADING: dict[str, dict[str, str]] = {
    "SonoffSC": {"Light": "%", "Noise": "%", "AirQuality": "%"},
    "Flora": {"Humidity": "soil"},
    "MJYD2S": {"Illuminance": "1: dark, 100: bright"},
}
"""Keys that look like a quantity of ours, and what they are: never to be proposed as one."""

ZIGBEE: dict[str, Meaning] = {
    "Temperature": Meaning(TEMPERATURE),
    "Humidity": Meaning("humidity_pct"),
    "Pressure": Meaning(PRESSURE),
    "Battery": Meaning("battery_pct"),
    "BatteryPercentage": Meaning("battery_pct"),
    "BatteryVoltage": Meaning("battery_v"),
    "ActivePower": Meaning("power_w"),
    "RMSVoltage": Meaning("voltage_v"),
    "LinkQuality": Meaning("link_quality"),
}
ZIGBEE_STATES = {"Power": "switch_on", "Occupancy": "occupancy", "Water": "water_leak"}
ZONE_STATUS, ZONE_STATES = "ZoneStatusChange", {"Contact": "contact_open"}
"""ZCL IAS Zone: the first alarm of a contact switch says that it is open."""
SWITCH_ORDER, SWITCH_STATE = "0006!", "Power"
LORAWAN: dict[str, Meaning] = {"RSSI": Meaning("rssi_dbm"), "SNR": Meaning("snr_db")}
LORAWAN_STATES = {"DoorOpen": "contact_open"}
BLUETOOTH: dict[str, Meaning] = {"Battery": Meaning("battery_pct"), "RSSI": Meaning("rssi_dbm")}

PRESSURE_UNITS = {"hPa": (1.0, 1.0), "mbar": (1.0, 1.0), "mmHg": (1.33322387415, 1.0), "inHg": (33.8638866667, 1.0)}

CARD_READERS = frozenset({"PN532", "RC522", "RDM6300", "Wiegand"})

HOUSEKEEPING = frozenset(
    {
        "ZbState",
        "ZbInfo",
        "ZbResponse",
        "Time",
        "Epoch",
        "TempUnit",
        "PressureUnit",
        "SpeedUnit",
        "Uptime",
        "UptimeSec",
        "Heap",
        "SleepMode",
        "Sleep",
        "LoadAvg",
        "MqttCount",
        "Vcc",
        "Berry",
        "Id",
        "Address",
        "Type",
        "Model",
        "Device",
        "Name",
        "Endpoint",
        "Group",
        "Manufacturer",
        "ModelId",
        "IEEEAddr",
        "Hostname",
        "IPAddress",
        "TotalStartTime",
        "Yesterday",
        "Today",
        "Period",
    }
)
"""Understood, and no measurement now: ZbInfo repeats what was heard long ago."""

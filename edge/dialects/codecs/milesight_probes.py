"""Channels of Milesight's probes: EM300 to EM500, for doors, leaks, distances, light, CO2 and temperature. Pure.

Source: as edge.dialects.codecs.milesight. Units: 0.1 °C, 0.5 %, 0.1 hPa, mm, lx. Soil, liquids, angles and pulses have
no quantity here. 83 D7 of EM500: the maker tells the codes 0 and 1 in two ways, so only the code is told.
EM300-MLD: the table of the maker says 06 00, its example 05 00; nothing else is on either.
EM300-DI-HALL has no climate: the noughts in its rows from memory are none.
Rows from memory of EM500-SMTC are told with 10 and with 22 bytes: left out.
"""

_BATTERY = {"01 75": "B:battery_pct"}
_TEMPERATURE = {**_BATTERY, "03 67": "h/10:temperature_c"}
_CLIMATE = {**_TEMPERATURE, "04 68": "B/2:humidity_pct"}
_KEPT = "T:t h/10:temperature_c B/2:humidity_pct"
_JUMP = {"83 d7": "h/10:temperature_c h:?temperature_change B:!!temperature"}

_PULSES = {
    **_CLIMATE,
    "05 00": "B:?gpio",
    "05 c8": "I:?pulses",
    "05 e1": "I:?water_factors I:?water",
    "06 e1": "I:?water_factors I:?water",
    "85 00": "B:?gpio B:!gpio",
    "85 e1": "I:?water_factors I:?water B:!!water",
    "20 ce": f"{_KEPT} B:?gpio B:?gpio I:?pulses",
    "21 ce": f"{_KEPT} B:?alarm B:?gpio B:?gpio I:?water_factors I:?water",
}
_DISTANCE = {
    **_TEMPERATURE,
    "04 82": "H:distance_mm",
    "05 00": "B:?position",
    "06 88": "x9",  # where it is: of a meter on a wheeled bin, and no business of ours
    "83 67": "h/10:temperature_c B:!temperature",
    "84 82": "H:distance_mm B:!distance",
}
_SOIL = {
    **_BATTERY,
    "03 67": "h/10-ffff,fffd:temperature_c",
    "04 68": "B:?soil_moisture",
    "04 ca": "H:?soil_moisture",
    "05 7f": "H:?conductivity",
    **_JUMP,
}

PROBES: dict[str, dict[str, str]] = {
    "EM300-TH": {**_CLIMATE, "20 ce": f"{_KEPT} x1"},
    "EM300-MCS": {**_CLIMATE, "06 00": "B:contact_open", "20 ce": f"{_KEPT} B:contact_open"},
    "EM300-SLD EM300-ZLD": {**_CLIMATE, "05 00": "B:water_leak", "20 ce": f"{_KEPT} B:water_leak"},
    "EM300-MLD": {
        **_BATTERY,
        "05 00": "B:water_leak",
        "06 00": "B:water_leak",
        "20 ce": "T:t x3 B:water_leak",
    },
    "EM300-DI": _PULSES,
    "EM300-DI-HALL": {**_PULSES, "21 ce": "T:t x3 B:?alarm B:?gpio B:?gpio I:?water_factors I:?water"},
    "EM300-CL": {**_BATTERY, "03 ed": "B:?liquid", "04 ee": "B:?calibration", "83 ed": "B:?liquid B:!liquid"},
    "EM310-UDL": {**_BATTERY, "03 82": "H:distance_mm", "04 00": "B:?position"},
    "EM310-TILT": {**_BATTERY, "03 cf": "h:?angle_x h:?angle_y h:?angle_z B&7:!tilt"},
    "EM320-TH EM330-TH": {**_CLIMATE, "05 9c": "B:?storage", "20 ce": _KEPT},
    "EM320-TILT": {**_BATTERY, "03 d4": "h:?angle_x h:?angle_y h:?angle_z"},
    "EM400-MUD EM400-TLD EM400-UDL": _DISTANCE,
    "EM410-RDL EM411-RDL": {
        **_TEMPERATURE,
        "04 82": "h:distance_mm",
        "05 00": "B:?position",
        "06 c7": "h:?radar_signal",
        "84 82": "h:distance_mm B:!distance",
        "94 82": "h:distance_mm h:?distance_change B:!distance",
        "b4 82": "x2 B:!!distance_sensor",
        "20 ce": "T:t h-fffd,fffe,ffff:distance_mm h/10-fffe,ffff:temperature_c h:?distance_change B:?event",
    },
    "EM500-CO2": {
        **_CLIMATE,
        "05 7d": "H:co2_ppm",
        "06 73": "H/10:pressure_hpa",
        **_JUMP,
        "20 ce": "T:t H:co2_ppm H/10:pressure_hpa h/10:temperature_c B/2:humidity_pct",
    },
    "EM500-LGT": {**_BATTERY, "03 94": "I:illuminance_lx", "20 ce": "T:t I:illuminance_lx"},
    "EM500-PP": {**_BATTERY, "03 7b": "H:?pipe_pressure"},
    "EM500-PT100": {**_TEMPERATURE, **_JUMP, "20 ce": "T:t h/10:temperature_c"},
    "EM500-SMTC EM500-SMT": _SOIL,
    "EM500-SWL": {**_BATTERY, "03 77": "H:?depth", "20 ce": "T:t H:?depth"},
    "EM500-UDL": {
        **_BATTERY,
        "03 82": "H:distance_mm",
        "83 e9": "H:distance_mm H:?distance_change B:!!distance",
        "20 ce": "T:t H:distance_mm",
    },
}

"""Channels of Milesight's room air monitors: AM102 to AM107, AM304L to AM319. Pure.

Source: as edge.dialects.codecs.milesight. Units: 0.1 °C, 0.5 %, 0.1 hPa; AM107's TVOC is in ppb, that of the AM300s an
index in hundredths (08 7D) or µg/m³ (08 E6); HCHO in 0.01 mg/m³, O3 in 0.01 ppm.
The second version of AM307 tells the light in lx (06 94), also in rows from memory.
The WELL variant tells HCHO in ppm, scaled in two ways by the maker: no quantity here.
"""

_CLIMATE = {"01 75": "B:battery_pct", "03 67": "h/10:temperature_c", "04 68": "B/2:humidity_pct"}
_CO2 = {"07 7d": "H:co2_ppm"}
_LUX = {"05 6a": "H:activity", "06 65": "H:illuminance_lx H:?infrared_and_visible H:?infrared"}

_SEVEN = {
    **_CLIMATE,
    **_CO2,
    "05 00": "B:occupancy",
    "06 cb": "B:?light_level",
    "06 94": "I:illuminance_lx",
    "08 7d": "H/100:air_quality_index",
    "08 e6": "H:tvoc_ugm3",
    "09 73": "H/10:pressure_hpa",
    "0e 01": "B:?buzzer",
}
_KEPT = "T:t h/10:temperature_c H/2:humidity_pct B:occupancy B:?light_level H:co2_ppm {} H/10:pressure_hpa"
_DUST = {"0b 7d": "H:pm25_ugm3", "0c 7d": "H:pm10_ugm3"}
_KEPT_DUST = f"{_KEPT} H:pm25_ugm3 H:pm10_ugm3"
_INDEX, _MASS = "H/100:air_quality_index", "H:tvoc_ugm3"


def _kept(layout: str) -> dict[str, str]:
    """Rows from memory: 20 CE with TVOC as an index, 21 CE in µg/m³."""
    return {"20 ce": layout.format(_INDEX), "21 ce": layout.format(_MASS)}


_EIGHT = {**_SEVEN, **_DUST, **_kept(_KEPT_DUST)}
_HCHO = {**_EIGHT, "0a 7d": "H*10:formaldehyde_ugm3", **_kept(f"{_KEPT_DUST} H*10:formaldehyde_ugm3")}
_O3 = {**_EIGHT, "0d 7d": "H*10:ozone_ppb", **_kept(f"{_KEPT_DUST} H*10:ozone_ppb")}
_EITHER = {**_HCHO, **_O3, **_kept(f"{_KEPT_DUST} H:?hcho_or_o3")}

_FOUR_L = {
    **_CLIMATE,
    "05 00": "B:occupancy",
    "05 9f": "=pir",
    "06 cb": "B:?light_level",
    "06 9d": "H:illuminance_lx",
    "83 67": "h/10:temperature_c B:!!temperature",
    "86 9d": "H:illuminance_lx B:!!illuminance",
    "b3 67": "B:!!temperature_sensor",
    "b4 68": "B:!!humidity_sensor",
    "b6 cb": "B:!!light_sensor",
    "b6 9d": "B:!!light_sensor",
}

_WELL_KEPT = f"{_KEPT} H:pm25_ugm3 H:?hcho_ppm"
_WELL = {**_HCHO, "0f 7d": "H:?hcho_ppm", "22 ce": _WELL_KEPT.format(_INDEX), "23 ce": _WELL_KEPT.format(_MASS)}

AIR: dict[str, dict[str, str]] = {
    "AM102 AM102L": {**_CLIMATE, "20 ce": "T:t h/10:temperature_c B/2:humidity_pct"},
    "AM103 AM103L": {**_CLIMATE, **_CO2, "20 ce": "T:t h/10:temperature_c B/2:humidity_pct H:co2_ppm"},
    "AM104": {**_CLIMATE, **_LUX},
    "AM107": {**_CLIMATE, **_LUX, **_CO2, "08 7d": "H:tvoc_ppb", "09 73": "H/10:pressure_hpa"},
    "AM304L": {**_FOUR_L, "20 ce": "=checked_level", "21 ce": "=checked_lux"},
    "AM305L": {
        **_FOUR_L,
        **_CO2,
        "87 7d": "H:co2_ppm B:!!co2",
        "b7 7d": "B:!!co2_sensor",
        "20 ce": "=checked_level_co2",
        "21 ce": "=checked_lux_co2",
    },
    "AM307 AM307L": {**_SEVEN, "20 ce": "=kept_index", "21 ce": "=kept_mass"},
    "AM308 AM308L": _EIGHT,
    "AM319 AM319L": _EITHER,
    "AM319-HCHO AM319L-HCHO": _HCHO,
    "AM319-HCHO-WELL AM319L-HCHO-WELL": _WELL,
    "AM319-O3 AM319L-O3": _O3,
}

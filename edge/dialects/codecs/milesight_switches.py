"""Channels of Milesight's WS family: buttons, small room sensors, wall switches, sockets and light controllers. Pure.

Source: as edge.dialects.codecs.milesight. Units: 0.1 V, W, %, Wh, mA; the temperature of a socket is its
own, not the room's. A profile that says only WS50x does not say how many switches there are: not read.
The fourth generation of WS50x (a profile that says WS501-V4): the maker tells no scale of voltage, current and energy,
so they have no quantity; where a profile does not say the generation, a voltage that is none of the mains is told.
WS301: 1 is "uninstalled", as the maker's table says; its example says the opposite.
WS136, WS156: the table has FF 34, the example FF 2E as of WS101.
"""

_BATTERY = {"01 75": "B:battery_pct"}
_METER = {
    "03 74": "H/10:voltage_v",
    "04 80": "I:power_w",
    "05 81": "B/100:power_factor",
    "06 83": "I/1000:energy_kwh",
    "07 c9": "H/1000:current_a",
    "ff 3f": "B:!power_outage",
}
_SOCKET = {**_METER, "08 70": "B&1:switch_on"}
_WALL_SOCKET = {
    **_SOCKET,
    "09 67": "h/10-fffd,ffff:device_temperature_c",
    "89 67": "h/10:device_temperature_c B:!temperature",
    "99 67": "h/10:device_temperature_c h:?temperature_change B:!temperature",
}


def _wall_switch(gangs: str) -> dict[str, str]:
    """FF 29 in the first generation, 08 29 with a meter in the later ones."""
    return {**_METER, "03 74": "=mains", "ff 29": f"={gangs}", "08 29": f"={gangs}", "ff 2b": "B:?function_key"}


def _fourth(gangs: str) -> dict[str, str]:
    """WS50x-V4: orders are FF 29, states 08 29."""
    return {
        "03 74": "H:?voltage",
        "04 80": "I:power_w",
        "05 81": "B/100:power_factor",
        "06 83": "I:?energy",
        "07 c9": "H:?current",
        "08 29": f"={gangs}",
        "87 c9": "H:?current B:!overcurrent",
        "88 29": "B:!device",
        "89 df": "B:!temperature",
        "b3 74": "B:!!voltage_sensor",
        "b4 80": "B:!!power_sensor",
        "b5 81": "B:!!power_factor_sensor",
        "b6 83": "B:!!energy_sensor",
        "b7 c9": "B:!!current_sensor",
    }


SWITCHES: dict[str, dict[str, str]] = {
    "WS101": {**_BATTERY, "ff 2e": "=press"},
    "WS136 WS156": {**_BATTERY, "ff 34": "=scene", "ff 2e": "=press"},
    "WS201": {**_BATTERY, "03 82": "H:distance_mm", "04 d6": "B:?remaining"},
    "WS202": {**_BATTERY, "03 00": "B:occupancy", "04 00": "B:?daylight"},
    "WS203": {
        **_BATTERY,
        "03 67": "h/10:temperature_c",
        "04 68": "B/2:humidity_pct",
        "05 00": "B:occupancy",
        "83 67": "h/10:temperature_c B:!temperature",
        "20 ce": "T:t B:?report_type B:occupancy h/10:temperature_c B/2:humidity_pct",
    },
    "WS301": {**_BATTERY, "03 00": "B:contact_open", "04 00": "B:tamper"},
    "WS302": {**_BATTERY, "05 5b": "=sound"},
    "WS303": {**_BATTERY, "03 00": "B:water_leak"},
    "WS501": _wall_switch("gangs1"),
    "WS502": _wall_switch("gangs2"),
    "WS503": _wall_switch("gangs3"),
    "WS501-V4": _fourth("gangs1"),
    "WS502-V4": _fourth("gangs2"),
    "WS503-V4": _fourth("gangs3"),
    "WS513 WS515 WS51X": _WALL_SOCKET,
    "WS521 WS523 WS525 WS52X": _SOCKET,
    "WS558 WS558LN": {**_METER, "08 31": "=lights"},
}

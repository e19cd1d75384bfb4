"""How each quantity is shown: unit and decimals from the table, colours where a limit is worth a colour.

Sources of the limits: CO2 800 and 1,500 ppm UK HSE and BB101, 1,000 is the default limit of a room (each room's own is
drawn where a panel shows one room); light 300 lx TCVN 7114-1; noise 35 dBA WHO (an empty room) and 55 dBA; PM2.5
15 µg/m³ WHO 24 h and 50 µg/m³ QCVN 05 (outdoor air). Temperature and humidity have no cited limit: comfort bands.
"""

from dashboards.language import Say
from dashboards.model import BLUE, GREEN, ORANGE, RED, YELLOW, Json, Steps, link
from dashboards.panels import Look
from dashboards.units import decimals, grafana_unit
from wire.quantities import QUANTITIES, Kind

CO2_STEPS: Steps = ((800.0, YELLOW), (1_000.0, ORANGE), (1_500.0, RED))
_LIMITS: dict[str, tuple[str, Steps]] = {
    "co2_ppm": (GREEN, CO2_STEPS),
    "temperature_c": (BLUE, ((18.0, GREEN), (28.0, YELLOW), (32.0, ORANGE), (35.0, RED))),
    "humidity_pct": (YELLOW, ((30.0, GREEN), (75.0, YELLOW), (90.0, ORANGE))),
    "illuminance_lx": (YELLOW, ((300.0, GREEN),)),
    "noise_dba": (GREEN, ((55.0, YELLOW), (70.0, ORANGE), (85.0, RED))),
    "pm25_ugm3": (GREEN, ((15.0, YELLOW), (50.0, RED))),
    "pm10_ugm3": (GREEN, ((45.0, YELLOW), (100.0, RED))),
    "battery_pct": (RED, ((10.0, ORANGE), (25.0, GREEN))),
    "link_quality": (RED, ((20.0, ORANGE), (50.0, GREEN))),
}
AGE_STEPS: Steps = ((180.0, YELLOW), (900.0, RED))  # seconds
AGE_MIN_STEPS: Steps = ((3.0, YELLOW), (15.0, RED))


def look(quantity: str, *, coloured: bool = True) -> Look:
    base, steps = _LIMITS.get(quantity, (GREEN, ())) if coloured else (GREEN, ())
    row = QUANTITIES[quantity]
    floor = 0.0 if row.kind is Kind.GAUGE and row.minimum == 0 else None
    return Look(grafana_unit(quantity), decimals(quantity), base, steps, minimum=floor)


def room_link(say: Say, field: str, uid: str) -> Json:
    """From a row of a table to the room it is about, time kept."""
    address = f'/d/{uid}?var-school=${{school}}&var-room=${{__data.fields["{field}"]}}&${{__url_time_range}}'
    return link(say("Xem phòng này", "Show this room"), address)

"""All devices of a school examined together: each against itself, its building and outdoor air."""

from collections.abc import Callable, Mapping, Sequence

from hub.live.health.drift import APART, FEWEST_OTHERS, JUMP, apart, co2_drift, outliers
from hub.live.health.finding import Finding, HourOf
from hub.live.health.stuck import STILL_HOURS, frozen, stuck
from hub.live.health.wear import Daily, battery_end, lamp_end

HOURLY = tuple(dict.fromkeys((*STILL_HOURS, *APART, *JUMP)))  # what is asked for hour by hour
REGISTER, POWER = "energy_kwh", "power_w"
DAILY = ("battery_pct", "battery_v", "lamp_hours_h")
MOST_FINDINGS = 200  # of a school
MOST_NEIGHBOURS = 40  # more say nothing more about the middle
Hours = Mapping[str, Sequence[HourOf]]  # by device


def of_quantity(
    quantity: str, hours: Hours, building_of: Mapping[str, str], local_hour: Callable[[int], int]
) -> list[Finding]:
    """`building_of` names the devices to judge and to compare with; one without a room is neither."""
    found: list[Finding | None] = []
    known = {device: line for device, line in hours.items() if device in building_of}
    for device, own in known.items():
        others = _neighbours(device, known, building_of)
        still = stuck(device, quantity, own, others)
        found.append(still)
        if still is not None:
            continue  # what stands still is bound to stand apart
        drifts = co2_drift(device, own, others, local_hour) if quantity == "co2_ppm" else None
        found += [drifts, drifts or apart(device, quantity, own, others, local_hour), outliers(device, quantity, own)]
    return list(dict.fromkeys(one for one in found if one is not None))


def _neighbours(device: str, known: Hours, building_of: Mapping[str, str]) -> Hours:
    """Those of the building, or of the whole school where they are too few."""
    others = [name for name in known if name != device]
    near = [name for name in others if building_of[name] == building_of[device]]
    chosen = near if len(near) >= FEWEST_OTHERS else others
    return {name: known[name] for name in chosen[:MOST_NEIGHBOURS]}


def of_meters(registers: Hours, power: Hours) -> list[Finding]:
    found = [frozen(device, hours, power.get(device, ())) for device, hours in registers.items()]
    return [one for one in found if one is not None]


def of_wear(daily: Mapping[str, Mapping[str, Daily]], rated_h: Callable[[str], float | None]) -> list[Finding]:
    """`daily`: by quantity, then by device. A lamp whose kind nobody knows has no end."""
    found: list[Finding | None] = []
    for quantity, devices in daily.items():
        for device, values in devices.items():
            if quantity != "lamp_hours_h":
                found.append(battery_end(device, quantity, values))
            elif (rated := rated_h(device)) is not None:
                found.append(lamp_end(device, values, rated))
    return [one for one in found if one is not None]

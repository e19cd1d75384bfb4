"""The day written into InfluxDB by the project's data model: raw rows, both levels, derived minutes, gateway health."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.dashboards.day import Day
from wire.quantities import QUANTITIES, Kind

Cell = float | str
WINDOWS_MS = {"1m": 60_000, "15m": 900_000}


def raw(day: Day) -> Iterator[str]:
    for point in day.points:
        fields = ",".join(f"{key}={_field(value)}" for key, value in point.values.items())
        tags = f"school={point.school},room={day.rooms[point.device]},device={point.device}"
        yield f"reading,{tags} {fields},seq={1 << 40 | point.row}i {point.t_ms}"


def level(day: Day, name: str) -> Iterator[str]:
    """Each quantity's windows as its kind allows; single values a window make the time-weighted share the mean."""
    width = WINDOWS_MS[name]
    found: dict[tuple[str, str, str, int], list[Cell]] = defaultdict(list)
    for point in day.points:
        for quantity, value in point.values.items():
            found[point.school, point.device, quantity, point.t_ms - point.t_ms % width].append(value)
    for (school, device, quantity, start), values in found.items():
        fields = ",".join(f"{quantity}_{key}={text}" for key, text in _summary(quantity, values))
        yield f"reading,school={school},room={day.rooms[device]},device={device} {fields} {start}"


def _summary(quantity: str, values: list[Cell]) -> Iterable[tuple[str, str]]:
    kind = QUANTITIES[quantity].kind
    yield "last", _field(values[-1])
    if kind is Kind.TEXT:
        return
    yield "count", f"{len(values)}i"
    if kind is not Kind.COUNTER:
        numbers = [float(value) for value in values]
        yield "mean", str(sum(numbers) / len(numbers))
        yield "min", str(min(numbers))
        yield "max", str(max(numbers))


def derived(day: Day) -> Iterator[str]:
    for minute in day.minutes:
        fields = f'status="{minute.status}"'
        if minute.people is not None:
            fields += f",people={minute.people}"
        if minute.air_changes_per_h is not None:
            fields += f",air_changes_per_h={minute.air_changes_per_h}"
        yield f"room_status,school={minute.school},room={minute.room} {fields} {minute.t_ms}"
    for health in day.health:
        fields = ",".join(f"{key}={value}" for key, value in health.figures.items())
        tags = f"school={health.school},gateway={health.gateway}"
        yield f"gateway_health,{tags} online={int(health.online)}i,{fields} {health.t_ms}"


def _field(value: Cell) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(float(value))

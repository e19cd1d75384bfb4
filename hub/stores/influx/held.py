"""What InfluxDB holds at certain devices and times: few requests, and only the stretches that matter."""

from collections.abc import Iterable, Iterator, Mapping

from hub.stores.influx.gaps import Gap
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.lines import SEQ, SEQ_OF, SHIFT, Fields, row_alone
from hub.stores.influx.select import InfluxSelect
from hub.stores.influx.winners import Held
from hub.stores.series import DeviceKey

Key = tuple[str, str, int]  # school, device, time
NS = 1_000_000
APART_MS = 60_000  # times further apart than this are asked for separately
TOGETHER = 40  # stretches of one request
NAMED = 40  # devices of a school named in a filter; of more, all of the school's are read


def held_at(http: InfluxHttp, bucket: str, keys: Iterable[Key], *, alone: bool = False) -> dict[Key, Held]:
    """The stored rows among `keys`; `alone`: those that stand by themselves in a coarse level, a nanosecond later.

    Raises StoreDown.
    """
    wanted = set(keys)
    unit, later = (NS, 1) if alone else (1, 0)
    stretches = list(_stretches(wanted))
    found: dict[Key, Held] = {}
    for start in range(0, len(stretches), TOGETHER):
        statements = ";".join(_asking(*each) for each in stretches[start : start + TOGETHER])
        for table in InfluxSelect(http).tables(bucket, statements, "ns" if alone else "ms"):
            tags = table.tags
            for t, *values in table.values:
                key = (tags["school"], tags["device"], t // unit)
                if key in wanted and t % unit == later:
                    fields = zip(table.columns[1:], values, strict=True)
                    present = {name: value for name, value in fields if value is not None}
                    if present:
                        found[key] = Held(tags["room"], row_alone(_typed(present)) if alone else _typed(present))
    return found


def gaps_after(http: InfluxHttp, bucket: str, latest: Mapping[DeviceKey, int]) -> dict[DeviceKey, Gap]:
    """From behind the latest time given of each school: how far nothing is stored of its devices given.

    A device with nothing behind that is left out. Raises StoreDown.
    """
    behind: dict[str, int] = {}
    for (school, _), t_ms in latest.items():
        behind[school] = max(behind.get(school, t_ms), t_ms)
    found: dict[DeviceKey, Gap] = {}
    schools = list(behind.items())
    for start in range(0, len(schools), TOGETHER):
        statements = ";".join(_asking_next(*each) for each in schools[start : start + TOGETHER])
        for table in InfluxSelect(http).tables(bucket, statements):
            key = (table.tags["school"], table.tags["device"])
            if key in latest:
                next_ms = min(row[0] for row in table.values)
                known = found.get(key)  # under another room
                found[key] = (behind[key[0]], min(next_ms, known[1]) if known else next_ms)
    return found


def _stretches(keys: set[Key]) -> Iterator[tuple[str, set[str], int, int]]:
    """(school, devices, first time, last time): close times of a school together."""
    by_school: dict[str, list[tuple[int, str]]] = {}
    for school, device, t_ms in keys:
        by_school.setdefault(school, []).append((t_ms, device))
    for school, times in by_school.items():
        times.sort()
        first, devices = times[0][0], set[str]()
        last = first
        for t_ms, device in times:
            if t_ms - last > APART_MS:
                yield school, devices, first, last
                first, devices = t_ms, set()
            last = t_ms
            devices.add(device)
        yield school, devices, first, last


def _devices_filter(devices: Iterable[str]) -> str:
    """A condition that InfluxDB answers from its index; nothing where there are too many to name."""
    names = sorted(devices)
    if len(names) > NAMED:
        return ""
    return " AND (" + " OR ".join(f"device = '{name}'" for name in names) + ")"


def _typed(fields: Fields) -> Fields:
    """JSON has one kind of number: a float that is whole comes as an integer."""
    return {
        name: value if isinstance(value, str) or _is_whole(name) else float(value) for name, value in fields.items()
    }


def _is_whole(name: str) -> bool:
    return name in {SEQ, SHIFT} or name.startswith(SEQ_OF)


def _asking_next(school: str, behind_ms: int) -> str:
    return (
        f"SELECT first({SEQ}) FROM reading WHERE time > {behind_ms}ms AND school = '{school}'"  # noqa: S608  # as below
        " GROUP BY school, room, device"
    )


def _asking(school: str, devices: set[str], first: int, last: int) -> str:
    """The whole of the last millisecond."""
    return (
        f"SELECT * FROM reading WHERE time >= {first}ms AND time < {last + 1}ms AND school = '{school}'"  # noqa: S608  # ids: checked before
        f"{_devices_filter(devices)} GROUP BY school, room, device"
    )

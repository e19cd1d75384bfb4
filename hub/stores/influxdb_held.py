"""What InfluxDB holds at certain devices and times: few requests, and only the stretches that matter."""

from collections.abc import Iterable, Iterator

from hub.stores.influxdb_http import InfluxHttp, rfc3339
from hub.stores.influxdb_winners import Held

Key = tuple[str, str, int]  # school, device, time
APART_MS = 60_000  # times further apart than this are asked for separately
TOGETHER = 40  # stretches of one request
NAMED = 40  # devices of a school named in a filter; of more, all of the school's are read
NS = 1_000_000


def held_at(http: InfluxHttp, bucket: str, keys: Iterable[Key]) -> dict[Key, Held]:
    """The stored rows among `keys`. Raises StoreDown."""
    wanted = set(keys)
    stretches = list(_stretches(wanted))
    found: dict[Key, Held] = {}
    for start in range(0, len(stretches), TOGETHER):
        flux = "\n".join(
            _asking(bucket, number, *each) for number, each in enumerate(stretches[start : start + TOGETHER])
        )
        for row in http.query(flux):
            key = (str(row["school"]), str(row["device"]), int(row["_time"] or 0) // NS)
            if key in wanted:
                held = found.get(key) or found.setdefault(key, Held(str(row["room"]), {}))
                value = row["_value"]
                held.fields[str(row["_field"])] = "" if value is None else value
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


def devices_filter(devices: Iterable[str]) -> str:
    """A Flux condition that InfluxDB pushes down to its index; nothing where there are too many to name."""
    names = sorted(devices)
    if len(names) > NAMED:
        return ""
    return " and (" + " or ".join(f'r.device == "{name}"' for name in names) + ")"


def _asking(bucket: str, number: int, school: str, devices: set[str], first: int, last: int) -> str:
    return (
        f'from(bucket: "{bucket}") |> range(start: {rfc3339(first)}, stop: {rfc3339(last + 1)})'
        f' |> filter(fn: (r) => r._measurement == "reading" and r.school == "{school}"{devices_filter(devices)})'
        f' |> keep(columns: ["school", "room", "device", "_field", "_time", "_value"]) |> yield(name: "{number}")'
    )

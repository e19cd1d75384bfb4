"""Makes the InfluxQL that reads InfluxDB; every name and value that enters is escaped. Pure.

InfluxQL and not Flux where the hub reads: one row a point with all its fields, at half the cost (decision 0007).
"""

from collections.abc import Iterable, Sequence

import msgspec

# What a 64-bit time in nanoseconds can hold, in milliseconds.
OLDEST_MS, NEWEST_MS = -9_223_372_036_000, 9_223_372_036_000


class Where(msgspec.Struct, frozen=True):
    """Which rows: a measurement of one school in [from_ms, to_ms), narrowed by tags. No devices: none at all."""

    school: str
    from_ms: int
    to_ms: int
    devices: tuple[str, ...] | None = None
    room: str | None = None
    measurement: str = "reading"

    def within(self, from_ms: int, to_ms: int) -> "Where":
        return msgspec.structs.replace(self, from_ms=from_ms, to_ms=to_ms)

    def of(self, devices: Iterable[str]) -> "Where":
        return msgspec.structs.replace(self, devices=tuple(devices))

    @property
    def empty(self) -> bool:
        return self.from_ms >= self.to_ms or self.devices == ()


def name(identifier: str) -> str:
    """A field, tag or measurement."""
    escaped = identifier.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def text(value: str) -> str:
    """A value a tag is compared with."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def rows(fields: Sequence[str], where: Where, limit: int | None = None) -> str:
    """Points in time order with these fields and tags; no fields: all of them."""
    wanted = ", ".join(map(name, fields)) if fields else "*"
    return f"SELECT {wanted} FROM {_from(where)}" + (f" LIMIT {limit}" if limit else "")  # noqa: S608


def edge(choice: str, field: str, beside: Sequence[str], where: Where, tags: Sequence[str]) -> str:
    """The `first` or `last` value of a field in each group of tags, with its time and other fields of its point."""
    others = "".join(f", {name(each)}" for each in beside)
    grouped = f" GROUP BY {_names(tags)}" if tags else ""
    return f"SELECT {choice}({name(field)}) AS {name(field)}{others} FROM {_from(where)}{grouped}"  # noqa: S608


def counts(fields: Sequence[str], where: Where) -> str:
    """How many values each field has (`count_FIELD` is not used: columns are named like the field)."""
    wanted = ", ".join(f"count({name(field)}) AS {name(field)}" for field in fields)
    return f"SELECT {wanted} FROM {_from(where)}"  # noqa: S608


def hours(field: str, where: Where) -> str:
    """The hours in which the field has a value."""
    return f"SELECT count({name(field)}) AS {name(field)} FROM {_from(where)} GROUP BY time(1h) fill(none)"  # noqa: S608


def field_keys(measurement: str = "reading") -> str:
    return f"SHOW FIELD KEYS FROM {name(measurement)}"


def tag_values(tag: str, school: str | None = None, device: str | None = None, measurement: str = "reading") -> str:
    """From the index alone."""
    wanted = {each: value for each, value in (("school", school), ("device", device)) if value is not None}
    narrowed = " AND ".join(f'"{each}" = {text(value)}' for each, value in wanted.items())
    return f"SHOW TAG VALUES FROM {name(measurement)} WITH KEY = {name(tag)}" + (f" WHERE {narrowed}" if wanted else "")


def deletion(where: Where, room: str | None) -> str:
    """The predicate of the delete API for one device's points, under one room tag or all."""
    (device,) = where.devices or ("",)
    tags = {"school": where.school, "device": device} | ({} if room is None else {"room": room})
    return f'_measurement="{where.measurement}"' + "".join(f" AND {tag}={name(value)}" for tag, value in tags.items())


def _from(where: Where) -> str:
    wanted = [f'"school" = {text(where.school)}']
    if where.devices is not None:
        wanted.append("(" + " OR ".join(f'"device" = {text(device)}' for device in where.devices) + ")")
    if where.room is not None:
        wanted.append(f'"room" = {text(where.room)}')
    start, stop = max(where.from_ms, OLDEST_MS), min(where.to_ms, NEWEST_MS)
    return f"{name(where.measurement)} WHERE {' AND '.join(wanted)} AND time >= {start}ms AND time < {stop}ms"


def _names(tags: Sequence[str]) -> str:
    return ", ".join(map(name, tags))

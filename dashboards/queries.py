"""Flux over the readings: resolution by range, gauges by mean, registers by difference, states by share, age of values.

`v.timeRangeStop` is "now" to every query: a dashboard looked at for last Tuesday shows last Tuesday. The hub sums up
windows some time after they end: what is younger than FRESH comes from raw values.
"""

from collections.abc import Sequence

from dashboards.language import Say
from dashboards.units import heading
from wire.quantities import QUANTITIES, Kind

RAW_DAYS, MINUTE_DAYS = 90, 730  # as [influxdb] raw_days and minute_days of hub.toml; constants of every dashboard
STALE_MIN = 15  # a value older than that is not shown as the present
FRESH = "45m"

IN_SCHOOL = 'r.school == "${school}"'
IN_ROOMS = 'r.school == "${school}" and r.room =~ /^${room:regex}$/'
ROOM_NAME = "dict.get(dict: roomNames, key: r.room, default: r.room)"
DEVICE_NAME = "dict.get(dict: deviceNames, key: r.device, default: r.device)"
GATEWAY_NAME = "dict.get(dict: gatewayNames, key: r.gateway, default: r.gateway)"
_NAMES = {
    ROOM_NAME: "roomNames = dict.fromList(pairs: [${room_names:raw}])\n",
    DEVICE_NAME: "deviceNames = dict.fromList(pairs: [${device_names:raw}])\n",
    GATEWAY_NAME: "gatewayNames = dict.fromList(pairs: [${gateway_names:raw}])\n",
}
LIMITS = "limits = dict.fromList(pairs: [${co2_limits:raw}])\n"
DEFAULT_LIMIT = "1000.0"
LIMIT = f"dict.get(dict: limits, key: r.room, default: {DEFAULT_LIMIT})"

_LEVELS = f"""begin = v.timeRangeStart
end = v.timeRangeStop
period = v.windowPeriod
span = int(v: end) - int(v: begin)
age = int(v: now()) - int(v: begin)
short = span <= int(v: 36h) and age < int(v: ${{raw_days}}d)
level = if span <= int(v: 32d) and age < int(v: ${{minute_days}}d) then "1m" else "15m"
least = if short then 1m else if level == "1m" then 1m else 15m
every = if int(v: period) > int(v: least) then period else least
cut = if short then begin else date.truncate(t: date.sub(from: now(), d: {FRESH}), unit: every)
freshFrom = if cut < begin then begin else if cut < end then cut else date.sub(from: end, d: 1ms)
coarseTo = if cut > end then end else if cut > begin then cut else date.add(to: begin, d: 1ms)
"""


def _imports(body: str) -> str:
    return "".join(
        f'import "{name}"\n' for name in ("array", "date", "dict", "math", "strings", "timezone") if f"{name}." in body
    )


def with_names(body: str) -> str:
    """The query with the dictionaries and packages it uses, and no others."""
    whole = (
        "".join(lines for name, lines in _NAMES.items() if name in body)
        + (LIMITS if "dict: limits" in body else "")
        + body
    )
    return _imports(whole) + whole


def bucket(level: str) -> str:
    return f'from(bucket: "${{bucket}}_{level}")'


def named(label: str) -> str:
    """One table: a row a time, a column a name. Grafana takes a column's heading as the name of its line."""
    return f"""|> map(fn: (r) => ({{_time: r._time, _value: r._value, name: {label}}})) |> group()
  |> pivot(rowKey: ["_time"], columnKey: ["name"], valueColumn: "_value") |> sort(columns: ["_time"])"""


def _means(quantities: Sequence[str], where: str) -> str:
    """Means of gauges from the level that fits the range, joined by raw ones where the level is not summed up yet."""
    for quantity in quantities:
        if QUANTITIES[quantity].kind is not Kind.GAUGE:
            raise ValueError(f"{quantity} is no gauge: a mean of it says nothing")

    def read(suffix: str) -> str:
        one_of = " or ".join(f'r._field == "{quantity}{suffix}"' for quantity in quantities)
        return f"""filter(fn: (r) => r._measurement == "reading" and {where} and ({one_of}))
  |> aggregateWindow(every: every, fn: mean, createEmpty: false, timeSrc: "_start")"""

    return f"""{_LEVELS}fresh = {bucket("raw")} |> range(start: freshFrom, stop: end)
  |> {read("")}
coarse = from(bucket: "${{bucket}}_" + level) |> range(start: begin, stop: coarseTo)
  |> {read("_mean")}
  |> map(fn: (r) => ({{r with _field: strings.trimSuffix(v: r._field, suffix: "_mean")}}))
means = union(tables: [fresh, coarse]) |> range(start: begin, stop: end)
"""


# Written out wherever it is used: a stream with a name and two readers is read whole, without their filters.
SHOWN_MINUTES = f"{bucket('1m')} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)"
# Two fields of one room and minute in one row: a pivot, where a join waits for pairs.
BESIDE_EACH_OTHER = """union(tables: [{}]) |> group(columns: ["room"])
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")"""


def gauge(quantity: str, label: str = ROOM_NAME, where: str = IN_ROOMS, limit: str | None = None) -> str:
    """The mean of a quantity over time, a line a room or device; windows without a value stay empty and show as gaps.

    `limit` is the name of one more line: the room's own CO2 limit.
    """
    line = "device" if label == DEVICE_NAME else "room"
    means = _means([quantity], where)
    rows = f"""means |> group(columns: ["{line}"])
  |> aggregateWindow(every: every, fn: mean, createEmpty: true, timeSrc: "_start")"""
    if limit is None:
        return with_names(f"{means}{rows}\n  {named(label)}")
    return with_names(f"""{means}lines = {rows}
  |> map(fn: (r) => ({{_time: r._time, _value: r._value, name: {label}}}))
limit = dict.get(dict: limits, key: "${{room}}", default: {DEFAULT_LIMIT})
bounds = array.from(rows: [begin, end] |> array.map(fn: (x) => ({{_time: x, _value: limit, name: "{limit}"}})))
union(tables: [lines, bounds]) {named("r.name")}""")


def several_gauges(quantities: Sequence[str], say: Say) -> str:
    """Some quantities of one unit in the rooms shown, a line for each."""
    pairs = ", ".join(f'{{key: "{one}", value: "{say.text(QUANTITIES[one].meaning)}"}}' for one in quantities)
    return with_names(f"""names = dict.fromList(pairs: [{pairs}])
{_means(quantities, IN_ROOMS)}means |> group(columns: ["_field"])
  |> aggregateWindow(every: every, fn: mean, createEmpty: true, timeSrc: "_start")
  {named("dict.get(dict: names, key: r._field, default: r._field)")}""")


def states(quantities: Sequence[str], label: str = DEVICE_NAME, where: str = IN_ROOMS) -> str:
    """0 or 1 as it was, the newest of each window; read raw, which keeps every change."""
    one_of = " or ".join(f'r._field == "{quantity}"' for quantity in quantities)
    for quantity in quantities:
        if QUANTITIES[quantity].kind is not Kind.STATE:
            raise ValueError(f"{quantity} is no state")
    return with_names(f"""{bucket("raw")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and {where} and ({one_of}))
  |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false, timeSrc: "_start")
  {named(label)}""")


def on_hours(quantities: Sequence[str], label: str = DEVICE_NAME, where: str = IN_ROOMS) -> str:
    """How many hours a state was 1: its share of what is known of each minute, added up (never a mean of 0 and 1)."""

    def hours(quantity: str) -> str:
        share, held = f"{quantity}_mean", f"{quantity}_held_ms"
        return f"""{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and {where} and (r._field == "{share}" or r._field == "{held}"))
  |> group(columns: ["room", "device"]) |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => exists r.{share})
  |> map(fn: (r) => ({{room: r.room, device: r.device,
    _value: r.{share} * (if exists r.{held} then r.{held} else 60000.0) / 3600000.0}}))
  |> sum() |> group()"""

    made = [hours(quantity) for quantity in quantities]
    whole = made[0] if len(made) == 1 else f"union(tables: [{', '.join(made)}])"
    return with_names(f"""{whole}
  |> map(fn: (r) => ({{name: {label}, _value: r._value}}))
  |> group(columns: ["name"]) |> sum() |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 30)""")


def consumption(quantity: str, every: str, label: str = ROOM_NAME, where: str = IN_ROOMS) -> str:
    """What a register counted in each window; one that fell was reset and began at nought."""
    return with_names(f"""{register(quantity, where)}
  |> aggregateWindow(every: {every}, fn: sum, createEmpty: false, timeSrc: "_start")
  |> group(columns: ["room", "_time"]) |> sum() |> group()
  {named(label)}""")


def consumed(quantity: str, label: str = ROOM_NAME, where: str = IN_ROOMS) -> str:
    """What registers counted in the whole range, by name, the most first."""
    return with_names(f"""{register(quantity, where)}
  |> sum() |> group()
  |> map(fn: (r) => ({{name: {label}, _value: r._value}}))
  |> group(columns: ["name"]) |> sum() |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 30)""")


def register(quantity: str, where: str) -> str:
    """Differences of a meter's register, from the finest level that reaches back to the start of the range."""
    if QUANTITIES[quantity].kind is not Kind.COUNTER:
        raise ValueError(f"{quantity} is no register")
    return f"""option location = timezone.fixed(offset: 7h)
{_LEVELS}fresh = {bucket("raw")} |> range(start: freshFrom, stop: end)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "{quantity}" and {where})
  |> aggregateWindow(every: 1m, fn: last, createEmpty: false, timeSrc: "_start")
  |> set(key: "_field", value: "{quantity}")
coarse = from(bucket: "${{bucket}}_" + level) |> range(start: begin, stop: coarseTo)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "{quantity}_last" and {where})
  |> drop(columns: ["_start", "_stop"]) |> set(key: "_field", value: "{quantity}")
union(tables: [fresh |> drop(columns: ["_start", "_stop"]), coarse])
  |> group(columns: ["room", "device"]) |> sort(columns: ["_time"])
  |> difference(nonNegative: true, initialZero: true)
  |> range(start: begin, stop: end)"""


def newest(quantity: str, where: str = IN_ROOMS) -> str:
    """The newest value of the range, with its own time: a stat panel shows both."""
    return f"""{bucket("raw")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "{quantity}" and {where})
  |> last() |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 1)
  |> keep(columns: ["_time", "_value"])"""


def age_s() -> str:
    """Seconds since the newest reading of the rooms shown."""
    return f"""{bucket("raw")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and {IN_ROOMS})
  |> filter(fn: (r) => r._field != "seq" and r._field != "shift_ms")
  |> last() |> keep(columns: ["_time"]) |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 1)
  |> map(fn: (r) => ({{_time: r._time, _value: float(v: int(v: v.timeRangeStop) - int(v: r._time)) / 1000000000.0}}))"""


def rooms_now(quantities: Sequence[str], say: Say) -> str:
    """A row a room: values not older than STALE_MIN (older ones are left out), its limit, and how old its newest is."""
    age_name, limit_name = say("Tuổi số liệu (phút)", "Age of data (min)"), say("Giới hạn CO₂ (ppm)", "CO₂ limit (ppm)")
    one_of = " or ".join(f'r._field == "{quantity}"' for quantity in quantities)
    titles = ", ".join(f'{{key: "{quantity}", value: "{heading(quantity, say)}"}}' for quantity in quantities)
    return with_names(f"""titles = dict.fromList(pairs: [{{key: "room", value: "{say("Mã", "Id")}"}}, {titles}])
latest = {bucket("raw")} |> range(start: date.sub(from: v.timeRangeStop, d: 24h), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and {IN_ROOMS} and ({one_of}))
  |> last() |> group(columns: ["room", "_field"]) |> sort(columns: ["_time"]) |> last()
values = latest
  |> filter(fn: (r) => r._time >= date.sub(from: v.timeRangeStop, d: {STALE_MIN}m))
  |> map(fn: (r) => ({{room: r.room, _field: r._field, _value: math.round(x: r._value * 10.0) / 10.0}}))
ages = latest |> group(columns: ["room"]) |> sort(columns: ["_time"]) |> last(column: "_time")
  |> map(fn: (r) => ({{room: r.room, _field: "{age_name}",
    _value: math.round(x: float(v: int(v: v.timeRangeStop) - int(v: r._time)) / 6000000000.0) / 10.0}}))
bounds = ages |> map(fn: (r) => ({{room: r.room, _field: "{limit_name}", _value: {LIMIT}}}))
union(tables: [values, ages, bounds]) |> group()
  |> pivot(rowKey: ["room"], columnKey: ["_field"], valueColumn: "_value") |> sort(columns: ["room"])
  |> rename(fn: (column) => dict.get(dict: titles, key: column, default: column))""")

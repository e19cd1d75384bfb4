"""Flux over all schools at once, for those who may see them all; from the quarter-hour level, one row a school."""

from dashboards.language import Say
from dashboards.queries import bucket, named, with_names

_SCHOOL_ID = ("Mã trường", "School id")


def _title(say: Say, vi: str, en: str) -> str:
    return f'rename(columns: {{school: "{say(*_SCHOOL_ID)}", _value: "{say(vi, en)}"}})'


def _quarters(field: str) -> str:
    return f"""{bucket("15m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "{field}")"""


def mean_by_school(quantity: str, say: Say, vi: str, en: str) -> str:
    """The mean over all devices of a school and the whole range."""
    return with_names(f"""{_quarters(quantity + "_mean")}
  |> mean() |> group(columns: ["school"]) |> mean() |> group()
  |> map(fn: (r) => ({{school: r.school, _value: math.round(x: r._value * 10.0) / 10.0}}))
  |> {_title(say, vi, en)}""")


def share_above(quantity: str, limit: float, say: Say, vi: str, en: str) -> str:
    """Percent of the quarter hours in which a device's mean was above a limit, by school."""
    return with_names(f"""{_quarters(quantity + "_mean")}
  |> map(fn: (r) => ({{school: r.school, _value: if r._value > {limit:.1f} then 100.0 else 0.0}}))
  |> group(columns: ["school"]) |> mean() |> group()
  |> map(fn: (r) => ({{school: r.school, _value: math.round(x: r._value)}}))
  |> {_title(say, vi, en)}""")


def energy_by_school(say: Say) -> str:
    """Kilowatt-hours in the range, by difference of the registers; resets begin at nought."""
    return with_names(f"""{_quarters("energy_kwh_last")}
  |> difference(nonNegative: true, initialZero: true) |> sum() |> group(columns: ["school"]) |> sum() |> group()
  |> map(fn: (r) => ({{school: r.school, _value: math.round(x: r._value * 10.0) / 10.0}}))
  |> {_title(say, "Điện năng (kWh)", "Energy (kWh)")}""")


_SHOWN = "start: v.timeRangeStart, stop: v.timeRangeStop"


def _counted(*fields: str, shown: str = _SHOWN) -> str:
    """What the hub added up by school and quarter of an hour: gateways' minutes take too long (2,200 of them, 13 s)."""
    one_of = " or ".join(f'r._field == "{field}"' for field in fields)
    return f"""{bucket("1m")} |> range({shown})
  |> filter(fn: (r) => r._measurement == "school_health" and ({one_of}))"""


def rows_by_school(field: str, say: Say, vi: str, en: str) -> str:
    """How many rows a school's gateways counted in the quarters of the range."""
    return f"""{_counted(field)} |> sum() |> group(columns: ["school"]) |> sum() |> group()
  |> map(fn: (r) => ({{school: r.school, _value: r._value}})) |> {_title(say, vi, en)}"""


def online_by_school(say: Say) -> str:
    """Percent of a school's gateways online at their newest minute, and how old that is."""
    return with_names(f"""{bucket("1m")} |> range(start: date.sub(from: v.timeRangeStop, d: 24h), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "gateway_health" and r._field == "online")
  |> toFloat() |> last()
  |> map(fn: (r) => ({{school: r.school,
    _value: if r._time > date.sub(from: v.timeRangeStop, d: 15m) then 100.0 * r._value else 0.0}}))
  |> group(columns: ["school"]) |> mean() |> group()
  |> map(fn: (r) => ({{school: r.school, _value: math.round(x: r._value)}}))
  |> {_title(say, "Cổng trực tuyến (%)", "Gateways online (%)")}""")


def rows_over_time(say: Say) -> str:
    """Rows received and lost by all schools together, an hour; whole windows only, made of whole quarters.

    Windows of each school come first and are grouped then: InfluxDB adds up as it reads (7 days of 730 schools).
    """
    pairs = f'{{key: "received", value: "{say("Nhận", "Received")}"}}, {{key: "lost", value: "{say("Mất", "Lost")}"}}'
    sums = 'aggregateWindow(every: every, fn: sum, createEmpty: false, timeSrc: "_start")'
    return with_names(f"""names = dict.fromList(pairs: [{pairs}])
span = int(v: v.timeRangeStop) - int(v: v.timeRangeStart)
every = if span <= int(v: 36h) then 15m else if span <= int(v: 8d) then 1h else 6h
begin = date.truncate(t: v.timeRangeStart, unit: every)
last = date.truncate(t: v.timeRangeStop, unit: every)
end = if last > begin then last else date.add(to: begin, d: every)
{_counted("received", "lost", shown="start: begin, stop: end")}
  |> {sums}
  |> group(columns: ["_field"])
  |> {sums}
  |> map(fn: (r) => ({{r with _value: r._value * 3600000000000.0 / float(v: int(v: every))}}))
  {named("dict.get(dict: names, key: r._field, default: r._field)")}""")


def schools_reporting() -> str:
    """How many schools a gateway of which was online within the last quarter of an hour."""
    return with_names(f"""{bucket("1m")} |> range(start: date.sub(from: v.timeRangeStop, d: 15m), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "gateway_health" and r._field == "online")
  |> toFloat() |> last() |> group(columns: ["school"]) |> max() |> group()
  |> map(fn: (r) => ({{_value: int(v: r._value > 0.5)}})) |> sum()""")


def mean_over_time(quantity: str, say: Say) -> str:
    """The mean over all rooms of all schools over time, and the value a tenth of the rooms is above."""
    middle, high = say("Trung bình", "Mean"), say("Một phần mười cao nhất từ", "Highest tenth from")
    return with_names(f"""every = if int(v: v.windowPeriod) > int(v: 15m) then v.windowPeriod else 15m
data = {_quarters(quantity + "_mean")}
  |> aggregateWindow(every: every, fn: mean, createEmpty: false, timeSrc: "_start") |> group(columns: ["_time"])
middle = data |> mean() |> map(fn: (r) => ({{_time: r._time, _value: r._value, name: "{middle}"}}))
high = data |> quantile(q: 0.9, method: "exact_mean")
  |> map(fn: (r) => ({{_time: r._time, _value: r._value, name: "{high}"}}))
union(tables: [middle, high]) {named("r.name")}""")

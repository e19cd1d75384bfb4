"""Flux over gateway_health: what each gateway's account and clock said, minute by minute (figures are cumulative)."""

from dashboards.language import Say
from dashboards.queries import DEVICE_NAME, GATEWAY_NAME, IN_SCHOOL, bucket, named, with_names

OF_SCHOOL = IN_SCHOOL
# Accounts are kept in SQL and do not start at nought again. They can fall: rows taken for lost that came after all, or
# that the gateway then declared dropped. What is left is not lost anew.
GROWTH = "difference(nonNegative: true)"


def _health(field: str, where: str = OF_SCHOOL) -> str:
    return f'filter(fn: (r) => r._measurement == "gateway_health" and r._field == "{field}" and {where}) |> toFloat()'


def figure(field: str) -> str:
    """A figure as it stood, a line a gateway."""
    return with_names(f"""every = if int(v: v.windowPeriod) > int(v: 1m) then v.windowPeriod else 1m
{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> {_health(field)}
  |> aggregateWindow(every: every, fn: last, createEmpty: true, timeSrc: "_start")
  {named(GATEWAY_NAME)}""")


def counted(field: str) -> str:
    """How much a cumulative figure grew in each window, a line a gateway."""
    return with_names(f"""every = if int(v: v.windowPeriod) > int(v: 5m) then v.windowPeriod else 5m
{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> {_health(field)}
  |> {GROWTH}
  |> aggregateWindow(every: every, fn: sum, createEmpty: false, timeSrc: "_start")
  {named(GATEWAY_NAME)}""")


def counted_in_range(field: str, where: str = OF_SCHOOL) -> str:
    """How much a figure of all gateways grew in the range, as one number."""
    return f"""{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> {_health(field, where)}
  |> {GROWTH} |> sum() |> group() |> sum()"""


def offline_now(where: str = OF_SCHOOL) -> str:
    """How many gateways were not online at the newest minute."""
    return with_names(f"""{bucket("1m")} |> range(start: date.sub(from: v.timeRangeStop, d: 24h), stop: v.timeRangeStop)
  |> {_health("online", where)} |> last() |> group()
  |> map(fn: (r) => ({{_value: 1 - int(v: r._value > 0.5 and r._time > date.sub(from: v.timeRangeStop, d: 15m))}}))
  |> sum()""")


def late_share(where: str = OF_SCHOOL) -> str:
    """Rows that came more than 60 s after they were measured, in percent of all rows received in the range."""
    return f"""grown = {bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "gateway_health" and {where})
  |> filter(fn: (r) => r._field == "late" or r._field == "received")
  |> toFloat() |> {GROWTH} |> sum()
  |> group(columns: ["_field"]) |> sum() |> group()
grown |> map(fn: (r) => ({{_field: r._field, _value: r._value, all: "all"}}))
  |> pivot(rowKey: ["all"], columnKey: ["_field"], valueColumn: "_value")
  |> map(fn: (r) => ({{_value: if r.received > 0.0 then 100.0 * r.late / r.received else 0.0}}))"""


def gateways_now(say: Say) -> str:
    """A row a gateway: its newest figures and how old they are."""
    titles = {
        "online": say("Trực tuyến", "Online"),
        "age_min": say("Tuổi số liệu (phút)", "Age of data (min)"),
        "received": say("Đã nhận (hàng)", "Received (rows)"),
        "outstanding": say("Đang chờ (hàng)", "Outstanding (rows)"),
        "late": say("Đến muộn (hàng)", "Late (rows)"),
        "lost": say("Mất (hàng)", "Lost (rows)"),
        "dropped": say("Bỏ tại cổng (hàng)", "Dropped at the gateway (rows)"),
        "duplicate": say("Gửi lặp (hàng)", "Duplicates (rows)"),
        "overwritten": say("Bị ghi đè (hàng)", "Overwritten (rows)"),
        "quarantined": say("Cách ly (hàng)", "Quarantined (rows)"),
        "outbox_rows": say("Hộp gửi (hàng)", "Outbox (rows)"),
        "clock_skew_ms": say("Lệch giờ (ms)", "Clock offset (ms)"),
        "flash_bytes_per_day": say("Ghi thẻ nhớ (byte/ngày)", "Flash written (bytes/day)"),
    }
    pairs = ", ".join(f'{{key: "{key}", value: "{title}"}}' for key, title in titles.items())
    pairs = f'{{key: "gateway", value: "{say("Cổng", "Gateway")}"}}, {pairs}'
    return with_names(f"""titles = dict.fromList(pairs: [{pairs}])
latest = {bucket("1m")} |> range(start: date.sub(from: v.timeRangeStop, d: 7d), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "gateway_health" and {IN_SCHOOL}) |> toFloat() |> last() |> group()
values = latest |> map(fn: (r) => ({{gateway: r.gateway, _field: r._field, _value: r._value}}))
ages = latest |> filter(fn: (r) => r._field == "online") |> map(fn: (r) => ({{gateway: r.gateway, _field: "age_min",
  _value: math.round(x: float(v: int(v: v.timeRangeStop) - int(v: r._time)) / 6000000000.0) / 10.0}}))
union(tables: [values, ages])
  |> filter(fn: (r) => dict.get(dict: titles, key: r._field, default: "") != "")
  |> map(fn: (r) => ({{gateway: {GATEWAY_NAME}, _field: r._field, _value: r._value}}))
  |> group() |> pivot(rowKey: ["gateway"], columnKey: ["_field"], valueColumn: "_value") |> sort(columns: ["gateway"])
  |> rename(fn: (column) => dict.get(dict: titles, key: column, default: column))""")


def devices_seen(say: Say, where: str = IN_SCHOOL) -> str:
    """A row a device: how long ago it was heard; what has been silent longest comes first."""
    age, last = say("Im lặng (phút)", "Silent for (min)"), say("Lần cuối", "Last seen")
    return with_names(f"""{bucket("raw")} |> range(start: date.sub(from: v.timeRangeStop, d: 7d), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "seq" and {where})
  |> last() |> keep(columns: ["device", "_time"]) |> group(columns: ["device"]) |> max(column: "_time") |> group()
  |> map(fn: (r) => ({{device: r.device, last: r._time,
    age: math.round(x: float(v: int(v: v.timeRangeStop) - int(v: r._time)) / 6000000000.0) / 10.0}}))
  |> sort(columns: ["age"], desc: true)
  |> rename(columns: {{device: "{say("Mã", "Id")}", age: "{age}", last: "{last}"}})""")


def link_figures(quantity: str) -> str:
    """The lowest battery or signal of each device now, the weakest first."""
    return with_names(f"""{bucket("raw")} |> range(start: date.sub(from: v.timeRangeStop, d: 7d), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "{quantity}" and {IN_SCHOOL})
  |> last() |> group()
  |> map(fn: (r) => ({{name: {DEVICE_NAME}, _value: r._value}}))
  |> sort(columns: ["_value"]) |> limit(n: 20)""")

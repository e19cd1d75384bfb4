"""Flux over meters and displays: totals, energy used in empty rooms, and the newest texts of interactive boards."""

from dashboards.language import Say
from dashboards.queries import (
    BESIDE_EACH_OTHER,
    DEVICE_NAME,
    IN_ROOMS,
    ROOM_NAME,
    SHOWN_MINUTES,
    STALE_MIN,
    bucket,
    register,
    with_names,
)

EMPTY = ("idle", "after_hours", "lesson_but_empty")


def power_now() -> str:
    return with_names(f"""{bucket("raw")}
  |> range(start: date.sub(from: v.timeRangeStop, d: {STALE_MIN}m), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "power_w" and {IN_ROOMS})
  |> last() |> group() |> sum()""")


def energy_total() -> str:
    return with_names(f"""{register("energy_kwh", IN_ROOMS)} |> sum() |> group() |> sum()""")


def energy_while_empty() -> str:
    """Each minute's energy, counted where the room was empty in that minute."""
    one_of = " or ".join(f'r._value == "{status}"' for status in EMPTY)
    return with_names(f"""empty = {SHOWN_MINUTES}
  |> filter(fn: (r) => r._measurement == "room_status" and r._field == "status" and {IN_ROOMS})
  |> filter(fn: (r) => {one_of})
  |> map(fn: (r) => ({{room: r.room, _time: r._time, _field: "empty", _value: 1.0}}))
used = {SHOWN_MINUTES}
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "energy_kwh_last" and {IN_ROOMS})
  |> difference(nonNegative: true, initialZero: true) |> group(columns: ["room"])
  |> aggregateWindow(every: 1m, fn: sum, createEmpty: false, timeSrc: "_start")
  |> map(fn: (r) => ({{room: r.room, _time: r._time, _field: "used", _value: r._value}}))
{BESIDE_EACH_OTHER.format("empty, used")}
  |> filter(fn: (r) => exists r.empty and exists r.used)
  |> map(fn: (r) => ({{room: r.room, _value: r.empty * r.used}})) |> group() |> sum()""")


def _newest(field: str) -> str:
    return f"""{bucket("raw")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "{field}" and {IN_ROOMS})
  |> last() |> group()"""


def errors_count() -> str:
    return f"""{_newest("error_code")}
  |> map(fn: (r) => ({{_value: int(v: r._value != "" and r._value != "0" and r._value != "ok")}})) |> sum()"""


def lamp_hours() -> str:
    return with_names(f"""{_newest("lamp_hours_h")}
  |> map(fn: (r) => ({{name: {DEVICE_NAME}, _value: r._value}}))
  |> sort(columns: ["_value"], desc: true) |> limit(n: 30)""")


def displays(say: Say) -> str:
    """A row a display: what it showed last, what it complained of last, and when it said so."""
    return with_names(f"""titles = dict.fromList(pairs: [{_titles(say)}])
{bucket("raw")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and {IN_ROOMS}
    and (r._field == "input_source" or r._field == "error_code"))
  |> last() |> group()
  |> map(fn: (r) => ({{seen: r._time, room: {ROOM_NAME}, device: {DEVICE_NAME}, _field: r._field, _value: r._value}}))
  |> pivot(rowKey: ["room", "device", "seen"], columnKey: ["_field"], valueColumn: "_value")
  |> rename(fn: (column) => dict.get(dict: titles, key: column, default: column))""")


def _titles(say: Say) -> str:
    titles = {
        "room": say("Phòng", "Room"),
        "device": say("Thiết bị", "Device"),
        "input_source": say("Nguồn tín hiệu", "Input source"),
        "error_code": say("Mã lỗi", "Error code"),
        "seen": say("Lần cuối", "Last seen"),
    }
    return ", ".join(f'{{key: "{key}", value: "{title}"}}' for key, title in titles.items())

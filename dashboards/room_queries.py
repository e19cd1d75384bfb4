"""Flux over what the hub derives: status and people of rooms, air changes, minutes over a room's own CO2 limit."""

from dashboards.language import Say
from dashboards.queries import (
    BESIDE_EACH_OTHER,
    IN_ROOMS,
    LIMIT,
    ROOM_NAME,
    SHOWN_MINUTES,
    STALE_MIN,
    bucket,
    named,
    with_names,
)

STATUSES = {
    "in_lesson": ("Đang học", "In lesson", "green"),
    "lesson_but_empty": ("Có tiết, phòng trống", "Lesson, but empty", "orange"),
    "occupied_unscheduled": ("Có người, không có tiết", "Occupied, no lesson", "blue"),
    "idle": ("Trống", "Idle", "#8e8e8e"),
    "after_hours": ("Ngoài giờ", "After hours", "#5a5a5a"),
    "unknown": ("Chưa rõ", "Unknown", "purple"),
}


def status_words(say: Say) -> dict[str, tuple[str, str]]:
    return {key: (say(vi, en), color) for key, (vi, en, color) in STATUSES.items()}


def _derived(field: str) -> str:
    return f'filter(fn: (r) => r._measurement == "room_status" and r._field == "{field}" and {IN_ROOMS})'


def _now(field: str) -> str:
    """The newest derived minute of each room, where it is not stale."""
    return f"""{bucket("1m")} |> range(start: date.sub(from: v.timeRangeStop, d: {STALE_MIN}m), stop: v.timeRangeStop)
  |> {_derived(field)} |> last() |> group()"""


def status_strip() -> str:
    """Minutes the hub wrote nothing of stay empty: what it said last is not drawn on until it speaks again."""
    return with_names(f"""every = if int(v: v.windowPeriod) > int(v: 1m) then v.windowPeriod else 1m
{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> {_derived("status")}
  |> aggregateWindow(every: every, fn: last, createEmpty: true, timeSrc: "_start")
  {named(ROOM_NAME)}""")


def derived(field: str) -> str:
    """`people` or `air_changes_per_h` over time, a line a room; minutes without an estimate stay empty."""
    return with_names(f"""every = if int(v: v.windowPeriod) > int(v: 5m) then v.windowPeriod else 5m
{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> {_derived(field)}
  |> aggregateWindow(every: every, fn: mean, createEmpty: true, timeSrc: "_start")
  {named(ROOM_NAME)}""")


def newest_derived(field: str) -> str:
    body = f"""{_now(field)}
  |> sort(columns: ["_time"], desc: true) |> limit(n: 1) |> keep(columns: ["_time", "_value"])"""
    return with_names(body)


def rooms_with_status(*statuses: str) -> str:
    """How many rooms have one of these statuses now; nought is a figure, not "no data"."""
    one_of = " or ".join(f'r._value == "{status}"' for status in statuses)
    return with_names(f"""{_now("status")} |> map(fn: (r) => ({{_value: int(v: {one_of})}})) |> sum()""")


def people_now() -> str:
    return with_names(f"""{_now("people")} |> sum() |> map(fn: (r) => ({{_value: math.round(x: r._value)}}))""")


def status_column(say: Say) -> str:
    """A row a room: its id and what it is doing, in words; joined to the table of values."""
    pairs = ", ".join(f'{{key: "{key}", value: "{say(vi, en)}"}}' for key, (vi, en, _) in STATUSES.items())
    return with_names(f"""words = dict.fromList(pairs: [{pairs}])
{_now("status")}
  |> map(fn: (r) => ({{id: r.room, status: dict.get(dict: words, key: r._value, default: r._value)}}))
  |> rename(columns: {{id: "{say("Mã", "Id")}", status: "{say("Tình trạng", "Status")}"}})""")


def rooms_over_limit() -> str:
    """How many rooms breathe air above their own limit now."""
    return with_names(f"""{bucket("raw")}
  |> range(start: date.sub(from: v.timeRangeStop, d: {STALE_MIN}m), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "co2_ppm" and {IN_ROOMS})
  |> last() |> group(columns: ["room"]) |> max() |> group()
  |> map(fn: (r) => ({{_value: int(v: r._value > {LIMIT})}})) |> sum()""")


def silent_rooms() -> str:
    """How many rooms in which devices hang have said nothing for STALE_MIN, if ever they spoke."""
    return with_names(f"""expected = array.from(rows: [${{expected_rooms:raw}}])
  |> filter(fn: (r) => r.room =~ /^${{room:regex}}$/)
  |> map(fn: (r) => ({{room: r.room, _value: 1}}))
heard = {bucket("raw")} |> range(start: date.sub(from: v.timeRangeStop, d: {STALE_MIN}m), stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "seq" and {IN_ROOMS})
  |> last() |> group(columns: ["room"]) |> limit(n: 1)
  |> map(fn: (r) => ({{room: r.room, _value: -1}}))
union(tables: [expected, heard]) |> group(columns: ["room"]) |> sum() |> group()
  |> map(fn: (r) => ({{_value: int(v: r._value > 0)}})) |> sum()""")


def minutes_over_limit() -> str:
    """Minutes of the range in which a room's CO2 was above its own limit, the most first."""
    return with_names(f"""{bucket("1m")} |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "co2_ppm_mean" and {IN_ROOMS})
  |> group(columns: ["room", "_time"]) |> max() |> group(columns: ["room"])
  |> map(fn: (r) => ({{room: r.room, _value: int(v: r._value > {LIMIT})}})) |> sum() |> group()
  |> map(fn: (r) => ({{name: {ROOM_NAME}, _value: r._value}}))
  |> sort(columns: ["_value"], desc: true) |> limit(n: 30)""")


def air_of_lessons(say: Say) -> str:
    """A row a room: mean and highest CO2 and mean air changes of the minutes in which a lesson was held."""
    return with_names(f"""held = {SHOWN_MINUTES} |> {_derived("status")} |> filter(fn: (r) => r._value == "in_lesson")
  |> map(fn: (r) => ({{room: r.room, _time: r._time, _field: "held", _value: 1.0}}))
air = {SHOWN_MINUTES}
  |> filter(fn: (r) => r._measurement == "reading" and r._field == "co2_ppm_mean" and {IN_ROOMS})
  |> map(fn: (r) => ({{room: r.room, _time: r._time, _field: "co2", _value: r._value}}))
{BESIDE_EACH_OTHER.format("held, air")}
  |> filter(fn: (r) => exists r.held and exists r.co2)
  |> group(columns: ["room"])
  |> reduce(identity: {{n: 0, sum: 0.0, highest: 0.0, over: 0}}, fn: (r, accumulator) => ({{
    n: accumulator.n + 1, sum: accumulator.sum + r.co2,
    highest: if r.co2 > accumulator.highest then r.co2 else accumulator.highest,
    over: accumulator.over + int(v: r.co2 > {LIMIT})}}))
  |> group()
  |> map(fn: (r) => ({{name: {ROOM_NAME}, mean: math.round(x: r.sum / float(v: r.n)), highest: math.round(x: r.highest),
    share: math.round(x: 100.0 * float(v: r.over) / float(v: r.n)), minutes: r.n, limit: {LIMIT}}}))
  |> sort(columns: ["share", "mean"], desc: true)
  |> rename(columns: {{name: "{say("Phòng", "Room")}", minutes: "{say("Phút có tiết", "Lesson minutes")}",
    mean: "{say("CO₂ trung bình (ppm)", "Mean CO₂ (ppm)")}",
    highest: "{say("CO₂ cao nhất (ppm)", "Highest CO₂ (ppm)")}",
    share: "{say("Vượt giới hạn (% thời gian)", "Over limit (% of time)")}",
    limit: "{say("Giới hạn (ppm)", "Limit (ppm)")}"}})""")

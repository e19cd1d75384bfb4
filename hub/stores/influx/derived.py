"""Writes what the hub derives: `room_status`, `gateway_health` and `school_health`, in the bucket of minutes."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from hub.config import InfluxSection
from hub.stores.influx import queries as ask
from hub.stores.influx.delivery import Delivery
from hub.stores.influx.devices import FAR_MS
from hub.stores.influx.http import InfluxHttp, rfc3339
from hub.stores.influx.lines import Fields, checked_field, line, prefix
from hub.stores.influx.queries import Where
from hub.stores.influx.school_health import SchoolHealth
from hub.stores.influx.select import InfluxSelect, Table
from hub.stores.series import GatewayMinute, Level, RoomMinute, StoreDown
from wire.text import Text

NS = 1_000_000
MINUTE_MS, DAY_MS = 60_000, 86_400_000
Room = tuple[str, str]
_NUMBERS = ("people", "air_changes_per_h", "people_low", "people_high", "evidence")
MINUTE_FIELDS = ("status", *_NUMBERS, "direct", "lesson")  # in the order of RoomMinute


class Derived:
    """Of the writing thread. A field cannot be taken away by writing: what is stored of a minute that knows less now is
    deleted first.
    """

    def __init__(self, http: InfluxHttp, section: InfluxSection) -> None:
        self._http, self._delivery, self._select = http, Delivery(http), InfluxSelect(http)
        self._bucket = f"{section.bucket}_{Level.MINUTE}"
        self._schools = SchoolHealth(http, self._bucket)
        self._newest: dict[Room, int] | None = None
        self._tried: dict[Room, RoomMinute] = {}  # the same again after a failure writes over nothing

    def put_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        """Store or replace. Raises StoreDown."""
        latest = {(each.school, each.room, each.t_ms): each for each in minutes}
        if not latest:
            return
        newest = self._known()
        doubtful = [
            each
            for (school, room, t_ms), each in latest.items()
            if t_ms <= newest.get((school, room), -1)
            and each != self._tried.get((school, room))
            and None in _figures(each).values()
        ]
        for school, room, window in _stretches(self._know_less(doubtful)):
            self._clear(school, room, window)
        self._send(list(latest.values()), newest)

    def replace_minutes(
        self, school: str, room: str | None, window: tuple[int, int], minutes: Sequence[RoomMinute]
    ) -> None:
        """Not at one blow: whoever asked does it again after a failure. Raises StoreDown."""
        self._clear(school, room, window)
        self._send(list({(each.room, each.t_ms): each for each in minutes}.values()), self._known())

    def _send(self, minutes: Sequence[RoomMinute], newest: dict[Room, int]) -> None:
        for each in minutes:  # before sending: after a request whose end nobody knows they may be there
            room = (each.school, each.room)
            newest[room] = max(newest.get(room, -1), each.t_ms)
            self._tried[room] = each
        self._deliver([_minute_line(each) for each in minutes])

    def put_health(self, minutes: Sequence[GatewayMinute]) -> None:
        """Store or replace. Raises StoreDown."""
        made, grown = [], self._schools.grown(minutes) if minutes else None
        for each in minutes:
            fields: Fields = {"online": float(each.online)}
            fields |= {checked_field(name): float(value) for name, value in each.figures.items()}
            made.append(line(prefix("gateway_health", each.school, gateway=each.gateway), fields, each.t_ms))
        if grown is not None:
            self._deliver(made + grown.lines())
            self._schools.stored(grown)

    # ---- inside ----

    def _deliver(self, made: list[str]) -> None:
        """What is derived is ours: a refusal of it is a fault to be seen, and told as what keeps the minutes away."""
        refused = self._delivery.write(self._bucket, made)
        if refused:
            place, reason = refused[0]
            raise StoreDown(
                Text(
                    f"InfluxDB không nhận {len(refused)} phút tổng hợp, ví dụ {made[place][:100]!r}: {reason}",
                    f"InfluxDB refuses {len(refused)} derived minutes, among them {made[place][:100]!r}: {reason}",
                )
            )

    def _known(self) -> dict[Room, int]:
        """The newest stored minute of each room, asked for once."""
        if self._newest is None:
            flux = (
                f'from(bucket: "{self._bucket}") |> range(start: 1970-01-01T00:00:00Z, stop: {rfc3339(FAR_MS)})'
                ' |> filter(fn: (r) => r._measurement == "room_status" and r._field == "status") |> last()'
                ' |> keep(columns: ["school", "room", "_time"])'
            )
            rows = self._http.query(flux)
            self._newest = {(str(row["school"]), str(row["room"])): int(row["_time"] or 0) // NS for row in rows}
        return self._newest

    def _know_less(self, minutes: Sequence[RoomMinute]) -> Iterator[RoomMinute]:
        """Those without a figure that is stored. Asked a day at a time: deletions are dear, a corrected plan restates
        a whole day, and few of its minutes know less than before.
        """
        days: dict[tuple[str, int], list[RoomMinute]] = {}
        for each in minutes:
            days.setdefault((each.school, each.t_ms // DAY_MS), []).append(each)
        for (school, _), ours in days.items():
            times = [each.t_ms for each in ours]
            where = Where(school, min(times), max(times) + 1, measurement="room_status")
            table = self._select.table(self._bucket, ask.rows([*MINUTE_FIELDS, "room"], where))
            stored = {(each.room, each.t_ms): _figures(each) for each in minutes_of(school, table)}
            for each in ours:
                before, now = stored.get((each.room, each.t_ms), {}), _figures(each)
                if any(value is not None and now[name] is None for name, value in before.items()):
                    yield each

    def _clear(self, school: str, room: str | None, window: tuple[int, int]) -> None:
        where = f'_measurement="room_status" AND school="{school}"' + (f' AND room="{room}"' if room else "")
        self._http.delete(self._bucket, *window, where)


def _figures(minute: RoomMinute) -> dict[str, float | None]:
    return {name: getattr(minute, name) for name in _NUMBERS}


def _stretches(minutes: Iterable[RoomMinute]) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Minutes on end of one room, as (school, room, [first, after the last))."""
    ordered = sorted((each.school, each.room, each.t_ms) for each in minutes)
    for _, run in groupby(enumerate(ordered), key=lambda one: (*one[1][:2], one[1][2] - one[0] * MINUTE_MS)):
        times = [key for _, key in run]
        school, room, first_ms = times[0]
        yield school, room, (first_ms, times[-1][2] + 1)


def _minute_line(minute: RoomMinute) -> str:
    fields: Fields = {"status": minute.status, "direct": float(minute.direct), "lesson": minute.lesson}
    fields |= {name: float(value) for name, value in _figures(minute).items() if value is not None}
    return line(prefix("room_status", minute.school, minute.room), fields, minute.t_ms)


def minutes_of(school: str, table: Table) -> list[RoomMinute]:
    """Rows with MINUTE_FIELDS and the room; those of before 0.2 lack the newer fields."""
    columns = [table.column(name) for name in ("room", "time", *MINUTE_FIELDS)]
    found: list[RoomMinute] = []
    for room, t_ms, status, *numbers, direct, lesson in zip(*columns, strict=True):
        figures = dict(zip(_NUMBERS, map(_number, numbers), strict=True))
        found.append(RoomMinute(school, room, t_ms, status, **figures, direct=bool(direct), lesson=lesson or ""))
    return found


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)

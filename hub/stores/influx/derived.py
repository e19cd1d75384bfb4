"""Writes what the hub derives: `room_status`, `gateway_health` and `school_health`, in the bucket of minutes."""

from collections.abc import Sequence

from hub.config import InfluxSection
from hub.stores.influx.delivery import Delivery
from hub.stores.influx.devices import FAR_MS
from hub.stores.influx.http import InfluxHttp, rfc3339
from hub.stores.influx.lines import Fields, checked_field, line, prefix
from hub.stores.influx.school_health import SchoolHealth
from hub.stores.series import GatewayMinute, Level, RoomMinute, StoreDown
from wire.text import Text

NS = 1_000_000
Room = tuple[str, str]
DELETED_TOGETHER = 200  # minutes of a room that lie in one stretch


class Derived:
    """Of the writing thread. A field cannot be taken away by writing: a minute that knows less is deleted first."""

    def __init__(self, http: InfluxHttp, section: InfluxSection) -> None:
        self._http, self._delivery = http, Delivery(http)
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
        made: list[str] = []
        for each in latest.values():
            room = (each.school, each.room)
            lacks = each.people is None or each.air_changes_per_h is None
            if lacks and each.t_ms <= newest.get(room, -1) and each != self._tried.get(room):
                self._clear(each)
            fields: Fields = {"status": each.status}
            if each.people is not None:
                fields["people"] = float(each.people)
            if each.air_changes_per_h is not None:
                fields["air_changes_per_h"] = float(each.air_changes_per_h)
            made.append(line(prefix("room_status", each.school, each.room), fields, each.t_ms))
        for each in latest.values():  # before sending: after a request whose end nobody knows they may be there
            room = (each.school, each.room)
            newest[room] = max(newest.get(room, -1), each.t_ms)
            self._tried[room] = each
        self._deliver(made)

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

    def _clear(self, minute: RoomMinute) -> None:
        where = f'_measurement="room_status" AND school="{minute.school}" AND room="{minute.room}"'
        self._http.delete(self._bucket, minute.t_ms, minute.t_ms + 1, where)

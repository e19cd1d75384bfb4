"""The production time-series store: InfluxDB 2, values as people see them, marks and everything said about them in SQL.

See docs/decisions/0007. Calls block; hub.stores.reader runs them in threads of their own.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import Engine

from hub.config import InfluxSection
from hub.registry.model import Assignment, Calibration
from hub.stores.influx.commit import Keeping, Writer
from hub.stores.influx.derived import Derived
from hub.stores.influx.devices import Devices
from hub.stores.influx.export import Export
from hub.stores.influx.gone import RawGone
from hub.stores.influx.history import InfluxHistory
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.marks import QUARTER_HOUR_MS, InfluxMarks, Window, summed_up_before_ms
from hub.stores.influx.size import DiskSize
from hub.stores.influx.stretches import ALWAYS_MS
from hub.stores.influx.sweeps import Sweeps
from hub.stores.influx.tending import Tending
from hub.stores.influx.told import News, Told
from hub.stores.series import (
    Bucket,
    CommitResult,
    DeviceKey,
    GatewayMinute,
    Intervals,
    Level,
    Mark,
    Point,
    RoomMinute,
    StoreDown,
    Summary,
)
from wire.text import Text


class InfluxSeries:
    """Opens on first use. Every call may raise StoreDown; the next one tries anew."""

    def __init__(self, section: InfluxSection, token: str, engine: Engine, now_ms: Callable[[], int]) -> None:
        self._section, self._now_ms = section, now_ms
        self._closed = False
        self._http = InfluxHttp(section, token)
        self._told = Told(engine)
        self._marks = InfluxMarks(engine)
        self._raw_bucket = f"{section.bucket}_raw"
        self._devices = Devices(self._http, self._told, self._raw_bucket)
        self.rewriting = threading.Lock()  # held where stored rows are read and written over
        self._gone = RawGone(engine, section)
        self._sweeps = Sweeps(engine)
        self._writer = Writer(self._http, section, self._devices, self._gone, self.rewriting)
        self._derived = Derived(self._http, section)
        self._size = DiskSize(self._http, section)
        self._history = InfluxHistory(self._http, section, engine, self._told, self._gone, self._devices.newest_ms)
        self._export = Export(self._http, section, engine)
        self._tending = Tending(self._http, section, engine, self._told, self._gone, self.rewriting)

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return self._http.figures()

    # ---- what ingest writes ----

    def commit(self, points: Sequence[Point], marks: Sequence[Mark]) -> CommitResult:
        self._check_open()
        result = CommitResult(0, 0, 0)
        if points:
            epochs = self._marks.epoch_numbers({point.epoch: None for point in points})
            result = self._writer.write(points, epochs, self._now_ms())
        self._marks.commit(marks, self._late(points), self._now_ms())
        self._size.look()
        return result

    def _late(self, points: Sequence[Point]) -> set[Window]:
        """Which windows are to be summed up anew. The clock is read after the points were written: a sum that began
        before them is seen, one that begins later has them.
        """
        now_ms = self._now_ms()
        keeping, newest = Keeping.at(self._section, self._gone.by_school(), now_ms), summed_up_before_ms(now_ms)
        late = [each for each in points if each.t_ms < newest]
        kept = (each for each in late if each.t_ms >= keeping.oldest_raw_ms(each.school))
        return {(each.school, each.t_ms // QUARTER_HOUR_MS * QUARTER_HOUR_MS) for each in kept}

    def marks(self) -> list[Mark]:
        self._check_open()
        self._size.look()
        return self._marks.marks()

    def put_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        self._check_open()
        self._derived.put_minutes(minutes)

    def replace_minutes(
        self, school: str, room: str | None, from_ms: int, to_ms: int, minutes: Sequence[RoomMinute]
    ) -> None:
        self._check_open()
        self._derived.replace_minutes(school, room, (from_ms, to_ms), minutes)

    def put_health(self, minutes: Sequence[GatewayMinute]) -> None:
        self._check_open()
        self._derived.put_health(minutes)

    # ---- what the registry says ----

    def replace_assignments(self, school: str, device: str, assignments: Sequence[Assignment]) -> None:
        self._replace({(school, device): (assignments, None)})

    def replace_calibrations(self, school: str, device: str, calibrations: Sequence[Calibration]) -> None:
        self._replace({(school, device): (None, calibrations)})

    def replace_intervals(self, devices: Mapping[DeviceKey, Intervals]) -> int:
        return self._replace(devices)

    def _replace(self, devices: Mapping[DeviceKey, News]) -> int:
        self._check_open()
        with self.rewriting:  # a row is written where its device hung, or finds the move that takes it there
            news = self._told.replace(devices, self._devices.with_history)
            self._devices.told_anew(devices)
        return news

    # ---- what pages read ----

    def history(
        self, school: str, room: str | None, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[Bucket]]:
        self._check_open()
        return self._history.history(school, room, quantity, from_ms, to_ms, step_ms)

    def consumption(
        self, school: str, room: str, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[tuple[int, float]]]:
        self._check_open()
        return self._history.consumption(school, room, quantity, from_ms, to_ms, step_ms)

    def raw(
        self,
        school: str,
        room: str | None,
        device: str | None,
        from_ms: int,
        to_ms: int,
        limit: int,
        *,
        calibrated: bool = False,
    ) -> list[tuple[int, str, str, str | None, float | str]]:
        self._check_open()
        return self._history.raw(school, room, device, from_ms, to_ms, limit, calibrated=calibrated)

    def minutes(self, school: str, room: str | None, from_ms: int, to_ms: int) -> list[RoomMinute]:
        self._check_open()
        return self._history.minutes(school, room, from_ms, to_ms)

    def told_hours(self, school: str, from_ms: int, to_ms: int) -> frozenset[int]:
        self._check_open()
        return self._history.told_hours(school, from_ms, to_ms)

    def interrupt_reading(self) -> None:
        self._history.interrupt()

    # ---- what backups and migrations read ----

    def span(self, school: str) -> tuple[int, int] | None:
        self._check_open()
        return self._export.span(school)

    def count(self, school: str, from_ms: int, to_ms: int) -> int:
        self._check_open()
        return self._export.count(school, from_ms, to_ms)

    def export(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[Point]]:
        self._check_open()
        return self._export.points(school, from_ms, to_ms)

    def export_minutes(self, school: str, from_ms: int, to_ms: int) -> Iterator[list[RoomMinute]]:
        self._check_open()
        return self._export.minutes(school, from_ms, to_ms)

    def export_summaries(self, school: str, level: Level, from_ms: int, to_ms: int) -> Iterator[list[Summary]]:
        self._check_open()
        return self._export.summaries(school, level, from_ms, to_ms)

    def put_summaries(self, school: str, level: Level, summaries: Sequence[Summary]) -> int:
        self._check_open()
        return self._export.put_summaries(school, level, summaries)

    # ---- upkeep ----

    def tend(self, now_ms: int) -> bool:
        self._check_open()
        return self._tending.tend(now_ms)

    def forget_before(self, school: str, t_ms: int) -> int:
        """Where a school keeps less than the bucket does; of what the bucket let go itself nothing is counted.

        What is not summed up yet stays until it is.
        """
        self._check_open()
        with self._gone.letting_go:
            t_ms = min(t_ms, self._whole_before_ms(school))
            gone = self.count(school, 0, t_ms)
            if gone:
                self._gone.note(school, t_ms)
                self._http.delete(self._raw_bucket, 0, t_ms, f'_measurement="reading" AND school="{school}"')
        return gone

    def only_windows_before(self, school: str, t_ms: int) -> None:
        self._check_open()
        self._gone.note(school, t_ms)

    def _whole_before_ms(self, school: str) -> int:
        """Before that all windows say what the raw rows say; where no sweep ever ran there are none to be spoilt."""
        state = self._sweeps.state(school)
        moving = (start for stretches in self._told.moving(school).values() for start, _ in stretches)
        return (
            min((*state.until_ms.values(), *state.dirty[:1], *moving), default=ALWAYS_MS)
            if state.until_ms
            else ALWAYS_MS
        )

    def size_bytes(self) -> int:
        """As last seen: the server is asked by the writing thread, at most every five minutes."""
        return self._size.known_bytes

    def give_up(self) -> None:
        self._http.give_up()

    def close(self) -> None:
        self._closed = True
        self._history.close()
        self._tending.close()
        self._http.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreDown(Text("kho số liệu đã đóng", "the store is closed"))

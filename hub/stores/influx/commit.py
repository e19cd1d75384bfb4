"""Writes one batch of points to InfluxDB so that it never holds two values of one key (device, quantity, time).

A row newer than everything stored of its device, or in a gap of it (hub.stores.influx.gaps), is certainly new and
goes straight in. The others are compared with what is stored (hub.stores.influx.winners). A row's time is claimed
before anything is sent: after a request whose end nobody knows, the same rows are compared. Rows older than the raw
bucket keeps go to the coarse levels.
"""

import threading
from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from hub.config import InfluxSection
from hub.stores.influx import lines
from hub.stores.influx.delivery import Delivery
from hub.stores.influx.devices import Devices
from hub.stores.influx.gaps import NARROW_MS, joined
from hub.stores.influx.gone import ALL, RawGone
from hub.stores.influx.held import NS, Key, gaps_after, held_at
from hub.stores.influx.http import InfluxHttp, Precision
from hub.stores.influx.lines import Device, PointUnusable
from hub.stores.influx.stretches import NEVER_MS
from hub.stores.influx.winners import Held, settle
from hub.stores.series import CommitResult, DeviceKey, Level, Point, PointsRefused

DAY_MS = 86_400_000
EDGE_MS = 600_000  # so close to the end of a retention InfluxDB's clock may see it otherwise
LAST_ROW = 1 << lines.ROW_BITS
COMPARED = 5_000  # keys compared with the store at once
EQUALS = bytes.maketrans(b":", b"=")
NUMBERS = b"0123456789.-+e,"


class Keeping(msgspec.Struct, frozen=True):
    """From which time on each bucket keeps what is written now; `gone`: of a school whose raw rows went before."""

    raw_ms: int
    coarse: tuple[tuple[Level, int], ...]
    gone: Mapping[str, int] = {}
    latest_ms: int = NEVER_MS  # no school keeps less

    @classmethod
    def at(cls, section: InfluxSection, gone: Mapping[str, int], now_ms: int) -> "Keeping":
        def start(days: int) -> int:
            return now_ms - days * DAY_MS + EDGE_MS if days else NEVER_MS

        minute, quarter_hour = start(section.minute_days), start(section.quarter_hour_days)
        raw_ms = max(start(section.raw_days), gone.get(ALL, NEVER_MS))
        coarse = ((Level.MINUTE, minute), (Level.QUARTER_HOUR, quarter_hour))
        return cls(raw_ms, coarse, gone, max(raw_ms, *gone.values(), NEVER_MS))

    def oldest_raw_ms(self, school: str) -> int:
        return max(self.raw_ms, self.gone.get(school, NEVER_MS))


class Batch:
    """One commit in the making. Counts are by point: a row counts once however many values it has."""

    def __init__(self, points: Sequence[Point], epochs: dict[str, int], devices: Devices, keeping: Keeping) -> None:
        self._points, self._devices, self._keeping = points, devices, keeping
        self._bases = {epoch: number << lines.ROW_BITS for epoch, number in epochs.items()}
        self._sizes: dict[tuple[str, ...], int] = {}  # `_words` of a row of numbers by its quantities, of others 0
        self._suspects: list[int] = []
        self._old: list[int] = []
        self._repeated: set[int] = set()
        self._conflicts: set[int] = set()
        self.refused: dict[int, str] = {}

    def fresh_lines(self) -> tuple[list[str], list[int]]:
        """Lines of all rows that are certainly new, and which point each is; the others are put aside."""
        heads: list[str] = []
        tails: list[str] = []
        readings: list[dict[str, float | str]] = []
        origins: list[int] = []
        careful: list[int] = []
        size = 0
        known, bases, sizes, latest = self._devices.all(), self._bases, self._sizes, self._keeping.latest_ms
        for index, point in enumerate(self._points):
            t_ms, values = point.t_ms, point.values
            device = known.get((point.school, point.device)) or self._meet(index, point)
            if device is None:
                continue
            if t_ms < latest and t_ms < self._keeping.oldest_raw_ms(point.school):
                self._old.append(index)
                continue
            if 0 < t_ms - device.newest_ms <= NARROW_MS:
                device.newest_ms = t_ms
            elif not device.claim(t_ms):
                self._suspects.append(index)
                continue
            if not device.from_ms <= t_ms < device.to_ms:
                device.stand_at(t_ms)
            names = tuple(values)
            words = sizes.get(names) or self._size(names)
            if not words or device.calibrations or point.shift_ms or not 0 <= point.row < LAST_ROW:
                careful.append(index)
                continue
            size += words
            readings.append(values)
            heads.append(device.prefix)
            tails.append(f",seq={bases[point.epoch] | point.row}i {t_ms}")
            origins.append(index)
        made = _written(heads, readings, tails, size)
        if made is None:  # among the numbers is something that is none: each row with care
            made, careful, origins = [], sorted(careful + origins), []
        for index in careful:
            self._add_careful(index, made, origins)
        return made, origins

    def contested_lines(self, http: InfluxHttp, bucket: str) -> tuple[list[str], list[int]]:
        """Lines of what changes where rows compete with stored ones (or with each other). Raises StoreDown."""
        made: list[str] = []
        origins: list[int] = []
        by_key: dict[Key, list[int]] = {}
        for index in self._suspects:
            by_key.setdefault(_key(self._points[index]), []).append(index)
        own, keys = self._own(by_key), list(by_key)
        missing: dict[DeviceKey, int] = {}
        for start in range(0, len(keys), COMPARED):
            part = keys[start : start + COMPARED]
            stored = held_at(http, bucket, part)
            for key in part:
                held = own.get(key) or stored.get(key)
                if held is None:
                    missing[key[:2]] = max(missing.get(key[:2], NEVER_MS), key[2])
                for index in by_key[key]:
                    held = self._settle(index, held)
                if held is not None and held.news:
                    made.append(lines.line(lines.prefix("reading", key[0], held.room, key[1]), held.news, key[2]))
                    origins.append(held.origin)
        self._learn_gaps(http, bucket, by_key, missing)
        return made, origins

    @property
    def contested(self) -> bool:
        """Whether any row may compete, once `fresh_lines` has looked."""
        return bool(self._suspects)

    def old_lines(self, http: InfluxHttp, bucket: str, level: Level) -> tuple[list[str], list[int]]:
        """Rows that only a coarse level still keeps, each a window of its own, in nanoseconds; they compete as others.

        Raises StoreDown.
        """
        made: list[str] = []
        origins: list[int] = []
        oldest = dict(self._keeping.coarse)[level]
        by_key: dict[Key, list[int]] = {}
        for index in self._old:
            if self._points[index].t_ms >= oldest and index not in self.refused:
                by_key.setdefault(_key(self._points[index]), []).append(index)
        keys = list(by_key)
        for start in range(0, len(keys), COMPARED):
            part = keys[start : start + COMPARED]
            stored = held_at(http, bucket, part, alone=True)
            for key in part:
                held = stored.get(key)
                for index in by_key[key]:
                    held = self._settle(index, held)
                if held is not None and held.news:
                    start_of = lines.prefix("reading", key[0], held.room, key[1])
                    made.append(lines.line(start_of, lines.alone(held.news), key[2] * NS + 1))
                    origins.append(held.origin)
        return made, origins

    @property
    def has_old(self) -> bool:
        """Whether any row is too old to be kept raw, once `fresh_lines` has looked."""
        return bool(self._old)

    def refuse_forgotten(self) -> None:
        """Rows older than everything that is kept."""
        oldest = min(start for _, start in self._keeping.coarse)
        for index in self._old:
            if self._points[index].t_ms < oldest:
                self.refused[index] = "older than everything the store keeps (influxdb.quarter_hour_days)"

    def result(self) -> CommitResult:
        """Raises PointsRefused where any point is."""
        if self.refused:
            raise PointsRefused(sorted(self.refused.items()), sorted(self._conflicts - self.refused.keys()))
        overwritten = len(self._conflicts)
        repeated = len(self._repeated - self._conflicts)
        stored = len(self._points) - repeated - overwritten
        return CommitResult(stored, repeated, overwritten, tuple(sorted(self._conflicts)))

    # ---- inside ----

    def _meet(self, index: int, point: Point) -> Device | None:
        try:
            return self._devices.meet((point.school, point.device))
        except PointUnusable as unusable:
            self.refused[index] = str(unusable)
            return None

    def _size(self, names: tuple[str, ...]) -> int:
        size = _words(msgspec.json.encode(dict.fromkeys(names, 0))) if lines.all_numbers(names) else 0
        return self._sizes.setdefault(names, size)

    def _rank(self, point: Point) -> int:
        return lines.rank_of(self._bases[point.epoch] >> lines.ROW_BITS, point.row)

    def _add_careful(self, index: int, made: list[str], origins: list[int]) -> None:
        point = self._points[index]
        device = self._devices.all()[point.school, point.device]
        device.stand_at(point.t_ms)
        try:
            made.append(lines.line(device.prefix, lines.raw_fields(device, point, self._rank(point)), point.t_ms))
        except PointUnusable as unusable:
            self.refused[index] = str(unusable)
        else:
            origins.append(index)

    def _learn_gaps(self, http: InfluxHttp, bucket: str, wanted: Iterable[Key], missing: dict[DeviceKey, int]) -> None:
        """Where a device's latest row was not there, more of a backlog may follow: look how far nothing is stored.

        So it is after a restart in the middle of a backlog, or where rows were sent and nobody knows what became of it.
        """
        latest: dict[DeviceKey, int] = {}
        for school, name, t_ms in wanted:
            latest[school, name] = max(latest.get((school, name), NEVER_MS), t_ms)
        for key, gap in gaps_after(http, bucket, {key: t for key, t in missing.items() if t == latest[key]}).items():
            device = self._devices.all()[key]
            device.gaps = joined(device.gaps, gap)

    def _own(self, wanted: Container[Key]) -> dict[Key, Held]:
        """New rows of this very batch with which suspects compete: they were written just before."""
        aside = {*self._suspects, *self._old, *self.refused}
        found: dict[Key, Held] = {}
        if not self._suspects:
            return found
        for index, point in enumerate(self._points):
            key = _key(point)
            if key in wanted and index not in aside:
                device = self._devices.all()[point.school, point.device]
                device.stand_at(point.t_ms)
                found[key] = Held(device.room, lines.raw_fields(device, point, self._rank(point)))
        return found

    def _settle(self, index: int, held: Held | None) -> Held | None:
        """What is held once this row competed too."""
        point = self._points[index]
        device = self._devices.all()[point.school, point.device]
        try:
            rank = self._rank(point)
            if held is None:
                device.stand_at(point.t_ms)
                fields = lines.raw_fields(device, point, rank)
                return Held(device.room, dict(fields), fields, index)
            verdict = settle(held, device, point, rank)
        except PointUnusable as unusable:
            self.refused[index] = str(unusable)
            return held
        held.origin = index
        if verdict.repeated:
            self._repeated.add(index)
        if verdict.conflict:
            self._conflicts.add(index)
        return held


class Writer:
    """Of the writing thread; `rewriting` is held while rows are compared and written over."""

    def __init__(
        self, http: InfluxHttp, section: InfluxSection, devices: Devices, gone: RawGone, rewriting: threading.Lock
    ) -> None:
        self._http, self._section, self._devices = http, section, devices
        self._gone, self._rewriting = gone, rewriting
        self._delivery = Delivery(http)

    def write(self, points: Sequence[Point], epochs: dict[str, int], now_ms: int) -> CommitResult:
        """Raises StoreDown, or PointsRefused once all others are written."""
        keeping = Keeping.at(self._section, self._gone.by_school(), now_ms)
        batch = Batch(points, epochs, self._devices, keeping)
        raw = f"{self._section.bucket}_raw"
        self._deliver(batch, raw, *batch.fresh_lines())
        if batch.contested:
            with self._rewriting:
                self._deliver(batch, raw, *batch.contested_lines(self._http, raw))
        batch.refuse_forgotten()
        if batch.has_old:
            with self._rewriting:
                for level, _ in keeping.coarse:
                    bucket = f"{self._section.bucket}_{level}"
                    self._deliver(batch, bucket, *batch.old_lines(self._http, bucket, level), precision="ns")
        return batch.result()

    def _deliver(
        self, batch: Batch, bucket: str, made: list[str], origins: list[int], precision: Precision = "ms"
    ) -> None:
        if made:
            for place, reason in self._delivery.write(bucket, made, precision):
                batch.refused[origins[place]] = reason


def _written(heads: list[str], readings: list[dict[str, float | str]], tails: list[str], size: int) -> list[str] | None:
    """Rows written by msgspec as JSON and turned into fields: cheaper than repr.

    None where one holds what is no number: then there is more than the `size` of their names.
    """
    if not readings:
        return []
    try:
        encoded = msgspec.json.encode(readings)
    except (msgspec.MsgspecError, TypeError, UnicodeError):
        return None
    if _words(encoded) != size + len(b"[]"):
        return None
    fields = encoded.translate(EQUALS, b'"')[2:-2].decode("ascii").split("},{")
    return [head + field + tail for head, field, tail in zip(heads, fields, tails, strict=True)]


def _words(encoded: bytes) -> int:
    """How many bytes of JSON belong to no number."""
    return len(encoded.translate(None, NUMBERS))


def _key(point: Point) -> Key:
    return point.school, point.device, point.t_ms

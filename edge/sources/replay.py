"""A recorded file as a source: its rows at their own times, or moved to now, at a chosen speed."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from edge.sources.recording import BadRecordedRow, RecordedRow, RecordingMap, read_map, read_rows
from edge.sources.source import Sink
from wire.ids import slug
from wire.messages import SourceReport
from wire.settings import SettingsError
from wire.text import Text

log = logging.getLogger(__name__)

_MOST_PENDING = 2_000
_PROBLEMS_KEPT = 1_000
_MAPS = Path(__file__).parents[2] / "docs" / "replay"


def find_map(file: Path, named: Path | None) -> Path:
    """The map to use: the one named, else beside the file, else one of ours by the name of the file or its folder.

    Raises SettingsError where there is none.
    """
    if named is not None:
        return named
    name = file.resolve().parent.name
    places = (file.with_suffix(".toml"), _MAPS / f"{file.stem}.toml", _MAPS / f"{name}.toml")
    for place in places:
        if place.is_file():
            return place
    raise SettingsError(
        str(file),
        "",
        Text(
            f"không có tệp mô tả cột; tạo {places[0]} (mẫu trong docs/replay) hoặc dùng --map",
            f"no map of its columns; write {places[0]} (examples in docs/replay) or use --map",
        ),
    )


class Replay:
    """See edge.sources.source.Source; `run` ends after the last row. `speed` 0 is as fast as the outbox takes it.

    `shift_to_now`: at a speed, every row is measured when it is played; at speed 0 the last row is now and the
    others keep their distance to it. Device ids are `{prefix}-{id of the map}`, or the bare id without a prefix.
    """

    kind = "replay"

    def __init__(
        self, file: Path, map_file: Path | None, speed: float = 1.0, *, shift_to_now: bool = False, prefix: str = ""
    ) -> None:
        """Reads map and header. Raises SettingsError where one of them is wrong."""
        self.name = file.name[:64]
        self._file, self._speed, self._shift, self._prefix = file, speed, shift_to_now, prefix
        self._map, self._map_name = _load_map(find_map(file, map_file))
        self.rows = self.sent = self.bad_rows = self.durable = 0
        self.problems: list[str] = []
        self.finished = False
        self._last_ok_s: float | None = None
        self._room = asyncio.Semaphore(_MOST_PENDING)
        next(self._read(), None)  # the header is checked now, not when the agent runs

    def report(self) -> SourceReport:
        age_s = None if self._last_ok_s is None else round(time.monotonic() - self._last_ok_s, 1)
        problem = self.problems[-1][:200] if self.problems else ""
        return SourceReport(
            self.name,
            self.kind,
            up=True,
            last_ok_age_s=age_s,
            readings=self.sent,
            bad=self.bad_rows,
            problem_vi=problem,
            problem_en=problem,
        )

    async def run(self, sink: Sink) -> None:
        if self.finished:
            return
        self.rows = self.sent = self.bad_rows = 0
        shift_ms = await self._shift_ms()
        began_s, first_ms = time.monotonic(), None
        for row in self._read():
            self.rows += 1
            if isinstance(row, BadRecordedRow):
                self._tell(row)
                continue
            first_ms = row.at_ms if first_ms is None else first_ms
            if self._speed > 0:
                due_s = began_s + (row.at_ms - first_ms) / 1000 / self._speed
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            await self._play(row, shift_ms, sink)
        self.finished = True

    async def _play(self, row: RecordedRow, shift_ms: int, sink: Sink) -> None:
        stamped_now = self._shift and self._speed > 0
        for one in row.measurements:
            await self._room.acquire()
            device = slug(f"{self._prefix}-{one.device}") if self._prefix else one.device
            at_ms = None if stamped_now else one.at_ms + shift_ms
            sink.reading(device, one.values, at_ms=at_ms, on_durable=self._is_durable)
            self.sent += 1
        self._last_ok_s = time.monotonic()

    def _is_durable(self) -> None:
        self.durable += 1
        self._room.release()

    async def _shift_ms(self) -> int:
        """What to add to the file's times."""
        if not self._shift or self._speed > 0:
            return 0
        last_ms = 0
        for index, row in enumerate(self._read()):
            last_ms = max(last_ms, row.at_ms) if isinstance(row, RecordedRow) else last_ms
            if index % 1_000 == 0:
                await asyncio.sleep(0)
        return time.time_ns() // 1_000_000 - last_ms

    def _read(self) -> Iterator[RecordedRow | BadRecordedRow]:
        try:
            with self._file.open(encoding="utf-8", errors="replace", newline="") as lines:
                yield from read_rows(lines, self._map, self._map_name)
        except OSError as broken:
            raise SettingsError(
                str(self._file), "", Text(f"không đọc được: {broken}", f"cannot be read: {broken}")
            ) from broken

    def _tell(self, bad: BadRecordedRow) -> None:
        self.bad_rows += 1
        where = f"{self._file}: row {bad.row}" + (f": {bad.column}" if bad.column else "")
        if len(self.problems) < _PROBLEMS_KEPT:
            self.problems.append(f"{where}: {bad.reason.both()}")
            log.warning("%s", self.problems[-1])


def _load_map(path: Path) -> tuple[RecordingMap, str]:
    try:
        toml = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise SettingsError(str(path), "", Text(f"không đọc được: {broken}", f"cannot be read: {broken}")) from broken
    return read_map(toml, str(path)), str(path)

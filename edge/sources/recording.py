"""A recorded series: the lines of a CSV file, and the map (TOML) that says what its columns mean. Pure."""

import csv
import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from wire.quantities import QUANTITIES, Kind
from wire.settings import SettingsError, parse_settings
from wire.text import Text

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_EMPTY = frozenset({"", "nan", "na", "null", "none", "-"})


class TimeColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One or two columns, joined by a space and read by `format` (strptime); `zone` is a name or an offset +07:00."""

    columns: Annotated[list[str], Meta(min_length=1, max_length=2)]
    format: str
    zone: str = "UTC"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column whose numbers need converting: value = cell * scale + offset."""

    column: str
    scale: float = 1.0
    offset: float = 0.0


class RecordedDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device of the recording; `columns` maps quantity keys to columns."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$")]
    columns: dict[str, str | Column]


class RecordingMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`truth` and `ignore` name columns that are never sent; every other column has to belong to a device."""

    time: TimeColumns
    device: Annotated[list[RecordedDevice], Meta(min_length=1)]
    truth: list[str] = []
    ignore: list[str] = []
    delimiter: str = ","
    skip_lines: Annotated[int, Meta(ge=0)] = 0


class Measurement(msgspec.Struct, frozen=True):
    """One device's values of one row."""

    device: str
    at_ms: int
    values: dict[str, float | str]


class RecordedRow(msgspec.Struct, frozen=True):
    at_ms: int
    measurements: list[Measurement]


class BadRecordedRow(msgspec.Struct, frozen=True):
    """A row that is passed over: the line in the file, the column, and why."""

    row: int
    column: str
    reason: Text


def read_map(toml: str, source: str) -> RecordingMap:
    """Raises SettingsError, which names the key."""
    found = parse_settings(toml, RecordingMap, source)
    _zone(found.time.zone, source)
    for index, device in enumerate(found.device):
        for key in device.columns:
            if key not in QUANTITIES:
                raise SettingsError(
                    source,
                    f"device[{index}].columns.{key}",
                    Text(
                        "không có đại lượng này (xem docs/protocol.md mục 7)", "no such quantity (docs/protocol.md, 7)"
                    ),
                )
    return found


def read_rows(lines: Iterable[str], recording: RecordingMap, source: str) -> Iterator[RecordedRow | BadRecordedRow]:
    """Every row after the header. Raises SettingsError where header and map do not fit, before the first row."""
    numbered = _numbered(lines)
    for _ in range(recording.skip_lines):
        next(numbered, None)
    # The reader takes lines as it needs them (a quoted cell may hold a line end); `at` is the line it has come to.
    at = _Position()
    cells = csv.reader(at.follow(numbered), delimiter=recording.delimiter)
    header = [name.strip() for name in next(cells, [])]
    _check_columns(header, recording, source)
    zone = _zone(recording.time.zone, source)
    for row in cells:
        if row:
            yield _read_row(at.line, row, header, recording, zone)


class _Position:
    line = 0

    def follow(self, numbered: Iterator[tuple[int, str]]) -> Iterator[str]:
        for self.line, text in numbered:
            yield text


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    return ((number, line.lstrip("\ufeff") if number == 1 else line) for number, line in enumerate(lines, start=1))


def _check_columns(header: list[str], recording: RecordingMap, source: str) -> None:
    wanted = dict.fromkeys(recording.time.columns, "time.columns")
    for index, device in enumerate(recording.device):
        for key, column in device.columns.items():
            wanted[_name(column)] = f"device[{index}].columns.{key}"
    for name, key in wanted.items():
        if name not in header:
            there = ", ".join(header[:30])
            raise SettingsError(
                source, key, Text(f"tệp không có cột {name!r}; có: {there}", f"no column {name!r} in the file: {there}")
            )
    unmapped = [name for name in header if name and name not in {*wanted, *recording.truth, *recording.ignore}]
    if unmapped:
        raise SettingsError(
            source,
            "device",
            Text(
                f"cột chưa được khai báo: {', '.join(unmapped)}; thêm vào thiết bị, truth hoặc ignore",
                f"columns nobody maps: {', '.join(unmapped)}; add them to a device, to truth or to ignore",
            ),
        )


def _read_row(
    number: int, cells: list[str], header: list[str], recording: RecordingMap, zone: tzinfo
) -> RecordedRow | BadRecordedRow:
    if len(cells) == len(header) + 1:
        cells = cells[1:]  # the first column has no name: a row number
    if len(cells) != len(header):
        wrong = Text(f"{len(cells)} ô, cần {len(header)}", f"{len(cells)} cells, the header has {len(header)}")
        return BadRecordedRow(number, "", wrong)
    row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    try:
        at_ms = _time(row, recording.time, zone)
        found = [
            Measurement(device.id, at_ms, values)
            for device in recording.device
            if (values := _values(row, device.columns))
        ]
    except _BadCellError as bad:
        return BadRecordedRow(number, bad.column, bad.reason)
    return RecordedRow(at_ms, found)


class _BadCellError(Exception):
    def __init__(self, column: str, reason: Text) -> None:
        self.column, self.reason = column, reason
        super().__init__(reason.en)


def _time(row: dict[str, str], columns: TimeColumns, zone: tzinfo) -> int:
    text = " ".join(row[name] for name in columns.columns)
    try:
        moment = datetime.strptime(text, columns.format)  # noqa: DTZ007  # the zone follows
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        at_ms = round(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as wrong:
        name = columns.columns[0]
        raise _BadCellError(name, Text(f"không phải thời gian: {text!r}", f"no time: {text!r}")) from wrong
    if at_ms < 0:
        raise _BadCellError(columns.columns[0], Text(f"trước năm 1970: {text!r}", f"before 1970: {text!r}"))
    return at_ms


def _values(row: dict[str, str], columns: dict[str, str | Column]) -> dict[str, float | str]:
    values: dict[str, float | str] = {}
    for key, column in columns.items():
        cell = row[_name(column)]
        if cell.lower() not in _EMPTY:
            values[key] = _value(key, column, cell)
    return values


def _value(key: str, column: str | Column, cell: str) -> float | str:
    quantity = QUANTITIES[key]
    value: float | str = cell
    if quantity.kind is not Kind.TEXT:
        try:
            value = float(cell)
        except ValueError as wrong:
            raise _BadCellError(_name(column), Text(f"không phải số: {cell!r}", f"no number: {cell!r}")) from wrong
        if isinstance(column, Column):
            value = value * column.scale + column.offset
        if not math.isfinite(value):
            raise _BadCellError(_name(column), Text(f"không phải số hữu hạn: {cell!r}", f"not finite: {cell!r}"))
    if not quantity.accepts(value):
        low, high = quantity.minimum, quantity.maximum
        raise _BadCellError(
            _name(column),
            Text(
                f"{cell!r} ngoài phạm vi {low:g}..{high:g} {quantity.unit}",
                f"{cell!r} is outside {low:g}..{high:g} {quantity.unit}",
            ),
        )
    return value


def _name(column: str | Column) -> str:
    return column if isinstance(column, str) else column.column


def _zone(name: str, source: str) -> tzinfo:
    if offset := _OFFSET.fullmatch(name):
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as wrong:
        raise SettingsError(
            source,
            "time.zone",
            Text(
                f"không có múi giờ {name!r}; dùng tên như Asia/Ho_Chi_Minh hoặc +07:00",
                f"no time zone {name!r}; use a name like Asia/Ho_Chi_Minh, or +07:00",
            ),
        ) from wrong

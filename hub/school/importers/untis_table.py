"""The rows of an Untis GPU001 file: separator, quotes and encoding found out, each row checked by itself.

Source: column order as several readers of the file have it (dieschulapp.de knowledge base; SVWS-NRW/SVWS-Server;
AlekSIS csv import): lesson number, class, teacher, subject, room, day (1 Monday), period, length in minutes.
Errors: Unreadable where not one row is such a row; every other defect is a Problem.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hub.school.importers.encoding import Encoding, decode, looks_vietnamese
from hub.school.problems import Findings, refuse
from wire.text import Text

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 500_000
MAX_FIELD = 400
_COLUMNS = 7
_WIDE = 30  # GPU002 has over forty columns, GPU001 nine
_SEPARATORS = (";", ",", "\t", "|")
_LOOKED_AT = 20
_NUMBER = re.compile(r"\d{1,6}(?:[.,]0+)?")
_LESSON = re.compile(r"[\w./\-]{0,20}")
_HEADER = re.compile(r"[A-Za-zÀ-ỹ .\-]+")
DAYS = 7
MAX_PERIOD = 99


class UntisRow(msgspec.Struct, frozen=True):
    """One row: `day` is 1 for Monday; several classes or rooms of one row (`5a~5b`) are apart."""

    row: int
    lesson: str
    classes: tuple[str, ...]
    teachers: tuple[str, ...]
    subject: str
    rooms: tuple[str, ...]
    day: int
    period: int


def separator_of(head: str) -> str | None:
    """What separates the fields if most of the first lines look like GPU001 rows, else None."""
    lines = _first_lines(head)
    for separator in _SEPARATORS:
        fitting = sum(_fits(line, separator) for line in lines)
        if lines and fitting * 2 > len(lines):
            return separator
    return None


def _first_lines(head: str) -> list[str]:
    """By line ends only: UTF-16 without its zero bytes has other marks within letters."""
    return [line for line in re.split(r"[\r\n]+", head.lstrip("\ufeff")) if line.strip()][:_LOOKED_AT]


def is_gpu002(head: str) -> bool:
    """Whether most of the first lines are rows of the list of lessons: many columns, the first a number, no times."""
    lines = _first_lines(head)
    return bool(lines) and any(sum(_wide(line, one) for line in lines) * 2 > len(lines) for one in _SEPARATORS)


def _wide(line: str, separator: str) -> bool:
    try:
        fields = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return False
    return (
        len(fields) >= _WIDE
        and _number(fields[0]) is not None
        and all(not one.strip() or _number(one) is not None for one in fields[1:4])
    )


def _fits(line: str, separator: str) -> bool:
    try:
        fields = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return False
    if not _COLUMNS <= len(fields) <= 20 or not _LESSON.fullmatch(fields[0].strip()):  # noqa: PLR2004  later versions have more columns
        return False
    day, period = _number(fields[5]), _number(fields[6])
    return day is not None and 1 <= day <= DAYS and period is not None


def read_rows(path: Path, findings: Findings) -> tuple[list[UntisRow], int]:
    """The usable rows, and how many rows there are. Raises Unreadable and OSError."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise refuse(path.name, Text(f"tệp quá lớn: {size} byte", f"file too large: {size} bytes, limit {MAX_BYTES}"))
    text = _text(path, findings)
    separator = separator_of(text[:20_000])
    if separator is None and is_gpu002(text[:20_000]):
        said = Text(
            "là GPU002 của Untis (danh sách giờ dạy, không có thời gian); hãy xuất GPU001",
            "GPU002 of Untis, a list of lessons without times: export GPU001",
        )
        raise refuse(path.name, said)
    if separator is None:
        said = Text("không phải tệp GPU001 của Untis", "not a GPU001 file of Untis")
        raise refuse(path.name, said)
    rows, total = [], 0
    for line, fields in _fields(text, separator, path.name, findings):
        if _is_title(line, fields):
            findings.note(path.name, Text("dòng tiêu đề, không phải tiết dạy", "a title row, no lesson"), line)
            continue
        total += 1
        if total > MAX_ROWS:
            said = Text(f"hơn {MAX_ROWS} dòng: phần sau bị bỏ qua", f"over {MAX_ROWS} rows: the rest is left out")
            findings.error(path.name, said, line)
            break
        row = _row(line, fields, path.name, findings)
        if row is not None:
            rows.append(row)
    return rows, total


def _fields(text: str, separator: str, file: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Line by line: a quote that is never closed spoils its own line only."""
    for line, content in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not content.strip() or not content.strip(separator + ' "'):
            continue
        try:
            yield line, [field.strip() for field in next(csv.reader([content], delimiter=separator))]
        except (csv.Error, StopIteration) as broken:
            findings.error(file, Text(f"dòng hỏng: {broken}", f"broken line: {broken}"), line)
            yield line, []


def _text(path: Path, findings: Findings) -> str:
    content = path.read_bytes()
    decoded = decode(content)
    if decoded.encoding is not Encoding.WINDOWS_1258:
        return decoded.text
    western = decoded.lost or not looks_vietnamese(decoded.text)
    name = "Windows-1252" if western else "Windows-1258"
    said = Text(
        f"không phải UTF-8: đọc theo {name}, hãy kiểm tra chữ có dấu",
        f"not UTF-8: read as {name}, check letters with accents",
    )
    findings.warning(path.name, said, decoded.broken_line)
    return unicodedata.normalize("NFC", content.decode("cp1252", errors="replace")) if western else decoded.text


def _is_title(line: int, fields: list[str]) -> bool:
    """Words in the first line where numbers belong."""
    if line != 1 or len(fields) < _COLUMNS:
        return False
    return bool(_HEADER.fullmatch(fields[0])) and _number(fields[5]) is None and _number(fields[6]) is None


def _row(line: int, fields: list[str], file: str, findings: Findings) -> UntisRow | None:
    wrong = _misfit(fields)
    if wrong is not None:
        findings.error(file, wrong[0], line, wrong[1])
        return None
    lesson, classes, teachers, subject, rooms = fields[:5]
    day, period = _number(fields[5]), _number(fields[6])
    named = (_many(classes), _many(teachers), subject, _many(rooms))
    return UntisRow(line, _lesson(lesson), *named, day or 0, period or 0)


def _misfit(fields: list[str]) -> tuple[Text, str | None] | None:
    """What is wrong with the row, and in which column."""
    if len(fields) < _COLUMNS:
        said = Text(f"chỉ có {len(fields)} cột, cần ít nhất 7", f"only {len(fields)} columns, at least 7 are needed")
        return said, None
    if any(len(field) > MAX_FIELD for field in fields[:_COLUMNS]):
        return Text("một ô dài quá mức", "a field is far too long"), None
    day, period = _number(fields[5]), _number(fields[6])
    if day is None or not 1 <= day <= DAYS:
        said = Text(f"ngày “{fields[5]}” không phải 1 (thứ Hai) đến 7", f"day {fields[5]!r} is not 1 (Monday) to 7")
        return said, "Tag"
    if period is None or period > MAX_PERIOD:
        said = Text(f"tiết “{fields[6]}” không phải số tiết", f"period {fields[6]!r} is no period number")
        return said, "Stunde"
    return None


def _number(text: str) -> int | None:
    """Three from "3", "3.0" and "3,00"."""
    text = text.strip()
    return int(re.split("[.,]", text)[0]) if _NUMBER.fullmatch(text) and text.isascii() else None


def _lesson(text: str) -> str:
    number = _number(text)
    return text if number is None else str(number)


def _many(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split("~") if part.strip()))


def said_columns(rows: list[UntisRow]) -> Counter[str]:
    """How many rows name no class, teacher, subject or room."""
    empty: Counter[str] = Counter()
    for row in rows:
        for column, value in (
            ("Klasse", row.classes), ("Lehrer", row.teachers), ("Fach", row.subject), ("Raum", row.rooms),
        ):  # fmt: skip
            empty[column] += not value
    return empty

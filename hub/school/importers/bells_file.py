"""Bell times from a small TOML file, for timetables that only number their periods: `1 = "07:00-07:45"`, one a line.

Source: our own format, docs/school-data.md; a table (`[morning]`) names a bell schedule of its own.
Errors: Unreadable, naming what is wrong, for anything that is no such file; OSError from the file.
"""

import tomllib
from pathlib import Path

from hub.school.importers.asc_bells import MAX_BELLS, minutes
from hub.school.problems import refuse
from hub.school.timetable import Bell
from wire.text import Text

MAX_BYTES = 100_000
NO_BELLS = Text(
    "giả định: tệp không có giờ chuông: giờ bắt đầu và kết thúc theo lịch chuông của trường",
    "assumed: the file has no bell times: start and end come from the school's bell schedule",
)


def read_bells_file(path: Path) -> tuple[Bell, ...]:
    """Raises Unreadable and OSError; the bells in the order of the file."""
    if path.stat().st_size > MAX_BYTES:
        raise refuse(path.name, Text("tệp giờ chuông quá lớn", "too large for a file of bell times"))
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise refuse(path.name, Text(f"không phải TOML: {broken}", f"not TOML: {broken}")) from broken
    bells = []
    for number, value in table.items():
        if isinstance(value, dict):
            bells += [_bell(path.name, inner, span, number) for inner, span in value.items()]
        else:
            bells.append(_bell(path.name, number, value, ""))
    if not bells or len(bells) > MAX_BELLS:
        text = Text("cần từ 1 đến 200 tiết", "from 1 to 200 periods are expected")
        raise refuse(path.name, text)
    return tuple(bells)


def _bell(file: str, number: str, value: object, schedule: str) -> Bell:
    first, _, last = str(value).replace("–", "-").partition("-")
    start, end = minutes(first), minutes(last)
    if start is None or end is None or end <= start:
        text = Text(
            f"tiết {number}: “{value}” không phải khoảng giờ như “07:00-07:45”",
            f'period {number}: {value!r} is no span of time like "07:00-07:45"',
        )
        raise refuse(file, text)
    return Bell(number, number, number, start, end, schedule)

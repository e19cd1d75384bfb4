"""Bell periods of an aSc export: times, double names, overlaps, and names that contradict the times."""

import re
from collections import defaultdict

from hub.school.importers.asc_xml import Row
from hub.school.problems import Findings
from hub.school.timetable import Bell
from wire.text import Text

_TIME = re.compile(r"([0-9]{1,2})[:.hH]([0-9]{2})(?::[0-9]{2})?")
_SPAN_IN_NAME = re.compile(r"(?<!\d)(\d{1,2}[:.hH]\d{2})\s*(?:-|–|—|~|to|đến)\s*(\d{1,2}[:.hH]\d{2})(?!\d)")
_LEADING_NUMBER = re.compile(r"\d+(?![\d:.hH]*\d)")
MINUTES_A_DAY = 24 * 60
MAX_BELLS = 200  # a day has a dozen periods, several shifts a few dozen: more is rubbish, and is compared pair by pair


def minutes(text: str) -> int | None:
    """Minutes since midnight from "7:30" or "07:30"; None where it is no time of day."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    total = int(match.group(1)) * 60 + int(match.group(2))
    return total if int(match.group(2)) < 60 and total <= MINUTES_A_DAY else None  # noqa: PLR2004


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_bells(rows: list[Row], file: str, findings: Findings) -> tuple[Bell, ...]:
    """The usable periods, in the order of the file; every other one is reported and left out."""
    bells: dict[str, Bell] = {}
    lines: dict[str, int] = {}
    if rows and not any(row.get("starttime") or row.get("endtime") for row in rows):
        text = Text(
            "các tiết không có giờ: theo lịch chuông của trường", "periods without times: the school's bells hold"
        )
        findings.note(file, text, rows[0].line, "starttime")
        return ()
    if len(rows) > MAX_BELLS:
        text = Text(f"hơn {MAX_BELLS} tiết: phần sau bị bỏ qua", f"over {MAX_BELLS} periods: the rest is left out")
        findings.error(file, text, rows[MAX_BELLS].line, "period")
    for row in rows[:MAX_BELLS]:
        bell = _bell(row, file, findings)
        if bell is None:
            continue
        if bell.number in bells:
            text = Text(f"tiết {bell.number} được định nghĩa hai lần", f"period {bell.number} is defined twice")
            findings.error(file, text, row.line, "period")
            continue
        bells[bell.number], lines[bell.number] = bell, row.line
        _check_name(bell, row, file, findings)
    _note_short_times(rows, file, findings)
    _check_shared_names(bells, lines, file, findings)
    _check_overlaps(bells, lines, file, findings)
    return tuple(bells.values())


def check_single_days(rows: list[Row], bells: tuple[Bell, ...], file: str, findings: Findings) -> None:
    """Times of a period on one weekday only (`dayperiods` of the older form) hold nowhere: told where they differ."""
    usual = {bell.number: (bell.start_min, bell.end_min) for bell in bells}
    for row in rows:
        times = minutes(row.get("starttime")), minutes(row.get("endtime"))
        if row.get("period") in usual and None not in times and usual[row.get("period")] != times:
            number, day, start = row.get("period"), row.get("day"), row.get("starttime")
            text = Text(
                f"tiết {number} của riêng ngày {day} bắt đầu {start}: giờ riêng của từng ngày không được đọc",
                f"period {number} of day {day} alone starts at {start}: times of single days are not read",
            )
            findings.error(file, text, row.line, "starttime")


def _bell(row: Row, file: str, findings: Findings) -> Bell | None:
    number = row.get("period") or row.get("short") or row.get("name")
    start, end = minutes(row.get("starttime")), minutes(row.get("endtime"))
    if not number:
        text = Text("tiết không có số thứ tự", "a period without a number")
        findings.error(file, text, row.line, "period")
        return None
    if start is None or end is None:
        column = "starttime" if start is None else "endtime"
        text = Text(
            f"tiết {number}: “{row.get(column)}” không phải giờ trong ngày",
            f"period {number}: {row.get(column)!r} is no time of day",
        )
        findings.error(file, text, row.line, column)
        return None
    if end <= start:
        text = Text(
            f"tiết {number}: kết thúc {clock(end)} không sau bắt đầu {clock(start)}",
            f"period {number}: ends {clock(end)}, not after its start {clock(start)}",
        )
        findings.error(file, text, row.line, "endtime")
        return None
    return Bell(number, row.get("name") or row.get("short") or number, row.get("short"), start, end)


def _check_name(bell: Bell, row: Row, file: str, findings: Findings) -> None:
    named = _SPAN_IN_NAME.search(bell.name)
    if named is None:
        return
    for column, text, minute in (
        ("starttime", named.group(1), bell.start_min),
        ("endtime", named.group(2), bell.end_min),
    ):
        said = minutes(text)
        if said is not None and said != minute:
            message = Text(
                f"tiết {bell.number} tên “{bell.name}” nhưng {column} là {clock(minute)}; dùng {clock(minute)}",
                f"period {bell.number} is named {bell.name!r} but {column} is {clock(minute)}; {clock(minute)} is used",
            )
            findings.warning(file, message, row.line, column)


def _note_short_times(rows: list[Row], file: str, findings: Findings) -> None:
    short = [row for row in rows for key in ("starttime", "endtime") if re.fullmatch(r"\d:\d{2}", row.get(key))]
    if short:
        text = Text(
            f"{len(short)} giờ viết không có số 0 đứng trước (như “7:30”): hiểu là 07:30",
            f'{len(short)} times without a leading zero (like "7:30"): read as 07:30',
        )
        findings.note(file, text, short[0].line, "starttime")


def _check_shared_names(bells: dict[str, Bell], lines: dict[str, int], file: str, findings: Findings) -> None:
    """Two periods with one name, or shifts that each count from 1: people must be told which one is meant."""
    named: defaultdict[str, list[str]] = defaultdict(list)
    for bell in bells.values():
        number = _LEADING_NUMBER.match(bell.name)
        named[number.group(0) if number else bell.name].append(bell.number)
    for name, numbers in named.items():
        if len(numbers) > 1:
            listed = ", ".join(numbers)
            text = Text(
                f"các tiết {listed} cùng mang tên bắt đầu “{name}” (mỗi ca đếm lại từ đầu?): phân biệt theo số tiết",
                f"periods {listed} share the name {name!r} (each shift counts anew?): told apart by their number",
            )
            findings.warning(file, text, lines[numbers[1]], "name")


def _check_overlaps(bells: dict[str, Bell], lines: dict[str, int], file: str, findings: Findings) -> None:
    ordered = list(bells.values())
    for index, first in enumerate(ordered):
        for second in ordered[index + 1 :]:
            if first.start_min >= second.end_min or second.start_min >= first.end_min:
                continue
            text = Text(
                f"tiết {_span(first)} và tiết {_span(second)} chồng giờ nhau: có hai lịch chuông?",
                f"period {_span(first)} and period {_span(second)} overlap: two bell schedules?",
            )
            findings.warning(file, text, lines[second.number], "starttime")


def _span(bell: Bell) -> str:
    return f"{bell.number} ({clock(bell.start_min)}-{clock(bell.end_min)})"

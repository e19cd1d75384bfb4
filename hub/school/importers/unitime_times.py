"""Days, times and dates as UniTime writes them: "MWF", "0730" or "1:30p", and dates in a Java pattern.

Source: UniTime's interface examples (CourseTimetable, CourseOfferingExport, RoomAvailability) and its interface page.
"""

import re
from datetime import date, timedelta

_DAYS = (
    ("Th", 3),
    ("Tu", 1),
    ("Su", 6),
    ("Sa", 5),
    ("M", 0),
    ("T", 1),
    ("W", 2),
    ("R", 3),
    ("F", 4),
    ("S", 5),
    ("U", 6),
)
_TIME = re.compile(r"(\d{1,2}):?(\d{2})(?::\d{2})?\s*([ap])?m?", re.IGNORECASE)
_PATTERN = re.compile(r"\d{1,2}\s*x\s*(\d{1,3})\b", re.IGNORECASE)
_FIELDS = {"y": "year", "M": "month", "d": "day"}
MAX_SPAN_DAYS = 800


def weekdays(text: str) -> tuple[int, ...] | None:
    """Monday is 0; None where a letter is none of a day."""
    found, rest = [], text.strip()
    while rest:
        fitting = next((one for one in _DAYS if rest.startswith(one[0])), None)
        if fitting is None:
            return None
        found.append(fitting[1])
        rest = rest[len(fitting[0]) :].lstrip(" ,")
    return tuple(sorted(set(found))) or None


def days_mask(days: tuple[int, ...]) -> str:
    return "".join("1" if day in days else "0" for day in range(7))


def minute_of(text: str) -> int | None:
    """Minutes since midnight of "0730", "730", "7:30", "1:30p", "13:30", "noon"."""
    plain = text.strip()
    if plain.casefold() in {"noon", "midnight"}:
        return 12 * 60 if plain.casefold() == "noon" else 24 * 60
    match = _TIME.fullmatch(plain)
    if match is None or not plain.isascii():
        return None
    hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    total = hour * 60 + minute
    return total if minute < 60 and total <= 24 * 60 else None  # noqa: PLR2004


def date_of(text: str, pattern: str, year: int | None) -> date | None:
    """A date in a Java pattern of numbers (MM/dd/yyyy, yyyy/M/d, MM/dd); a pattern without a year takes `year`."""
    parts = {"year": year}
    names = re.findall(r"y+|M+|d+", pattern)
    numbers = re.findall(r"\d+", text) if text.isascii() else []
    if len(numbers) != len(names) or any(len(number) > 4 for number in numbers):  # noqa: PLR2004
        return None
    parts |= {_FIELDS[name[0]]: int(number) for name, number in zip(names, numbers, strict=True)}
    try:
        return date(parts["year"] or 0, parts.get("month") or 0, parts.get("day") or 0)
    except ValueError:
        return None


def minutes_of_pattern(text: str) -> int | None:
    """How long each meeting is, of a time pattern: 50 of "3 x 50"; None where it does not say."""
    match = _PATTERN.match(text.strip())
    return int(match[1]) if match and int(match[1]) else None


def weeks_of_pattern(text: str) -> str:
    """The weeks mask of a date pattern by its name: every second week, or "" for each."""
    words = text.casefold().split()
    return "01" if words[:1] == ["even"] else "10" if words[:1] == ["odd"] else ""


def dates_between(first: date, last: date, days: tuple[int, ...]) -> list[date]:
    """Dates of these weekdays from first to last (inclusive); a span beyond MAX_SPAN_DAYS ends there."""
    span = min((last - first).days, MAX_SPAN_DAYS)
    return [day for offset in range(span + 1) if (day := first + timedelta(days=offset)).weekday() in days]

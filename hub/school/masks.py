"""Day, week and term masks of timetables: which calendar dates they mean. Pure arithmetic."""

from datetime import date

MONDAY_FIRST = 7


def is_mask(text: str) -> bool:
    return bool(text) and not text.strip("01")


def union(masks: list[str]) -> str:
    """One mask that holds wherever one of them does; the shorter ones count as padded with 0."""
    width = max(map(len, masks), default=0)
    padded = [mask.ljust(width, "0") for mask in masks]
    return "".join("1" if "1" in column else "0" for column in zip(*padded, strict=True))


def week_number(day: date, length: int, *, odd_first: bool = True) -> int:
    """Which character of a weeks mask `length` long the date falls on: the odd ISO week is the first, unless turned.

    ISO parity repeats once in years of 53 weeks (week 53 and week 1 are both odd): a calendar settles that later.
    """
    if length <= 1:
        return 0
    iso_week = day.isocalendar().week
    return (iso_week - 1 if odd_first else iso_week) % length


def holds(mask: str, position: int) -> bool:
    """Whether the mask has a 1 there; a position beyond its end is not meant."""
    return 0 <= position < len(mask) and mask[position] == "1"


def in_week(mask: str, day: date, *, odd_first: bool = True) -> bool:
    return not mask or holds(mask, week_number(day, len(mask), odd_first=odd_first))


def weeks_between(first: date, day: date) -> int:
    """How many weeks lie between the weeks of two dates; weeks begin on Monday."""
    return (day.toordinal() - day.weekday() - first.toordinal() + first.weekday()) // 7

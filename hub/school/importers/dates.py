"""Dates as people write them: 2026-09-05, 20260905, 5/9/2026; which of day and month stands first is read off all.

Errors: none; what is no date is None.
"""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

_ISO = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?.*)?", re.ASCII)
_MARKED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?: 0{1,2}:00(?::00)?)?", re.ASCII)
_MONTHS = 12


class DateOrder(StrEnum):
    """Which of day and month stands first in 5/9/2026; the value is what column maps say."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class DateOrders(StrEnum):
    """What a column of dates says of its order."""

    DAY = "day"
    MONTH = "month"
    EITHER = "either"
    BOTH = "both"


def orders(texts: Iterable[str]) -> DateOrders:
    """Read off values that only one order allows (25/9/2026); BOTH: the column contradicts itself."""
    day = month = False
    for text in texts:
        match = _MARKED.fullmatch(text.strip())
        if match:
            first, second = int(match[1]), int(match[2])
            day |= first > _MONTHS >= second
            month |= second > _MONTHS >= first
    if day and month:
        return DateOrders.BOTH
    if day:
        return DateOrders.DAY
    return DateOrders.MONTH if month else DateOrders.EITHER


def read_date(text: str, order: DateOrder) -> date | None:
    """None for what is no date, 31/02 included; years have four digits."""
    text = text.strip()
    iso = _ISO.fullmatch(text)
    marked = _MARKED.fullmatch(text)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
    elif marked:
        first, second, year = (int(part) for part in marked.groups())
        day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None

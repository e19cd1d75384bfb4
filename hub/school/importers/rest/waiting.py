"""How long to wait before a request is sent again: what the server asked for, else longer each time. Pure.

Source: RFC 9110 section 10.2.3 (Retry-After: seconds or a date) and 5.6.7 (dates).
"""

from datetime import datetime
from email.utils import parsedate_to_datetime

from hub.school.importers.rest.limits import Limits


def retry_after_s(asked: str, now: datetime) -> float | None:
    """Seconds a Retry-After asks for, counted from the server's own `now`; None where it says nothing usable."""
    asked = asked.strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    when = http_date(asked)
    return None if when is None else max(0.0, (when - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """An instant as HTTP headers write it."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo is not None else None


def wait_s(attempt: int, asked_s: float | None, chance: float, limits: Limits) -> float:
    """Before the request after number `attempt` (0: the first). `chance` (0 … 1) keeps clients from walking in step."""
    usual: float = limits.backoff_s * 2**attempt * (0.75 + chance / 2)
    return min(limits.longest_wait_s, max(usual, asked_s or 0.0))

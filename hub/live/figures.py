"""Numbers, times and spans as people read them, in both languages at once."""

from datetime import datetime, tzinfo

from wire.text import Text

NO_BREAK = "\u00a0"
MINUTE_MS = 60_000
HOUR = 60
LONG_HOURS = 48  # from there on whole days are enough


def number(value: float, decimals: int = 0) -> Text:
    """1234.5 -> "1 234,5" and "1,234.5"; the Vietnamese space does not break."""
    english = f"{value:,.{decimals}f}"
    if english.startswith("-") and not english.strip("-0.,"):
        english = english[1:]  # minus nothing
    return Text(english.replace(",", NO_BREAK).replace(".", ","), english)


def clock(t_ms: int, zone: tzinfo, now_ms: int) -> str:
    """09:31, with the date before it where it is not today's."""
    then = datetime.fromtimestamp(t_ms / 1000, zone)
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    return then.strftime("%H:%M") if then.date() == today else then.strftime("%H:%M %d/%m")


def span(length_ms: int) -> Text:
    """21 minutes, 3 hours 5 minutes, 2 days."""
    minutes = max(0, length_ms) // MINUTE_MS
    if minutes < HOUR:
        return Text(f"{minutes} phút", f"{minutes} min")
    hours, rest = divmod(minutes, HOUR)
    if hours < LONG_HOURS:
        tail = (f" {rest} phút", f" {rest} min") if rest else ("", "")
        return Text(f"{hours} giờ{tail[0]}", f"{hours} h{tail[1]}")
    return Text(f"{hours // 24} ngày", f"{hours // 24} days")

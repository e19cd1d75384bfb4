"""A figure as JSON or text brings it: numbers (also with a comma), on and off words, times; else why not. Pure."""

import math
import re
from datetime import datetime
from typing import Any

import msgspec

from wire.quantities import QUANTITIES
from wire.text import Text

ON_WORDS = frozenset(
    (
        "on",
        "true",
        "yes",
        "1",
        "open",
        "opened",
        "active",
        "alarm",
        "trigger",
        "triggered",
        "occupied",
        "present",
        "leak",
    )
)
OFF_WORDS = frozenset(
    ("off", "false", "no", "0", "closed", "close", "inactive", "normal", "idle", "clear", "vacant", "absent")
)
_PLAIN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_FRACTION = re.compile(r"\.(\d{6})\d+")
_FIRST_MS = 1_420_070_400_000  # 2015: nothing older was sent, so that clock was not set
_LAST_MS = 253_402_300_799_999
_SECONDS_BELOW = 100_000_000_000
_LONGEST = 64
_TELLING = (
    ON_WORDS | OFF_WORDS | {"", "null", "none", "nan", "inf", "-inf", "unknown", "unavailable", "undefined", "error"}
)
_NUMBER_LIKE = re.compile(r"(?=.*\d)[-+.,\d\s]+[a-zµ°%²³/]{0,6}")
_TIME_LIKE = re.compile(r"\d{4}-\d\d?-\d\d?[t ][\d:.]{0,18}(z|[-+][\d:]{2,6})?")
_FEW_DIGITS = 7


class Refused(Exception):
    """A value that cannot be taken; the text says why."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def read_json(payload: bytes) -> object:
    """The JSON of a payload. Raises Refused."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise Refused(Text(f"không phải JSON: {broken}", f"not JSON: {broken}")) from broken


def read_json_object(payload: bytes) -> dict[str, Any]:
    """The JSON object of a payload. Raises Refused."""
    body = read_json(payload)
    if isinstance(body, dict):
        return body
    raise Refused(Text("không phải đối tượng JSON", "not a JSON object"))


def read_number(raw: object) -> float:
    """A finite number; text may have a point or a comma. "1,234" may be either thing, so it is none. Raises Refused."""
    number = math.nan
    if isinstance(raw, str):
        text = raw.strip()
        if len(text) <= _LONGEST and _PLAIN.fullmatch(text) and text.isascii():
            if _THOUSANDS.fullmatch(text):
                shown = harmless(raw)
                raise Refused(
                    Text(f"không rõ dấu phẩy là thập phân hay hàng nghìn: {shown}", f"thousands or decimals: {shown}")
                )
            number = float(text.replace(",", "."))
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        try:
            number = float(raw)
        except OverflowError:
            number = math.inf
    if not math.isfinite(number):
        raise Refused(Text(f"không phải số: {harmless(raw)}", f"not a number: {harmless(raw)}"))
    return number


def read_flag(raw: object, on: str = "", off: str = "") -> float:
    """1.0 or 0.0; with words of its own only by these. Raises Refused."""
    word = _word(raw)
    if word is not None and (on or off):
        if word == on.strip().casefold() and on:
            return 1.0
        if word == off.strip().casefold() and off:
            return 0.0
    elif word in ON_WORDS:
        return 1.0
    elif word in OFF_WORDS:
        return 0.0
    raise Refused(Text(f"không phải có/không: {harmless(raw)}", f"neither on nor off: {harmless(raw)}"))


def _word(raw: object) -> str | None:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return str(int(raw)) if raw in (0, 1) else repr(raw)[:_LONGEST]
    return raw.strip().casefold() if isinstance(raw, str) else None


def read_time(raw: object) -> int:
    """Milliseconds since 1970 from RFC 3339 with an offset, or from seconds or milliseconds. Raises Refused."""
    at_ms = -1
    try:
        if isinstance(raw, str) and not _PLAIN.fullmatch(raw.strip()):
            moment = datetime.fromisoformat(_FRACTION.sub(r".\1", raw.strip()[:_LONGEST]))
            at_ms = -1 if moment.tzinfo is None else round(moment.timestamp() * 1000)
        else:
            number = read_number(raw)
            at_ms = round(number * 1000 if number < _SECONDS_BELOW else number)
    except (ValueError, OverflowError):
        at_ms = -1
    if not _FIRST_MS <= at_ms <= _LAST_MS:
        raise Refused(Text(f"không phải thời điểm dùng được: {harmless(raw)}", f"no usable time: {harmless(raw)}"))
    return at_ms


def within(quantity: str, value: float | str) -> float | str:
    """The value, where its quantity can have it. Raises Refused."""
    row = QUANTITIES[quantity]
    if row.accepts(value):
        return value
    raise Refused(
        Text(
            f"{quantity} {harmless(value)} ngoài khoảng {row.minimum:g} đến {row.maximum:g}",
            f"{quantity} {harmless(value)} is outside {row.minimum:g} to {row.maximum:g}",
        )
    )


def scaled(number: float, scale: float, offset: float = 0.0) -> float:
    """`number` * `scale` + `offset` without the dust of binary fractions."""
    return round(number * scale + offset, 9)


def short(raw: object) -> str:
    """What came, for a message to a person; never long."""
    if isinstance(raw, dict | list):
        return "{…}" if isinstance(raw, dict) else "[…]"
    return repr(raw)[:60] if not isinstance(raw, int) or abs(raw) < 10**30 else "10^30"


def harmless(raw: object) -> str:
    """What came, for logs: no text that may be a name, no number that may be a card's or a telephone's."""
    if isinstance(raw, str):
        plain = raw.strip().casefold()
        number = _digits(plain) <= _FEW_DIGITS and _NUMBER_LIKE.fullmatch(plain)
        if plain in _TELLING or number or _TIME_LIKE.fullmatch(plain):
            return short(raw)
        return f"({len(raw)} ký tự / characters)"
    if isinstance(raw, int | float) and _digits(repr(raw)[:_LONGEST]) > _FEW_DIGITS and abs(raw) >= 10**_FEW_DIGITS:
        return "(số dài / a long number)"
    return short(raw)


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))

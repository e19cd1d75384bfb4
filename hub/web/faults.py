"""Why something was quarantined, in the reader's language (the intake's own words are English). Pure."""

import re

from wire.quantities import QUANTITIES
from wire.text import Language

_OUTSIDE = re.compile(r"(\w+): (.+) is outside (\S+) to (\S+)")
_UNKNOWN = re.compile(r"unknown quantity '(.*)'")
_CLOCK = re.compile(r"time (-?\d+) s from the hub's clock")


def told(reason: str, language: Language) -> str:
    """Each part that is known said anew, each other part as it is."""
    return reason if language == "en" else "; ".join(_vietnamese(part) for part in reason.split("; "))


def _vietnamese(part: str) -> str:
    if found := _OUTSIDE.fullmatch(part):
        key, value, low, high = found.groups()
        quantity = QUANTITIES.get(key)
        unit = f" {quantity.unit}" if quantity and quantity.unit else ""
        return f"{key}: giá trị {value}{unit} nằm ngoài khoảng {low} đến {high}"
    if found := _UNKNOWN.fullmatch(part):
        return f"đại lượng không có trong bảng: {found[1]}"
    if found := _CLOCK.fullmatch(part):
        seconds = int(found[1])
        side = "sớm hơn" if seconds < 0 else "muộn hơn"
        return f"giờ đo {side} đồng hồ trung tâm {abs(seconds)} giây"
    return part

"""When a Tasmota message was measured: `Epoch`, or `Time`, which is local and says so only since version 9."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from edge.dialects.figures import Refused, harmless
from wire.text import Text

_FIRST_MS = 1_483_228_800_000  # 2017: before the first NTP answer clocks say 1970 or 2016
_LAST_MS = 253_402_300_799_999


def measured_at(root: dict[str, Any], offset_min: int) -> tuple[int | None, bool]:
    """Milliseconds and whether the time zone is only supposed; (None, False) where the clock was not set.

    Raises Refused where `Time` is no time.
    """
    epoch = root.get("Epoch")
    if isinstance(epoch, int) and not isinstance(epoch, bool) and _FIRST_MS <= epoch * 1000 <= _LAST_MS:
        return epoch * 1000, False
    raw = root.get("Time")
    if raw is None:
        return None, False
    try:
        moment = datetime.fromisoformat(raw)
        local = moment.tzinfo is None
        if local:
            moment = moment.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
        at_ms = round(moment.astimezone(UTC).timestamp() * 1000)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise Refused(
            Text(f"Time: không phải thời điểm: {harmless(raw)}", f"Time: no time: {harmless(raw)}")
        ) from wrong
    return (at_ms, local) if at_ms >= _FIRST_MS else (None, False)

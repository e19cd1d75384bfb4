"""A terminal's clock beside ours: how far apart they are, and how long ago something was by its own. Pure."""

from datetime import UTC, datetime, timedelta

from firmware_bridge.device import Happened
from firmware_bridge.devices.identity import zk_packets as zk
from firmware_bridge.devices.identity.zk_records import Record

NEWS_S = 5.0
"""A difference that changed by less is no news."""
SET_S = 3.0
_TIME_BYTES = 4
_FIRST_YEAR, _LAST_YEAR = 2000, 2099  # what a terminal can show


class TerminalClock:
    """Mutable; `utc_offset_min` is what the terminal's clock should show east of UTC."""

    def __init__(self, utc_offset_min: int) -> None:
        self._offset = timedelta(minutes=utc_offset_min)
        self._unix_s: float | None = None
        self._shown: tuple[datetime, float] | None = None  # its time, and our monotonic second of it
        self._told_s: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether both clocks are known; without them nobody could say when an old punch was."""
        return self._shown is not None and self._unix_s is not None

    def time_is(self, unix_s: float | None) -> None:
        self._unix_s = unix_s

    def heard(self, packet: zk.Packet, now_s: float) -> Happened | None:
        """The answer to GET_TIME; returns the difference where it is news."""
        if packet.command != zk.OK or len(packet.data) < _TIME_BYTES:
            return None
        shown = zk.unpacked_time(int.from_bytes(packet.data[:_TIME_BYTES], "little"))
        if shown is None:
            return None
        self._shown = shown, now_s
        ours = self.local()
        if ours is None:
            return None
        offset_s = round((shown - ours).total_seconds(), 1)
        if self._told_s is not None and abs(offset_s - self._told_s) < NEWS_S:
            return None
        self._told_s = offset_s
        return Happened("clock_offset", {"offset_s": offset_s, "device_time": shown.isoformat()})

    def local(self) -> datetime | None:
        """Our time as the terminal should show it."""
        if self._unix_s is None:
            return None
        return datetime.fromtimestamp(self._unix_s, UTC).replace(tzinfo=None) + self._offset

    def wanted(self, said: str) -> datetime | None:
        """The time an order names, ours where it names none; None where it is no local time."""
        if not said:
            return self.local()
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            return None
        return moment if moment.tzinfo is None and _FIRST_YEAR <= moment.year <= _LAST_YEAR else None

    def shows(self, wanted: datetime) -> bool:
        """Whether the terminal said just now that it shows this."""
        return self._shown is not None and abs((self._shown[0] - wanted).total_seconds()) <= SET_S

    def age_ms(self, record: Record, now_s: float) -> int:
        """How long ago that was, by the terminal's own clock both times: one that is wrong does not matter."""
        if self._shown is None:
            return 0
        shown, at_s = self._shown
        age_s = (shown - record.time).total_seconds() + now_s - at_s
        return max(0, round(age_s * 1000))

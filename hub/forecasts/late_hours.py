"""Hours whose readings came after their school was looked at: what a gateway kept while it was away. Pure.

A night's work rests on what was stored then. Whoever was away for long delivers for a while: the school is looked at
again once that is over, not with every batch.
"""

from collections.abc import Iterable

HOUR_MS = 3_600_000
WORTH_HOURS = 3  # fewer change neither a day's forecast nor what is said of a device
QUIET_MS = 60_000
EVERY_MS = 2 * 60_000
MOST_HOURS = 24 * 60


class LateHours:
    """By school; bounded. `done_ms` of `due` is when the school was last looked at."""

    def __init__(self) -> None:
        self._hours: dict[str, set[int]] = {}
        self._newest_ms: dict[str, int] = {}

    def note(self, school: str, instants: Iterable[int], now_ms: int) -> None:
        """Rows measured then came late, now."""
        hours = self._hours.setdefault(school, set())
        if len(hours) < MOST_HOURS:
            hours.update(t_ms // HOUR_MS for t_ms in instants)
        self._newest_ms[school] = now_ms

    def due(self, school: str, done_ms: int, now_ms: int) -> bool:
        """Whether enough came that it is worth another look, and nothing more is on its way."""
        if len(self._hours.get(school, ())) < WORTH_HOURS:
            return False
        return now_ms - self._newest_ms[school] >= QUIET_MS and now_ms - done_ms >= EVERY_MS

    def take(self, school: str) -> set[int]:
        """Its hours since the epoch, forgotten here."""
        return self._hours.pop(school, set())

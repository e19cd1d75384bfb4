"""The hub's idea of now: the server's clock, but not a step of it that the gateways contradict.

A wall clock that jumps (a virtual machine put back, a wrong time server, somebody's hand) would move the times of every
gateway that is right. What a step says is held against the monotonic clock and the gateways that have NTP.
"""

import time
from collections.abc import Callable

from hub.notice import Notice
from wire.text import Text

STEP_MS = 60_000  # less is followed at once: as much as a gateway's clock may be wrong
HEARING_MS = 10_000  # so long the gateways have to contradict; nobody does where none is there


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _steady_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class ServerClock:
    """`now_ms` from any thread; `witness` and `problems` in the event loop."""

    def __init__(self, wall_ms: Callable[[], int] = _wall_ms, steady_ms: Callable[[], int] = _steady_ms) -> None:
        self._wall_ms, self._steady_ms = wall_ms, steady_ms
        self._offset_ms = wall_ms() - steady_ms()
        self._step: _Step | None = None

    def now_ms(self) -> int:
        wall_ms, steady_ms = self._wall_ms(), self._steady_ms()
        offset_ms = wall_ms - steady_ms
        if abs(offset_ms - self._offset_ms) <= STEP_MS:
            self._offset_ms, self._step = offset_ms, None
            return wall_ms
        step = self._step
        if step is None or abs(step.offset_ms - offset_ms) > STEP_MS:
            step = self._step = _Step(offset_ms, steady_ms)
        if step.believed(steady_ms):
            self._offset_ms, self._step = offset_ms, None
            return wall_ms
        return steady_ms + self._offset_ms

    def witness(self, gateway: str, its_ms: int) -> None:
        """What a gateway with a clock of its own says the time is; nothing but a step in doubt makes it matter."""
        step = self._step
        if step is None:
            return
        steady_ms = self._steady_ms()
        if abs(its_ms - steady_ms - self._offset_ms) <= STEP_MS:
            step.against.add(gateway)
            step.supporting.discard(gateway)
        elif abs(its_ms - steady_ms - step.offset_ms) <= STEP_MS:
            step.supporting.add(gateway)
            step.against.discard(gateway)

    def problems(self) -> list[Notice]:
        step = self._step
        if step is None or not step.against:
            return []
        seconds = round((step.offset_ms - self._offset_ms) / 1000)
        text = Text(
            f"Đồng hồ máy chủ vừa nhảy {seconds:+d} giây, {len(step.against)} cổng thì không: trung tâm giữ giờ cũ: "
            "hãy kiểm tra giờ của máy chủ (timedatectl), giờ mới đúng thì khởi động lại trung tâm",
            f"The server's clock was put {seconds:+d} s, {len(step.against)} gateways disagree: the hub keeps the time "
            "it had; look at the server's clock (timedatectl), and restart the hub where the new time is right",
        )
        return [Notice("clock.server", text, "critical")]


class _Step:
    """A jump of the wall clock and who is for it; `offset_ms` is how far the wall is from the monotonic clock since."""

    __slots__ = ("against", "offset_ms", "since_ms", "supporting")

    def __init__(self, offset_ms: int, since_ms: int) -> None:
        self.offset_ms, self.since_ms = offset_ms, since_ms
        self.supporting: set[str] = set()
        self.against: set[str] = set()

    def believed(self, steady_ms: int) -> bool:
        if len(self.supporting) > len(self.against):
            return True
        return not self.against and steady_ms - self.since_ms >= HEARING_MS

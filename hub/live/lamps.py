"""Whether a room's lamps are on, by its own light sensor: their level is learnt when they are switched in the dark.

Daylight comes and goes slowly, lamps at once. A step from the dark or into the dark is a switch and tells how bright
the lamps are at that sensor (on a desk beneath them 500 lx, above the board 120); by day a step of a good part of that
level turns them on or off, and a slow rise is the sun. Shares were chosen on UCI's detection training part.
"""

from statistics import median_low

DARK_LX = 15.0
LEAST_STEP_LX = 100.0  # a torch, a projector's picture, a street lamp or a quick dawn stays below
SETTLE_MS = 300_000  # a level is read within so long of the switch: two lamps are two switches
RECENT_MS = 180_000  # a step is one between messages; some sensors speak once a minute
SAMPLE_MS = 30_000
SILENT_MS = 600_000
STEP_SHARE = 0.4
OFF_SHARE = 0.7
LIT_SHARE = 0.85  # where no step was seen: below it the light is the sun's
KEPT = 5


class Lamps:
    """Mutable, one a room. `on` None until a switch in the dark was seen; `levels` are those of the last switches."""

    __slots__ = ("_recent", "_rose_ms", "_top", "levels", "on")

    def __init__(self) -> None:
        self.on: bool | None = None
        self.levels: list[float] = []
        self._recent: list[tuple[int, float]] = []  # (ms, lux) of the last minutes, the newest last
        self._top = (0, 0.0)  # the highest of the last minutes
        self._rose_ms: int | None = None  # they came on in the dark and their level is not read yet

    @property
    def level_lx(self) -> float | None:
        """What the lamps alone give at the sensor."""
        return median_low(self.levels) if self.levels else None

    def see(self, lux: float | None, now_ms: int) -> None:
        """Take the room's light in, in time order; None while nothing fresh measures it."""
        if lux is None or (self._recent and not 0 <= now_ms - self._recent[-1][0] <= SILENT_MS):
            self._recent, self._rose_ms, self.on, self._top = [], None, None, (0, 0.0)
        if lux is None:
            return
        self._learn(lux, now_ms)
        level = self.level_lx
        if level is not None:
            self.on = self._switched(lux, level)
        if not self._recent or now_ms - self._recent[-1][0] >= SAMPLE_MS or lux != self._recent[-1][1]:
            oldest_ms = now_ms - RECENT_MS
            self._recent = [*[one for one in self._recent if one[0] >= oldest_ms][-8:], (now_ms, lux)]

    def _learn(self, lux: float, now_ms: int) -> None:
        before = self._recent[-1][1] if self._recent else None
        if before is not None and before < DARK_LX and lux >= LEAST_STEP_LX:
            self._rose_ms, self._top = now_ms, (now_ms, lux)
        if before is not None and lux < DARK_LX <= before and self._top[1] >= LEAST_STEP_LX:
            self._keep(self._top[1])
        if lux < DARK_LX or lux >= self._top[1] or now_ms - self._top[0] > SETTLE_MS:
            self._top = (now_ms, lux)
        if self._rose_ms is not None and now_ms - self._rose_ms >= SETTLE_MS:
            self._keep(self._top[1])

    def _keep(self, level: float) -> None:
        self.levels = [*self.levels, level][-KEPT:]
        self._rose_ms = None

    def _switched(self, lux: float, level: float) -> bool:
        recent = [value for _, value in self._recent] or [lux]
        if lux - min(recent) >= STEP_SHARE * level and lux >= OFF_SHARE * level:
            return True
        fell = max(recent) - lux >= STEP_SHARE * level and lux < LIT_SHARE * level
        if fell or lux < OFF_SHARE * level:
            return False
        return lux >= LIT_SHARE * level if self.on is None else self.on

"""How bright a room's own lamps make it, learnt from the moments they are switched: from the dark, and into the dark.

Daylight never comes or goes within a minute while the room is dark without it, so such a step is a switch. Absolute
levels say little: a sensor on a desk under the lamps reads 500 lx, one above the board 120.
"""

DARK_LX = 15.0
LEAST_STEP_LX = 100.0  # a torch, a projector's picture, a street lamp or a quick dawn stays below
STEP_MS = 150_000  # two messages of a sensor that reports once a minute, the first of them half before the switch
LOOK_MS = 300_000  # the level just before lamps went off, or soon after they came on
FOLLOW = 0.4
LIT_SHARE = 0.85  # of the lamps' own level: below, the light is the sun's


class Lamps:
    """Mutable, one a room; a few numbers. `level_lx` None until a switch was seen."""

    __slots__ = ("_at_ms", "_lit_from_ms", "_lx", "_top_lx", "_top_ms", "level_lx")

    def __init__(self) -> None:
        self.level_lx: float | None = None
        self._lx: float | None = None
        self._at_ms = 0
        self._top_lx = 0.0  # the highest of the last minutes
        self._top_ms = 0
        self._lit_from_ms: int | None = None  # lamps came on from the dark; their level is read when it has settled

    def see(self, lux: float | None, now_ms: int) -> None:
        """Take the room's light in, in time order; None while nothing fresh measures it."""
        if lux is None:
            self._lx, self._lit_from_ms, self._top_lx = None, None, 0.0
            return
        if self._lx is not None and now_ms - self._at_ms > STEP_MS:
            self._lx, self._lit_from_ms = None, None  # silent too long to tell a switch from a sunrise
        before = self._lx
        if before is not None and before < DARK_LX and lux >= LEAST_STEP_LX:
            self._lit_from_ms, self._top_lx, self._top_ms = now_ms, lux, now_ms
        if before is not None and lux < DARK_LX <= before and self._top_lx >= LEAST_STEP_LX:
            self._learn(self._top_lx)
            self._lit_from_ms = None
        if lux < DARK_LX or lux >= self._top_lx or now_ms - self._top_ms > LOOK_MS:
            self._top_lx, self._top_ms = lux, now_ms
        if self._lit_from_ms is not None and now_ms - self._lit_from_ms >= LOOK_MS:
            self._learn(self._top_lx)
            self._lit_from_ms = None
        self._lx, self._at_ms = lux, now_ms

    def lit(self, lux: float | None) -> bool | None:
        """Whether the lamps are on at that light; None while their level is not known."""
        if lux is None or self.level_lx is None:
            return None
        return lux >= LIT_SHARE * self.level_lx

    def _learn(self, lux: float) -> None:
        known = self.level_lx
        self.level_lx = lux if known is None else known + (lux - known) * FOLLOW

"""When a pull is tried again: at its interval, sooner after a failure and then more and more slowly. Pure."""

import msgspec

MINUTE_MS = 60_000
HOUR_MS, DAY_MS = 60 * MINUTE_MS, 1_440 * MINUTE_MS
FIRST_AGAIN_MS = MINUTE_MS
OLD_INTERVALS, OLD_MS = 3, 2 * DAY_MS


class Timing(msgspec.Struct, frozen=True):
    """`jitter`: the share of the interval by which a try may come earlier or later, so that schools do not all ask at
    once.
    """

    every_ms: int
    jitter: float = 0.1

    @property
    def slowest_ms(self) -> int:
        """A failing pull waits at most so long."""
        return max(self.every_ms, HOUR_MS)


def after_success(now_ms: int, timing: Timing, chance: float) -> int:
    """The next try; `chance` is in 0 … 1."""
    return now_ms + round(timing.every_ms * (1 + timing.jitter * (2 * chance - 1)))


def after_failure(now_ms: int, timing: Timing, failures: int, chance: float) -> int:
    """The next try after `failures` (1: the first) in a row."""
    wait_ms: int = min(timing.slowest_ms, FIRST_AGAIN_MS * 2 ** min(max(failures, 1) - 1, 30))
    return now_ms + round(wait_ms * (0.75 + chance / 4))


def is_due(next_try_ms: int, now_ms: int, timing: Timing) -> bool:
    """Also where the next try lies further ahead than any could: then the clock was put back."""
    return now_ms >= next_try_ms or next_try_ms - now_ms > 2 * timing.slowest_ms


def old_after_ms(timing: Timing) -> int:
    """A good state older than this is told to people."""
    return max(OLD_INTERVALS * timing.every_ms, OLD_MS)


def is_old(last_good_ms: int | None, since_ms: int, now_ms: int, timing: Timing) -> bool:
    """`since_ms`: when the pull was set up, for one that never succeeded."""
    return now_ms - (since_ms if last_good_ms is None else last_good_ms) > old_after_ms(timing)

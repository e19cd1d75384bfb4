"""Which part of a history is read from which resolution: windows where they are true, raw values elsewhere. Pure."""

from collections.abc import Iterable

import msgspec

from hub.config import InfluxSection
from hub.stores.duckdb_history import Span
from hub.stores.influx.stretches import NEVER_MS, Stretch, clipped, widened, without
from hub.stores.series import Level

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
QUARTER_MS = 900_000
WINDOW_MS = {Level.MINUTE: 60_000, Level.QUARTER_HOUR: QUARTER_MS}
SHORT_MS = 6 * HOUR_MS  # spans that raw values answer as fast


class SweepState(msgspec.Struct, frozen=True):
    """How far each level is summed up, and the quarters of an hour of a school that are to be summed up anew."""

    until_ms: dict[str, int] = {}
    dirty: tuple[int, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """Steps to be read from windows of `level`, and stretches to be read raw. Nothing is in both."""

    level: Level | None
    windows: list[Stretch]
    raw: list[Stretch]
    oldest_raw_ms: int

    @property
    def window_ms(self) -> int:
        return WINDOW_MS[self.level] if self.level else 1


def oldest_raw_ms(section: InfluxSection, newest_ms: int) -> int:
    """Before that raw values may be gone (an hour earlier than InfluxDB lets them go)."""
    return newest_ms - section.raw_days * DAY_MS + HOUR_MS if section.raw_days else NEVER_MS


def make_plan(
    section: InfluxSection,
    sweeps: SweepState,
    span: Span,
    newest_ms: int,
    *,
    cuts: Iterable[int] = (),
    holes: Iterable[Stretch] = (),
    carry_ms: int = 0,
    gone_ms: int = NEVER_MS,
) -> Plan:
    """`cuts` are times that part a window in two (a device came or went), `holes` stretches whose windows are not true.

    `carry_ms` is how far a late value reaches beyond its own window; before `gone_ms` raw values went early. Steps are
    never mixed: where a part of one has to be read raw, all of it is, if raw values are kept that long.
    """
    oldest_ms = max(oldest_raw_ms(section, newest_ms), gone_ms)
    whole = (span.from_ms, max(span.from_ms, min(span.to_ms, newest_ms + 1)))
    level = _level(span, oldest_ms)
    windows: list[Stretch] = []
    if level is not None:
        window_ms = WINDOW_MS[level]
        end_ms = min(whole[1], sweeps.until_ms.get(level, NEVER_MS))
        steps = (-(-span.from_ms // span.step_ms) * span.step_ms, end_ms // span.step_ms * span.step_ms)
        untrue = [(cut, cut + 1) for cut in cuts if cut % window_ms]
        untrue += [(start, start + QUARTER_MS + carry_ms) for start in sweeps.dirty]
        kept_ms = -(-oldest_ms // span.step_ms) * span.step_ms
        again = clipped(widened([*untrue, *holes], span.step_ms), (max(kept_ms, steps[0]), steps[1]))
        windows = [each for each in without(steps, again) if each[0] < each[1]]
    raw = [each for each in without(whole, windows) if each[0] < each[1]]
    return Plan(level, windows, clipped(raw, (oldest_ms, whole[1])), oldest_ms)


def _level(span: Span, oldest_ms: int) -> Level | None:
    """The coarsest whose windows divide the step; none where raw values are few and kept."""
    if span.to_ms - span.from_ms <= SHORT_MS and span.from_ms >= oldest_ms:
        return None
    for level in (Level.QUARTER_HOUR, Level.MINUTE):
        if span.step_ms % WINDOW_MS[level] == 0:
            return level
    return None

"""The store's background work in bounded shares: sweeps every quarter of an hour, late windows, history that moves."""

import threading
from collections.abc import Collection, Sequence
from itertools import groupby

from sqlalchemy import Engine

from hub.config import InfluxSection
from hub.stores.influx.gone import RawGone
from hub.stores.influx.http import InfluxHttp
from hub.stores.influx.levels import Levels
from hub.stores.influx.marks import summed_up_before_ms
from hub.stores.influx.moves import Moves
from hub.stores.influx.plan import DAY_MS, HOUR_MS, QUARTER_MS, oldest_raw_ms
from hub.stores.influx.stretches import NEVER_MS
from hub.stores.influx.sweeps import Noted, Sweeps
from hub.stores.influx.told import Told

SCHOOLS_AT_ONCE = 8
NOTES_AT_ONCE = 16  # quarters of an hour: adjacent ones of a school are summed up together
UNSEEN_MS = 60_000  # a commit that began before the grace was over has been written by then
SWEPT_AT_ONCE_MS = HOUR_MS  # after the hub was away


class Tending:
    """Serves one thread. What a sweep has reached is in memory: after a crash it is begun anew."""

    def __init__(
        self,
        http: InfluxHttp,
        section: InfluxSection,
        engine: Engine,
        told: Told,
        gone: RawGone,
        rewriting: threading.Lock,
    ) -> None:
        self._section, self._gone = section, gone
        self._sweeps = Sweeps(engine)
        self._levels = Levels(http, section, told)
        self._moves = Moves(http, section, engine, told, self._levels, gone, rewriting)
        self._busy = threading.Lock()
        self._end_ms = 0
        self._anew_before_ms = NEVER_MS  # windows before that may have been written with less than there is now
        self._waiting: list[str] = []

    def tend(self, now_ms: int) -> bool:
        """One share of each; True where more is waiting. Raises StoreDown: what was not done comes next time."""
        with self._busy:
            return self._share(now_ms)

    def close(self) -> None:
        """A share that hangs keeps what it has, and the process ends with it."""
        if self._busy.acquire(blocking=False):
            self._levels.close()
            self._busy.release()

    # ---- inside ----

    def _share(self, now_ms: int) -> bool:
        self._gone.note_retention(now_ms)
        until_ms = self._sweeps.until_ms()
        if until_ms is None:
            until_ms = self._first_until_ms(now_ms)
            self._sweeps.finish(until_ms)
        until_ms = self._not_ahead(until_ms, now_ms)
        fields = self._levels.fields()
        swept = self._sweep(until_ms, now_ms, fields)
        if self._waiting:  # some schools are summed up further than others: nothing is made anew meanwhile
            return True
        # What was swept just now is made anew with the rest, or it would be gone.
        until_ms = max(until_ms, self._end_ms)
        cleaned = self._clean(until_ms, now_ms, fields)
        moved = self._moves.work(until_ms, now_ms, fields)
        return swept or cleaned or moved

    def _first_until_ms(self, now_ms: int) -> int:
        """What is older than a day was late when it came, and is noted."""
        boundary_ms = summed_up_before_ms(now_ms - UNSEEN_MS)
        first_ms = self._levels.first_ms(boundary_ms - DAY_MS, boundary_ms)
        return boundary_ms if first_ms is None else first_ms // QUARTER_MS * QUARTER_MS

    def _not_ahead(self, until_ms: int, now_ms: int) -> int:
        """The server's clock was ahead and is put right: quarters swept before they were over are swept again."""
        boundary_ms = summed_up_before_ms(now_ms - UNSEEN_MS)
        if max(until_ms, self._end_ms) <= boundary_ms:
            return until_ms
        self._anew_before_ms = max(self._anew_before_ms, until_ms, self._end_ms)
        self._waiting, self._end_ms = [], 0
        if until_ms > boundary_ms:
            self._sweeps.finish(boundary_ms)
        return min(until_ms, boundary_ms)

    def _sweep(self, until_ms: int, now_ms: int, fields: Collection[str]) -> bool:
        """A few schools more; the levels are whole once all are done."""
        boundary_ms = summed_up_before_ms(now_ms - UNSEEN_MS)
        if not self._waiting:
            if until_ms >= boundary_ms:
                return False
            self._end_ms = min(boundary_ms, until_ms + SWEPT_AT_ONCE_MS)
            self._waiting = self._levels.schools()[::-1]
        for _ in range(min(SCHOOLS_AT_ONCE, len(self._waiting))):
            anew = until_ms < self._anew_before_ms
            self._levels.sum_up(self._waiting[-1], (until_ms, self._end_ms), now_ms, fields, anew=anew)
            self._waiting.pop()
        if not self._waiting:
            self._sweeps.finish(self._end_ms)
        return bool(self._waiting) or self._end_ms < boundary_ms

    def _clean(self, until_ms: int, now_ms: int, fields: Collection[str]) -> bool:
        """Sum up anew where rows came late; quarters whose raw rows are gone stay as they are.

        Rows are taken raw up to the very end of the retention, and InfluxDB lets whole days go after it.
        """
        notes = self._sweeps.dirty(until_ms, NOTES_AT_ONCE)
        oldest_ms = oldest_raw_ms(self._section, now_ms) - HOUR_MS - QUARTER_MS
        with self._gone.letting_go:
            kept = [note for note in notes if note[1] >= max(oldest_ms, self._gone.before_ms(note[0]))]
            for run in _runs(kept):
                school, over = run[0][0], (run[0][1], run[-1][1] + QUARTER_MS)
                self._levels.sum_up(school, over, now_ms, fields, anew=True)
                self._levels.extend_states(school, over, until_ms, now_ms, fields)
        self._sweeps.clean(notes)
        return len(notes) == NOTES_AT_ONCE


def _runs(notes: Sequence[Noted]) -> list[list[Noted]]:
    """Adjacent quarters of one school together; notes are in order."""
    grouped = groupby(enumerate(notes), lambda pair: (pair[1][0], pair[1][1] // QUARTER_MS - pair[0]))
    return [[note for _, note in run] for _, run in grouped]

"""The outbox for the event loop: its one thread, a commit a second, events at once, and the sink of the sources."""

import asyncio
import contextlib
import logging
import math
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from edge.clock import Setting
from edge.outbox import Limits, NewEvent, NewReading, Outbox
from edge.outbox.schema import OutboxCorruptError, is_corruption, set_aside
from edge.outbox.stamps import Whose
from wire.ids import slug
from wire.messages import MAX_VALUES, Stream, TimeQuality
from wire.ranges import RangeSet

log = logging.getLogger(__name__)
T = TypeVar("T")
_MOST_PENDING = 20_000  # readings in memory while a commit hangs; more are counted as dropped by a full disk
_RETRY_S = 1.0
_EVENT_BYTES = 1_000  # what an event takes in memory besides its data, about


class OutboxPlace(msgspec.Struct, frozen=True):
    """Where the outbox is and whose it is."""

    path: Path
    gateway: str
    machine: str
    boot: str
    limits: Limits
    commit_interval_s: float = 1.0
    max_pages: int | None = None
    most_event_bytes: int = 16_000_000  # events in memory while the disk refuses; what comes then is lost, and told


class _Pending(msgspec.Struct):
    """Rows not yet on disk, and whom to tell when they are."""

    rows: list[Any] = []
    told: list[Callable[[], None]] = []
    size: int = 0

    def take(self) -> "_Pending":
        taken = _Pending(self.rows, self.told, self.size)
        self.rows, self.told, self.size = [], [], 0
        return taken


class Recorder:
    """Implements `edge.sources.source.Sink`.

    `on_commit(stream, first, last, sendable)` is called in the loop after each commit; telemetry is not sendable while
    the clock is unknown.
    """

    def __init__(
        self, place: OutboxPlace, setting: Setting, now_ms: Callable[[], int], boottime_ms: Callable[[], int]
    ) -> None:
        self.place = place
        self.on_commit: Callable[[Stream, int, int, bool], None] = lambda *_: None
        self.on_new_epoch: Callable[[], None] = lambda: None
        self._setting, self._now_ms, self._boottime_ms = setting, now_ms, boottime_ms
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._readings, self._events = _Pending(), _Pending()
        self._more_readings, self._more_events = asyncio.Event(), asyncio.Event()
        self._hurry = asyncio.Event()
        self._outbox: Outbox | None = None
        self.overflowed = 0
        self.lost_events = 0
        self._untold_events = 0
        self._event_bytes = 0  # pending and on their way to the disk

    # ── opening, closing, calling ──────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Open the outbox; a corrupt file is set aside and reported as an event. Raises OSError, sqlite3.Error."""
        self.place.path.parent.mkdir(parents=True, exist_ok=True)
        await self._in_thread(self._open)

    def _open(self) -> None:
        place = self.place
        try:
            self._outbox = self._new_outbox()
        except OutboxCorruptError as corrupt:
            self._replace_corrupt(str(corrupt))
            return
        if self._outbox.began not in {"", "fresh"}:
            log.warning("outbox %s: new epoch %s (%s)", place.path, self._outbox.epoch, self._outbox.began)
            self._report_epoch(self._outbox.began)

    def _new_outbox(self) -> Outbox:
        place = self.place
        return Outbox(
            place.path,
            machine=place.machine,
            boot=place.boot,
            setting=self._setting,
            limits=place.limits,
            max_pages=place.max_pages,
        )

    def _replace_corrupt(self, reason: str) -> None:
        """In the outbox's thread: keep the broken file under another name and begin a new one."""
        if self._outbox is not None:
            with contextlib.suppress(sqlite3.Error):
                self._outbox.file.close()
        kept = set_aside(self.place.path, self._now_ms())
        log.error("outbox %s is corrupt (%s): kept as %s, a new one begins", self.place.path, reason, kept.name)
        self._outbox = self._new_outbox()
        self._loop_event("outbox_corrupt", {"file": kept.name, "reason": reason[:150]})
        self._report_epoch("corrupt")

    def _report_epoch(self, reason: str) -> None:
        self._loop_event("epoch_started", {"epoch": self.outbox.epoch, "reason": reason})

    def _loop_event(self, kind: str, data: dict[str, Any]) -> None:
        self.outbox.append_events(
            [NewEvent(secrets.token_hex(16), self.place.gateway, kind, data, self._boottime_ms())]
        )

    @property
    def outbox(self) -> Outbox:
        """Only for use inside `call`."""
        if self._outbox is None:
            raise RuntimeError("the outbox is not open")
        return self._outbox

    async def call(self, action: Callable[[Outbox], T]) -> T:
        """Run `action` on the outbox in its thread, in the order of the calls.

        A file found corrupt on the way is replaced; then this raises OutboxCorruptError and `on_new_epoch` is called.
        """
        try:
            return await self._in_thread(lambda: action(self.outbox))
        except sqlite3.DatabaseError as broken:
            if not is_corruption(broken):
                raise
            await self._in_thread(self._replace_corrupt, str(broken))
            self.on_new_epoch()
            raise OutboxCorruptError(str(broken)) from broken

    async def _in_thread(self, action: Callable[..., T], *arguments: Any) -> T:
        # Shielded: a cancelled caller must not take rows back that are on their way to the disk.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, action, *arguments))

    async def flush(self) -> None:
        """Commit what is pending, as far as the disk allows."""
        for commit in (self._commit_events, self._commit_readings):
            try:
                await commit()
            except (sqlite3.Error, OutboxCorruptError) as broken:
                log.error("rows are lost, they cannot be stored: %s", broken)  # noqa: TRY400  # no trace needed

    async def close(self, flash_bytes: int) -> None:
        """A tidy end, after `flush`."""
        await self._in_thread(self.outbox.close, flash_bytes)
        self._thread.shutdown()

    def pending(self) -> int:
        return len(self._readings.rows) + len(self._events.rows)

    # ── the sink ───────────────────────────────────────────────────────────────────────────────────────────────────

    def reading(
        self,
        device: str,
        values: dict[str, float | str],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        sound = {key: value for key, value in values.items() if isinstance(value, str) or math.isfinite(value)}
        if len(self._readings.rows) >= _MOST_PENDING:
            self.overflowed += 1
            return
        when = self._when(at_ms, age_ms)
        items = list(sound.items())
        for start in range(0, len(items), MAX_VALUES):
            part = dict(items[start : start + MAX_VALUES])
            self._readings.rows.append(NewReading(slug(device), part, *when, quality))
        if on_durable is not None:
            self._readings.told.append(on_durable)
        self._more_readings.set()

    def event(
        self,
        device: str,
        kind: str,
        data: dict[str, Any],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        size = _EVENT_BYTES + len(repr(data))
        if self._event_bytes + size > self.place.most_event_bytes:
            self._lose_event()
            return
        self._event_bytes += size
        self._events.size += size
        when = self._when(at_ms, age_ms)
        self._events.rows.append(NewEvent(secrets.token_hex(16), slug(device), kind, data, *when, quality))
        if on_durable is not None:
            self._events.told.append(on_durable)
        self._more_events.set()
        if self._readings.rows:  # what was measured with it must not lag behind it on a page
            self.hurry()

    def _lose_event(self) -> None:
        """The oldest are kept: they say when it began. A local broker is not acknowledged, and may send it again."""
        if not self._untold_events:
            log.error("events are lost: the disk refuses them and memory for them is used up")
        self.lost_events += 1
        self._untold_events += 1

    def _when(self, at_ms: int | None, age_ms: int | None) -> tuple[int, int | None, Whose]:
        """Milliseconds since boot, the time that was said, and whose time that is."""
        mono_ms = max(0, self._boottime_ms() - (age_ms or 0))
        return mono_ms, at_ms, Whose.THEIRS if age_ms is None else Whose.OURS

    # ── what else it offers to sources (edge.sources.local_mqtt.House) ─────────────────────────────────────────────

    async def recall(self, source: str) -> dict[str, str]:
        return await self.call(lambda outbox: outbox.keepsakes.recall(source))

    async def remember(self, source: str, entries: dict[str, str]) -> None:
        await self.call(lambda outbox: outbox.keepsakes.remember(source, entries))

    def hurry(self) -> None:
        """Somebody waits for the commit: do it now rather than at the end of the interval."""
        self._hurry.set()

    def now_ms(self) -> int | None:
        """Our time, where it is known."""
        return self._now_ms() if self._setting.known else None

    # ── commits ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Commit until cancelled: telemetry one interval after its first row, events at once."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._readings_for_ever())
            group.create_task(self._events_for_ever())

    async def _readings_for_ever(self) -> None:
        while True:
            await self._more_readings.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.place.commit_interval_s):
                    await self._hurry.wait()
            self._hurry.clear()
            self._more_readings.clear()
            await self._commit_readings()

    async def _events_for_ever(self) -> None:
        while True:
            await self._more_events.wait()
            self._more_events.clear()
            try:
                await self._commit_events()
            except (sqlite3.Error, OutboxCorruptError) as broken:
                log.warning("events cannot be stored, kept in memory and tried again: %s", broken)
                await asyncio.sleep(_RETRY_S)
                self._more_events.set()

    async def _commit_readings(self) -> None:
        taken, overflowed, self.overflowed = self._readings.take(), self.overflowed, 0

        def store(outbox: Outbox) -> tuple[tuple[int, int] | None, bool]:
            outbox.count_dropped(overflowed)
            return outbox.append_readings(taken.rows), outbox.anchors.current.known

        try:
            stored, sendable = await self.call(store)
        except OutboxCorruptError:
            stored, sendable = await self.call(store)
        except sqlite3.Error:
            self._readings.rows[:0], self._readings.told[:0] = taken.rows, taken.told
            self._more_readings.set()
            raise
        if stored is not None:
            self.on_commit(Stream.TELE, *stored, sendable)
        # Dropped for want of disk is settled too: a local broker that keeps sending it again would help nobody.
        for tell in taken.told:
            tell()

    async def _commit_events(self) -> None:
        taken, untold, self._untold_events = self._events.take(), self._untold_events, 0
        account = [self._account_of_lost(untold)] if untold else []
        try:
            stored = await self.call(lambda outbox: outbox.append_events(taken.rows + account))
        except (sqlite3.Error, OutboxCorruptError):
            self._events.rows[:0], self._events.told[:0] = taken.rows, taken.told
            self._events.size += taken.size
            self._untold_events += untold
            self._more_events.set()
            raise
        self._event_bytes -= taken.size
        if untold:
            log.error("%d events were lost while the disk refused them", untold)
        if stored is not None:
            self.on_commit(Stream.EVENT, *stored, True)
        for tell in taken.told:
            tell()

    def _account_of_lost(self, count: int) -> NewEvent:
        """Stored after those that were kept, so that the hub knows of the hole."""
        token, gateway = secrets.token_hex(16), self.place.gateway
        return NewEvent(token, gateway, "events_lost", {"count": count}, self._boottime_ms())

    async def clock_changed(self, setting: Setting, unsent: dict[Stream, RangeSet]) -> None:
        """Stamp anew what may still be stamped; corrections of events count as committed."""
        self._setting = setting
        corrected = await self.call(lambda outbox: outbox.clock_changed(setting, self._boottime_ms(), unsent))
        if corrected is not None:
            self.on_commit(Stream.EVENT, *corrected, True)

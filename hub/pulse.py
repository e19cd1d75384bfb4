"""The beat of the hub: live rooms four times a second, urgent ones at once, finished minutes, changed gateways."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from hub.ingest.gateways import Gateways
from hub.live.engine import LiveEngine
from hub.live.publish import Changes, Publisher
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute, StoreDown

_log = logging.getLogger(__name__)
BEAT_S = 0.25
BEAT_SHARE = 3  # a beat that is long (a province) rests this many times as long: at most a quarter of the processor
MINUTES_EVERY = 20  # beats
SILENCE_EVERY = 40
URGENT_EVERY_S = 0.02
URGENT_SHARE = 4  # after pushing, rest this many times as long as it took: at most a fifth of the processor
KEPT_MINUTES = 200_000


class Pulse:
    """Event loop only. `urgent`: rooms that must be pushed at once, filled by the intake, emptied here."""

    def __init__(
        self,
        *,
        live: LiveEngine,
        gateways: Gateways,
        publisher: Publisher,
        series: SeriesReader,
        urgent: set[str],
        now_ms: Callable[[], int],
    ) -> None:
        self._live, self._gateways, self._publisher = live, gateways, publisher
        self._series, self._now_ms = series, now_ms
        self._urgent = urgent
        self._woken = asyncio.Event()
        self._minutes: list[RoomMinute] = []
        self.failures = 0

    def wake(self) -> None:
        """There is something urgent."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        urgent = asyncio.create_task(self._follow_urgent())
        try:
            beat, took_s = 0, 0.0
            while True:
                await asyncio.sleep(max(BEAT_S, BEAT_SHARE * took_s))
                beat, began = beat + 1, time.perf_counter()
                self._guarded(partial(self._beat, beat))
                took_s = time.perf_counter() - began
        finally:
            urgent.cancel()

    async def _follow_urgent(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            began = time.perf_counter()
            self._guarded(self._push_urgent)
            await asyncio.sleep(max(URGENT_EVERY_S, URGENT_SHARE * (time.perf_counter() - began)))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001  # one beat that fails must not stop the pages for ever
            self.failures += 1
            if self.failures <= 100:  # noqa: PLR2004  # a fault of ours repeats many times a second
                _log.exception("a beat of the live state failed")

    def _beat(self, beat: int) -> None:
        now_ms = self._now_ms()
        if beat % SILENCE_EVERY == 0:
            self._gateways.note_silence(now_ms)
        self._tick(now_ms)
        if beat % MINUTES_EVERY == 0:
            self._store_minutes(now_ms)

    def _tick(self, now_ms: int) -> None:
        gateways = self._gateways.take_changed(now_ms)
        for view in gateways:
            self._live.gateway(view.school, view.gateway, online=view.online)
        rooms = self._live.tick(now_ms)
        if rooms or gateways:
            self._publisher.publish(Changes(now_ms, rooms, gateways))

    def _push_urgent(self) -> None:
        now_ms = self._now_ms()
        uids = list(self._urgent)
        self._urgent.clear()
        views = [self._live.room(uid, now_ms) for uid in uids]
        rooms = tuple(view for view in views if view is not None)
        if rooms:
            self._publisher.publish(Changes(now_ms, rooms))

    def _store_minutes(self, now_ms: int) -> None:
        """While the store is down they wait here, bounded; the oldest go."""
        self._minutes += self._live.finished_minutes(now_ms)
        del self._minutes[:-KEPT_MINUTES]
        if not self._minutes:
            return
        waiting, self._minutes = self._minutes, []
        self._storing = task = asyncio.get_running_loop().create_task(self._series.put_minutes(waiting))
        task.add_done_callback(lambda done: self._stored(done, waiting))

    def _stored(self, done: "asyncio.Task[None]", waiting: list[RoomMinute]) -> None:
        if done.cancelled():
            return
        failed = done.exception()
        if isinstance(failed, StoreDown):
            self._minutes = waiting + self._minutes
        elif failed is not None:
            _log.error("minutes of rooms could not be stored", exc_info=failed)

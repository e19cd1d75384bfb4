"""The beat of the hub: live rooms twice a second, urgent ones at once, finished minutes, gateways that changed."""

import asyncio
import logging
from collections.abc import Callable

from hub.ingest.gateways import Gateways
from hub.live.engine import LiveEngine
from hub.live.publish import Changes, Publisher
from hub.live.views import RoomView
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute, StoreDown

_log = logging.getLogger(__name__)
BEAT_S = 0.1
TICK_EVERY = 5  # beats
MINUTES_EVERY = 50
SILENCE_EVERY = 100
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
        self._minutes: list[RoomMinute] = []
        self.failures = 0

    async def run(self) -> None:
        """Until cancelled."""
        beat = 0
        while True:
            await asyncio.sleep(BEAT_S)
            beat += 1
            try:
                self._beat(beat)
            except Exception:  # noqa: BLE001  # one beat that fails must not stop the pages for ever
                self.failures += 1
                if self.failures <= 100:  # noqa: PLR2004  # a fault of ours repeats ten times a second
                    _log.exception("a beat of the live state failed")

    def _beat(self, beat: int) -> None:
        now_ms = self._now_ms()
        if beat % SILENCE_EVERY == 0:
            self._gateways.note_silence(now_ms)
        if beat % TICK_EVERY == 0:
            self._tick(now_ms)
        elif self._urgent:
            views = [self._live.room(uid, now_ms) for uid in self._take_urgent()]
            self._publish(now_ms, tuple(view for view in views if view is not None))
        if beat % MINUTES_EVERY == 0:
            self._store_minutes(now_ms)

    def _tick(self, now_ms: int) -> None:
        self._take_urgent()
        gateways = self._gateways.take_changed(now_ms)
        for view in gateways:
            self._live.gateway(view.school, view.gateway, online=view.online)
        rooms = self._live.tick(now_ms)
        if rooms or gateways:
            self._publisher.publish(Changes(now_ms, rooms, gateways))

    def _publish(self, now_ms: int, rooms: tuple[RoomView, ...]) -> None:
        if rooms:
            self._publisher.publish(Changes(now_ms, rooms))

    def _take_urgent(self) -> set[str]:
        urgent = set(self._urgent)
        self._urgent.clear()
        return urgent

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

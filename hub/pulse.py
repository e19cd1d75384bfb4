"""The beat of the hub: live rooms four times a second, urgent ones at once, finished minutes, changed gateways."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from hub.distribution import SECONDS, Distribution
from hub.ingest.gateways import Gateways
from hub.live.engine import LiveEngine
from hub.live.publish import Changes, Publisher
from hub.notice import Notice
from hub.registry.model import Gateway
from hub.shelf import Shelf
from hub.stores.reader import SeriesReader
from hub.stores.series import GatewayMinute, RoomMinute
from wire.text import Text

_log = logging.getLogger(__name__)
BEAT_S = 0.25
BEAT_SHARE = 3  # a beat that is long (a province) rests this many times as long: at most a quarter of the processor
MINUTES_EVERY = 20  # beats
SILENCE_EVERY = 40
URGENT_EVERY_S = 0.02
URGENT_SHARE = 4  # after pushing, rest this many times as long as it took: at most a fifth of the processor
KEPT_MINUTES = 900_000  # an hour of a province of 14,600 rooms: 12 MB
KEPT_HEALTH = 140_000  # an hour of its 2,200 gateways: 9 MB
HEALTH_AT_ONCE = 50
MINUTE_MS = 60_000
_MINUTES = Text("phút tổng hợp của phòng", "minutes of rooms")
_HEALTH = Text("số liệu theo phút của cổng", "figures of gateways")


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
        self._now_ms, self._urgent = now_ms, urgent
        self._woken = asyncio.Event()
        self._minutes = Shelf("room_minutes", _MINUTES, RoomMinute, series.put_minutes, KEPT_MINUTES)
        self._health = Shelf("gateway_minutes", _HEALTH, GatewayMinute, series.put_health, KEPT_HEALTH)
        self._health_ms, self._unasked = 0, list[Gateway]()
        self.failures = 0
        self.beat_s = Distribution(SECONDS)

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return {"live_failures_total": self.failures} | self._minutes.figures() | self._health.figures()

    def problems(self) -> list[Notice]:
        return self._minutes.problems() + self._health.problems()

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
                self.beat_s.observe(took_s)
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
        self._note_health(now_ms)
        if beat % MINUTES_EVERY == 0:
            self._minutes.add(self._live.finished_minutes(now_ms))
            self._minutes.send()
            self._health.send()

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

    def _note_health(self, now_ms: int) -> None:
        """Every gateway once a minute, some at each beat: a province's accounts take long to add up."""
        minute_ms = now_ms // MINUTE_MS * MINUTE_MS
        if minute_ms != self._health_ms:
            self._health_ms, self._unasked = minute_ms, self._gateways.accepted()
        part, self._unasked = self._unasked[:HEALTH_AT_ONCE], self._unasked[HEALTH_AT_ONCE:]
        self._health.add([self._gateways.health(gateway, minute_ms, now_ms) for gateway in part])
        if part and not self._unasked:
            self._health.send()

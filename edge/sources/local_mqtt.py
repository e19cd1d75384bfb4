"""Devices behind a local MQTT broker, through a dialect: nothing is acknowledged there before it is in the outbox.

The session is persistent, so the broker keeps QoS 1 messages while the agent is down. Those have waited: their time is
an interval, and they are marked `arrival` unless they carry a time of their own. Where they end is seen by a message of
our own, published after connecting: the broker delivers it behind everything that waited.

A message's own time counts for live ones too: a bridge that starts says its old states again, as if they were new.
"""

import asyncio
import hashlib
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypedDict, runtime_checkable

from edge.dialects.decoded import Decoded
from edge.dialects.router import Router
from edge.link import Arrived, Link, LinkError, LinkSettings
from edge.sources.confirmations import Confirmations
from edge.sources.source import Outcome, Sink
from wire.mapping import RemoteSettings
from wire.messages import Heard, SourceReport, TimeQuality
from wire.orders import Order, Result
from wire.text import Text

log = logging.getLogger(__name__)

_CONNECT_S = 5.0
_RETRY_S = (1.0, 2.0, 5.0, 10.0)
_WAITING_MOST_S = 15.0  # a broker that does not let our own message through must not make everything `arrival` for ever
_REMEMBER_S = 60.0  # for topics that are retained
_REMEMBER_ALL_S = 600.0  # for the others, should one become retained; writing costs flash
_HURRY_AT = 16  # mosquitto sends 20 messages at most that are not acknowledged
_AHEAD_MS = 2_000
_FRESH_MS = 60_000  # an age up to here is counted back on our own clock, an older time stays as the message says it
_TOPICS_REMEMBERED = 4_096
_PROBLEMS_TOLD = 256
_WRONG_CLOCK = Text(
    "đồng hồ hoặc múi giờ của thiết bị sai: lấy giờ nhận bản tin",
    "its clock or time zone is wrong: time of arrival taken",
)
_CONFIRM_S = 10.0  # plugs on a busy Zigbee mesh take seconds


@runtime_checkable
class House(Protocol):
    """What the recorder offers beyond a sink: memory over restarts, a sooner commit, our time where it is known."""

    async def recall(self, source: str) -> dict[str, str]: ...
    async def remember(self, source: str, entries: dict[str, str]) -> None: ...
    def hurry(self) -> None: ...
    def now_ms(self) -> int | None: ...


class LocalMqtt:
    """One local broker. See edge.sources.source.Source."""

    def __init__(self, name: str, kind: str, link: LinkSettings, topics: Sequence[str], router: Router) -> None:
        self.name, self.kind = name, kind
        self._settings, self._topics, self._router = link, list(topics), router
        self._confirmations = Confirmations()
        self._marker = f"classhub/{link.client_id}/marker"
        self._seen: dict[str, str] = {}  # topic -> digest of its last payload; "?device" -> "up" or "down"
        self._unsaved: dict[str, str] = {}
        self._retained: set[str] = set()  # topics (and device states) seen as retained
        self._saved_s = time.monotonic()
        self._told: set[str] = set()
        self._link: Link | None = None
        self._waiting_until_s = 0.0
        self._unacknowledged = 0
        self._readings = self._bad = 0
        self._last_ok_s: float | None = None
        self._problem = Text("chưa kết nối", "not connected yet")

    def report(self) -> SourceReport:
        age_s = None if self._last_ok_s is None else round(time.monotonic() - self._last_ok_s, 1)
        return SourceReport(
            self.name,
            self.kind,
            up=self._link is not None,
            last_ok_age_s=age_s,
            readings=self._readings,
            bad=self._bad,
            problem_vi=self._problem.vi[:200],
            problem_en=self._problem.en[:200],
        )

    def heard(self) -> list[Heard]:
        return self._router.heard()

    def news(self) -> int:
        return self._router.news()

    def configure(self, settings: RemoteSettings) -> None:
        self._router.configure(settings.mappings)

    def accepts(self) -> dict[str, list[str]]:
        return self._router.accepts()

    async def obey(self, order: Order) -> Outcome:
        """Tell the device, never retained, and wait until it shows what was ordered."""
        telegram = self._router.telegram(order)
        if telegram is None:
            return Outcome(Result.UNSUPPORTED)
        if self._link is None:
            return Outcome(Result.TIMED_OUT, Text("mất kết nối với broker nội bộ", "no connection to the local broker"))
        try:
            if telegram.expects is None:
                self._link.publish(telegram.topic, telegram.payload)
                return Outcome(Result.DONE, confirmed=False)
            with self._confirmations.expecting(telegram.expects) as end:
                self._link.publish(telegram.topic, telegram.payload)
                async with asyncio.timeout(_CONFIRM_S):
                    return await end
        except LinkError as lost:
            return Outcome(Result.TIMED_OUT, Text(f"không gửi được: {lost}", f"cannot be sent: {lost}"))
        except TimeoutError:
            return Outcome(Result.TIMED_OUT, Text("thiết bị không xác nhận", "the device does not confirm it"))

    async def run(self, sink: Sink) -> None:
        """Until cancelled."""
        house = sink if isinstance(sink, House) else None
        if house is not None:
            self._seen = await house.recall(self.name)
        failures = 0
        try:
            while True:
                try:
                    await self._session(sink, house)
                except LinkError as lost:
                    self._lost(lost)
                    failures = 0 if self._link is not None else failures + 1
                finally:
                    self._link = None
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)] * random.uniform(0.8, 1.2))  # noqa: S311
        finally:
            await self._save(house, everything=True)

    def _lost(self, lost: LinkError) -> None:
        where = self._settings.where
        problem = Text(f"mất kết nối broker {where}: {lost}", f"no connection to the broker {where}: {lost}")
        if problem != self._problem:
            log.warning("%s: %s", self.name, problem.both())
        self._problem = problem

    async def _session(self, sink: Sink, house: House | None) -> None:
        """One connection, until it is lost. Raises LinkError."""
        link = Link(self._settings)
        link.on_message = lambda message: self._receive(link, message, sink, house)
        self._waiting_until_s, self._unacknowledged = time.monotonic() + _WAITING_MOST_S, 0
        try:
            await link.open(_CONNECT_S)
            await link.subscribe(self._topics)
            marked = await self._may_mark(link)
            if not link.session_present:
                self._waiting_until_s = 0.0
            elif marked:
                link.publish(self._marker, b"behind everything that waited")
            self._link, self._problem = link, Text("", "")
            log.info("%s: connected to %s", self.name, self._settings.where)
            while not link.lost.done():
                await asyncio.wait([link.lost], timeout=_REMEMBER_S)
                await self._save(house, everything=time.monotonic() - self._saved_s > _REMEMBER_ALL_S)
            raise LinkError(link.lost.result())
        finally:
            await link.close()

    async def _may_mark(self, link: Link) -> bool:
        """Whether the broker lets us hear our own message; that of The Things Stack has topics for devices only."""
        try:
            await link.subscribe([self._marker])
        except LinkError as refusal:
            if not refusal.refused:
                raise
            return False
        return True

    async def _save(self, house: House | None, *, everything: bool) -> None:
        now = {key: value for key, value in self._unsaved.items() if everything or key in self._retained}
        if everything:
            self._saved_s = time.monotonic()
        for key in now:
            del self._unsaved[key]
        if house is not None and now:
            await house.remember(self.name, now)

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _receive(self, link: Link, message: Arrived, sink: Sink, house: House | None) -> None:
        if message.topic == self._marker:
            self._waiting_until_s = 0.0
        if self._router.ignores(message.topic):
            link.acknowledge(message)
            return
        repeated = self._is_repeated(message)
        pending = _Countdown(lambda: self._durable(link, message))
        self._unacknowledged += 1
        try:
            for decoded in self._router.decode(message.topic, message.payload, retained=message.retained):
                self._take(decoded, message, sink, house, pending, repeated=repeated)
            with suppress(LinkError):  # the session is lost: what is still wished then is wished again
                for wish in self._router.wishes():
                    link.publish(wish.topic, wish.payload)
        except Exception:
            # One message of one device, whatever it holds, must not stop the others.
            log.exception("%s: %s: a message could not be taken and is passed over", self.name, message.topic)
            self._bad += 1
        pending.complete()
        if house is not None and self._unacknowledged >= _HURRY_AT:
            house.hurry()

    def _durable(self, link: Link, message: Arrived) -> None:
        """Everything of this message is on the disk: the broker may forget it."""
        if link is self._link or not link.lost.done():
            self._unacknowledged -= 1
            link.acknowledge(message)

    def _is_repeated(self, message: Arrived) -> bool:
        """A retained message seen before, or one delivered again because its acknowledgement was lost."""
        digest = hashlib.blake2b(message.payload, digest_size=8).hexdigest()
        before = self._seen.get(message.topic)
        if message.retained:
            self._retained.add(message.topic)
        self._note(message.topic, digest)
        return before == digest and (message.retained or message.again)

    def _note(self, key: str, value: str) -> None:
        if self._seen.get(key) != value:
            if key not in self._seen and len(self._seen) >= _TOPICS_REMEMBERED:
                oldest = next(iter(self._seen))
                del self._seen[oldest]
                self._unsaved.pop(oldest, None)
                self._retained.discard(oldest)
            self._seen[key] = self._unsaved[key] = value

    def _take(
        self,
        decoded: Decoded,
        message: Arrived,
        sink: Sink,
        house: House | None,
        pending: "_Countdown",
        *,
        repeated: bool,
    ) -> None:
        self._tell_problems(decoded)
        if not self._has_waited(message):  # an old state confirms no order
            self._confirmations.saw(decoded)
        if decoded.available is not None:
            self._availability(decoded.device_id, sink, pending, available=decoded.available)
        if repeated:
            return
        when = self._time(decoded, message, house)
        if decoded.values:
            self._readings += 1
            self._last_ok_s = time.monotonic()
            sink.reading(decoded.device_id, decoded.values, **when, on_durable=pending.one_more())
        for event in decoded.events:
            sink.event(decoded.device_id, event.kind, event.data, **when, on_durable=pending.one_more())

    def _time(self, decoded: Decoded, message: Arrived, house: House | None) -> "_When":
        """When it was measured: as the message says, where that can be; else now, or `arrival` where it has waited."""
        now_ms = house.now_ms() if house is not None else None
        waited = self._has_waited(message)
        if decoded.at_ms is not None:
            # The bridge usually runs on this machine: its clock is the system's, right or wrong.
            for clock_ms in (time.time_ns() // 1_000_000, now_ms):
                if clock_ms is not None and -_AHEAD_MS <= clock_ms - decoded.at_ms <= _FRESH_MS:
                    return {"at_ms": decoded.at_ms, "age_ms": max(0, clock_ms - decoded.at_ms)}
            if decoded.at_local and not waited:
                self._say(decoded.device, _WRONG_CLOCK)
                return {}
            if now_ms is not None and 0 < decoded.at_ms < now_ms:
                return {"at_ms": decoded.at_ms, "quality": TimeQuality.OK}
            if now_ms is None:
                return {"quality": TimeQuality.ARRIVAL}  # old by a clock that is worth nothing: not to be shown as now
        return {"quality": TimeQuality.ARRIVAL} if waited else {}

    def _has_waited(self, message: Arrived) -> bool:
        """Whether it was said before we listened, nobody knows when."""
        return message.retained or time.monotonic() < self._waiting_until_s

    def _availability(self, device: str, sink: Sink, pending: "_Countdown", *, available: bool) -> None:
        """Tell a change, and a device that is away when it is first heard of."""
        before, now = self._seen.get(f"?{device}"), "up" if available else "down"
        self._retained.add(f"?{device}")
        self._note(f"?{device}", now)
        if before != now and not (before is None and available):
            sink.event(device, f"device_{now}", {}, on_durable=pending.one_more())

    def _tell_problems(self, decoded: Decoded) -> None:
        for problem in decoded.problems:
            self._bad += 1
            self._say(decoded.device, problem)

    def _say(self, device: str, problem: Text) -> None:
        self._problem = Text(f"{device}: {problem.vi}", f"{device}: {problem.en}")
        if self._problem.en not in self._told and len(self._told) < _PROBLEMS_TOLD:
            self._told.add(self._problem.en)
            log.warning("%s: %s", self.name, self._problem.both())


class _When(TypedDict, total=False):
    """What a sink is told of the time of a message."""

    at_ms: int
    age_ms: int
    quality: TimeQuality


class _Countdown:
    """Calls `done` once, when everything it handed out has been called and `complete` was said."""

    def __init__(self, done: Callable[[], None]) -> None:
        self._done, self._open = done, 1

    def one_more(self) -> Callable[[], None]:
        self._open += 1
        return self.complete

    def complete(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._done()

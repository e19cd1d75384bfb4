"""The intake composed: session, intake, committers, acknowledgements, quarantine, around a registry and live state."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig, LimitsSection
from hub.distribution import Distribution
from hub.ingest.acks import Acks
from hub.ingest.committer import Committer
from hub.ingest.events import EventStore, StoredEvent, state_down
from hub.ingest.gateways import Gateways
from hub.ingest.intake import Intake, Outlets
from hub.ingest.link import BrokerAddress
from hub.ingest.noting import Noting
from hub.ingest.quarantine import Entry, Quarantine
from hub.ingest.refusals import Refusals
from hub.ingest.replay import Replay
from hub.ingest.session import Session
from hub.ingest.state_thread import StateThread
from hub.live.engine import LiveEngine
from hub.notice import Notice
from hub.registry.registry import Registry
from hub.stores.reader import SeriesReader
from hub.stores.series import CommitResult, Mark, Point
from wire.messages import AckStatus, Stream
from wire.text import Text

_log = logging.getLogger(__name__)
T = TypeVar("T")
TELE_WINDOW_S = 0.9
MB = 1_000_000
DRAIN_S = 1.5
SLOW_S = 30.0


class Pipeline:
    """Everything between the broker and the stores. Made in the event loop; `run` until `stop`."""

    def __init__(
        self,
        *,
        config: HubConfig,
        engine: Engine,
        registry: Registry,
        live: LiveEngine,
        series: SeriesReader,
        quarantine: Quarantine,
        address: BrokerAddress,
        now_ms: Callable[[], int],
        witness: Callable[[str, int], None] = lambda _gateway, _its_ms: None,
    ) -> None:
        self._series, self._now_ms = series, now_ms
        self.state = StateThread()
        self._event_store = EventStore(engine)
        self.instance = secrets.token_hex(8)
        self.quarantine = quarantine
        self.gateways = Gateways(registry, config.limits.pending_gateways)
        self.outlets = Outlets()
        self.acks = self._acknowledger(config, registry)
        self.telemetry = self._readings_committer(config.limits)
        self.events = self._events_committer(config.limits)
        self.intake = Intake(
            gateways=self.gateways,
            registry=registry,
            live=live,
            acks=self.acks,
            telemetry=self.telemetry,
            events=self.events,
            quarantine=quarantine,
            outlets=self.outlets,
            now_ms=now_ms,
            witness=witness,
        )
        self.session = Session(
            hub=config.hub.id, instance=self.instance, address=address, on_message=self._message, now_ms=now_ms
        )
        self.noting = Noting(
            gateways=self.gateways, outlets=self.outlets, registry=registry, state=self.state, now_ms=now_ms
        )
        self.tasks: list[asyncio.Task[None]] = []

    def _acknowledger(self, config: HubConfig, registry: Registry) -> Acks:
        return Acks(
            hub=config.hub.id,
            instance=self.instance,
            credit=config.limits.credit,
            publish=self.publish,
            store_status=self._store_status,
            accepted=registry.accepted,
            now_ms=self._now_ms,
        )

    def _readings_committer(self, limits: LimitsSection) -> Committer[Point]:
        return Committer(
            write=self._series.commit,
            set_aside=self._set_aside,
            release=self.quarantine.release,
            due=self.acks.due,
            limit_rows=limits.buffered_rows,
            limit_bytes=limits.buffered_mb * MB * 3 // 4,
            window_s=TELE_WINDOW_S,
            refuse=Refusals(self.quarantine, self._now_ms),
        )

    def _events_committer(self, limits: LimitsSection) -> Committer[StoredEvent]:
        return Committer(
            write=self._write_events,
            set_aside=self._set_aside,
            release=self.quarantine.release,
            due=self.acks.due,
            limit_rows=limits.buffered_rows // 4,
            limit_bytes=limits.buffered_mb * MB // 4,
            window_s=0.0,
            commit_rows=5_000,
        )

    async def restore(self) -> None:
        """Take up every stream where the stores say it was committed. Raises StoreDown."""
        marks = await self._series.marks()
        marks += await self.in_state_thread(self._event_store.marks)
        self.gateways.restore(marks)

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.quarantine.on_replay(
            Replay(
                loop=loop,
                gateways=self.gateways,
                telemetry=self.telemetry,
                events=self.events,
                now_ms=self._now_ms,
            )
        )
        for work in (self.session.run, self.telemetry.run, self.events.run, self.acks.run, self.noting.run):
            self.tasks.append(loop.create_task(work()))

    async def stop(self) -> None:
        """Commit and acknowledge what is here, within bounds, then leave the broker."""
        if not self.tasks:
            return
        session, telemetry, events, *others = self.tasks
        self.telemetry.stop()
        self.events.stop()
        await asyncio.wait((telemetry, events), timeout=DRAIN_S)
        await self._drain([each for task, each in ((telemetry, self.telemetry), (events, self.events)) if task.done()])
        self.acks.pay()
        for task in (session, *others, telemetry, events):
            task.cancel()
        await asyncio.wait(self.tasks, timeout=2.0)
        self.state.close()

    async def _drain(self, committers: Sequence[Committer[Point] | Committer[StoredEvent]]) -> None:
        """Of stores that hang nothing more is asked: gateways hold what was not acknowledged."""
        try:
            await asyncio.wait_for(asyncio.gather(*(each.drain(DRAIN_S / 2) for each in committers)), DRAIN_S)
        except TimeoutError:
            _log.warning("a store hangs: what it did not take comes again from the gateways")

    async def in_state_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work on the state database, one at a time."""
        return await self.state.run(work)

    def publish(self, topic: str, payload: bytes) -> bool:
        """A message to a gateway, at QoS 1 and never retained; False while the broker is away: it is not queued."""
        return self.session.publish(topic, payload)

    def problems(self) -> list[Notice]:
        found = self.session.problems() + self.quarantine.problems()
        if self.noting.down is not None:
            found.append(Notice("state.registry_down", self.noting.down, "critical"))
        if self.telemetry.down is not None:
            found.append(
                Notice(self.telemetry.down_code, _takes_nothing("số liệu", "readings", self.telemetry.down), "critical")
            )
        if self.events.down is not None:
            found.append(Notice("state.down", _takes_nothing("sự kiện", "events", self.events.down), "critical"))
        return found + self._slow()

    def _slow(self) -> list[Notice]:
        """A server that hangs fails at nothing: it is told by the time it takes."""
        found: list[Notice] = []
        latest_s = time.monotonic() - SLOW_S
        if _before(self.telemetry.since_s, latest_s):
            found.append(Notice("store.slow", _stands_still("số liệu", "readings"), "critical"))
        if _before(self.events.since_s, latest_s) or _before(self.state.since_s, latest_s):
            found.append(Notice("state.slow", _stands_still("trạng thái", "the state"), "critical"))
        return found

    def figures(self) -> dict[str, float]:
        """Counters end in `_total`; the rest are gauges."""
        counted = self.intake.counters
        registered, online, pending = self.gateways.counts()
        return {
            "messages_total": counted.messages,
            "message_bytes_total": counted.message_bytes,
            "rows_total": counted.rows,
            "values_total": counted.values,
            "duplicate_rows_total": counted.duplicate_rows,
            "undecodable_messages_total": counted.undecodable,
            "unsupported_messages_total": counted.unsupported,
            "pending_messages_total": counted.from_pending,
            "foreign_topic_messages_total": counted.foreign_topics,
            "clock_wait_batches_total": counted.waiting_for_clock,
            "forgotten_epoch_rows_total": counted.forgotten_epoch_rows,
            "intake_failures_total": counted.failures,
            "gateways_turned_away_total": self.gateways.turned_away,
            "acknowledgements_total": self.acks.sent,
            "acknowledgements_due": self.acks.owed,
            "commits_total": self.telemetry.commits,
            "committed_rows_total": self.telemetry.committed_rows,
            "committed_events_total": self.events.committed_rows,
            "overwritten_rows_total": self.telemetry.overwritten,
            "shed_rows_total": self.telemetry.shed_rows + self.events.shed_rows,
            "quarantined_total": self.quarantine.total,
            "buffered_rows": self.telemetry.rows + self.events.rows,
            "buffered_bytes{stream=telemetry}": self.telemetry.bytes,
            "buffered_bytes{stream=events}": self.events.bytes,
            "commit_failures_total{stream=telemetry}": self.telemetry.failures,
            "commit_failures_total{stream=events}": self.events.failures,
            "quarantine_open": self.quarantine.open_entries,
            "quarantine_bytes": self.quarantine.used_bytes,
            "gateways": registered,
            "gateways_online": online,
            "gateways_pending": pending,
            "broker_up": self.session.up,
            "store_up": self.telemetry.down is None,
            "state_up": self.events.down is None,
            "state_waiting": self.state.waiting,
            **self.session.figures(),
            **{f"account_rows{{kind={kind}}}": rows for kind, rows in self.gateways.account().items()},
        }

    def distributions(self) -> dict[str, Distribution]:
        return {
            "commit_seconds{stream=telemetry}": self.telemetry.took_s,
            "commit_seconds{stream=events}": self.events.took_s,
            "commit_rows{stream=telemetry}": self.telemetry.took_rows,
            "commit_rows{stream=events}": self.events.took_rows,
            "state_seconds": self.state.took_s,
        }

    # ---- inside ----

    def _message(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001  # MQTT's flag
        self.intake.message(topic, payload, retained=retained)

    def _store_status(self, stream: Stream) -> AckStatus:
        return self.telemetry.status if stream is Stream.TELE else self.events.status

    async def _write_events(self, events: list[StoredEvent], marks: list[Mark]) -> CommitResult:
        return await self.in_state_thread(lambda: self._event_store.commit(events, marks))

    async def _set_aside(self, entries: Sequence[Entry]) -> None:
        try:
            await self.in_state_thread(lambda: self.quarantine.write(entries))
        except SQLAlchemyError as broken:
            raise state_down(broken) from broken


def _before(since_s: float | None, latest_s: float) -> bool:
    return since_s is not None and since_s < latest_s


def _stands_still(vi: str, en: str) -> Text:
    return Text(
        f"Kho {vi} đã hơn {SLOW_S:g} giây chưa xong một việc, các cổng đang giữ dữ liệu: máy chủ của nó có treo không?",
        f"The store of {en} is at one job for more than {SLOW_S:g} s, gateways keep their data: does its server hang?",
    )


def _takes_nothing(vi: str, en: str, why: Text) -> Text:
    return Text(
        f"Kho {vi} không ghi được, các cổng đang giữ: {why.vi}",
        f"The store of {en} takes nothing, gateways keep their data: {why.en}",
    )

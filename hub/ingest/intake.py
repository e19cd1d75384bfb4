"""Where messages become data: decode, check who sent it, correct the clock, account, show live, hand to the committer.

Everything here is synchronous and runs in the event loop; a message costs tens of microseconds.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hub.ingest.acks import Acks
from hub.ingest.aside import Aside, entries_of
from hub.ingest.committer import Chunk, Committer
from hub.ingest.contact import Contact, Line, Waiting
from hub.ingest.events import StoredEvent, placed
from hub.ingest.gateways import Gateways
from hub.ingest.ledger import EpochLedger, Fresh, Ranges
from hub.ingest.naming import NewName, names_to_take
from hub.ingest.quarantine import Entry, Quarantine
from hub.ingest.skew import agrees
from hub.ingest.sorting import MAX_DEVICES, sort_events, sort_telemetry
from hub.live.engine import LiveEngine
from hub.live.reading import Happening, Reading
from hub.registry.registry import Registry
from hub.stores.series import Point
from wire.codec import BadRow, UnsupportedVersion, WireError, decode_batch, decode_gateway_state, digest
from wire.ids import is_id
from wire.messages import MAX_MESSAGE_BYTES, AckStatus, Batch, ClockState, EventBatch, GatewayState, Stream, TeleBatch
from wire.ranges import RangeSet
from wire.topics import Channel, GatewayTopic, parse_topic

_log = logging.getLogger(__name__)
GRACE_MS = 30_000  # a gateway whose hub was restored from a backup has this long to learn it: see _believed_oldest
BEHIND_MS = 10 * 60_000  # rows as late as this belong to minutes and lessons that were told already
KNOWN_TOPICS = 20_000
LOGGED_FAILURES = 100  # a fault of ours repeats with every message; the log must not fill the disk


@dataclass(slots=True)
class Counters:
    """What the intake did since the start."""

    messages: int = 0
    message_bytes: int = 0
    rows: int = 0
    values: int = 0
    duplicate_rows: int = 0
    undecodable: int = 0
    unsupported: int = 0
    from_pending: int = 0
    foreign_topics: int = 0
    waiting_for_clock: int = 0
    forgotten_epoch_rows: int = 0
    failures: int = 0


@dataclass(slots=True)
class Outlets:
    """Where the intake's results go besides the stores."""

    urgent: set[str] = field(default_factory=set)  # rooms to push at once; whoever pushes them clears it
    wake: Callable[[], None] = lambda: None  # called when there are such rooms
    happenings: list[Callable[[Sequence[Happening]], None]] = field(default_factory=list)
    new_devices: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    new_names: list[NewName] = field(default_factory=list)
    late: list[Callable[[str, list[int]], None]] = field(default_factory=list)  # told of a batch with late rows

    def tell_late(self, school: str, instants: list[int]) -> None:
        for listener in self.late:
            listener(school, instants)


# A reader measures nothing: what it reads is its sign of life. (A contact's events are none: its values grow old.)
_OF_LIFE = frozenset({"device_up", "device_down", "identity", "identity_unknown"})


class Intake:
    """One per hub process; `message` is called for every message of the gateways' topics."""

    def __init__(
        self,
        *,
        gateways: Gateways,
        registry: Registry,
        live: LiveEngine,
        acks: Acks,
        telemetry: Committer[Point],
        events: Committer[StoredEvent],
        quarantine: Quarantine,
        outlets: Outlets,
        now_ms: Callable[[], int],
        witness: Callable[[str, int], None] = lambda _gateway, _its_ms: None,
    ) -> None:
        self._gateways, self._registry, self._live, self._acks = gateways, registry, live, acks
        self._telemetry, self._events, self._quarantine = telemetry, events, quarantine
        self._outlets, self._now_ms, self._witness = outlets, now_ms, witness
        self._topics: dict[str, tuple[Contact, Channel]] = {}
        self.counters = Counters()

    def message(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Take one message, whatever it is. Never raises."""
        self.counters.messages += 1
        self.counters.message_bytes += len(payload)
        try:
            found = self._topics.get(topic) or self._find(topic)
            if found is not None:
                self._route(*found, payload, retained=retained)
        except Exception:  # noqa: BLE001  # the per-message supervisor: one message must never stop the stream
            self.counters.failures += 1
            if self.counters.failures <= LOGGED_FAILURES:
                _log.exception("a message on %s could not be taken; it stays unacknowledged", topic)

    def _find(self, topic: str) -> tuple[Contact, Channel] | None:
        parsed = parse_topic(topic)
        if not isinstance(parsed, GatewayTopic) or parsed.channel not in {Channel.TELE, Channel.EVENT, Channel.STATE}:
            self.counters.foreign_topics += 1
            return None
        contact = self._gateways.contact(parsed.school, parsed.gateway)
        if contact is None:
            return None
        # only accepted ones: a stranger's contact may be forgotten
        if len(self._topics) < KNOWN_TOPICS and self._registry.accepted(parsed.school, parsed.gateway):
            self._topics[topic] = (contact, parsed.channel)
        return contact, parsed.channel

    def _route(self, contact: Contact, channel: Channel, payload: bytes, *, retained: bool) -> None:
        if channel is Channel.STATE:
            self._state(contact, payload, retained=retained)
            return
        line = contact.tele if channel is Channel.TELE else contact.event
        now_ms = self._now_ms()
        contact.last_seen_ms = now_ms
        if not self._registry.accepted(contact.school, contact.gateway):
            self.counters.from_pending += 1
            self._gateways.pending(contact)
            self._acks.due(contact, line)
            return
        try:
            batch, bad = decode_batch(payload, line.stream)
        except UnsupportedVersion:
            self.counters.unsupported += 1
            line.status = AckStatus.UNSUPPORTED
            self._acks.due(contact, line)
        except WireError as broken:
            self._poison(contact, line, payload, str(broken), now_ms)
        else:
            self._batch(contact, line, batch, bad, now_ms, len(payload))

    def _state(self, contact: Contact, payload: bytes, *, retained: bool) -> None:
        if not payload:
            return  # a retained state was deleted
        now_ms = self._now_ms()
        try:
            state = decode_gateway_state(payload)
        except UnsupportedVersion:
            contact.tele.status = contact.event.status = AckStatus.UNSUPPORTED
            self.counters.unsupported += 1
            self._acks.answer(contact)
            return
        except WireError as broken:
            contact.last_seen_ms = now_ms
            if self._registry.accepted(contact.school, contact.gateway):
                self._poison(contact, contact.tele, payload, f"state: {broken}", now_ms)
            else:  # nobody vouches for it: no disk for what it sends
                self.counters.from_pending += 1
                self._gateways.pending(contact)
            return
        self._gateways.heard(contact, state, now_ms, retained=retained)
        if not self._registry.accepted(contact.school, contact.gateway):
            self._gateways.pending(contact)
        elif state.online and state.epoch:
            for line, report in ((contact.tele, state.tele), (contact.event, state.event)):
                ledger = line.ledgers.of(state.epoch, now_ms)
                if ledger is not None and report is not None:
                    ledger.announce(report.next)
            self._note_obedient(contact, state, now_ms)
            called = names_to_take(contact.school, contact.gateway, state.names, contact.names, self._registry.device)
            self._outlets.new_names += called
            contact.names = state.names or contact.names
        if state.online:
            self._acks.answer(contact)

    def _poison(self, contact: Contact, line: Line, payload: bytes, reason: str, now_ms: int) -> None:
        """A message that cannot be decoded: set aside, then named in an acknowledgement. Full: neither."""
        self.counters.undecodable += 1
        name = digest(payload)
        if self._quarantine.waiting(name):
            return  # the same is about to be written, and is acknowledged then
        kept = b"" if self._quarantine.knows(name) else payload[:MAX_MESSAGE_BYTES]  # a repeat only counts
        entry = Entry(name, contact.school, contact.gateway, line.stream.value, reason, kept, now_ms)
        if not self._quarantine.reserve([entry]):
            return
        if line.stream is Stream.TELE:
            self._telemetry.add(Chunk(contact, line, [], entries=[entry], rejects=(name, reason), size=len(kept)))
        else:
            self._events.add(Chunk(contact, line, [], entries=[entry], rejects=(name, reason), size=len(kept)))

    def _batch(self, contact: Contact, line: Line, batch: Batch, bad: list[BadRow], now_ms: int, size: int) -> None:
        count = len(batch.rows) + len(bad)
        self.counters.rows += count
        line.status = AckStatus.OK
        ledger = line.ledgers.of(batch.epoch, now_ms)
        if ledger is None:
            self.counters.forgotten_epoch_rows += count
            line.forgotten = (batch.epoch, batch.first + count - 1)
            self._acks.due(contact, line)
            return
        if batch.sent_at is not None and contact.state is not None and contact.state.clock is ClockState.NTP:
            self._witness(contact.ack_topic, batch.sent_at)
        shift_ms = contact.skew.judge(batch.sent_at, now_ms)
        if shift_ms is None:
            self.counters.waiting_for_clock += 1
            contact.waiting.append(Waiting(line, batch, bad, now_ms, size))
            self._acks.due(contact, line)
            return
        if shift_ms and contact.waiting:
            self._release(contact, shift_ms)
        self._take(contact, line, ledger, batch, bad, shift_ms, now_ms, size)

    def _release(self, contact: Contact, shift_ms: int) -> None:
        """A clock's error has proved steady: batches that waited for just that are taken now, as they came."""
        waiting, contact.waiting = contact.waiting, deque(maxlen=contact.waiting.maxlen)
        for held in waiting:
            ledger = held.line.ledgers.known(held.batch.epoch)
            if (
                ledger is not None
                and held.batch.sent_at is not None
                and agrees(held.since_ms - held.batch.sent_at, shift_ms)
            ):
                self._take(contact, held.line, ledger, held.batch, held.bad, shift_ms, held.since_ms, held.size)
            else:
                contact.waiting.append(held)

    def _take(
        self,
        contact: Contact,
        line: Line,
        ledger: EpochLedger,
        batch: Batch,
        bad: list[BadRow],
        shift_ms: int,
        now_ms: int,
        size: int,
    ) -> None:
        """A batch whose times are known."""
        count = len(batch.rows) + len(bad)
        oldest = _believed_oldest(line, ledger, batch.oldest, now_ms)
        fresh = ledger.receive(batch.first, count, oldest, batch.dropped)
        if fresh.refused:
            line.status = AckStatus.BUSY
        self.counters.duplicate_rows += count - sum(b - a + 1 for a, b in fresh.commit)
        if not fresh.commit and count and not batch.dropped:
            self._acks.due(contact, line)
        elif isinstance(batch, TeleBatch):
            self._take_telemetry(contact, ledger, batch, bad, fresh, shift_ms, now_ms, size)
        else:
            self._take_events(contact, ledger, batch, bad, fresh, shift_ms, now_ms, size)

    def _take_telemetry(
        self,
        contact: Contact,
        ledger: EpochLedger,
        batch: TeleBatch,
        bad: list[BadRow],
        fresh: Fresh,
        shift_ms: int,
        now_ms: int,
        size: int,
    ) -> None:
        known = len(contact.devices)
        calibrate = self._registry.calibrated if self._registry.calibrates(contact.school) else None
        result = sort_telemetry(contact, batch, bad, fresh, shift_ms=shift_ms, now_ms=now_ms, calibrate=calibrate)
        if len(contact.devices) != known:
            self._note_devices(contact, known, now_ms)
        if result.readings:
            self._show(result.readings, now_ms)
        ledger.late += result.late
        if result.late:
            past_ms = now_ms - BEHIND_MS
            self._outlets.tell_late(contact.school, [point.t_ms for point in result.points if point.t_ms < past_ms])
        points, ranges = result.points, fresh.commit
        entries: list[Entry] = []
        if result.asides:
            ranges, entries = self._set_aside(contact, ledger, batch, result.asides, fresh.commit, shift_ms, now_ms)
            if ranges is not fresh.commit:
                held = RangeSet(ranges)
                points = [point for point in points if point.row in held]
        self.counters.values += sum([len(point.values) for point in points])
        self._telemetry.add(Chunk(contact, contact.tele, points, batch.epoch, ledger, ranges, entries, size=size))
        if self._telemetry.down is not None:
            self._acks.due(contact, contact.tele)

    def _take_events(
        self,
        contact: Contact,
        ledger: EpochLedger,
        batch: EventBatch,
        bad: list[BadRow],
        fresh: Fresh,
        shift_ms: int,
        now_ms: int,
        size: int,
    ) -> None:
        result = sort_events(contact, batch, bad, fresh, shift_ms=shift_ms, now_ms=now_ms)
        ledger.late += result.late
        if result.late:
            past_ms, times = now_ms - BEHIND_MS, [one.event.at_ms for one in result.events]
            self._outlets.tell_late(contact.school, [t_ms for t_ms in times if t_ms is not None and t_ms < past_ms])
        events, ranges = [placed(stored, self._live.place_of) for stored in result.events], fresh.commit
        entries: list[Entry] = []
        if result.asides:
            ranges, entries = self._set_aside(contact, ledger, batch, result.asides, fresh.commit, shift_ms, now_ms)
            if ranges is not fresh.commit:
                held = RangeSet(ranges)
                events = [event for event in events if event.row in held]
        self._tell([stored.event for stored in events])
        self._events.add(Chunk(contact, contact.event, events, batch.epoch, ledger, ranges, entries, size=size))
        if self._events.down is not None:
            self._acks.due(contact, contact.event)

    def _set_aside(
        self,
        contact: Contact,
        ledger: EpochLedger,
        batch: Batch,
        asides: list[Aside],
        commit: Ranges,
        shift_ms: int,
        now_ms: int,
    ) -> tuple[Ranges, list[Entry]]:
        """Entries for what is bad, and the ranges to commit: without the rows concerned where there is no room."""
        stream = Stream.TELE if isinstance(batch, TeleBatch) else Stream.EVENT
        entries = entries_of(
            asides,
            school=contact.school,
            gateway=contact.gateway,
            stream=stream.value,
            epoch=batch.epoch,
            shift_ms=shift_ms,
            now_ms=now_ms,
        )
        if self._quarantine.reserve(entries):
            ledger.quarantined += sum(aside.count for aside in asides)
            return commit, entries
        withheld = [(aside.number, aside.number) for aside in asides]
        ledger.shed(withheld)
        kept = RangeSet(commit)
        for first, last in withheld:
            kept.remove(first, last)
        return list(kept), []

    def _note_devices(self, contact: Contact, known: int, now_ms: int) -> None:
        """Devices that appeared in this message; those the registry has already cost nothing there."""
        for device in list(contact.devices)[known:]:
            self._outlets.new_devices.append((contact.school, device, contact.gateway, now_ms, ""))

    def _note_obedient(self, contact: Contact, state: GatewayState, now_ms: int) -> None:
        """A device that takes orders is one, even if it never measures anything."""
        known = len(contact.devices)
        for device in state.accepts:
            if is_id(device) and len(contact.devices) < MAX_DEVICES:
                contact.devices.setdefault(device, device)
        if len(contact.devices) != known:
            self._note_devices(contact, known, now_ms)

    def _show(self, readings: list[Reading], now_ms: int) -> None:
        try:
            urgent = self._live.apply(readings, now_ms)
        except Exception:  # noqa: BLE001  # a fault of the live side must not keep readings from the store
            self.counters.failures += 1
            _log.exception("live state could not take %d readings", len(readings))
            return
        if urgent:
            self._outlets.urgent |= urgent
            self._outlets.wake()

    def _tell(self, events: list[Happening]) -> None:
        for event in events:
            if event.kind in _OF_LIFE and event.at_ms is not None:
                self._live.availability(event.school, event.device, event.kind != "device_down", event.at_ms)
            if event.kind == "device_up" and isinstance(event.data.get("model"), str):
                model = str(event.data["model"])[:200]
                self._outlets.new_devices.append((event.school, event.device, event.gateway, event.received_ms, model))
        if events:
            for listener in self._outlets.happenings:
                listener(events)


def _believed_oldest(line: Line, ledger: EpochLedger, oldest: int, now_ms: int) -> int:
    """`oldest`, or less while the gateway may not know yet that this hub has forgotten rows it once acknowledged.

    A hub restored from a backup answers with a lower `upto`, and the gateway sends again what it still has; settling
    everything below `oldest` before it could do so would count as lost what is only late.
    """
    upto = ledger.upto
    if oldest <= upto + 1:
        return oldest
    informed = line.first_ack_ms is not None and now_ms - line.first_ack_ms > GRACE_MS
    return oldest if informed else upto + 1

"""The outbox: rows in, numbered and on disk; rows out to the uplink; acknowledgements in; drops counted and declared.

Every method blocks and belongs to one thread (edge.recorder gives it one). Times come in as arguments.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from edge.clock import Setting
from edge.outbox.anchors import Anchors
from edge.outbox.file import OutboxFile, RawRow, StoredRow, cannot_write
from edge.outbox.instants import Instants
from edge.outbox.keepsakes import Keepsakes
from edge.outbox.ledger import Ledger, LedgerState, Verdict
from edge.outbox.numbering import Numbering
from edge.outbox.retention import Limits, Reserve, Retention
from edge.outbox.stamps import NewEvent, NewReading, event_body, judged, reading_body
from wire.messages import Ack, DropReason, Stream, StreamReport
from wire.ranges import RangeSet

__all__ = ["Limits", "NewEvent", "NewReading", "Outbox", "Settlement", "StoredRow"]

_ASIDE_ROWS = 1_000
Range = tuple[int, int]


class Settlement(msgspec.Struct, frozen=True):
    """What an acknowledgement changed: rows owed again (`reopened`), or another epoch for everything."""

    verdict: Verdict
    reopened: tuple[Range, ...] = ()


class _Numbers(msgspec.Struct, frozen=True):
    tele: tuple[int, int]
    event: tuple[int, int]


class Outbox:
    """See the module. `began` says why this epoch began at opening: "fresh", "cloned" or an empty string."""

    def __init__(
        self, path: Path, *, machine: str, boot: str, setting: Setting, limits: Limits, max_pages: int | None = None
    ) -> None:
        self.file = OutboxFile(path, max_pages=max_pages)
        self.keepsakes = Keepsakes(self.file)
        self.began = ""
        self._machine, self._boot = machine, boot
        self._numbering: dict[Stream, Numbering] = {}
        self._ledgers: dict[Stream, Ledger] = {}
        self._instants = Instants()
        self._inherited: dict[Stream, int] = dict.fromkeys(Stream, 0)  # numbers used before this program began
        self.undeclared = 0  # readings the disk had no room for, not yet numbered
        self.given_up: list[Range] = []  # telemetry sacrificed for events since the last `maintain`
        self.flash_before = int(self.file.get("flash_bytes") or 0)
        self._resume()
        self.anchors = Anchors(self.file, boot, setting)
        self._reserve = Reserve(path.parent / "outbox.reserve")
        self._retention = Retention(self.file, limits, self.anchors, self._ledgers)
        self._reserve.fill()

    # ── opening and closing ────────────────────────────────────────────────────────────────────────────────────────

    def _resume(self) -> None:
        clean = self.file.get("clean") == b"1"
        epoch = self.file.get("epoch")
        with self.file.transaction():
            if epoch is None:
                self._start_epoch("fresh")
            else:
                self.epoch = epoch.decode()
                self._load(clean=clean)
                stored = (self.file.get("machine") or b"").decode()
                if self._machine and stored and stored != self._machine:
                    self._renumber("cloned")
            if self._machine:
                self.file.put("machine", self._machine.encode())
            self.file.put("clean", b"0")
            self._write_state()

    def _load(self, *, clean: bool) -> None:
        kept = self.file.get("numbers")
        numbers = msgspec.json.decode(kept, type=_Numbers) if kept else _Numbers((1, 0), (1, 0))
        for stream, (next_number, reserved) in ((Stream.TELE, numbers.tele), (Stream.EVENT, numbers.event)):
            state = self.file.get(f"ledger_{stream.value}")
            ledger = Ledger(msgspec.json.decode(state, type=LedgerState) if state else LedgerState())
            highest = max(next_number - 1, self.file.highest(stream)) if clean else self.file.highest(stream)
            highest = max(highest, ledger.told)
            self._numbering[stream], skipped = Numbering.resumed(highest=highest, reserved=reserved, clean=clean)
            if skipped:
                ledger.drop(*skipped, DropReason.SKIPPED)
            if not clean:
                # Anything up to here may have been sent: an acknowledgement of it proves nothing.
                ledger.tell(self._numbering[stream].next - 1)
            self._ledgers[stream] = ledger
            self._inherited[stream] = highest

    def _start_epoch(self, reason: str) -> None:
        self.epoch, self.began = secrets.token_hex(8), reason
        self.file.put("epoch", self.epoch.encode())
        for stream in Stream:
            self._numbering[stream] = Numbering(self.file.highest(stream) + 1, self.file.highest(stream))
            self._ledgers[stream] = Ledger()

    def _renumber(self, reason: str) -> None:
        """A new epoch: what is still owed is numbered anew, the rest stays with the old epoch and goes."""
        for stream in Stream:
            for first, last in self._ledgers[stream].done:
                self.file.delete(stream, first, last)
            self.file.renumber(stream)
        self._start_epoch(reason)

    def begin_epoch(self, reason: str, proofs: Sequence[Ack] = ()) -> str:
        """Give up the numbers used so far (this outbox is an old copy); the new epoch.

        `proofs` are the acknowledgements that showed it. Rows from before the copy was put back are common history: of
        those they are right.
        """
        for proof in proofs:
            done = self._ledgers[proof.stream].done
            for first, last in ((1, proof.upto), *proof.also):
                done.add(first, min(last, self._inherited[proof.stream]))
        kept = self._ledgers[Stream.TELE].counts, self._ledgers[Stream.EVENT].counts
        with self.file.transaction():
            self._renumber(reason)
            for stream, counts in zip(Stream, kept, strict=True):
                self._ledgers[stream].counts = counts
            self._write_state()
        return self.epoch

    def close(self, flash_bytes: int = 0) -> None:
        """A tidy end: numbers continue without a gap."""
        try:
            with self.file.transaction():
                self._declare_undeclared()
                for stream, numbering in self._numbering.items():
                    numbering.reserved = numbering.next - 1
                    self._ledgers[stream].changed = True
                self._write_state(flash_bytes)
                self.file.put("clean", b"1")
        finally:
            self.file.close()

    # ── rows in ────────────────────────────────────────────────────────────────────────────────────────────────────

    def append_readings(self, readings: Sequence[NewReading]) -> Range | None:
        """Store telemetry; the numbers it got, or None where the disk had no room (counted, declared later)."""
        if not readings:
            return None
        if self._retention.disk_is_short():
            self.undeclared += len(readings)
            return None
        anchor = self.anchors.current
        rows = [
            RawRow(0, anchor.id, item.mono_ms, item.fixed, reading_body(item, anchor))
            for item in (self._instants.apart(judged(reading, anchor), anchor) for reading in readings)
        ]
        try:
            return self._store(Stream.TELE, rows)
        except sqlite3.Error as broken:
            if not cannot_write(broken):
                raise
            self.undeclared += len(readings)
            return None

    def count_dropped(self, readings: int) -> None:
        """Readings that never came as far as a commit because the disk hung; declared with the next `maintain`."""
        self.undeclared += readings

    def append_events(self, events: Sequence[NewEvent]) -> Range | None:
        """Store events, making room where the disk is full. Raises sqlite3.Error where even that does not help."""
        anchor = self.anchors.current
        return self._append_event_rows(
            [RawRow(0, anchor.id, item.mono_ms, item.fixed, event_body(item, anchor)) for item in events]
        )

    def _append_event_rows(self, rows: list[RawRow]) -> Range | None:
        if not rows:
            return None
        while True:
            try:
                return self._store(Stream.EVENT, rows)
            except sqlite3.Error as broken:
                if not cannot_write(broken) or not self._make_room():
                    raise

    def _make_room(self) -> bool:
        """Sacrifice, in this order: acknowledged rows, the reserve file, telemetry. False where nothing is left."""
        for sacrifice in (self._retention.give_up_acknowledged, self._reserve.release, self._give_up_telemetry):
            try:
                if sacrifice():
                    return True
            except sqlite3.Error as broken:
                if not cannot_write(broken):  # a full disk refuses even to delete: the reserve file comes next
                    raise
        return False

    def _give_up_telemetry(self) -> bool:
        before = self._ledgers[Stream.TELE].state()
        try:
            with self.file.transaction():
                given_up = self._retention.give_up_oldest(DropReason.DISK)
                self.save()
        except sqlite3.Error:
            self._ledgers[Stream.TELE].restore(before)
            raise
        self.given_up += given_up
        return bool(given_up)

    def _store(self, stream: Stream, rows: list[RawRow]) -> Range:
        numbering = self._numbering[stream]
        before = numbering.next, numbering.reserved
        first = numbering.take(len(rows))
        try:
            with self.file.transaction():
                self.file.insert(stream, [row._replace(number=first + index) for index, row in enumerate(rows)])
                if numbering.reserved != before[1]:
                    self._write_numbers()
        except BaseException:
            numbering.next, numbering.reserved = before
            raise
        return first, first + len(rows) - 1

    # ── rows out ───────────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, stream: Stream, first: int, last: int, limit: int) -> list[StoredRow]:
        """Stored rows of [first, last], in order, at most `limit`."""
        return self.file.read(stream, first, last, limit)

    def sendable(self, stream: Stream) -> RangeSet:
        """Every number that is stored, owed, and not waiting for the clock."""
        ledger = self._ledgers[stream]
        next_number = self._numbering[stream].next
        owed = RangeSet(ledger.done.missing(1, next_number - 1))
        if stream is Stream.TELE:
            for anchor in self.anchors.waiting_ids():
                for (number,) in self.file.link.execute("SELECT n FROM tele WHERE anchor=?", (anchor,)):
                    owed.remove(number, number)
        return owed

    def oldest(self, stream: Stream) -> int:
        return self._ledgers[stream].oldest(self._numbering[stream].next)

    def declarations(self, stream: Stream) -> list[tuple[int, int, DropReason]]:
        return self._ledgers[stream].declarations()

    def told(self, stream: Stream, last_row: int) -> None:
        """A batch with rows up to `last_row`, and everything declared so far, is about to be sent."""
        ledger = self._ledgers[stream]
        ledger.tell(max(last_row, self.oldest(stream) - 1, *(last for _, last, _ in ledger.declarations()), 0))

    def report(self, stream: Stream) -> StreamReport:
        ledger, next_number = self._ledgers[stream], self._numbering[stream].next
        counts = dict(ledger.counts)
        if stream is Stream.TELE and self.undeclared:
            counts["disk"] = counts.get("disk", 0) + self.undeclared
        waiting = ledger.outstanding(next_number)
        return StreamReport(next_number, self.oldest(stream), waiting, self._bytes_of(stream, waiting), counts)

    def _bytes_of(self, stream: Stream, waiting: int) -> int:
        """What the rows that wait take in the file; acknowledged ones, kept for a restored hub, are no backlog."""
        if not waiting:
            return 0
        return round(waiting * self.file.row_bytes(stream, self.oldest(stream)))

    # ── acknowledgements and drops ─────────────────────────────────────────────────────────────────────────────────

    def acknowledge(self, ack: Ack) -> Settlement:
        """Take in an acknowledgement of our hub and epoch. OLD_COPY changes nothing: the caller begins an epoch."""
        ledger = self._ledgers[ack.stream]
        verdict = ledger.judge(ack)
        if verdict is Verdict.OLD_COPY:
            return Settlement(verdict)
        if verdict is not Verdict.NEW_INSTANCE:
            ledger.settle(ack)
            return Settlement(verdict)
        owed_before = RangeSet(ledger.done.missing(1, self._numbering[ack.stream].next - 1))
        owed = ledger.reopen(ack, self.file.present(ack.stream, ack.upto), self._numbering[ack.stream].next)
        again = [gap for first, last in owed for gap in owed_before.missing(first, last)]
        return Settlement(verdict, tuple(again))

    def set_aside(self, stream: Stream, first: int, last: int, reason: str) -> int:
        """Rows the hub (or the size of a message) refuses: kept apart for a person, declared `rejected`; how many."""
        ledger = self._ledgers[stream]
        with self.file.transaction() as link:
            for low, high in ledger.done.missing(first, last):
                link.executemany(
                    "INSERT INTO aside (stream, epoch, n, reason, body) VALUES (?,?,?,?,?)",
                    [
                        (stream.value, self.epoch, row.number, reason[:200], row.body)
                        for row in self.file.read(stream, low, high, high - low + 1)
                    ],
                )
                self.file.delete(stream, low, high)
            link.execute("DELETE FROM aside WHERE id <= (SELECT max(id) FROM aside) - ?", (_ASIDE_ROWS,))
            count = ledger.drop(first, last, DropReason.REJECTED)
            self._write_state()
        return count

    def aside_count(self) -> int:
        return int(self.file.link.execute("SELECT count(*) FROM aside").fetchone()[0])

    def too_large(self) -> bool:
        """Whether `maintain` has to make room."""
        return self._retention.too_large()

    def maintain(self, boottime_ms: int, flash_bytes: int = 0) -> list[Range]:
        """Age, size and acknowledged rows; drops not yet declared. Returns the telemetry given up, for the window."""
        self._reserve.fill_if_room(short=self._retention.disk_is_short())
        numbering, ledger = self._numbering[Stream.TELE], self._ledgers[Stream.TELE]
        before = numbering.next, numbering.reserved, ledger.state(), self.undeclared
        try:
            with self.file.transaction():
                self._declare_undeclared()
                given_up = self._retention.apply(
                    boottime_ms, self.anchors.current, {stream: self.oldest(stream) for stream in Stream}
                )
                self.save(flash_bytes)
        except sqlite3.Error as broken:
            # A number that is not reserved on disk must not be told to anybody.
            numbering.next, numbering.reserved, state, self.undeclared = before
            ledger.restore(state)
            if not cannot_write(broken):
                raise
            return []
        given_up, self.given_up = given_up + self.given_up, []
        return given_up

    def _declare_undeclared(self) -> None:
        if self.undeclared:
            numbering = self._numbering[Stream.TELE]
            first = numbering.take(self.undeclared)
            self._ledgers[Stream.TELE].drop(first, numbering.next - 1, DropReason.DISK)
            self.undeclared = 0
            self._write_numbers()

    # ── the clock ──────────────────────────────────────────────────────────────────────────────────────────────────

    def clock_changed(self, setting: Setting, boottime_ms: int, unsent: dict[Stream, RangeSet]) -> Range | None:
        """Stamp the rows in `unsent` anew, release telemetry that waited; the numbers of corrected events, if any."""
        try:
            with self.file.transaction():
                corrections = self.anchors.change(setting, boottime_ms, unsent)
                anchor = self.anchors.current.id
                rows = [row._replace(anchor=anchor) for row in corrections]
                return self._store(Stream.EVENT, rows) if rows else None
        except sqlite3.Error:
            self.anchors = Anchors(self.file, self._boot, self.anchors.setting)  # as the disk has it
            self._retention.anchors = self.anchors
            raise

    # ── state on disk ──────────────────────────────────────────────────────────────────────────────────────────────

    def save(self, flash_bytes: int = 0) -> None:
        """Write down what changed in memory only; losing it costs repeated sending, no row."""
        if any(ledger.changed for ledger in self._ledgers.values()):
            with self.file.transaction():
                self._write_state(flash_bytes)

    def _write_state(self, flash_bytes: int = 0) -> None:
        self._write_numbers()
        for stream, ledger in self._ledgers.items():
            if ledger.changed or self.file.get(f"ledger_{stream.value}") is None:
                self.file.put(f"ledger_{stream.value}", msgspec.json.encode(ledger.state()))
                ledger.changed = False
        if flash_bytes:
            self.file.put("flash_bytes", str(flash_bytes).encode())

    def _write_numbers(self) -> None:
        tele, event = self._numbering[Stream.TELE], self._numbering[Stream.EVENT]
        self.file.put(
            "numbers", msgspec.json.encode(_Numbers((tele.next, tele.reserved), (event.next, event.reserved)))
        )

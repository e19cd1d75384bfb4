"""What could not be used: kept with its bytes and the reason, listed for a person, replayed after a fix or discarded.

Every entry is a whole message: what is wrong with one row or value of a batch is kept as a batch of just that, so that
replaying is the same for all. An entry's name is the digest of its bytes; the same again only counts. The table is
bounded in bytes, and so is each gateway's share of it: beyond that the rows concerned are not acknowledged, and the
hub says so.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine, delete, func, insert, select, update

from hub.db.engine import reading
from hub.db.models import QuarantineRow
from hub.notice import Notice
from wire.text import Text

Name = tuple[str, str]  # school and gateway
TOLD = 5
ROW_OVERHEAD_BYTES = 300
REMEMBERED_DIGESTS = 10_000
MAX_REASON = 500
FULL = Notice(
    "quarantine.full",
    Text(
        "Khu cách ly đã đầy: dữ liệu lỗi không được xác nhận nữa; hãy xem và xử lý ở trang Cách ly",
        "The quarantine is full: faulty data is no longer acknowledged; look through it on the Quarantine page",
    ),
    "critical",
)
SHARE = 4  # one gateway may fill a quarter: the others' faults must find room


class Entry(msgspec.Struct, frozen=True):
    """One thing to set aside. `digest` names it; `raw` is a message of the stream (cut short only if oversized)."""

    digest: str
    school: str
    gateway: str
    stream: str
    reason: str
    raw: bytes
    at_ms: int

    @property
    def size_bytes(self) -> int:
        return len(self.raw) + ROW_OVERHEAD_BYTES


class QuarantineEntry(msgspec.Struct, frozen=True):
    """An entry as listed: how often it came, from when to when, and whether somebody dealt with it."""

    digest: str
    school: str
    gateway: str
    stream: str
    reason: str
    count: int
    first_ms: int
    last_ms: int
    raw: bytes
    status: str


class Quarantine:
    """The table and its budget. `reserve` and `release` are for the event loop, everything else blocks on SQL."""

    def __init__(self, engine: Engine, limit_bytes: int) -> None:
        self._engine = engine
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._booked: dict[str, _Booking] = {}
        self._refused = False
        self._crowding: set[Name] = set()  # gateways whose share is used up
        self._replayer: Callable[[QuarantineEntry], str | None] | None = None
        self.total = 0
        with reading(engine).connect() as connection:
            shares = connection.execute(
                select(
                    QuarantineRow.school,
                    QuarantineRow.gateway,
                    func.count(),
                    func.coalesce(func.sum(func.length(QuarantineRow.raw)), 0),
                )
                .where(QuarantineRow.status == "open")
                .group_by(QuarantineRow.school, QuarantineRow.gateway)
            ).all()
        self._open = sum(int(rows) for _, _, rows, _ in shares)
        self._used: Counter[Name] = Counter(
            {(school, gateway): int(size) + int(rows) * ROW_OVERHEAD_BYTES for school, gateway, rows, size in shares}
        )
        self._used_bytes = self._used.total()

    def reserve(self, entries: Sequence[Entry]) -> bool:
        """Set room aside for one gateway's entries about to be written; False (and nothing reserved) where it is full.

        What is reserved already, or stored, takes no more room.
        """
        with self._lock:
            new = {e.digest: e for e in entries if e.digest not in self._known and e.digest not in self._booked}
            size = sum(entry.size_bytes for entry in new.values())
            if size and not self._fits(_name_of(entries[0]), size):
                return False
            for entry in new.values():
                self._book(entry)
            for entry in entries:
                if entry.digest in self._booked:
                    self._booked[entry.digest].times += 1
            return True

    def waiting(self, digest: str) -> bool:
        """Whether it is reserved and not written yet."""
        return digest in self._booked

    def knows(self, digest: str) -> bool:
        """Whether it is in the table, as far as remembered: writing it again only counts."""
        return digest in self._known

    def release(self, entries: Sequence[Entry]) -> None:
        """Give back room reserved for entries that will not be written now."""
        with self._lock:
            for entry in entries:
                booking = self._booked.get(entry.digest)
                if booking is not None:
                    booking.times -= 1
                    if not booking.times:
                        self._free(self._booked.pop(entry.digest))

    def write(self, entries: Sequence[Entry]) -> None:
        """Store reserved entries in one transaction. Raises sqlalchemy.exc.SQLAlchemyError, having stored nothing."""
        stored: list[Entry] = []
        repeated: list[Entry] = []
        with self._engine.begin() as connection:
            for entry in entries:
                again = connection.execute(
                    update(QuarantineRow)
                    .where(QuarantineRow.digest == entry.digest)
                    .values(count=QuarantineRow.count + 1, last_ms=entry.at_ms)
                )
                if again.rowcount:
                    repeated.append(entry)
                    continue
                stored.append(entry)
                connection.execute(
                    insert(QuarantineRow).values(
                        digest=entry.digest,
                        school=entry.school,
                        gateway=entry.gateway,
                        stream=entry.stream,
                        reason=entry.reason[:MAX_REASON],
                        count=1,
                        first_ms=entry.at_ms,
                        last_ms=entry.at_ms,
                        raw=entry.raw,
                        status="open",
                    )
                )
        with self._lock:
            self.total += len(entries)
            self._open += len(stored)
            self._account(stored, repeated)
            for entry in entries:
                self._known[entry.digest] = None
            while len(self._known) > REMEMBERED_DIGESTS:
                self._known.popitem(last=False)

    def entries(self, limit: int = 200) -> list[QuarantineEntry]:
        """The open ones first, newest first. Blocks."""
        newest = select(QuarantineRow).order_by(QuarantineRow.status != "open", QuarantineRow.last_ms.desc())
        with reading(self._engine).connect() as connection:
            return [_entry(row) for row in connection.execute(newest.limit(limit))]

    def entry(self, digest: str) -> QuarantineEntry | None:
        with reading(self._engine).connect() as connection:
            row = connection.execute(select(QuarantineRow).where(QuarantineRow.digest == digest)).first()
        return _entry(row) if row else None

    def replay(self, digest: str) -> Text | None:
        """Run an open entry through the intake again; None when all of it was stored, else what is still wrong.

        Blocks until it is committed: call it from a thread, never from the event loop.
        """
        entry = self.entry(digest)
        if entry is None or entry.status != "open":
            return Text("không có mục này trong khu cách ly", "there is no such open entry in the quarantine")
        if self._replayer is None:
            return Text("trung tâm đang khởi động", "the hub is still starting")
        problem = self._replayer(entry)
        if problem is not None:
            return Text(f"vẫn chưa dùng được: {problem}", f"still cannot be used: {problem}")
        self._settle(entry, "replayed")
        return None

    def discard(self, digest: str) -> Text | None:
        """Give an open entry up: its bytes go, its line stays for the record. Blocks."""
        entry = self.entry(digest)
        if entry is None or entry.status != "open":
            return Text("không có mục này trong khu cách ly", "there is no such open entry in the quarantine")
        self._settle(entry, "discarded")
        return None

    def on_replay(self, replayer: Callable[[QuarantineEntry], str | None]) -> None:
        """Who replays: called in the caller's thread, answers None or what is still wrong."""
        self._replayer = replayer

    def forget_before(self, t_ms: int) -> int:
        """Retention: settled entries older than that go. Blocks."""
        gone = delete(QuarantineRow).where(QuarantineRow.status != "open", QuarantineRow.last_ms < t_ms)
        with self._engine.begin() as connection:
            forgotten = connection.execute(gone).rowcount
        if forgotten:
            with self._lock:
                self._known.clear()  # what is gone must be kept with its bytes when it comes again
        return forgotten

    @property
    def full(self) -> bool:
        return self._refused or bool(self._crowding)

    @property
    def open_entries(self) -> int:
        return self._open

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

    def problems(self) -> list[Notice]:
        if self._refused:
            return [FULL]
        return [
            Notice("quarantine.share", _crowded(school, gateway), school=school, subject=gateway)
            for school, gateway in sorted(self._crowding)[:TOLD]
        ]

    def _fits(self, name: Name, size: int) -> bool:
        """Whether the gateway may have so many bytes more; what is said of it to people follows."""
        self._refused = self._used_bytes + size > self._limit_bytes
        if self._refused:
            return False
        if self._used[name] + size > self._limit_bytes // SHARE:
            self._crowding.add(name)
            return False
        self._crowding.discard(name)
        return True

    def _book(self, entry: Entry) -> None:
        self._booked[entry.digest] = _Booking(_name_of(entry), entry.size_bytes)
        self._used[_name_of(entry)] += entry.size_bytes
        self._used_bytes += entry.size_bytes

    def _free(self, booking: "_Booking") -> None:
        self._used_bytes -= booking.size
        self._used[booking.name] -= booking.size
        if self._used[booking.name] <= 0:
            del self._used[booking.name]

    def _account(self, stored: Sequence[Entry], repeated: Sequence[Entry]) -> None:
        """What was written keeps what it booked; what was in the table already gives it back."""
        for entry in stored:
            if self._booked.pop(entry.digest, None) is None:
                self._book(entry)
                del self._booked[entry.digest]
        for entry in repeated:
            booking = self._booked.pop(entry.digest, None)
            if booking is not None:
                self._free(booking)

    def _settle(self, entry: QuarantineEntry, status: str) -> None:
        done = update(QuarantineRow).where(QuarantineRow.digest == entry.digest, QuarantineRow.status == "open")
        with self._engine.begin() as connection:
            changed = connection.execute(done.values(status=status, raw=b"")).rowcount
        if changed:
            with self._lock:
                self._open -= 1
                name = (entry.school, entry.gateway)
                self._free(_Booking(name, len(entry.raw) + ROW_OVERHEAD_BYTES))
                self._refused = False
                self._crowding.discard(name)


@dataclass(slots=True)
class _Booking:
    """What an entry that is to be written takes, and how many wait to write it."""

    name: Name
    size: int
    times: int = 0


def _crowded(school: str, gateway: str) -> Text:
    return Text(
        f"Cổng {school}.{gateway} đã dùng hết phần của mình trong khu cách ly: dữ liệu lỗi của cổng này không "
        "được xác nhận nữa; hãy xem và xử lý ở trang Cách ly",
        f"Gateway {school}.{gateway} has used up its share of the quarantine: its faulty data is no longer "
        "acknowledged; look through it on the Quarantine page",
    )


def _name_of(entry: Entry) -> Name:
    return entry.school, entry.gateway


def _entry(row: object) -> QuarantineEntry:
    return msgspec.convert(row, QuarantineEntry, from_attributes=True)

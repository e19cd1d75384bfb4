"""What of one stream may be sent now: credit, rows in flight, re-sending, and never ahead of new rows. Pure.

Seconds (`now_s`) are monotonic. A number is in at most one of three places: `waiting` (on disk, never sent by this
program), `again` (sent on an earlier connection, or by an earlier run), or a flight (sent on this connection).
"""

import msgspec

from wire.messages import MAX_ROWS, Ack, AckStatus
from wire.ranges import RangeSet

RESEND_S = 15.0
RESEND_MOST_S = 120.0
HUB_UP_WAIT_S = 10.0
_RESERVE_SHARE = 4  # a quarter of the credit stays free for new rows while a backlog drains
_FRESH_ROWS = 100
_DIGESTS = 512
Range = tuple[int, int]


class Flight(msgspec.Struct, frozen=True):
    """Rows sent on this connection: when they are due to be sent again, and how often that has happened."""

    first: int
    last: int
    due_s: float
    attempts: int = 0


class Window:
    """One stream of one gateway towards one hub. Closed until an acknowledgement on this connection opens it."""

    def __init__(self, backlog: RangeSet | None = None) -> None:
        """`backlog`: rows of an earlier run, which may have been sent."""
        self.waiting = RangeSet()
        self.again = backlog or RangeSet()
        self.open = False
        self.retry_at_s: float | None = None
        self._flights: list[Flight] = []  # by `first`, disjoint
        self._credit = 0
        self._fresh_from = 1
        self._hold_until_s = 0.0  # what was sent before, and any backlog, waits until then
        self._digests: dict[str, Range] = {}

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def committed(self, first: int, last: int) -> None:
        """New rows are on the disk. Where many wait already (hub away, store down), those have become backlog."""
        fresh = sum(end - max(start, self._fresh_from) + 1 for start, end in self.waiting if end >= self._fresh_from)
        if fresh > max(_FRESH_ROWS, self._credit // _RESERVE_SHARE):
            self._fresh_from = first
        self.waiting.add(first, last)

    def connected(self, next_number: int) -> None:
        """A new connection: rows from `next_number` on are fresh and go first, everything before is backlog."""
        self._to_again()
        self._fresh_from = next_number
        self.open, self._credit, self.retry_at_s = False, 0, None

    def closed(self) -> None:
        """Connection or hub lost: what was in flight will be sent again, nothing is sent until an acknowledgement."""
        self._to_again()
        self.open, self._credit = False, 0

    def hub_came_up(self, now_s: float, wait_s: float) -> None:
        """A new instance of the hub: the backlog of many gateways must not fall upon it at once."""
        self._hold_until_s = max(self._hold_until_s, now_s + wait_s)

    def acknowledged(self, ack: Ack, now_s: float) -> None:
        """Take in an acknowledgement of our own hub and epoch, verdict included (the outbox has judged it)."""
        for first, last in ((1, ack.upto), *ack.also):
            self.settle(first, last)
        self._credit = ack.credit
        self.open = ack.status in {AckStatus.OK, AckStatus.STORE_DOWN, AckStatus.BUSY}
        self.retry_at_s = None if ack.status is AckStatus.OK else now_s + max(1.0, ack.retry_s)
        if ack.status in {AckStatus.STORE_DOWN, AckStatus.BUSY}:
            self._hold_until_s = max(self._hold_until_s, now_s + ack.retry_s)

    def settle(self, first: int, last: int) -> None:
        """These rows need not be sent any more: held by the hub, or declared dropped."""
        self.waiting.remove(first, last)
        self.again.remove(first, last)
        if any(flight.first <= last and flight.last >= first for flight in self._flights):
            self._flights = [rest for flight in self._flights for rest in _without(flight, first, last)]

    def release(self, sendable: RangeSet) -> None:
        """Rows that waited for the clock may go now; `sendable` are all that may, known here or not."""
        for first, last in sendable:
            for low, high in self.again.missing(first, last):
                self.waiting.add(low, high)
        for flight in self._flights:
            self.waiting.remove(flight.first, flight.last)

    def reopen(self, ranges: tuple[Range, ...]) -> None:
        """The hub lost these rows (restored from a backup)."""
        for first, last in ranges:
            self.again.add(first, last)

    def rejected(self, sha256: str) -> Range | None:
        """The rows of the message with this digest, if it was one of ours."""
        return self._digests.pop(sha256, None)

    # ── what to send ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def in_flight(self) -> int:
        return sum(flight.last - flight.first + 1 for flight in self._flights)

    def take(self, now_s: float) -> Range | None:
        """The next rows to send, now in flight; None where nothing may go at this moment.

        Fresh rows come first; then, oldest first, what is due again and the backlog.
        """
        if not self.open:
            return None
        room = self._credit - self.in_flight
        fresh = _first_run(self.waiting, self._fresh_from)
        if fresh and room > 0:
            return self._send(_cut(fresh, room), now_s, 0)
        if now_s < self._hold_until_s:
            return None
        due = next((flight for flight in self._flights if flight.due_s <= now_s), None)
        backlog = self._backlog(room - self._credit // _RESERVE_SHARE)
        if due and (backlog is None or due.first < backlog[0]):
            self._flights.remove(due)
            return self._send((due.first, due.last), now_s, due.attempts + 1)
        return self._send(backlog, now_s, 0) if backlog else None

    def sent(self, sha256: str, rows: Range) -> None:
        """The message that carried `rows`, should the hub reject it by digest."""
        self._digests[sha256] = rows
        while len(self._digests) > _DIGESTS:
            del self._digests[next(iter(self._digests))]

    def wakes_at_s(self, now_s: float) -> float | None:
        """When `take` may have something without anything else happening; None: only after some event."""
        if not self.open:
            return None
        times = [flight.due_s for flight in self._flights]
        if self._hold_until_s > now_s and (times or self.waiting or self.again):
            times.append(self._hold_until_s)
            times = [max(at, self._hold_until_s) for at in times]
        return min(times, default=None)

    def has_fresh(self) -> bool:
        """Whether new rows could go at this moment but for their turn."""
        return self._credit > self.in_flight and _first_run(self.waiting, self._fresh_from) is not None

    def unsent(self) -> RangeSet:
        """Rows whose time may still be changed: never sent."""
        return RangeSet(self.waiting)

    def _backlog(self, room: int) -> Range | None:
        if room <= 0:
            return None
        runs = [run for run in (_first_run(self.waiting, 1), _first_run(self.again, 1)) if run]
        return _cut(min(runs), room) if runs else None

    def _send(self, rows: Range, now_s: float, attempts: int) -> Range:
        self.waiting.remove(*rows)
        self.again.remove(*rows)
        due_s = now_s + min(RESEND_S * 2**attempts, RESEND_MOST_S)
        self._flights.append(Flight(*rows, due_s, attempts))
        self._flights.sort(key=lambda flight: flight.first)
        return rows

    def _to_again(self) -> None:
        for flight in self._flights:
            self.again.add(flight.first, flight.last)
        self._flights.clear()
        self._digests.clear()


def _first_run(numbers: RangeSet, start: int) -> Range | None:
    """The first consecutive numbers of the set from `start` on."""
    for first, last in numbers:
        if last >= start:
            return max(first, start), last
    return None


def _cut(run: Range, room: int) -> Range:
    return run[0], min(run[1], run[0] + min(room, MAX_ROWS) - 1)


def _without(flight: Flight, first: int, last: int) -> list[Flight]:
    """What of `flight` is left when [first, last] is taken out."""
    parts = [(flight.first, min(flight.last, first - 1)), (max(flight.first, last + 1), flight.last)]
    return [msgspec.structs.replace(flight, first=low, last=high) for low, high in parts if low <= high]

"""What the store will never take: set aside as a message of its own, so that a person sees it and can replay it."""

from collections.abc import Callable, Sequence

from hub.ingest.aside import Aside, entries_of
from hub.ingest.committer import Chunk
from hub.ingest.quarantine import Entry, Quarantine
from hub.stores.series import Point
from wire.codec import encode
from wire.messages import Stream, TeleRow
from wire.ranges import RangeSet


class Refusals:
    """Called by the committer of telemetry, in the event loop."""

    def __init__(self, quarantine: Quarantine, now_ms: Callable[[], int]) -> None:
        self._quarantine, self._now_ms = quarantine, now_ms
        self.rows = 0

    def __call__(self, chunk: Chunk[Point], refused: Sequence[tuple[Point, str]]) -> None:
        """Take these points out of the chunk: into its entries, or unacknowledged where the quarantine is full."""
        gone = {id(point) for point, _ in refused}
        chunk.items = [point for point in chunk.items if id(point) not in gone]
        if chunk.failed is not None:  # a replay: it is in the quarantine already
            chunk.failed(refused[0][1])
            return
        entries = self._entries(chunk, refused)
        if self._quarantine.reserve(entries):
            self.rows += len(refused)
            chunk.entries += entries
            if chunk.ledger is not None:
                chunk.ledger.quarantined += len(refused)
        else:
            _withhold(chunk, [point.row for point, _ in refused])

    def _entries(self, chunk: Chunk[Point], refused: Sequence[tuple[Point, str]]) -> list[Entry]:
        """Rows of one clock correction make messages of their own."""
        found: list[Entry] = []
        for shift_ms in sorted({point.shift_ms for point, _ in refused}):
            asides = [
                Aside(point.row, reason, encode(TeleRow(point.device, point.t_ms - shift_ms, point.values)))
                for point, reason in refused
                if point.shift_ms == shift_ms
            ]
            found += entries_of(
                asides,
                school=chunk.contact.school,
                gateway=chunk.contact.gateway,
                stream=Stream.TELE.value,
                epoch=chunk.epoch,
                shift_ms=shift_ms,
                now_ms=self._now_ms(),
            )
        return found


def _withhold(chunk: Chunk[Point], rows: Sequence[int]) -> None:
    """Not committed and not acknowledged: they come again."""
    kept = RangeSet(chunk.ranges)
    for row in rows:
        kept.remove(row, row)
    chunk.ranges = list(kept)
    if chunk.ledger is not None:
        chunk.ledger.shed([(row, row) for row in rows])

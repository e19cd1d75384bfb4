"""The clocks that stamped the stored rows, and the stamping anew when the clock becomes known or steps."""

from collections.abc import Iterable

from edge.clock import Setting
from edge.outbox.file import OutboxFile, RawRow
from edge.outbox.packing import pack, unpack
from edge.outbox.stamps import Anchor, Whose, restamped, untimed
from wire.messages import Stream
from wire.ranges import RangeSet

_CHUNK = 2_000


class Anchors:
    """All anchors of the file; `current` stamps new rows."""

    def __init__(self, file: OutboxFile, boot: str, setting: Setting) -> None:
        self._file, self._boot, self.setting = file, boot, setting
        self._known: dict[int, Anchor] = {}
        for row in file.link.execute(
            "SELECT id, boot, known, offset_ms, error_ms, age_base_ms, corrected FROM anchor ORDER BY id"
        ):
            self._known[row[0]] = Anchor(row[0], row[1], bool(row[2]), row[3], row[4], row[5], bool(row[6]))
        with file.transaction():
            self._forget_unused()
            self._settle_earlier_boots()
            self.current = self._begin(setting)

    def age_base_ms(self, anchor: int) -> int:
        """Add to a row's time since boot to get the wall time of its storing."""
        return self._known[anchor].age_base_ms if anchor in self._known else self.current.age_base_ms

    def sent_at(self, anchor: int, boottime_ms: int) -> int | None:
        """What the clock that stamped the rows of `anchor` reads now; None where nobody can tell."""
        stamped_by = self._known.get(anchor, self.current)
        if stamped_by.boot == self._boot:
            return max(0, boottime_ms + stamped_by.offset_ms)
        if not self.current.known:
            return None
        return max(0, boottime_ms + self.current.offset_ms - stamped_by.error_ms)

    def waits(self, anchor: int) -> bool:
        """Whether telemetry of `anchor` has to wait: its boot still runs, and its clock may yet become known."""
        stamped_by = self._known.get(anchor)
        return stamped_by is not None and not stamped_by.known and stamped_by.boot == self._boot

    def waiting_ids(self) -> list[int]:
        return [anchor.id for anchor in self._known.values() if self.waits(anchor.id)]

    def change(self, setting: Setting, boottime_ms: int, unsent: dict[Stream, RangeSet]) -> list[RawRow]:
        """The clock became known or stepped: from now on `setting` stamps, and the rows in `unsent` are stamped anew.

        Telemetry that waited is stamped anew whether it is in `unsent` or not. Returns the events that went out marked
        `unknown`, at their right time: they have to be stored as corrections. Inside a transaction.
        """
        old, self.setting = self.current, setting
        earlier = [anchor for anchor in self._known.values() if anchor.boot == self._boot]
        waited = [anchor.id for anchor in earlier if not anchor.known]
        sent_unknown = self._sent_unknown([a for a in earlier if not a.known and not a.corrected], unsent, setting)
        new = self._begin(setting)
        for anchor in self._known.values():
            if anchor.id == new.id:
                continue
            self._reconsider(anchor, old, new, boottime_ms)
        for stream in Stream:
            self._restamp(stream, unsent[stream], [anchor.id for anchor in earlier], new)
        self._restamp(Stream.TELE, self._of(waited), waited, new)
        return sent_unknown

    def _of(self, anchors: list[int]) -> RangeSet:
        """From the first to the last telemetry row of these anchors."""
        ends = [
            self._file.link.execute("SELECT min(n), max(n) FROM tele WHERE anchor=?", (anchor,)).fetchone()
            for anchor in anchors
        ]
        return RangeSet([(first, last) for first, last in ends if first is not None])

    def _reconsider(self, anchor: Anchor, old: Anchor, new: Anchor, boottime_ms: int) -> None:
        """Note of an earlier clock what the new one says about it."""
        if anchor.boot == self._boot:
            anchor.error_ms = new.offset_ms - anchor.offset_ms
            anchor.age_base_ms = new.offset_ms
            anchor.corrected = anchor.corrected or not anchor.known
        elif old.known:
            anchor.error_ms += new.offset_ms - old.offset_ms
            anchor.age_base_ms += new.offset_ms - old.offset_ms
        elif not anchor.known and not anchor.corrected:
            # Its boot never knew the time: its rows are at least as old as this boot.
            anchor.age_base_ms, anchor.corrected = new.offset_ms + boottime_ms - self._youngest(anchor.id), True
        self._save(anchor)

    def _youngest(self, anchor: int) -> int:
        youngest = 0
        for stream in Stream:
            row = self._file.link.execute(
                f"SELECT mono_ms FROM {stream.value} WHERE anchor=? ORDER BY n DESC LIMIT 1",  # noqa: S608  # an enum
                (anchor,),
            ).fetchone()
            youngest = max(youngest, row[0] if row else 0)
        return youngest

    def _restamp(self, stream: Stream, numbers: RangeSet, anchors: Iterable[int], new: Anchor) -> None:
        wanted = set(anchors)
        for first, last in list(numbers):
            at = first
            while rows := self._raw(stream, at, last):
                at = rows[-1].number + 1
                changed = [
                    (
                        new.id,
                        pack(row.body if row.fixed else restamped(stream, row.body, row.mono_ms + new.offset_ms)),
                        row.number,
                    )
                    for row in rows
                    if row.anchor in wanted and row.fixed != Whose.OURS
                ]
                self._file.link.executemany(
                    f"UPDATE {stream.value} SET anchor=?, body=? WHERE n=?",  # noqa: S608  # an enum
                    changed,
                )

    def _sent_unknown(self, anchors: list[Anchor], unsent: dict[Stream, RangeSet], new: Setting) -> list[RawRow]:
        wanted = {anchor.id for anchor in anchors}
        if not wanted:
            return []
        last = self._file.highest(Stream.EVENT)
        rows: list[RawRow] = []
        for first, end in unsent[Stream.EVENT].missing(1, last):
            rows += self._raw(Stream.EVENT, first, end, limit=-1)
        return [
            RawRow(0, 0, row.mono_ms, 0, restamped(Stream.EVENT, row.body, row.mono_ms + new.offset_ms))
            for row in rows
            if row.anchor in wanted and not row.fixed
        ]

    def _raw(self, stream: Stream, first: int, last: int, limit: int = _CHUNK) -> list[RawRow]:
        found = self._file.link.execute(
            f"SELECT n, anchor, mono_ms, fixed, body FROM {stream.value} "  # noqa: S608  # an enum
            "WHERE n BETWEEN ? AND ? ORDER BY n LIMIT ?",
            (first, last, limit),
        )
        return [RawRow(number, anchor, mono_ms, fixed, unpack(body)) for number, anchor, mono_ms, fixed, body in found]

    def _begin(self, setting: Setting) -> Anchor:
        number = max(self._known, default=0) + 1
        anchor = Anchor(number, self._boot, setting.known, setting.offset_ms, 0, setting.offset_ms)
        self._known[number] = self.current = anchor
        self._save(anchor)
        return anchor

    def _save(self, anchor: Anchor) -> None:
        self._file.link.execute(
            "INSERT OR REPLACE INTO anchor VALUES (?,?,?,?,?,?,?)",
            (
                anchor.id,
                anchor.boot,
                anchor.known,
                anchor.offset_ms,
                anchor.error_ms,
                anchor.age_base_ms,
                anchor.corrected,
            ),
        )

    def _forget_unused(self) -> None:
        """An anchor of an earlier boot without rows says nothing any more."""
        if len(self._known) < 8:  # noqa: PLR2004  # looking costs a scan of the rows: only now and then
            return
        used = {
            row[0]
            for stream in Stream
            for row in self._file.link.execute(f"SELECT DISTINCT anchor FROM {stream.value}")  # noqa: S608
        }
        for number in [anchor.id for anchor in self._known.values() if anchor.id not in used]:
            del self._known[number]
            self._file.link.execute("DELETE FROM anchor WHERE id=?", (number,))

    def _settle_earlier_boots(self) -> None:
        """Events of a boot that ended before it knew the time lose the system's guess."""
        for anchor in self._known.values():
            if anchor.boot == self._boot or anchor.known or anchor.corrected:
                continue
            rows = self._file.link.execute(
                "SELECT n, body FROM event WHERE anchor=? AND NOT fixed", (anchor.id,)
            ).fetchall()
            self._file.link.executemany(
                "UPDATE event SET body=? WHERE n=?",
                [(pack(untimed(Stream.EVENT, unpack(body))), number) for number, body in rows],
            )

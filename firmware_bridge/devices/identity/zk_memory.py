"""Which punches of a terminal have been told already: how far its log was read, and the newest ones. Pure, bounded.

A log only grows at its end, so a place in it says what is old, whatever was done to the clock. Where the place does not
fit any more (the log was cleared, or full and shortened at its beginning), the newest time told decides. Punches that
were told live are known by a digest, so that no user number is kept here. What is told counts once it is on disk.
"""

from collections import deque
from hashlib import blake2b

import msgspec

from firmware_bridge.devices.identity.zk_records import Record

MOST_DIGESTS = 500
MISPLACED = -1
"""The log is not the one whose place is remembered: read it again, by time."""
_KEY = "told"


class Told(msgspec.Struct, frozen=True):
    """What is remembered over connections and restarts."""

    serial: str = ""
    place: int = 0  # so many records of the log were told
    last: str = ""  # digest of the last of them
    newest: str = ""  # the newest time told, as the terminal spells it
    digests: tuple[str, ...] = ()  # of the newest told


class _Pending(msgspec.Struct, frozen=True):
    receipt: int
    digest: str
    time: str
    place: int  # 0: told live


class LogMemory:
    """Mutable; one for each connection, made from what the one before left."""

    def __init__(self, kept: dict[str, str]) -> None:
        self.told = _read(kept.get(_KEY))
        self._recent: deque[str] = deque(self.told.digests, MOST_DIGESTS)  # told in this connection too
        self._pending: deque[_Pending] = deque()
        self._receipts = 0
        self._place, self._by_time = 0, False
        self._before = self.told  # what was told when the log was begun

    def kept(self) -> dict[str, str]:
        return {_KEY: msgspec.json.encode(self.told).decode()}

    def terminal(self, serial: str) -> None:
        """Whose log this is; another terminal at this address begins anew."""
        if serial and self.told.serial not in {"", serial}:
            self.told = Told()
            self._recent.clear()
        if serial and self.told.serial != serial:
            self.told = msgspec.structs.replace(self.told, serial=serial)

    def begin_log(self, count: int, *, by_time: bool = False) -> None:
        """The log of `count` records is read from its first one."""
        self._place, self._by_time = 0, by_time or count < self.told.place
        self._before = self.told

    def log_record(self, record: Record) -> int | None:
        """A receipt where this one is new, None where it was told, MISPLACED where the place does not fit."""
        self._place += 1
        digest = _digest(record)
        time = record.time.isoformat()
        if not self._by_time:
            if self._place < self._before.place:
                return None
            if self._place == self._before.place:
                return None if digest == self._before.last else MISPLACED
        if digest in self._recent or (self._by_time and time < self._before.newest):
            self._settle(self._place, digest)
            return None
        return self._new(digest, time, self._place)

    def live_record(self, record: Record) -> int | None:
        """A receipt where this one is new."""
        digest = _digest(record)
        return None if digest in self._recent else self._new(digest, record.time.isoformat(), 0)

    def stored(self, receipt: int) -> None:
        """Everything up to this receipt is on disk."""
        while self._pending and self._pending[0].receipt <= receipt:
            one = self._pending.popleft()
            told = self.told
            digests = (*told.digests, one.digest)[-MOST_DIGESTS:] if one.digest not in told.digests else told.digests
            self.told = msgspec.structs.replace(told, newest=max(told.newest, one.time), digests=digests)
            if one.place:
                self.told = msgspec.structs.replace(self.told, place=one.place, last=one.digest)

    def waits(self) -> bool:
        """Whether something told is not on disk yet."""
        return bool(self._pending)

    def _new(self, digest: str, time: str, place: int) -> int:
        self._receipts += 1
        self._recent.append(digest)
        self._pending.append(_Pending(self._receipts, digest, time, place))
        return self._receipts

    def _settle(self, place: int, digest: str) -> None:
        """A record that needs no telling still moves the place, after those before it."""
        if self._pending:
            self._pending.append(_Pending(self._pending[-1].receipt, digest, "", place))
        else:
            self.told = msgspec.structs.replace(self.told, place=place, last=digest)


def _digest(record: Record) -> str:
    said = f"{record.user}|{record.time.isoformat()}|{record.punch}"
    return blake2b(said.encode(), digest_size=6).hexdigest()


def _read(kept: str | None) -> Told:
    try:
        return Told() if kept is None else msgspec.json.decode(kept, type=Told)
    except msgspec.MsgspecError:
        return Told()

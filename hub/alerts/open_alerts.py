"""Which alerts are open: a cause opens one when it lasts, and closes it when it stays away. Pure.

What is to be written is planned first and taken as done only when it is written: a database that is away loses nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from hub.alerts.causes import GATEWAY_OFFLINE, Cause, Key

# A cause has to last so long before it is one, and to be away so long before it is over: what flickers is one alert.
HOLD_MS = {GATEWAY_OFFLINE: 60_000, "room.silent": 60_000, "room.waste": 30_000, "room.stuffy": 10_000}
LINGER_MS = {"room.stuffy": 120_000, "room.waste": 60_000, "room.silent": 60_000, "room.lesson_but_empty": 60_000}
LINGER_ANY_MS = 10_000
AFTER_START_MS = 120_000  # gateways and rooms report again within it
MOST = 50_000


class Opened(msgspec.Struct, frozen=True):
    """A row of the table as it is read at the start."""

    row: int
    cause: Cause


class Closing(msgspec.Struct, frozen=True):
    row: int
    closed_ms: int
    key: Key


class Opening(msgspec.Struct, frozen=True):
    cause: Cause
    opened_ms: int


@dataclass(slots=True)
class _Track:
    cause: Cause
    since_ms: int
    last_ms: int
    row: int | None = None
    due: bool = False  # it lasted: it gets its row, though it be over before the database takes it
    again_ms: int = 0  # when it last came back after it had been over


class OpenAlerts:
    """`note` what is wrong now; write what `opening` and `closing` give; tell it by `opened` and `closed`."""

    def __init__(self) -> None:
        self._tracks: dict[Key, _Track] = {}
        self._patient_until_ms = 0
        self.turned_away = 0

    def __len__(self) -> int:
        return sum(track.row is not None for track in self._tracks.values())

    def has(self, causes: Iterable[Cause]) -> bool:
        """Whether one of them is open."""
        tracks = (self._tracks.get(cause.key) for cause in causes)
        return any(track is not None and track.row is not None for track in tracks)

    def be_patient(self, now_ms: int) -> None:
        """The hub has just begun: nothing is over only because nobody has said so yet."""
        self._patient_until_ms = now_ms + AFTER_START_MS

    def take_up(self, rows: Iterable[Opened], now_ms: int) -> list[Closing]:
        """The rows that are open in the table, oldest first; of two of one cause the older is to be closed at once."""
        twice = []
        for each in rows:
            track = self._tracks.setdefault(each.cause.key, _Track(each.cause, now_ms, now_ms))
            if track.row is not None and track.row != each.row:
                twice.append(Closing(track.row, now_ms, each.cause.key))
            track.row = each.row
        return twice

    def note(self, causes: Iterable[Cause], now_ms: int) -> None:
        """What is wrong now. To be said every few seconds, whether or not anything can be written."""
        for cause in causes:
            track = self._tracks.get(cause.key)
            if track is not None:
                if now_ms - track.last_ms >= _linger_ms(track.cause):
                    track.again_ms = now_ms
                track.last_ms = now_ms
            elif len(self._tracks) < MOST:
                self._tracks[cause.key] = _Track(cause, now_ms, now_ms)
            else:
                self.turned_away += 1
        passing = [k for k, each in self._tracks.items() if each.row is None and not each.due and each.last_ms < now_ms]
        for key in passing:
            del self._tracks[key]
        for track in self._tracks.values():
            if _lasted(track):
                track.due = True

    def opening(self) -> list[Opening]:
        """Causes that last, or lasted, and have no row yet: a database that was away gets them when it is back."""
        return [Opening(each.cause, each.since_ms) for each in self._tracks.values() if each.due and each.row is None]

    def closing(self, now_ms: int) -> list[Closing]:
        """Rows whose cause is away for good; they ended when it was last there."""
        if now_ms < self._patient_until_ms:
            return []
        return [
            Closing(track.row, track.last_ms, key)
            for key, track in self._tracks.items()
            if track.row is not None and now_ms - track.last_ms >= _linger_ms(track.cause)
        ]

    def opened(self, rows: Mapping[Key, int]) -> None:
        for key, row in rows.items():
            self._tracks[key].row = row

    def closed(self, done: Iterable[Closing]) -> None:
        """What came back while its end was being written is new trouble."""
        for each in done:
            track = self._tracks.pop(each.key, None)
            if track is not None and track.last_ms > each.closed_ms:
                back = _Track(track.cause, max(track.again_ms, each.closed_ms + 1), track.last_ms)
                back.due = _lasted(back)
                self._tracks[each.key] = back


def _linger_ms(cause: Cause) -> int:
    return LINGER_MS.get(cause.code, LINGER_ANY_MS)


def _lasted(track: _Track) -> bool:
    return track.last_ms - track.since_ms >= HOLD_MS.get(track.cause.code, 0)

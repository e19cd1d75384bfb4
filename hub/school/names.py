"""Names as different systems write them: "P.101", "101" and "Phòng 101" are one room, "Lab Hoá" and "Lab Hóa". Pure."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

from hub.registry.model import Room
from hub.school.spelling import TONES, one_spelling
from hub.school.timetable import PlannedRoom

# Words for "room" in front of its number or name; a lone P only before a digit ("P.101", "P101", "P. 101A"), or a
# letter with its own dot ("P.A1").
_ROOM_WORD = re.compile(
    r"^(?:(?:phòng học|phong hoc|p\.?\s?học|phòng|phong|classroom|room|rm|sala)\b[\s.:\-_]*"
    r"|p[\s.:\-_]*(?=\d)|p\.\s*(?=\w\d))(?=\w)"
)
# One word for what a laboratory is called; what stands behind it says which.
_LABORATORY = re.compile(
    r"^(?:phòng (?:thí nghiệm|tn)|p\.?\s?(?:thí nghiệm|tn)|thí nghiệm|ptn|laboratory|labo|lab)\b[\s.:\-_]*"
)
# Dots and spaces between two digits part them ("1.01" is not "101"), as do those in "A1.01".
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
_FILLING = re.compile(r"[^\w/]+|_+")
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_BEFORE_LETTERS = -0x110000  # digits, blanks and dots


def plain(name: str) -> str:
    """For exact comparison: NFC, one case, single spaces, one đ, every tone mark in one place."""
    folded = unicodedata.normalize("NFC", name).casefold().replace("ð", "đ")  # an Eth, which old fonts show as Đ
    return one_spelling(" ".join(folded.split()))


def in_dictionary(name: str) -> tuple[tuple[int, ...], str]:
    """Sorts as a Vietnamese dictionary does: đ after d, ă â after a; tones count only between words alike else."""
    folded = unicodedata.normalize("NFD", plain(name))
    letters = unicodedata.normalize("NFC", "".join(one for one in folded if one not in TONES))
    return tuple(_place(one) for one in letters), folded


def _place(letter: str) -> int:
    if not letter.isalpha():
        return _BEFORE_LETTERS + ord(letter)
    place = _ALPHABET.find(letter)
    return place if place >= 0 else ord(letter)


def room_key(name: str) -> str:
    """For loose comparison of rooms: without the word "room", dots and spaces, but for those that part two numbers.
    Leading zeros stay.
    """
    known = plain(name)
    if (word := _LABORATORY.match(known)) is not None:
        return f"lab {_folded(known[word.end() :])}".strip()
    return _folded(_ROOM_WORD.sub("", known))


def _folded(name: str) -> str:
    return _FILLING.sub("", _BETWEEN_DIGITS.sub("/", name)).strip("/")


class RoomNames:
    """Finds the registry room a timetable means; a name two rooms share finds neither."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        for room in rooms:
            for name in (room.id, room.name, *room.aliases):
                self._exact.setdefault(plain(name), set()).add(room.id)
                self._loose.setdefault(room_key(name), set()).add(room.id)

    def shared(self, name: str) -> bool:
        """Whether it finds none because several rooms are called that."""
        both = ((self._exact, plain), (self._loose, room_key))
        return self.find((name,)) is None and any(len(index.get(fold(name), ())) > 1 for index, fold in both)

    def find(self, names: Sequence[str]) -> str | None:
        """The room id that the first fitting name means, exact matches before loose ones."""
        for index, fold in ((self._exact, plain), (self._loose, room_key)):
            for name in names:
                found = index.get(fold(name), set()) if fold(name) else set()
                if len(found) == 1:
                    return next(iter(found))
        return None


class NamesOverTime:
    """The names of a school's rooms on each local date: rooms are renamed, come and go. `starts`: the days on which
    something changes, the first of all included.
    """

    def __init__(self, rooms: Iterable[Room]) -> None:
        self._rooms = tuple(rooms)
        changes = {date.fromisoformat(spell.first) for room in self._rooms for spell in room.spells}
        self.starts = sorted(changes | {date.min})
        self._names: dict[date, RoomNames] = {}

    def at(self, day: date) -> RoomNames:
        start = self.starts[bisect_right(self.starts, day) - 1]
        found = self._names.get(start)
        if found is None:
            found = RoomNames([room for one in self._rooms if (room := one.on(start)) is not None])
            self._names[start] = found
        return found

    def newest(self, most: int) -> "NamesOverTime":
        """The same without its oldest changes: before those that are kept, names are as on their eve."""
        if len(self.starts) <= most:
            return self
        found = NamesOverTime(self._rooms)
        found.starts = [date.min, *self.starts[1 - most :]]
        found._names = {date.min: self.at(self.starts[-most])}
        return found

    def changes_in(self, first: date, last: date) -> list[date]:
        """The days within (first, last] on which rooms are called otherwise than before."""
        return [start for start in self.starts if first < start <= last]


def planned_rooms_named(rooms: Iterable[PlannedRoom], wanted: str) -> list[PlannedRoom]:
    """Rooms of a timetable whose id, name or short name is `wanted`; loosely only where nothing fits exactly."""
    known = list(rooms) if plain(wanted) else []  # most rooms have no short name: that is none
    exact = [room for room in known if plain(wanted) in {plain(room.id), plain(room.name), plain(room.short)}]
    if exact or not room_key(wanted):
        return exact
    return [room for room in known if room_key(wanted) in {room_key(room.name), room_key(room.short)}]

"""Names as different systems write them: "P.101", "101" and "Phòng 101" are one room. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from hub.registry.model import Room
from hub.school.timetable import PlannedRoom

# Words for "room" in front of its number or name; a lone P only before a digit ("P.101", "P101").
_ROOM_WORD = re.compile(r"^(?:(?:phòng học|phòng|phong|room|rm|sala)\b[\s.:\-_]*|p(?=[\s.:\-_]*\d)[\s.:\-_]*)(?=\w)")
_FILLING = re.compile(r"[\W_]+")


def plain(name: str) -> str:
    """For exact comparison: NFC, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def room_key(name: str) -> str:
    """For loose comparison of rooms: without the word "room", dots and spaces. Leading zeros stay."""
    return _FILLING.sub("", _ROOM_WORD.sub("", plain(name)))


class RoomNames:
    """Finds the registry room a timetable means; a name two rooms share finds neither."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self._exact: dict[str, set[str]] = {}
        self._loose: dict[str, set[str]] = {}
        for room in rooms:
            for name in (room.id, room.name, *room.aliases):
                self._exact.setdefault(plain(name), set()).add(room.id)
                self._loose.setdefault(room_key(name), set()).add(room.id)

    def find(self, names: Sequence[str]) -> str | None:
        """The room id that the first fitting name means, exact matches before loose ones."""
        for index, fold in ((self._exact, plain), (self._loose, room_key)):
            for name in names:
                found = index.get(fold(name), set()) if fold(name) else set()
                if len(found) == 1:
                    return next(iter(found))
        return None


def planned_rooms_named(rooms: Iterable[PlannedRoom], wanted: str) -> list[PlannedRoom]:
    """Rooms of a timetable whose id, name or short name is `wanted`; loosely only where nothing fits exactly."""
    known = list(rooms)
    exact = [room for room in known if plain(wanted) in {plain(room.id), plain(room.name), plain(room.short)}]
    if exact or not room_key(wanted):
        return exact
    return [room for room in known if room_key(wanted) in {room_key(room.name), room_key(room.short)}]

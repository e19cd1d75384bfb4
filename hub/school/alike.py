"""Which room of the school an unknown name may mean: asked before a person says so, never taken for granted. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from hub.registry.model import Room
from hub.school.names import plain, room_key

ALIKE = 0.6  # of two names, so that "is it this one?" is worth asking
# A letter beside a number ("B201", "201B", "B.2"), or after a word for a building.
_LETTER = re.compile(
    r"(?:\b(?:nha|khu|dai|toa|toa nha|block|building)\s+([a-z])\b)"
    r"|(?:(?<![a-z])([a-z])[\s.\-_]*(?=\d))|(?:(?<=\d)([a-z])(?![a-z]))"
)


def most_alike(name: str, rooms: Iterable[Room]) -> Room | None:
    """The room whose name is most like it; other digits, or the letter of another building, are another room, however
    alike the words.
    """
    wanted, letters = _rough(room_key(name)), _letters(name)
    digits = [letter for letter in wanted if letter.isdigit()]
    best, score = None, ALIKE
    for room in rooms:
        called = (room.name, room.id, *room.aliases)
        theirs = frozenset[str]().union(*(_letters(one) for one in (*called, f"nha {room.building}")))
        if letters and theirs and not letters <= theirs:
            continue
        for known in called:
            key = _rough(room_key(known))
            if [letter for letter in key if letter.isdigit()] != digits:
                continue
            alike = SequenceMatcher(None, wanted, key).ratio()
            if alike > score or (best is None and alike >= score):
                best, score = room, alike
    return best


def _letters(name: str) -> frozenset[str]:
    """The letters that say which building or which of several it is; a P for "phòng" says neither."""
    found = {letter for groups in _LETTER.findall(_rough(plain(name))) for letter in groups if letter}
    return frozenset(found - {"p"} if room_key(name)[:1].isdigit() else found)


def _rough(name: str) -> str:
    """Without accents, and one letter for i and y: Lý and Lí are one word."""
    apart = unicodedata.normalize("NFD", name).replace("đ", "d").replace("y", "i")
    return "".join(letter for letter in apart if not unicodedata.combining(letter))

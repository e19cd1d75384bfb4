"""Which card is shown at the demo's card reader at an instant: invented numbers, no names, in the order people come."""

from demo.chance import share
from demo.life import Life
from demo.units import READER

_FIRST_CARD = 9_400_000
_LATECOMER = 0.025  # a second in which somebody comes back into a running lesson


class Doorway:
    """Follows how many people are in the room: who comes in while a lesson begins shows a card."""

    def __init__(self) -> None:
        self._inside: int | None = None
        self._late = 0

    def cards(self, life: Life, t_ms: int) -> list[int]:
        """Shown since the last look."""
        people = int(life.script.moment(READER.room, t_ms).people)
        before, self._inside = self._inside, people
        if before is None:
            return []
        came = [card_number(place) for place in range(before + 1, people + 1)]
        if not came and people >= 1 and share(READER.room, "latecomer", t_ms // 1_000) < _LATECOMER:
            self._late += 1
            came = [card_number(1 + int(share("who", self._late) * people))]
        return came


def card_number(place: int) -> int:
    """The same pupil shows the same card every day."""
    return _FIRST_CARD + int(share(READER.id, place) * 500_000)

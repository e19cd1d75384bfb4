"""Which bells ring: of several schedules, from several sources, what a person set by hand before all. Pure."""

from collections.abc import Iterable, Mapping

from hub.school.timetable import Bell, Timetable

HAND = "hand"  # the source of what a person set on the page: it outranks every import
Numbered = Mapping[str, Bell]
_NONE: Numbered = {}


def outranked(source: str) -> tuple[bool, str]:
    """Sorts sources by rank: the page first, the usual import, then pulls by name."""
    return source != HAND, source


class Bells:
    """Bell schedules by source and name; a timetable without bells takes those of the school."""

    def __init__(self, parts: Mapping[str, Timetable]) -> None:
        self._of: dict[str, dict[str, dict[str, Bell]]] = {}
        for source in sorted(parts, key=outranked):
            for bell in parts[source].bells:
                schedules = self._of.setdefault(source, {})
                schedules.setdefault(bell.schedule, {})[bell.number] = bell

    def of(self, source: str, schedule: str) -> Numbered:
        """By number, for cards of that source on a day of that schedule; a schedule nobody knows is the usual one."""
        for name in dict.fromkeys((schedule, "")):
            for one in (HAND, source, *self._of):
                found = self._of.get(one, {}).get(name)
                if found is not None:
                    return found
        return _NONE

    def by_hand(self, schedule: str, bells: Iterable[Bell]) -> "Bells":
        """The same, had a person set that schedule so; without bells it is again the imported one."""
        found = Bells({})
        said = {bell.number: bell for bell in bells}
        hand = {name: one for name, one in self._of.get(HAND, {}).items() if name != schedule}
        if said:
            hand[schedule] = said
        found._of = ({HAND: hand} if hand else {}) | {name: one for name, one in self._of.items() if name != HAND}
        return found

    def knows(self, schedule: str) -> bool:
        return any(schedule in schedules for schedules in self._of.values())

    def ringing(self, schedule: str) -> list[Bell]:
        """What people in the school hear, by time."""
        return sorted(self.of(HAND, schedule).values(), key=lambda bell: (bell.start_min, bell.end_min, bell.number))
